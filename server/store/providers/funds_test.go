package providers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
)

func TestFunds(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, s := t.Context(), w.Store.Providers
		none, err := s.Funds(ctx)
		require.NoError(t, err)
		require.Empty(t, none)
		m := w.Merchant("buyer", 10_000)
		p := w.Simulated("SLOW", 100, sim.Script{DelayMS: 3_600_000})
		offers, err := s.ListOffers(ctx, p.ID)
		require.NoError(t, err)
		offer, err := s.UpdateOffer(ctx, offers[0].ID, func(o *fulfil.Offer) error {
			o.Cost, o.Currency = 60*money.Unit, "THB"
			return nil
		})
		require.NoError(t, err)
		buy := func(reference string, quantity int) {
			t.Helper()
			placed, err := w.Orders.Create(ctx, storetest.Draft(m, reference, "SLOW", quantity))
			require.NoError(t, err)
			_, err = w.Advance(ctx, placed.Order.ID)
			require.NoError(t, err)
		}
		known := func() fulfil.Funds {
			t.Helper()
			all, err := s.Funds(ctx)
			require.NoError(t, err)
			require.Len(t, all, 1)
			return all[0]
		}

		buy("before", 1)
		after, err := s.BeginReading(ctx, offer.ProviderID)
		require.NoError(t, err)
		require.Positive(t, after)
		require.False(t, known().AskedAt.IsZero())
		require.Empty(t, known().UnderWay, "no balance was read yet")
		now := time.Now().UTC().Truncate(time.Millisecond)
		want := fulfil.Funds{
			ProviderID: offer.ProviderID, Balance: dialect.Balance{Amount: -5 * money.Unit, Currency: "THB"},
			ReadAt:    now,
			ReadAfter: after, Problem: "p", Refusals: 3, Low: true,
			Refusal: &fulfil.FundsRefusal{
				Since: now.Add(1 * time.Second), Last: now.Add(2 * time.Second), TryAt: now.Add(3 * time.Second),
				Cost: dialect.Balance{Amount: 7, Currency: "EUR"},
			},
		}
		told := operatorevent.Event{Kind: "k", ProviderID: offer.ProviderID, Message: "m"}
		err = s.ChangeFunds(ctx, offer.ProviderID, func(f *fulfil.Funds) []operatorevent.Event {
			require.Equal(t, offer.ProviderID, f.ProviderID)
			want.AskedAt = f.AskedAt
			*f = want
			return []operatorevent.Event{told}
		})
		require.NoError(t, err)
		require.Equal(t, want, known(), "what was accepted before is in the balance")
		events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{Limit: 10, ProviderID: offer.ProviderID})
		require.NoError(t, err)
		require.Len(t, events, 1)

		buy("after", 2)
		require.Equal(t, []dialect.Balance{{Amount: 120 * money.Unit, Currency: "THB"}}, known().UnderWay)
		err = s.ChangeFunds(ctx, offer.ProviderID, func(f *fulfil.Funds) []operatorevent.Event {
			f.Refusal, f.ReadAt = nil, time.Time{}
			return nil
		})
		require.NoError(t, err)
		require.Nil(t, known().Refusal)
		require.True(t, known().ReadAt.IsZero())
	})
}

// Providers keep below what our balance is low, offers and products what may be lost.
func TestLimitsOfMoney(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, s := t.Context(), w.Store.Providers
		created, err := s.CreateProvider(ctx, fulfil.Provider{
			Name: "p", Connector: "sim", LowBalance: 5 * money.Unit, LowBalanceCurrency: "EUR",
		}, nil)
		require.NoError(t, err)
		require.Equal(t, 5*money.Unit, created.LowBalance)
		created.LowBalance, created.LowBalanceCurrency = 0, ""
		changed, err := s.UpdateProvider(ctx, created, nil)
		require.NoError(t, err)
		require.Empty(t, changed.LowBalanceCurrency)

		p := w.Simulated("A", 100, sim.Script{})
		offers, err := s.ListOffers(ctx, p.ID)
		require.NoError(t, err)
		require.Nil(t, offers[0].MaxLoss)
		most := 0
		loses := func(most *int) {
			_, err = s.UpdateOffer(ctx, offers[0].ID, func(o *fulfil.Offer) error {
				o.MaxLoss = most
				return nil
			})
		}
		loses(&most)
		require.NoError(t, err)
		active, err := s.ActiveOffers(ctx, []int64{p.ID})
		require.NoError(t, err)
		require.Equal(t, &most, active[p.ID][0].MaxLoss)
		loses(nil)
		require.NoError(t, err)
		active, err = s.ActiveOffers(ctx, []int64{p.ID})
		require.NoError(t, err)
		require.Nil(t, active[p.ID][0].MaxLoss)

		p.MaxLoss, p.FulfilWithin, p.LossPolicy = 250, time.Minute, "wait"
		p, err = w.Store.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		placed, err := w.Orders.Create(ctx, storetest.Draft(w.Merchant("buyer", 1000), "r", "A", 2))
		require.NoError(t, err)
		works, err := w.Store.Attempts.OpenWork(ctx, []int64{placed.Order.ID})
		require.NoError(t, err)
		require.Equal(t, map[int64]fulfil.LossRule{p.ID: {Most: 250, Wait: true}}, works[0].Loss)
		require.EqualValues(t, "THB", works[0].Order.Currency)
		require.Equal(t, 200*money.Unit, works[0].Order.Lines[0].Total)
	})
}
