package console_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/operator"
)

func TestMerchants(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		for i := range 50 {
			h.Merchant("shop-"+strconv.Itoa(i), 0)
		}
		viewer, admin := h.browser("vera", operator.Viewer), h.browser("ada", operator.Admin)
		list := viewer.get("/console/merchants")
		require.Equal(t, 50, strings.Count(list.body, `<tr class="link"`))
		require.Contains(t, list.body, `100,000.00 <abbr>THB</abbr>`)
		require.NotContains(t, list.body, "Create a merchant")
		require.Contains(t, viewer.get(hrefOf(t, list.body, `rel="next"`)).body, "shop-49")

		require.Equal(t, "/console/merchants/shop", viewer.get("/console/merchants?q=+Shop+").Request.URL.Path)
		number := strconv.FormatInt(h.shop.ID, 10)
		require.Equal(t, "/console/merchants/shop", viewer.get("/console/merchants?q="+number).Request.URL.Path)
		for _, none := range []string{"nobody", "999999", "a%2Fb", strings.Repeat("x", 65)} {
			require.Contains(t, viewer.get("/console/merchants?q="+none).body, "No merchant has this name or number.", none)
		}

		form := url.Values{
			"name": {"corner"}, "currency": {"eur"}, "creditLimit": {"250.50"}, "email": {"corner@example.com"},
		}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/merchants/create", form).StatusCode)
		require.Equal(t, http.StatusNotFound, viewer.get("/console/merchants/corner").StatusCode)
		wrong := admin.post("/console/merchants/create", url.Values{"name": {"Corner"}, "currency": {"EUR"}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-create-name-error"`)
		require.Contains(t, wrong.body, `value="Corner"`, "what was typed is kept")
		waits := admin.post("/console/merchants/create", url.Values{
			"name": {"corner"}, "currency": {"EUR"}, "creditLimit": {"10000.01"},
		})
		require.Contains(t, waits.body, "APPROVAL_NEEDED")
		made := admin.post("/console/merchants/create", form)
		require.Equal(t, "/console/merchants/corner", made.Request.URL.Path)
		require.Contains(t, made.body, `250.50 <abbr>EUR</abbr>`)
		require.Contains(t, made.body, "corner@example.com")
		for _, command := range []string{
			"orderhub key create corner --label server", "orderhub listing create corner", "orderhub webhook create corner",
		} {
			require.Contains(t, made.body, command)
		}
		require.Contains(t, admin.post("/console/merchants/create", form).body, "ALREADY_EXISTS")
	})
}

func TestMerchant(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("CODE", 10, 5)
		o := h.place("r-1", "CODE", 2)
		viewer, admin := h.browser("vera", operator.Viewer), h.browser("ada", operator.Admin)
		const at = "/console/merchants/shop"
		page := viewer.get(at)
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Contains(t, page.body, `99,980.00 <abbr>THB</abbr>`)
		require.Contains(t, page.body, o.Number)
		require.NotContains(t, page.body, "<form method=\"post\" action=\"/console/merchants", "a viewer is offered nothing")
		require.Equal(t, http.StatusNotFound, viewer.get("/console/merchants/nobody").StatusCode)

		done := admin.post(at+"/suspend", nil)
		require.Contains(t, done.body, `<span class="badge bad">suspended</span>`)
		require.NotContains(t, done.body, "Suspend shop")
		done = admin.post(at+"/resume", nil)
		require.Contains(t, done.body, `<span class="badge good">active</span>`)

		done = admin.changed(at+"/contact", url.Values{
			"email": {"shop@example.com"}, "requestsPerMinute": {"600"}, "burst": {"20"},
			"ipAllowlist": {" 192.0.2.0/24 \r\n2001:db8::1\r\n"},
		})
		require.Equal(t, http.StatusOK, done.StatusCode, done.body)
		require.Contains(t, done.body, "600, 20 at once")
		require.Contains(t, done.body, "192.0.2.0/24, 2001:db8::1")
		wrong := admin.changed(at+"/contact", url.Values{"email": {"x@example.com"}, "ipAllowlist": {"somewhere"}})
		require.Contains(t, wrong.body, `id="f-contact-ipAllowlist-error"`)
		require.Contains(t, wrong.body, "shop@example.com", "nothing of it is done")
		wrong = admin.changed(at+"/contact", url.Values{"requestsPerMinute": {"many"}})
		require.Contains(t, wrong.body, `id="f-contact-requestsPerMinute-error"`)
		done = admin.changed(at+"/contact", url.Values{"requestsPerMinute": {"-1"}})
		require.Contains(t, done.body, "as each door has it")
		require.Contains(t, done.body, "shop@example.com", "what is not in the form stays")

		done = admin.changed(at+"/doors", url.Values{
			"storeName": {"The Shop"}, "billingAddresses": {"7=Main\r\n8=Side = left\r\n"}, "defaultBillingAddressId": {"8"},
			"callbackUrl": {"https://shop.example/callback"},
		})
		require.Equal(t, http.StatusOK, done.StatusCode, done.body)
		require.Contains(t, done.body, "8=Side = left\n")
		require.Contains(t, done.body, "https://shop.example/callback")
		wrong = admin.changed(at+"/doors", url.Values{"billingAddresses": {"Main"}})
		require.Contains(t, wrong.body, `id="f-doors-billingAddresses-error"`)

		late := url.Values{"storeName": {"Mine"}, "seen": {seenOf(t, admin.get(at).body, at+"/doors")}}
		require.Equal(t, http.StatusOK, admin.changed(at+"/doors", url.Values{"storeName": {"Theirs"}}).StatusCode)
		refused := admin.post(at+"/doors", late)
		require.Equal(t, http.StatusConflict, refused.StatusCode)
		require.Contains(t, refused.body, `value="Mine"`)
		require.Contains(t, refused.body, "<dd>Theirs</dd>")
		require.Equal(t, http.StatusConflict, admin.post(at+"/doors", late).StatusCode, "also when it is sent again")
	})
}

