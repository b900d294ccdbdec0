package console_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/operator"
	"orderhub/server/webhook"
)

// What a role may not do with a merchant is neither offered nor done.
func TestWhoMayActOnMerchants(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		const at = "/console/merchants/shop"
		forms := map[string]url.Values{
			"deposit": {"amount": {"1"}, "reference": {"D"}}, "correct": {
				"amount": {"1"}, "reference": {"C"},
				"reason": {"x"},
			},
			"credit": {"creditLimit": {"1"}}, "low": {"lowBalance": {"1"}}, "suspend": nil, "resume": nil, "key": nil,
			"revoke": {"key": {"1"}}, "contact": {"email": {"x@example.com"}}, "doors": {"storeName": {"x"}},
			"secret": {"secret": {"password"}, "value": {"password 1"}},
		}
		h.key("server")
		money := []string{"deposit", "correct", "credit", "low"}
		for role, may := range map[operator.Role][]string{
			operator.Viewer: nil, operator.Support: nil, operator.Catalogue: nil, operator.Finance: money,
		} {
			b := h.browser(operator.RolesOf(role).String(), role)
			before := withoutFlash(b.get(at).body)
			for act, form := range forms {
				allowed := slices.Contains(may, act)
				offered := strings.Contains(before, `action="`+at+"/"+act+`"`)
				require.Equal(t, allowed, offered, "%s %s", role, act)
				if !allowed {
					answer := b.post(at+"/"+act, form)
					require.Equal(t, http.StatusForbidden, answer.StatusCode, "%s %s", role, act)
					require.Contains(t, answer.body, "Your roles do not allow this.")
				}
			}
			require.Equal(t, before, withoutFlash(b.get(at).body), "nothing is changed")
		}
		page := h.browser("ada", operator.Admin).get(at).body
		for act := range forms {
			require.Equal(t, act != "resume", strings.Contains(page, `action="`+at+"/"+act+`"`), act)
		}
	})
}

// Nobody, and no page of another site, sees or does anything about merchants.
func TestMerchantsAreNobodysElse(t *testing.T) {
	h := startSQLite(t)
	admin := h.browser("ada", operator.Admin)
	h.key("server")
	const at = "/console/merchants/shop"
	asked := admin.post(at+"/deposit", url.Values{"amount": {"10001"}, "reference": {"A"}})
	require.Equal(t, http.StatusOK, asked.StatusCode)
	before := withoutFlash(admin.get(at).body)
	for _, path := range []string{
		at, at + "/wallet", at + "/wallet.csv", "/console/merchants",
		"/console/approvals/1",
	} {
		require.Equal(t, "/console/sign-in", h.stranger().get(path).Request.URL.Path, path)
	}
	for path, form := range map[string]url.Values{
		at + "/deposit": {"amount": {"1"}, "reference": {"B"}}, at + "/suspend": nil, at + "/key": nil,
		at + "/revoke": {"key": {"1"}}, at + "/credit": {"creditLimit": {"7"}}, at + "/doors": {"storeName": {"x"}},
		"/console/merchants/create": {"name": {"corner"}, "currency": {"THB"}}, "/console/approvals/1/withdraw": nil,
	} {
		require.Equal(t, "/console/sign-in", h.stranger().post(path, form).Request.URL.Path, path)
		require.Equal(t, http.StatusForbidden, admin.do(admin.form(path, form, "cross-site")).StatusCode, path)
		require.NotEqual(t, http.StatusOK, admin.get(path).StatusCode, "%s: changes are posted", path)
	}
	require.Equal(t, before, withoutFlash(admin.get(at).body), "nothing is changed")
	require.NotContains(t, admin.get("/console/merchants").body, "corner")
}

// key is one of the shop's.
func (h *hub) key(label string) {
	h.t.Helper()
	_, _, err := h.Accounts.IssueKey(
		h.t.Context(), account.Key{MerchantID: h.shop.ID, Label: label, Scope: account.ScopeMerchant},
	)
	require.NoError(h.t, err)
}

// withoutFlash is a page without what was said once on it.
func withoutFlash(page string) string {
	before, rest, _ := strings.Cut(page, `<p class="flash"`)
	_, after, found := strings.Cut(rest, "</p>")
	if !found {
		return page
	}
	return before + after
}

// What merchants and operators can set about a merchant stands on its pages as text.
func TestStoredMarkupOfMerchants(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
		code := h.Stocked("CODE", 10, 5)
		h.place(evil, "CODE", 1)
		h.key(evil)
		_, err := h.Catalog.CreateListing(t.Context(), catalog.Listing{
			MerchantID: h.shop.ID, ProductID: code.ID, ExternalID: evil, ExternalOptionID: evil,
		})
		require.NoError(t, err)
		_, _, err = webhook.NewService(h.Store.Endpoints, true).Create(t.Context(), webhook.Endpoint{
			MerchantID: h.shop.ID, URL: "https://shop.example/'<script>", Format: webhook.FormatStandard,
		}, "")
		require.NoError(t, err)
		admin, other := h.browser("ada", operator.Admin), h.browser("gus", operator.Finance)
		const at = "/console/merchants/shop"
		post := func(b *browser, path string, form url.Values) answer {
			answer := b.post(path, form)
			require.Equal(t, http.StatusOK, answer.StatusCode, answer.body)
			require.NotContains(t, answer.body, "<script>", path)
			return answer
		}
		settings := url.Values{
			"storeName": {evil}, "billingAddresses": {"7=" + evil}, "callbackUrl": {"https://shop.example/'<script>"},
		}
		require.Equal(t, http.StatusOK, admin.changed(at+"/doors", settings).StatusCode)
		post(admin, at+"/deposit", url.Values{"amount": {"1"}, "reference": {evil}, "description": {evil}})
		post(admin, at+"/correct", url.Values{"amount": {"1"}, "reference": {evil + "2"}, "reason": {evil}})
		asked := post(admin, at+"/correct", url.Values{
			"amount": {"10001"}, "reference": {evil + "3"},
			"reason": {evil},
		})
		approval := hrefOf(t, asked.body, `href="/console/approvals/`)
		post(other, approval+"/reject", url.Values{"reason": {evil}})
		post(admin, at+"/deposit", url.Values{"amount": {"10001"}, "reference": {evil + "4"}, "description": {evil}})
		typed := url.QueryEscape(evil)
		for _, path := range []string{
			at, at + "/wallet", approval, "/console/approvals", "/console/merchants", "/console/merchants?q=" + typed,
			"/console/approvals?merchant=" + typed, at + "/wallet?kind=" + typed, at + "/wallet?from=" + typed,
			"/console/merchants/" + url.PathEscape(evil), "/console/merchants/" + url.PathEscape(evil) + "/wallet",
		} {
			page := admin.get(path).body
			require.NotContains(t, page, "<script>", path)
			require.NotContains(t, page, "<img", path)
		}
		for _, path := range []string{at, at + "/wallet", approval, "/console/approvals"} {
			require.Contains(t, admin.get(path).body, "&lt;script&gt;", path)
		}
		wrong := admin.post(at+"/deposit", url.Values{"amount": {evil}, "reference": {evil}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.NotContains(t, wrong.body, "<script>")
	})
}
