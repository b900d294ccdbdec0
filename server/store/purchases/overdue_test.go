package purchases_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/manual"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/store/storetest"
)

// silent is a provider of which nobody learns what became of a purchase.
type silent struct{}

func (silent) Idempotent() bool { return true }

func (silent) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("no answer")
}

// byHand sells a product that a person delivers.
func byHand(w *storetest.World, sku string, change func(p *catalog.Product)) {
	w.Supplied(w.Product(sku, 10, func(p *catalog.Product) {
		p.Source = catalog.SourceProvider
		change(p)
	}), "people of "+sku, manual.New(w.Store.Purchases))
}

// Operators are told once of what waits for a person past its deadline, or an hour, and of what is unknown for an hour.
func TestOverdue(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 10_000)
		byHand(w, "HAND", func(*catalog.Product) {})
		byHand(w, "SOON", func(p *catalog.Product) { p.FulfilWithin = 5 * time.Minute })
		w.Supplied(w.Product("DARK", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "dark", silent{})
		placed, err := w.Orders.Create(ctx, storetest.Draft(shop, "one", "HAND", 1, "SOON", 1, "DARK", 1))
		require.NoError(t, err)
		_, err = w.Engine.Route(ctx, []int64{placed.Order.ID})
		require.NoError(t, err)
		attempts, err := w.Engine.ListAttempts(ctx, fulfil.AttemptFilter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, attempts, 3)
		for i := range attempts {
			_, err = w.Engine.Call(ctx, []int64{attempts[i].ID}, true)
			require.NoError(t, err)
		}
		tells := func(want ...string) {
			t.Helper()
			told, err := w.Store.Purchases.TellOverdue(ctx, 10)
			require.NoError(t, err)
			require.Equal(t, len(want), told)
			events, err := w.Store.OperatorEvents.List(
				ctx, operatorevent.Filter{Kind: purchase.Overdue, Limit: max(len(want), 1)},
			)
			require.NoError(t, err)
			for i, text := range want {
				require.Contains(t, events[i].Message, text)
				require.Equal(t, placed.Order.Number, events[i].Data["orderNumber"])
				require.NotZero(t, events[i].ProviderID)
				require.NotZero(t, events[i].ProductID)
			}
		}
		ages := func(minutes int) {
			t.Helper()
			ago := w.Store.Now().Add(-time.Duration(minutes) * time.Minute).UTC()
			by := ago.Add(5 * time.Minute)
			for statement, args := range map[string][]any{
				`UPDATE attempts SET submitted_at = $1`: {ago},
				`UPDATE purchases SET created_at = $1, deliver_by = $2 WHERE id IN (SELECT id FROM attempts
					WHERE provider_sku = 'SOON')`: {ago, by},
				`UPDATE purchases SET created_at = $1, deliver_by = NULL WHERE id IN (SELECT id FROM attempts
					WHERE provider_sku = 'HAND')`: {ago},
			} {
				_, err := w.Store.WriteDB.ExecContext(ctx, statement, args...)
				require.NoError(t, err)
			}
		}
		open, err := w.Store.Purchases.Purchases(ctx, purchase.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, open, 2)
		for i := range open {
			wait := open[i].CreatedAt.Add(purchase.Patience)
			if open[i].SKU == "SOON" {
				wait = placed.Order.CreatedAt.Add(5 * time.Minute)
			}
			require.WithinDuration(t, wait, *open[i].DeliverBy, time.Millisecond)
			require.False(t, open[i].Overdue(w.Store.Now()))
			require.True(t, open[i].Overdue(w.Store.Now().Add(2*time.Hour)))
		}
		tells()
		ages(59)
		tells("× SOON from people of SOON, for line 2")
		tells()
		storetest.RequireClean(t, w.Store)
		ages(61)
		told, err := w.Store.Purchases.TellOverdue(ctx, 1)
		require.NoError(t, err)
		require.Equal(t, 1, told, "so many at most")
		told, err = w.Store.Purchases.TellOverdue(ctx, 10)
		require.NoError(t, err)
		require.Equal(t, 1, told)
		tells()
		events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{Kind: purchase.Overdue, Limit: 2})
		require.NoError(t, err)
		texts := events[0].Message + events[1].Message
		require.Contains(t, texts, "HAND")
		require.Contains(t, texts, "DARK from dark, for line 3 of order "+placed.Order.Number+", waits for longer than it "+
			"should: what became of it is not known.")
	})
}

// What a person has delivered is not paid back as well: whoever decides so about its attempt, before or at the same
// time, comes before the delivery or not at all.
func TestDeliveredIsNotRefunded(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 10_000)
		byHand(w, "HAND", func(*catalog.Product) {})
		people := purchase.NewService(w.Store.Purchases, w.Engine, w.Store.Now)
		parked := func(reference string) (*order.Order, purchase.Purchase) {
			o, p := asked(t, w, storetest.Draft(shop, reference, "HAND", 1))
			_, err := w.Store.WriteDB.ExecContext(
				ctx, `UPDATE attempts SET status = 'parked', next_check_at = NULL WHERE settled_at IS NULL`,
			)
			require.NoError(t, err)
			_, _, err = people.Take(ctx, p.ID, "ada")
			require.NoError(t, err)
			return o, p
		}
		o, p := parked("one")
		// The hub stopped before it asked what became of it.
		_, err := w.Store.Purchases.Change(ctx, p.ID, func(p *purchase.Purchase) (bool, error) {
			return p.Deliver("ada", []string{"CONTENT-1"})
		})
		require.NoError(t, err)
		var ended *purchase.EndedError
		require.ErrorAs(t, settle(w, p.ID), &ended)
		require.Equal(t, purchase.Delivered, ended.State)
		require.NoError(t, w.Engine.AskAgain(ctx, p.ID, "ada"))
		require.Equal(t, order.StatusCompleted, w.Finish(o).Status)

		for i := range 10 {
			o, p := parked(fmt.Sprint("race ", i))
			var delivery, decision error
			storetest.Together(2, func(i int) error {
				if i == 0 {
					_, delivery = people.Deliver(ctx, p.ID, "ada", []string{fmt.Sprint("CONTENT-", p.ID)})
				} else {
					decision = settle(w, p.ID)
				}
				return nil
			})
			require.NotEqual(t, delivery == nil, decision == nil, "%v, %v", delivery, decision)
			done := w.Finish(o)
			if delivery == nil {
				require.Equal(t, order.StatusCompleted, done.Status)
				require.Zero(t, done.Refunded)
			} else {
				require.Equal(t, order.StatusFailed, done.Status)
				require.Equal(t, done.Total, done.Refunded)
			}
		}
		storetest.RequireClean(t, w.Store)
	})
}
