package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestRates(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		finance, viewer := h.browser("fin", operator.Finance), h.browser("vera", operator.Viewer)
		require.Contains(t, viewer.get("/console/rates").body, "No rate is set.")
		require.NotContains(t, viewer.get("/console/rates").body, "New rate")
		form := url.Values{"baseCurrency": {"USD"}, "quoteCurrency": {"THB"}, "rate": {"34.10"}}
		require.Equal(t, http.StatusForbidden, viewer.post("/console/rates/set", form).StatusCode)
		set := finance.post("/console/rates/set", form)
		require.Contains(t, set.body, "1 USD is 34.1 THB.")
		require.Contains(t, viewer.get("/console/rates").body, "34.1 THB")
		form.Set("rate", evil)
		wrong := finance.post("/console/rates/set", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		plainly(t, wrong.body)
		form.Set("startTime", "tomorrow")
		require.Contains(t, finance.post("/console/rates/set", form).body, "This is not a time")
	})
}
