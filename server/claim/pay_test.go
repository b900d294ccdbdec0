package claim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/money"
)

func TestWhoMayPay(t *testing.T) {
	t.Parallel()
	var (
		adaThere = claim.By{Kind: audit.KindSession, Name: "ada"}
		grace    = claim.By{Kind: audit.KindOperator, Name: "grace"}
		adminKey = claim.By{Kind: audit.KindAdminKey, Name: "operator"}
		shop     = claim.By{Kind: claim.ByMerchant, Name: "ada"}
		finance  *claim.FinanceNeededError
	)
	for _, test := range []struct {
		name        string
		made, given claim.By
		verdict     claim.Verdict
		finance     bool
		refunded    money.Amount
		bought      money.Amount // what units were sold for whose replacement this answer buys
		is          error
		as          any
	}{
		{name: "a merchant's, up to the limit", made: shop, given: ada, refunded: 100},
		{name: "a merchant's, above it", made: shop, given: ada, refunded: 101, as: &finance},
		{name: "a merchant's, above it, by finance", made: shop, given: ada, finance: true, refunded: 101},
		{name: "one's own", made: ada, given: ada, refunded: 1, is: claim.ErrOwnClaim},
		{name: "one's own, signed in", made: ada, given: adaThere, refunded: 1, is: claim.ErrOwnClaim},
		{name: "one's own, by finance", made: ada, given: ada, finance: true, refunded: 100},
		{name: "one's own, by finance, above it", made: ada, given: ada, finance: true, refunded: 101, is: claim.ErrOwnClaim},
		{name: "another's", made: ada, given: grace, refunded: 100},
		{name: "with a key that is nobody's", made: adminKey, given: adminKey, finance: true, refunded: 101},
		{name: "one's own is rejected", made: ada, given: ada, verdict: claim.Reject},
		{name: "one's own is replaced", made: ada, given: ada, verdict: claim.Replace, refunded: 101},
		{name: "one's own is bought", made: ada, given: adaThere, verdict: claim.Replace, bought: 1, is: claim.ErrOwnClaim},
		{name: "another's is bought", made: ada, given: grace, verdict: claim.Replace, refunded: 40, bought: 60},
		{name: "much is bought", made: shop, given: ada, verdict: claim.Replace, bought: 101, as: &finance},
		{name: "much with refunds", made: shop, given: ada, verdict: claim.Replace, refunded: 41, bought: 60, as: &finance},
		{name: "a refund after much was bought", made: shop, given: ada, refunded: 1, bought: 100, as: &finance},
		{name: "much is bought by finance", made: shop, given: ada, finance: true, verdict: claim.Replace, bought: 101},
	} {
		a := claim.Answer{
			By: test.given, Verdict: claim.Refund, Finance: test.finance,
			Bound: func(c money.Currency) (money.Amount, bool) { return 100, c == "THB" },
		}
		if test.verdict != "" {
			a.Verdict = test.verdict
		}
		c := &claim.Claim{Currency: "THB", By: test.made, Units: []claim.Unit{
			{Refund: test.refunded - test.refunded/2},
			{Refund: test.refunded / 2},
			{SoldFor: 1000},
		}}
		if test.bought != 0 {
			c.Units = append(c.Units, claim.Unit{SoldFor: test.bought, BoughtBy: 1})
		}
		answered := []*claim.Unit{&c.Units[len(c.Units)-1]}
		err := a.MayPay(c, answered)
		switch {
		case test.is != nil:
			require.ErrorIs(t, err, test.is, test.name)
		case test.as != nil:
			require.ErrorAs(t, err, test.as, test.name)
			require.Equal(t, money.Amount(100), finance.Above.Amount)
			c.Currency = "USD"
			require.NoError(t, a.MayPay(c, answered), "without a bound there is none")
		default:
			require.NoError(t, err, test.name)
		}
	}
}
