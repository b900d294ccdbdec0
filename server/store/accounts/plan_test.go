package accounts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/accounts"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A page of a statement names its orders without looking at all others of the merchant.
func TestPlanOfOrderNumbers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		steps := storetest.Plan(t, s, accounts.SelectOrderNumbers, int64(1), []int64{1, 2, 3})
		require.Regexp(t, `INTEGER PRIMARY KEY|using orders_pkey`, strings.Join(steps, "\n"))
	})
}
