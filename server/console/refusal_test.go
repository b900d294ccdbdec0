package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// A refusal is said once: at the field, with the labels of the page, and the page's focus is there.
func TestRefusalsAreSaidOnce(t *testing.T) {
	h := startSQLite(t)
	keeper, admin := h.browser("carl", operator.Catalogue), h.browser("ada", operator.Admin)
	keeper.post("/console/catalogue/categories/create", url.Values{"slug": {"goods"}, "name": {"Goods"}})
	wrong := keeper.post("/console/catalogue/new/create", product("NEW", "minQuantity", "9", "maxQuantity", "2"))
	require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
	require.Contains(t, wrong.body, "This was not done: look at the field below.")
	require.Equal(t, 1, strings.Count(wrong.body, " autofocus"))
	_, field, _ := strings.Cut(wrong.body, `id="f-maxQuantity-error">`)
	said, _, _ := strings.Cut(field, "<")
	require.Contains(t, said, "“Fewest units of an order&#39;s line”")
	require.Equal(t, 1, strings.Count(wrong.body, said))
	require.NotContains(t, wrong.body, "MaxQuantity")

	e, _ := h.endpoint()
	at := endpointPath(e.ID)
	wrong = admin.post(at+"/replay", url.Values{"eventTypes": {"nonsense"}})
	require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
	require.Contains(t, wrong.body, `id="f-eventTypes-error"`)
	require.NotContains(t, wrong.body, "EventTypes[0]")
	found := admin.post("/console/orders/recipient", url.Values{"recipient": {"1"}, "merchant": {strings.Repeat("x", 65)}})
	require.Equal(t, http.StatusBadRequest, found.StatusCode)
	require.Contains(t, found.body, `id="r-merchant-error"`)
	require.NotContains(t, found.body, `id="f-merchant-error"`, "the filter is not at fault")
	// No field is at fault: the message itself.
	missing := keeper.get("/console/catalogue/products/NONE")
	require.Equal(t, http.StatusNotFound, missing.StatusCode)
	require.NotContains(t, missing.body, "look at the field")
}
