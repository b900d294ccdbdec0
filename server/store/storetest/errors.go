package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/order"
)

// RequireViolations is the error for input that breaks a rule of field.
func RequireViolations(t *testing.T, err error, fields ...string) {
	t.Helper()
	var invalid *errs.InvalidError
	require.ErrorAs(t, err, &invalid)
	var got []string
	for _, violation := range invalid.Violations {
		got = append(got, violation.Field)
	}
	require.Equal(t, fields, got)
}

// RequireLineReason is the error for an order whose first bad line has this reason.
func RequireLineReason(t *testing.T, err error, want order.LineReason) {
	t.Helper()
	var lines *order.LinesError
	require.ErrorAs(t, err, &lines)
	require.Equal(t, want, lines.Problems[0].Reason)
}

// RequireInUse is the error for something of a merchant's that is taken.
func RequireInUse(t *testing.T, err error, field string) {
	t.Helper()
	var exists *account.AlreadyExistsError
	require.ErrorAs(t, err, &exists)
	require.Equal(t, field, exists.Field)
}
