package recipients_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/recipient"
	"orderhub/server/retention"
	"orderhub/server/store/storetest"
)

const hour = time.Hour

// checkedProduct is bought from the simulator, which knows Ann, and wants its recipient checked.
func checkedProduct(t *testing.T, w *storetest.World, sku string) catalog.Product {
	t.Helper()
	p := w.Simulated(sku, 10, sim.Script{})
	w.Players(map[string]string{"player": "Ann"})
	p.RecipientCheckWithin = hour
	p, err := w.Catalog.UpdateProduct(t.Context(), p)
	require.NoError(t, err)
	return p
}

// reasonOf is why the only line of a draft was refused; "" for no refusal.
func reasonOf(t *testing.T, err error) order.LineReason {
	t.Helper()
	refused, ok := errors.AsType[*order.LinesError](err)
	if !ok {
		require.NoError(t, err)
		return ""
	}
	return refused.Problems[0].Reason
}

func check(t *testing.T, w *storetest.World, m account.Merchant, p *catalog.Product, user string) recipient.Checked {
	t.Helper()
	c, err := w.Recipients.Check(t.Context(), m.ID, p, recipient.Who{UserID: user})
	require.NoError(t, err)
	return c
}

// rows are the checks that are kept, with everything that stands in them.
func rows(t *testing.T, w *storetest.World) (all []string) {
	t.Helper()
	found, err := w.Store.WriteDB.QueryContext(
		t.Context(), `SELECT CAST(merchant_id AS TEXT) || ' ' || mark FROM recipient_checks ORDER BY id`,
	)
	require.NoError(t, err)
	defer found.Close()
	for found.Next() {
		var row string
		require.NoError(t, found.Scan(&row))
		all = append(all, row)
	}
	require.NoError(t, found.Err())
	return all
}

// An order of a product that wants it is placed with a check of the same merchant, and with nothing else.
func TestOrdersNeedTheirOwnCheck(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		shop, other := w.Merchant("shop", 1000), w.Merchant("other", 1000)
		p, free := checkedProduct(t, w, "GOLD"), w.Simulated("FREE", 10, sim.Script{})
		create := func(m account.Merchant, reference, user, sku string) (order.Placement, error) {
			d := storetest.Draft(m, reference, sku, 1)
			d.Recipient.UserID = user
			return w.Orders.Create(t.Context(), d)
		}
		_, err := create(shop, "one", "player", "GOLD")
		require.Equal(t, order.ReasonRecipientUnchecked, reasonOf(t, err))
		_, err = create(shop, "free", "player", free.SKU)
		require.NoError(t, err, "nobody asks for it")

		require.Equal(t, recipient.Answer{Result: recipient.Exists, Name: "Ann"}, check(t, w, shop, &p, "player").
			Answer)
		require.Equal(t, recipient.NotFound, check(t, w, shop, &p, "nobody").Result)
		_, err = create(other, "one", "player", "GOLD")
		require.Equal(t, order.ReasonRecipientUnchecked, reasonOf(t, err), "what another was told counts for nothing")
		_, err = create(shop, "two", "nobody", "GOLD")
		require.Equal(t, order.ReasonRecipientNotFound, reasonOf(t, err))
		placed, err := create(shop, "one", "player", "GOLD")
		require.NoError(t, err)

		// The reference answers whatever became of the check since, and of its wants.
		_, err = w.Store.WriteDB.ExecContext(t.Context(), `DELETE FROM recipient_checks`)
		require.NoError(t, err)
		again, err := create(shop, "one", "player", "GOLD")
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, placed.Order.Number, again.Order.Number)
		require.Equal(t, storetest.Baht(980), w.Balance(shop))
		storetest.RequireClean(t, w.Store)
	})
}

// What is kept says neither who it is nor what it was, and is the same row for the same recipient.
func TestWhatIsKept(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		shop := w.Merchant("shop", 1000)
		p := checkedProduct(t, w, "GOLD")
		check(t, w, shop, &p, "player")
		first := rows(t, w)
		require.Len(t, first, 1)
		require.NotContains(t, first[0], "player")
		keep := func(found bool, at time.Time) {
			t.Helper()
			require.NoError(t, w.Store.Recipients.Keep(t.Context(), recipient.Kept{
				MerchantID: shop.ID, Mark: recipient.MarkOf(shop.ID, p.ID, &recipient.Who{UserID: "player"}),
				Check: recipient.Check{Found: found, At: at}, Until: at.Add(hour),
			}))
		}
		create := func(reference string) order.LineReason {
			t.Helper()
			_, err := w.Orders.Create(t.Context(), storetest.Draft(shop, reference, "GOLD", 1))
			return reasonOf(t, err)
		}
		now := w.Store.Now()
		keep(false, now.Add(time.Second))
		require.Equal(t, order.ReasonRecipientNotFound, create("a"))
		keep(true, now)
		require.Equal(t, order.ReasonRecipientNotFound, create("b"), "what was asked later counts")
		keep(true, now.Add(2*time.Second))
		require.Empty(t, create("c"))
		require.Equal(t, first, rows(t, w))
	})
}

