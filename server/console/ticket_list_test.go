package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// The tickets of a day are listed with their codes, in the answer to a post alone, and that is on record.
func TestListTickets(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		ada, viewer := h.browser("ada", operator.Support), h.browser("vera", operator.Viewer)
		const day = "2030-05-01"
		h.Ticket("DAY", 10, 60, day)
		draft := storetest.Draft(h.shop, "one", "DAY", 51)
		draft.Lines[0].UseDate = day
		placed, err := h.Orders.Create(t.Context(), draft)
		require.NoError(t, err)
		goods := placed.Order.Lines[0].Goods
		require.Equal(t, http.StatusForbidden, viewer.post("/console/tickets/list", nil).StatusCode)
		require.Contains(t, ada.get("/console/tickets").body, "List the tickets of a day…")
		require.Contains(t, ada.post("/console/tickets/list", nil).body, "Enter the product&#39;s SKU.")
		wrong := ada.post("/console/tickets/list", url.Values{"product": {"DAY"}, "useDate": {"soon"}})
		require.Contains(t, wrong.body, `id="f-list-useDate-error"`)

		form := url.Values{"product": {"DAY"}, "useDate": {day}}
		first := ada.post("/console/tickets/list", form)
		require.Contains(t, first.body, goods[0].TicketCode)
		require.NotContains(t, first.body, goods[50].TicketCode)
		require.NotContains(t, first.Request.URL.String(), goods[0].TicketCode)
		form.Set("page", hidden(t, first.body, "page"))
		second := ada.post("/console/tickets/list", form)
		require.Contains(t, second.body, goods[50].TicketCode)
		require.NotContains(t, second.body, goods[0].TicketCode)
		require.NotContains(t, second.body, "Next tickets")
		form = url.Values{"product": {"DAY"}, "useDate": {"2030-05-02"}}
		require.Contains(t, ada.post("/console/tickets/list", form).body, "No ticket was sold for this day.")
		require.Contains(t, h.browser("root", operator.Admin).get("/console/audit").body, "ListTickets")
		require.NotContains(t, h.log.String(), goods[0].TicketCode)
	})
}
