package console_test

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// What holds for a product after the sale is on its page, and is changed there by who keeps the catalogue.
func TestClaimPolicy(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		h.Stocked("CODE", 10, 1)
		at := "/console/catalogue/products/CODE"
		viewer, kim := h.browser("vera", operator.Viewer), h.browser("kim", operator.Catalogue)
		both := h.browser("fin", operator.Catalogue, operator.Finance)
		require.Contains(t, viewer.get(at).body, "A unit may be claimed for ever.")
		require.NotContains(t, viewer.get(at).body, "Hours for a claim")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/policy", nil).StatusCode)
		form := url.Values{
			"seen": {hiddenOfForm(t, kim, at, "policy")}, "claimWithinHours": {"720"}, "answerWithinHours": {"1"},
			"automaticAnswer": {"replace"}, "automaticWithinHours": {"48"}, "automaticPerMonth": {"5"},
		}
		set := kim.post(at+"/policy", form)
		require.Equal(t, http.StatusOK, set.StatusCode, set.body)
		for _, want := range []string{
			"may be claimed for 720 hours", "wait for 1 hour;", "within 48 hours is answered by itself (replace), 5 units",
		} {
			require.Contains(t, set.body, want)
		}
		stale := kim.post(at+"/policy", form)
		require.Equal(t, http.StatusConflict, stale.StatusCode)
		require.Contains(t, stale.body, "Somebody else has changed it meanwhile.")

		form.Set("seen", hiddenOfForm(t, kim, at, "policy"))
		for field, value := range map[string]string{
			"claimWithinHours": "soon", "answerWithinHours": "-1", "timeZone": "Mars", "automaticPerMonth": "",
		} {
			wrong := maps.Clone(form)
			wrong.Set(field, value)
			refused := kim.post(at+"/policy", wrong)
			require.Equal(t, http.StatusBadRequest, refused.StatusCode, field)
			require.Contains(t, refused.body, `id="f-policy-`+field+`-error"`)
		}
		form.Set("automaticAnswer", "refund")
		require.Contains(t, kim.post(at+"/policy", form).body, "ROLE_MISSING", "giving money back is finance's")
		require.Contains(t, both.post(at+"/policy", form).body, "answered by itself (refund)")
		storetest.RequireClean(t, h.Store)
	})
}

// hiddenOfForm is what the form of an act knows of when its page was opened.
func hiddenOfForm(t *testing.T, b *browser, at, act string) string {
	t.Helper()
	return seenOf(t, b.get(at).body, at+"/"+act)
}