// A check that is too old in the moment of placing counts for nothing, and goes.
func TestChecksExpire(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		shop := w.Merchant("shop", 1000)
		p := checkedProduct(t, w, "GOLD")
		keep := func(user string, age time.Duration) {
			t.Helper()
			at := w.Store.Now().Add(-age)
			require.NoError(t, w.Store.Recipients.Keep(t.Context(), recipient.Kept{
				MerchantID: shop.ID, Mark: recipient.MarkOf(shop.ID, p.ID, &recipient.Who{UserID: user}),
				Check: recipient.Check{Found: true, At: at}, Until: at.Add(hour),
			}))
		}
		keep("player", hour)
		_, err := w.Orders.Create(t.Context(), storetest.Draft(shop, "a", "GOLD", 1))
		require.Equal(t, order.ReasonRecipientUnchecked, reasonOf(t, err))
		keep("player", hour-time.Minute)
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(shop, "a", "GOLD", 1))
		require.NoError(t, err)
		require.NotNil(t, placed.Order)

		// Each that is kept takes some that are over away, but no others.
		for _, user := range []string{"1", "2", "3"} {
			keep(user, 2*hour)
		}
		keep("4", 0)
		require.Len(t, rows(t, w), 2)

		// The sweep takes what nobody's does.
		step := retention.Step{Kind: retention.RecipientChecks, Before: w.Store.Now().Add(hour / 2), Most: 10}
		for _, dry := range []bool{true, false} {
			step.Dry = dry
			done, err := w.Store.Retention.Step(t.Context(), step)
			require.NoError(t, err)
			require.Equal(t, retention.Stepped{Rows: 1}, done)
		}
		require.Len(t, rows(t, w), 1)
	})
}

// Erasing an order takes the checks of its recipient with it, and nobody else's.
func TestErasureTakesChecks(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		shop, other := w.Merchant("shop", 1000), w.Merchant("other", 1000)
		p := checkedProduct(t, w, "GOLD")
		check(t, w, shop, &p, "player")
		check(t, w, shop, &p, "somebody")
		check(t, w, other, &p, "player")
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(shop, "a", "GOLD", 1))
		require.NoError(t, err)
		o := w.Finish(placed.Order)
		before := rows(t, w)
		require.Len(t, before, 3)
		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		_, err = eraser.Erase(t.Context(), order.ByMerchant(shop.ID), o.Number, order.Erasure{})
		require.NoError(t, err)
		require.Equal(t, before[1:], rows(t, w))
		check(t, w, shop, &p, "player")
		require.Len(t, rows(t, w), 3, "what was answered is forgotten, too")
		storetest.RequireClean(t, w.Store)
	})
}

// Merchants who check and order the same recipient at the same time do not disturb each other, whatever is removed
// meanwhile; and a product that begins to want checks while orders are placed gets none without.
func TestManyAtOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		p := checkedProduct(t, w, "GOLD")
		shops := []account.Merchant{w.Merchant("a", 1000), w.Merchant("b", 1000), w.Merchant("c", 1000)}
		old := w.Store.Now().Add(-2 * hour)
		placed, refused := storetest.Together(30, func(i int) error {
			m := shops[i%len(shops)]
			who := recipient.Who{UserID: "player"}
			err := w.Store.Recipients.Keep(t.Context(), recipient.Kept{
				MerchantID: m.ID, Mark: recipient.Mark{byte(i)}, Check: recipient.Check{At: old}, Until: old,
			})
			if err != nil {
				return err
			}
			if _, err := w.Recipients.Check(t.Context(), m.ID, &p, who); err != nil {
				return err
			}
			_, err = w.Orders.Create(t.Context(), storetest.Draft(m, "r"+string(rune('a'+i)), "GOLD", 1))
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, 30, placed)

		free := w.Simulated("FREE", 1, sim.Script{})
		changed := make(chan error, 1)
		placed, refused = storetest.Together(20, func(i int) error {
			if i == 0 {
				wanted := free
				wanted.RecipientCheckWithin = hour
				_, err := w.Catalog.UpdateProduct(t.Context(), wanted)
				changed <- err
				return err
			}
			_, err := w.Orders.Create(t.Context(), storetest.Draft(shops[0], "f"+string(rune('a'+i)), "FREE", 1))
			return err
		})
		require.NoError(t, <-changed)
		for _, err := range refused {
			require.Equal(t, order.ReasonRecipientUnchecked, reasonOf(t, err))
		}
		_, err := w.Orders.Create(t.Context(), storetest.Draft(shops[0], "late", "FREE", 1))
		require.Equal(t, order.ReasonRecipientUnchecked, reasonOf(t, err))
		require.Positive(t, placed)
		storetest.RequireClean(t, w.Store)
	})
}
