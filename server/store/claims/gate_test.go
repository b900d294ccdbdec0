package claims_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// venue is a provider of tickets that takes them back, a moment after meanwhile.
type venue struct {
	shelf

	meanwhile func()
}

func (v *venue) CancelTickets(context.Context, dialect.Purchase, []dialect.Goods) error {
	v.meanwhile()
	return nil
}

// A ticket that lets somebody in while its provider takes it back is used: the cancellation is refused, and nothing is
// paid back for it.
func TestRedeemedWhileTheProviderCancels(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, today := t.Context(), w.Merchant("shop", 1000), w.Store.Now().Format(time.DateOnly)
		from := &venue{}
		p := w.Product("DAY", 100, func(p *catalog.Product) { p.Source, p.Dated = catalog.SourceProvider, true })
		w.Supplied(p, "venue", from)
		for n := 1; n <= 2; n++ {
			d := storetest.Draft(shop, "of "+string(rune('0'+n)), "DAY", n)
			d.Lines[0].UseDate = today
			o := placed(t, w, d)
			require.Equal(t, int64(n), o.Lines[0].Completed)
			balance := w.Balance(shop)
			from.meanwhile = func() {
				_, err := service(w).Redeem(ctx, claim.Redemption{
					Viewer: order.ByOperator(), Code: o.Lines[0].Goods[0].TicketCode, By: ada,
				})
				require.NoError(t, err)
			}
			_, err := w.Orders.Cancel(ctx, order.ByMerchant(shop.ID), o.Number, order.Cancellation{})
			o = get(t, w, o)
			require.Equal(t, order.GoodsUsed, o.Lines[0].Goods[0].Status)
			require.Equal(t, order.StatusCompleted, o.Status)
			if n == 1 {
				require.ErrorIs(t, err, order.ErrNotCancellable)
			} else {
				require.NoError(t, err, "the other one is taken back")
				require.Equal(t, order.GoodsCancelled, o.Lines[0].Goods[1].Status)
			}
			require.Equal(t, balance+storetest.Baht(int64(100*(n-1))), w.Balance(shop))
		}
		storetest.RequireClean(t, w.Store)
	})
}

// A gate does not wait for who sells tickets of the same day.
func TestRedeemLeavesTheDayAlone(t *testing.T) {
	open := storetest.Postgres(t)
	w := storetest.NewWorld(t, open(), 1)
	ctx, shop, today := t.Context(), w.Merchant("shop", 1000), w.Store.Now().Format(time.DateOnly)
	w.Ticket("DAY", 10, 5, today)
	d := storetest.Draft(shop, "one", "DAY", 1)
	d.Lines[0].UseDate = today
	o := placed(t, w, d)
	tx, err := w.Store.WriteDB.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback()) }()
	_, err = tx.ExecContext(ctx, `SELECT id FROM allotments FOR UPDATE`)
	require.NoError(t, err)
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ticket, err := service(w).Redeem(soon, claim.Redemption{
		Viewer: order.ByOperator(), Code: o.Lines[0].Goods[0].TicketCode, By: ada,
	})
	require.NoError(t, err)
	require.Equal(t, order.GoodsUsed, ticket.Status)
}
