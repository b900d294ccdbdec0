package console_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// What is done after a sale is done on the pages of orders, products and tickets.
func TestAfterTheSaleInABrowser(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("EPIN", 25, 9)
	h.Ticket("DAY", 10, 5, "2030-05-01")
	draft := storetest.Draft(h.shop, "shop-1001", "EPIN", 2, "DAY", 1)
	draft.Lines[1].UseDate = "2030-05-01"
	placed, err := h.Orders.Create(t.Context(), draft)
	require.NoError(t, err)
	goods := placed.Order.Lines[0].Goods
	b := h.chromium("ada", operator.Admin)

	b.Visit("/console/catalogue/products/EPIN")
	b.Unfold("Change that…")
	b.Accessible()
	b.Fill("Hours for an answer", "48")
	b.Press("Set")
	b.See("A claim may wait for 48 hours; then operators are told.")

	b.Visit("/console/orders/" + placed.Order.Number)
	b.Unfold("Claim units…")
	b.Accessible()
	b.Tick(fmt.Sprintf("%d: EPIN, line 1", goods[1].UnitID))
	b.Choose("What is wrong", "already used")
	b.Fill("In words", "The shop says that it was used before.")
	b.Press("Claim")
	b.See("The claim waits for an answer.")
	b.See("The shop says that it was used before.")
	b.See("Answer by")

	b.Visit("/console/tickets")
	b.Unfold("List the tickets of a day…")
	b.Accessible()
	b.Fill("Product", "DAY")
	b.Fill("Day of use", "05012030") // as it is typed there
	b.Press("List")
	b.See(placed.Order.Lines[1].Goods[0].TicketCode)
	b.Accessible()
}
