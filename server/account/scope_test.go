package account_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

var everyScope = []account.Scope{
	account.ScopeMerchant, account.ScopeRead, account.ScopeOrders, account.ScopeAdmin, "", "of-a-newer-hub",
}

func TestRightsOfScopes(t *testing.T) {
	for right, want := range map[account.Right][]account.Scope{
		account.ReadOrders:                        {account.ScopeMerchant, account.ScopeRead, account.ScopeOrders},
		account.ReadAccount:                       {account.ScopeMerchant, account.ScopeRead},
		account.PlaceOrders:                       {account.ScopeMerchant, account.ScopeOrders},
		account.Manage:                            {account.ScopeMerchant},
		account.ReadAccount | account.PlaceOrders: {account.ScopeMerchant},
		0: nil,
	} {
		var may []account.Scope
		for _, scope := range everyScope {
			if scope.Allows(right) {
				may = append(may, scope)
			}
			err := (&account.Principal{Scope: scope}).May(right)
			require.Equal(t, scope.Allows(right), err == nil, "%s %d", scope, right)
			var missing *account.ScopeMissingError
			if err != nil {
				require.ErrorAs(t, err, &missing)
				require.Equal(t, want, missing.Scopes)
			}
		}
		require.Equal(t, want, may, "%d", right)
		require.Equal(t, want, account.ScopesWith(right))
	}
}

// A scope is within another when it has none of the rights that the other lacks.
func TestScopesWithinOthers(t *testing.T) {
	within := map[account.Scope][]account.Scope{
		account.ScopeMerchant: {account.ScopeMerchant, account.ScopeRead, account.ScopeOrders},
		account.ScopeRead:     {account.ScopeRead},
		account.ScopeOrders:   {account.ScopeOrders},
	}
	for _, outer := range everyScope {
		var may []account.Scope
		for _, inner := range everyScope {
			if inner.Within(outer) {
				may = append(may, inner)
			}
		}
		require.Equal(t, within[outer], may, "%s", outer)
	}
}
