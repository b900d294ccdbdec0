package api

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
)

// The record is asked in the words that operators know.
func TestMethodsNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  nil,
		"AdminService.Deposit":              {"AdminService.Deposit"},
		"Deposit":                           {"AdminService.Deposit"},
		"/orderhub.v1.AdminService/Deposit": {"AdminService.Deposit"},
		"orderhub.v1.AdminService.Deposit":  {"AdminService.Deposit"},
		"orderhub deposit":                  {"AdminService.Deposit"},
		"merchant  create":                  {"AdminService.CreateMerchant"},
		"migrate, deposit":                  {"AdminService.Deposit", "migrate"},
		"units import":                      {"CatalogService.ImportUnits", "units import"},
		"getorder":                          {"OrderService.GetOrder goods shown"},
		"OrderService.GetOrder goods shown": {"OrderService.GetOrder goods shown"},
		"CheckRecipient":                    {"RecipientService.CheckRecipient"},
		"listtickets":                       {"RedemptionService.ListTickets tickets shown"},
		"SignIn":                            {"Session.SignIn"},
		"operator session revoke":           {"OperatorService.RevokeOperatorSession"},
		"RevokeKey":                         {"AdminService.RevokeKey"},
	} {
		bad := &errs.InvalidError{}
		got := methodsNamed(bad, text)
		require.NoError(t, bad.OrNil(), text)
		assert.Equal(t, want, got, text)
	}
	for text, near := range map[string]string{
		"Depositt": "Deposit", "wallet deposit": "Deposit", "merchant creat": "merchant create",
		"CreateMerchent": "CreateMerchant",
		"SigningIn":      "SignIn", strings.Repeat("x", 500): "",
	} {
		bad := &errs.InvalidError{}
		require.Empty(t, methodsNamed(bad, text))
		err := bad.OrNil()
		require.Error(t, err)
		said := bad.Violations[0].Message
		assert.Contains(t, said, near)
		assert.Less(t, len(said), 300)
	}
}
