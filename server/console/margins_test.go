package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/report"
	"orderhub/server/store/storetest"
)

func TestMargins(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		vera := h.browser("vera", operator.Viewer)
		require.Contains(t, vera.get("/console/margins").body, "Nothing was sold on these days.")
		h.Simulated("GOLD", 10, sim.Script{Charge: "7.50"})
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "r", "GOLD", 2))
		require.NoError(t, err)
		h.Finish(placed.Order)
		counter := report.NewMarginCounter(h.Store.Reports, h.Store.Now, slog.New(slog.DiscardHandler))
		require.NoError(t, counter.Step(t.Context()))
		page := vera.get("/console/margins?by=product&then=provider").body
		require.Contains(t, page, `<th scope="col">Provider</th>`)
		require.NotContains(t, page, `<th scope="col">Merchant</th>`, "of which no row says any")
		require.Contains(t, page, "GOLD")
		require.Contains(t, page, "All in THB")
		require.Contains(t, page, "25")
		today := vera.get("/console/today").body
		require.Contains(t, today, ">Earned</h2>")
		require.Contains(t, today, `15.00 <abbr>THB</abbr></span></td><td class="right"><span class="amount">5.00`)
		file := vera.get("/console/margins.csv?by=product")
		require.Equal(t, "date,product,provider,merchant,currency,units,failed_units,revenue,cost,margin,unpriced_units\n"+
			",GOLD,,,THB,2,0,20.00,15.00,5.00,0\n", file.body)
		for _, wrong := range []string{"fromDate=tomorrow", "provider=nobody", "product=" + url.QueryEscape(evil)} {
			require.NotEqual(t, http.StatusOK, vera.get("/console/margins?"+wrong).StatusCode, wrong)
		}
		plainly(t, vera.get("/console/margins?product="+url.QueryEscape(evil)).body)
	})
}
