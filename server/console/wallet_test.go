package console_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestMovingMoney(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		finance := h.browser("fay", operator.Finance)
		const at = "/console/merchants/shop"
		payment := url.Values{"amount": {" 250.50 "}, "reference": {"BANK-1"}, "description": {"by transfer"}}
		for _, said := range []string{
			"250.50 THB. The balance after it is 100,250.50 THB.", "250.50 THB. Nothing was booked now.",
		} { // a form that is sent twice
			done := finance.post(at+"/deposit", payment)
			require.Equal(t, http.StatusOK, done.StatusCode, done.body)
			require.Contains(t, done.body, said)
			require.Contains(t, done.body, `100,250.50 <abbr>THB</abbr>`)
		}
		for field, form := range map[string]url.Values{
			"deposit-reference":  {"amount": {"1"}},
			"deposit-amount":     {"amount": {"1e3"}, "reference": {"BANK-2"}},
			"deposit-amount ":    {"amount": {"1,00"}, "reference": {"BANK-2"}},
			"deposit-amount  ":   {"amount": {"1000,000"}, "reference": {"BANK-2"}},
			"correct-reason":     {"amount": {"-1"}, "reference": {"FIX-1"}},
			"correct-reference":  {"amount": {"-1"}, "reason": {"twice"}},
			"correct-amount":     {"amount": {"-0.005"}, "reference": {"FIX-1"}, "reason": {"twice"}},
			"credit-creditLimit": {"creditLimit": {""}},
			"low-lowBalance":     {"lowBalance": {"little"}},
		} {
			field = strings.TrimSpace(field)
			act, _, _ := strings.Cut(field, "-")
			wrong := finance.post(at+"/"+act, form)
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode, field)
			require.Contains(t, wrong.body, `id="f-`+field+`-error"`)
			require.Equal(t, 1, strings.Count(wrong.body, "<details open>"), "only the form that was sent")
		}
		fix := url.Values{"amount": {"-0.50"}, "reference": {"FIX-1"}, "reason": {"a mistake"}}
		done := finance.post(at+"/correct", fix)
		require.Contains(t, done.body, "−0.50 THB. The balance after it is 100,250.00 THB.")
		require.Contains(t, finance.post(at+"/correct", fix).body, "Already booked at 20")
		poor := url.Values{"amount": {"−9,999.99"}, "reference": {"FIX-2"}, "reason": {"gone"}}
		h.Merchant("poor", 1)
		refused := finance.post("/console/merchants/poor/correct", poor)
		require.Contains(t, refused.body, "INSUFFICIENT_BALANCE")
		require.Contains(t, refused.body, "There is too little in the wallet: 9,998.99 THB is missing.")
		poor.Set("force", "yes")
		require.Contains(t, finance.post("/console/merchants/poor/correct", poor).body, `−9,998.99 <abbr>THB</abbr>`)

		done = finance.post(at+"/credit", url.Values{"creditLimit": {"5,000.00"}})
		require.Contains(t, done.body, "The credit limit is 5,000.00 THB.")
		done = finance.post(at+"/low", url.Values{"lowBalance": {"-100"}})
		require.Contains(t, done.body, "below −100.00 THB.")
		done = finance.post(at+"/low", url.Values{"lowBalance": {""}})
		require.Contains(t, done.body, "not told of low balances any more")
	})
}

func TestWallet(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, finance := h.browser("vera", operator.Viewer), h.browser("fay", operator.Finance)
		h.Merchant("corner", 0)
		empty := viewer.get("/console/merchants/corner/wallet")
		require.Contains(t, empty.body, "Nothing has moved yet.")
		require.Contains(t, empty.body, "orderhub deposit corner 1000.00")
		const at = "/console/merchants/corner"
		for i := range 51 {
			finance.post(at+"/deposit", url.Values{"amount": {"10.25"}, "reference": {"B-" + strconv.Itoa(i)}})
		}
		finance.post(at+"/correct", url.Values{"amount": {"-1.05"}, "reference": {"FIX"}, "reason": {"=1+1"}})
		list := viewer.get(at + "/wallet")
		require.Equal(t, http.StatusOK, list.StatusCode)
		require.Equal(t, 50, strings.Count(list.body, `<th scope="row"`))
		require.Contains(t, list.body, `−1.05 <abbr>THB</abbr></span></td>
<td class="right"><span class="amount">521.70 <abbr>`)
		require.Equal(t, 2, strings.Count(viewer.get(hrefOf(t, list.body, `rel="next"`)).body, `<th scope="row"`))
		require.Equal(t, 1, strings.Count(viewer.get(at+"/wallet?kind=adjustment").body, `<th scope="row"`))
		require.Contains(t, viewer.get(at+"/wallet?to=2020-01-01T00:00").body, "Nothing moved that is like this.")
		require.Contains(t, viewer.get(at+"/wallet?from=2020-01-01T00:00").body, "FIX")
		require.Equal(t, http.StatusBadRequest, viewer.get(at+"/wallet?from=yesterday").StatusCode)
		require.Equal(t, http.StatusNotFound, viewer.get("/console/merchants/nobody/wallet").StatusCode)

		past := viewer.get(at + "/wallet?from=2020-01-01T00:00&to=2099-01-01&at=2099-01-01T00:00").body
		require.Equal(t, 2, strings.Count(past, "<dt>Before <time"))
		require.Contains(t, past, `2020-01-01 00:00:00</time></dt><dd><span class="amount">0.00 <abbr>`)
		const later = `2099-01-01 00:00:00</time></dt><dd><span class="amount">521.70 <abbr>`
		require.Equal(t, 2, strings.Count(past, later))
		require.Equal(t, http.StatusBadRequest, viewer.get(at+"/wallet?at=then").StatusCode)

		href := hrefOf(t, viewer.get(at+"/wallet?kind=adjustment").body, "download")
		file := viewer.get(href)
		require.Equal(t, "text/csv; charset=utf-8", file.Header.Get("Content-Type"))
		rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, []string{"adjustment", "-1.05", "521.70", "THB", "", "FIX", "'=1+1", ""}, rows[1][2:])
		whole := viewer.get(at + "/wallet.csv")
		require.Equal(t, 53, strings.Count(whole.body, "\n"))
		require.Equal(t, http.StatusNotFound, viewer.get("/console/merchants/nobody/wallet.csv").StatusCode)
		require.Equal(t, http.StatusBadRequest, viewer.get(at+"/wallet.csv?to=never").StatusCode)

		require.Equal(t, http.StatusBadRequest, viewer.get(at+"/statement.html?to=2099-01-01").StatusCode)
		require.Equal(t, http.StatusNotFound, viewer.get("/console/merchants/nobody/statement.html").StatusCode)
		printed := viewer.get(hrefOf(t, list.body, "statement.html"))
		require.Equal(t, "text/html; charset=utf-8", printed.Header.Get("Content-Type"))
		require.Contains(t, printed.Header.Get("Content-Disposition"), "attachment")
		require.Contains(t, printed.body, `At last</td><td class="amount">521.70</td>`)
	})
}
