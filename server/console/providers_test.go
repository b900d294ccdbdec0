package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
)

func TestProviders(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
		require.Contains(t, viewer.get("/console/providers").body, "There are no providers yet.")
		h.Simulated("GOLD", 10, sim.Script{})
		require.Contains(t, viewer.get("/console/providers").body, "/console/providers/sim")
		const at = "/console/providers/sim"
		require.Contains(t, viewer.get("/console/providers").body, "In 24 hours")
		page := viewer.get(at)
		require.Contains(t, page.body, "GOLD")
		require.NotContains(t, page.body, "Disable")
		for _, act := range []string{"switch", "change", "compare"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+"/"+act, nil).StatusCode, act)
		}
		require.Contains(t, keeper.get(at).body, "Disable")
		require.Contains(
			t, keeper.post(at+"/switch", url.Values{"status": {"disabled"}}).body, "The provider is disabled.",
		)
		require.Contains(t, keeper.get(at).body, "Enable")
		require.Contains(t, keeper.post(at+"/switch", url.Values{"status": {"active"}}).body, "The provider is active.")
		for typed, said := range map[string]string{"many": "This is not a whole number.", "5000": "1000"} {
			wrong := keeper.post(at+"/change", url.Values{"maxConcurrency": {typed}})
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
			require.Contains(t, wrong.body, said)
			require.Contains(t, wrong.body, `value="`+typed+`"`)
		}
		require.Contains(t, keeper.post(at+"/change", url.Values{"maxConcurrency": {"7"}}).body, "<dd>7</dd>")
		compared := keeper.post(at+"/compare", nil)
		require.Equal(t, http.StatusOK, compared.StatusCode, compared.body)
		require.Contains(t, compared.body, "This provider lists nothing, so nothing can be compared.")
		require.NotContains(t, compared.body, "not listed any more")
	})
}
