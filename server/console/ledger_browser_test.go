package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console/consoletest"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// Somebody of finance deposits more than one may alone; another one looks at it and approves it, and then the money is
// there.
func TestTwoPairsOfEyes(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("EPIN", 25, 9)
		h.place("shop-1001", "EPIN", 2)
		fay := h.chromium("fay", operator.Finance)
		fay.Press("Merchants")
		fay.Accessible()
		fay.Hit("/")
		fay.Key("shop")
		fay.Enter()
		fay.See("99,950.00 THB")
		require.False(t, fay.Offers("Suspend shop"))
		fay.Accessible()
		fay.Unfold("Deposit…")
		fay.Fill("Amount in THB", "lots")
		fay.Fill("Reference of the payment", "BANK-2026-118")
		fay.Press("Deposit it")
		fay.See("Must be a decimal amount")
		fay.Accessible()
		fay.Fill("Amount in THB", "25000.50")
		fay.Fill("What the merchant reads", "Transfer of 29 November")
		fay.Press("Deposit it")
		fay.See("Nothing has changed yet")
		fay.See("99,950.00 THB")
		fay.Picture("merchant")
		fay.Accessible()
		fay.Resize(360, 740)
		fay.Accessible()
		fay.Press("1")
		fay.See("You asked for this yourself, so you cannot approve it")
		require.False(t, fay.Offers("Approve it"))
		require.True(t, fay.Offers("Withdraw it"))
		fay.Accessible()

		gus := h.chromium("gus", operator.Finance)
		gus.Press("Approvals")
		gus.See("Waiting for a second operator")
		gus.Accessible()
		gus.Press("1")
		gus.See("BANK-2026-118")
		gus.Picture("approval")
		gus.Accessible()
		require.Equal(t, storetest.Baht(99_950), h.Balance(h.shop))
		gus.Press("Approve it")
		gus.See("Approved, and booked as transfer")
		gus.See("124,950.50 THB")
		require.False(t, gus.Offers("Approve it"))
		gus.Press("shop")
		gus.Press("Statement")
		gus.See("Transfer of 29 November")
		gus.Picture("wallet")
		gus.Accessible()

		fay.Visit("/console/approvals")
		fay.See("Nothing waits for a second operator.")
		fay.Accessible()
	})
}

// An admin makes a merchant and a key for it, which is shown once.
func TestAdminMakesMerchant(t *testing.T) {
	h := startSQLite(t)
	b := h.chromium("ada", operator.Admin)
	b.Press("Merchants")
	b.Unfold("Create a merchant…")
	b.Accessible()
	b.Fill("Name (needed)", "corner")
	b.Fill("Currency", "THB")
	b.Press("Create the merchant")
	b.See("Created.")
	b.Accessible()
	b.Unfold("Create a key…")
	b.Fill("What it is for", "till")
	b.Choose("It may", "what belongs to orders")
	b.Press("Create the key")
	b.See("This is the only time that it is shown")
	b.Accessible()
	secret := consoletest.Evaluate[string](b, `document.querySelector("#secret").textContent`)
	require.Contains(t, secret, "ohk_")
	b.Press("Back to corner")
	b.See("till")
	b.NotSee(secret)
	for _, folded := range []string{
		"Deposit…", "Correct…", "Credit limit…", "Low balance…", "Address and access…", "What partners' doors need…",
		"Secrets beside its keys…", "Suspend…",
	} {
		b.Unfold(folded)
	}
	b.Accessible()
	b.Resize(360, 740)
	b.Accessible()
	b.Press("Suspend corner")
	b.See("It is refused at every door now.")
	b.Press("Let it in again")
	b.See("It may act again.")
}
