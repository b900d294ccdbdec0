package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

func TestApprovals(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, finance := h.browser("vera", operator.Viewer), h.browser("fay", operator.Finance)
		other := h.browser("gus", operator.Finance)
		none := viewer.get("/console/approvals")
		require.Contains(t, none.body, "Nothing waits for a second operator.")
		require.Contains(t, none.body, "orderhub serve --approve-above 10000")
		ask := func(act string, form url.Values) string {
			asked := finance.post("/console/merchants/shop/"+act, form)
			require.Equal(t, http.StatusOK, asked.StatusCode, asked.body)
			require.Contains(t, asked.body, "Nothing has changed yet: this waits for a second operator")
			at := hrefOf(t, asked.body, `href="/console/approvals/`)
			require.Contains(t, viewer.get("/console/approvals").body, at)
			return at
		}
		large := url.Values{"amount": {"10000.01"}, "reference": {"BANK-9"}}
		at := ask("deposit", large)
		require.Equal(t, storetest.Baht(100_000), h.Balance(h.shop))

		own := finance.get(at)
		require.Contains(t, own.body, "You asked for this yourself, so you cannot approve it")
		require.NotContains(t, own.body, "Approve it")
		refused := finance.post(at+"/approve", nil)
		require.Equal(t, http.StatusForbidden, refused.StatusCode)
		require.Contains(t, refused.body, "APPROVAL_OWN_REQUEST")
		looked := viewer.get(at)
		require.Contains(t, looked.body, "That takes the role finance.")
		require.NotContains(t, looked.body, `action="`+at)
		for _, act := range []string{"/approve", "/reject", "/withdraw"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+act, url.Values{"reason": {"x"}}).StatusCode, act)
		}
		require.Contains(t, other.post(at+"/withdraw", nil).body, "APPROVAL_NOT_YOURS")
		require.Equal(t, storetest.Baht(100_000), h.Balance(h.shop))

		require.Contains(t, other.get(at).body, "Approve it")
		require.NotContains(t, other.get(at).body, "Withdraw it")
		done := other.post(at+"/approve", nil)
		require.Contains(t, done.body, "Approved, and booked as transfer")
		require.Contains(t, done.body, `110,000.01 <abbr>THB</abbr>`)
		require.NotContains(t, done.body, "Approve it")
		require.Contains(t, finance.post(at+"/reject", url.Values{"reason": {"late"}}).body, "APPROVAL_OWN_REQUEST")
		same := finance.post("/console/merchants/shop/deposit", large)
		require.Contains(t, same.body, "Already booked at ", "what was done, once")
		require.Contains(t, same.body, `110,000.01 <abbr>THB</abbr>`)

		at = ask("credit", url.Values{"creditLimit": {"20000"}})
		missing := other.post(at+"/reject", nil)
		require.Contains(t, missing.body, `id="f-reject-reason-error"`)
		done = other.post(at+"/reject", url.Values{"reason": {"too much"}})
		require.Contains(t, done.body, "too much")
		require.Contains(t, done.body, `<span class="badge bad">rejected</span>`)

		correction := url.Values{"amount": {"-20000"}, "reference": {"FIX-9"}, "reason": {"wrong account"}}
		at = ask("correct", correction)
		done = finance.post(at+"/withdraw", url.Values{"reason": {"my mistake"}})
		require.Contains(t, done.body, "my mistake")
		again := finance.post("/console/merchants/shop/correct", correction)
		require.Equal(t, at, again.Request.URL.Path)
		require.Contains(t, again.body, "was asked for before, and is withdrawn")

		for state, rows := range map[string]int{"approved": 1, "rejected": 1, "withdrawn": 1, "pending": 0} {
			found := viewer.get("/console/approvals?status=" + state + "&merchant=shop")
			require.Equal(t, rows, strings.Count(found.body, `<tr class="link"`), state)
		}
		require.Equal(t, http.StatusNotFound, viewer.get("/console/approvals/999").StatusCode)
		require.Equal(t, http.StatusNotFound, viewer.get("/console/approvals/x").StatusCode)
	})
}
