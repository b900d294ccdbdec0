package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// damage changes the last byte of sealed values.
func damage(t *testing.T, w *storetest.World, change string, args ...any) {
	t.Helper()
	db := w.Store.WriteDB
	result, err := db.ExecContext(t.Context(), change, args...)
	require.NoError(t, err)
	rows, err := result.RowsAffected()
	require.NoError(t, err)
	require.Positive(t, rows)
}

// broken is as long as a sealed value and none.
var broken = []byte("not a sealed value, but long enough to be taken for one by its length alone")

// TestDamagedStockIsPassedOver sells the units behind two that cannot be opened, and takes their codes again.
func TestDamagedStockIsPassedOver(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		p := w.Stocked("CODE", 10, 5)
		m := w.Merchant("shop", 1000)
		damage(t, w, `UPDATE units SET content = $1 WHERE id IN (SELECT id FROM units ORDER BY id LIMIT 2)`, broken)
		placed, err := w.Orders.Create(ctx, storetest.Draft(m, "one", "CODE", 2))
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-3", "CODE-4"}, storetest.Contents(placed.Order.Lines[0]))
		require.EqualValues(t, 2, w.Store.Vault.Unreadable())
		require.Equal(t, 1, storetest.TakeUnits(t, w.Store, p.ID, "CODE-1").Count, "a void unit's code may come again")

		withdrawn, err := w.Store.Units.Withdraw(ctx, "CODE", "w-1", 1)
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-5"}, withdrawn)
		damage(t, w, `UPDATE units SET content = $1 WHERE status = 'available'`, broken)
		_, err = w.Orders.Create(ctx, storetest.Draft(m, "two", "CODE", 1))
		var lines *order.LinesError
		require.ErrorAs(t, err, &lines, "it is out of stock, and nobody was charged")
		require.Equal(t, storetest.Baht(980), w.Balance(m))
	})
}

// TestDamagedRowsHideNobodyElse reads pages with rows on them of which some value cannot be opened.
func TestDamagedRowsHideNobodyElse(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m, draft, placed := confide(t, w)
		other := storetest.Draft(m, "ref-2", "CODE", 1)
		other.Recipient.UserID = "somebody"
		_, err := w.Orders.Create(ctx, other)
		require.NoError(t, err)
		for _, column := range []string{
			"orders SET personal", "orders SET private", "order_lines SET private", "order_lines SET sealed_door_state",
		} {
			id := "id"
			if column[:11] == "order_lines" {
				id = "order_id"
			}
			damage(t, w, `UPDATE `+column+` = $1 WHERE `+id+` = $2`, broken, placed.ID)
		}
		damage(t, w, `UPDATE units SET content = $1 WHERE order_id = $2`, broken, placed.ID)
		damage(t, w, `UPDATE webhook_endpoints SET sealed_url = $1`, broken)

		o, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), placed.Number)
		require.NoError(t, err)
		require.Equal(t, placed.Total, o.Total)
		require.Empty(t, o.Recipient)
		require.True(t, o.Lines[0].Goods[0].Unreadable)
		require.Empty(t, o.Lines[0].Contents())
		page, err := w.Store.Orders.ListOrders(ctx, order.ByMerchant(m.ID), order.Filter{Limit: 10, WithGoods: true})
		require.NoError(t, err)
		require.Len(t, page, 2)
		require.Equal(t, "somebody", page[0].Recipient.UserID)
		require.Len(t, page[0].Lines[0].Contents(), 1)
		again, err := w.Orders.Create(ctx, draft)
		require.NoError(t, err, "a repeat is known by its hash")
		require.Equal(t, placed.Number, again.Order.Number)

		endpoints, err := w.Store.Endpoints.ListEndpoints(ctx, m.ID, webhook.FormatStandard)
		require.NoError(t, err)
		require.Len(t, endpoints, 1)
		require.Empty(t, endpoints[0].URL)
		require.Positive(t, w.Store.Vault.Unreadable())
	})
}

// TestDamagedAddressCanBeReplaced gives a merchant another callback address than one that cannot be opened.
func TestDamagedAddressCanBeReplaced(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m, other := w.Merchant("shop", 10), w.Merchant("other", 10)
		for _, owner := range []account.Merchant{m, other} {
			settings := account.Settings{CallbackURL: "https://shop.example/" + owner.Name}
			_, err := w.Accounts.UpdateMerchant(ctx, owner.ID, account.MerchantChange{Settings: &settings})
			require.NoError(t, err)
		}
		damage(
			t, w, `UPDATE merchants SET settings = (SELECT settings FROM merchants WHERE name = 'other')
				WHERE name = 'shop'`,
		)
		found, err := w.Accounts.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Empty(t, found.Settings.CallbackURL, "another row's value does not open")
		settings := account.Settings{CallbackURL: "https://shop.example/again"}
		found, err = w.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Settings: &settings})
		require.NoError(t, err)
		require.Equal(t, settings.CallbackURL, found.Settings.CallbackURL)
	})
}
