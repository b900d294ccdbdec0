package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/manual"
	"orderhub/server/purchase"
	"orderhub/server/store/storetest"
)

// A person who buys what replaces a unit has the product's time from the answer on, however long ago the order was.
func TestReplacementByHandHasItsTime(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		p := w.Product("HAND", 100, func(p *catalog.Product) {
			p.Source, p.FulfilWithin = catalog.SourceProvider, time.Hour
		})
		from := &shelf{}
		w.Supplied(p, "shelf", from)
		o := placed(t, w, storetest.Draft(shop, "one", "HAND", 1))
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET status = 'disabled'`)
		require.NoError(t, err)
		w.Supplied(p, "people", manual.New(w.Store.Purchases))
		_, err = w.Store.WriteDB.ExecContext(
			ctx, `UPDATE orders SET created_at = $1`, w.Store.Now().Add(-24*time.Hour).UTC(),
		)
		require.NoError(t, err)
		made, _ := replacedBy(t, w, shop, o)
		_, err = w.Advance(ctx, o.ID)
		require.NoError(t, err)
		open, err := w.Store.Purchases.Purchases(ctx, purchase.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, open, 1)
		require.WithinDuration(t, made.UpdatedAt.Add(time.Hour), *open[0].DeliverBy, time.Millisecond)
		told, err := w.Store.Purchases.TellOverdue(ctx, 10)
		require.NoError(t, err)
		require.Zero(t, told)
	})
}