// An account of admin scope, from before there were operators, has keys and nothing else.
func TestMerchantThatIsAnOperator(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		admin := h.browser("ada", operator.Admin)
		_, err := h.Accounts.CreateMerchant(t.Context(), account.NewMerchant{Name: "ops", Role: account.RoleOperator})
		require.NoError(t, err)
		page := admin.get("/console/merchants/ops")
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Contains(t, page.body, "This is not a merchant")
		require.NotContains(t, page.body, "Deposit")
		shown := admin.post("/console/merchants/ops/key", url.Values{"scope": {"admin"}, "seen": {"0"}})
		require.Contains(t, shown.body, "ohk_")
		wallet := admin.get("/console/merchants/ops/wallet")
		require.Equal(t, http.StatusBadRequest, wallet.StatusCode, wallet.body)
	})
}

// A new key is in the answer to its form and nowhere else.
func TestMerchantKeys(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, admin := h.browser("vera", operator.Viewer), h.browser("ada", operator.Admin)
		const at = "/console/merchants/shop"
		require.Contains(t, viewer.get(at).body, "It has no key yet.")
		require.Equal(t, http.StatusConflict, admin.post(at+"/key", url.Values{"scope": {"orders"}}).StatusCode)
		form := url.Values{"label": {"server"}, "scope": {"orders"}, "seen": {seenOf(t, admin.get(at).body, at+"/key")}}
		shown := admin.post(at+"/key", form)
		require.Equal(t, http.StatusOK, shown.StatusCode)
		require.Equal(t, "no-store", shown.Header.Get("Cache-Control"))
		secret := regexp.MustCompile(`id="secret">([^<]+)<`).FindStringSubmatch(shown.body)[1]
		require.Greater(t, len(secret), 20)
		page := viewer.get(at).body
		require.Contains(t, page, "server")
		require.Contains(t, page, "<td>orders</td>")
		require.NotContains(t, page, secret)
		require.NotContains(t, admin.get(at).body, secret)
		require.NotContains(t, h.log.String(), secret)
		principal, err := account.NewAuthenticator(h.Store.Accounts, time.Now).Authenticate(
			t.Context(), account.KeyCredential(secret), netip.IPv6Loopback(),
		)
		require.NoError(t, err)
		require.Equal(t, h.shop.ID, principal.MerchantID)

		reloaded := admin.post(at+"/key", form)
		require.Equal(t, http.StatusConflict, reloaded.StatusCode)
		require.Contains(t, reloaded.body, "A key was made meanwhile")

		form.Set("seen", seenOf(t, reloaded.body, at+"/key"))
		form.Set("label", strings.Repeat("x", 201))
		wrong := admin.post(at+"/key", form)
		require.Contains(t, wrong.body, `id="f-key-label-error"`)
		keys := hiddenOf(admin.get(at).body, "key")
		require.Len(t, keys, 1)
		require.NotContains(t, page, "Revoke")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/revoke", url.Values{"key": keys}).StatusCode)
		require.Contains(t, viewer.get(at).body, `<span class="badge good">active</span></td>`)
		done := admin.post(at+"/revoke", url.Values{"key": keys})
		require.Contains(t, done.body, `<span class="badge bad">revoked</span>`)
		require.Empty(t, hiddenOf(done.body, "key"), "once")
		require.Equal(t, http.StatusBadRequest, admin.post(at+"/revoke", url.Values{"key": {"x"}}).StatusCode)
	})
}

// seenOf is what the form of an act says that it knows.
func seenOf(t *testing.T, page, act string) string {
	t.Helper()
	_, form, found := strings.Cut(page, `action="`+act+`"`)
	require.True(t, found, act)
	return hiddenOf(form, "seen")[0]
}

// hiddenOf are the values of the hidden fields of a name.
func hiddenOf(page, name string) (values []string) {
	for _, rest := range strings.Split(page, `type="hidden" name="`+name+`" value="`)[1:] {
		value, _, _ := strings.Cut(rest, `"`)
		values = append(values, value)
	}
	return values
}

func TestMerchantSecrets(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		admin := h.browser("ada", operator.Admin)
		const at, secret = "/console/merchants/shop", "a very secret callback key"
		done := admin.post(at+"/secret", url.Values{"secret": {"callbackKey"}, "value": {"averysecretcallbackkey"}})
		require.Contains(t, done.body, `role="status">Set.`)
		for _, form := range []url.Values{
			{"secret": {"callbackKey"}, "value": {""}},
			{"secret": {"callbackKey"}, "value": {secret}, "remove": {"yes"}},
			{"secret": {"other"}, "value": {secret}},
			{"secret": {"callbackKey"}, "value": {secret}}, // has spaces
		} {
			wrong := admin.post(at+"/secret", form)
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode, form)
			require.NotContains(t, wrong.body, secret, "is not sent back")
		}
		done = admin.post(at+"/secret", url.Values{"secret": {"callbackKey"}, "remove": {"yes"}})
		require.Contains(t, done.body, "Removed.")
		require.NotContains(t, h.log.String(), secret)
	})
}

// changed posts a form about a merchant as it is now.
func (b *browser) changed(path string, form url.Values) answer {
	b.t.Helper()
	form.Set("seen", seenOf(b.t, b.get(path[:strings.LastIndexByte(path, '/')]).body, path))
	return b.post(path, form)
}
