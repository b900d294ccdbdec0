package fulfil_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// fixed are rates that do not change.
type fixed struct{ rates *exchange.Rates }

func (f fixed) Rates(context.Context) (*exchange.Rates, error) { return f.rates, nil }

// Offers in other currencies are compared in that of the sale, by the rates of the moment.
func TestOffersAreComparedInTheSalesCurrency(t *testing.T) {
	usd := func(rate exchange.Rate, from time.Time) exchange.Entry {
		return exchange.Entry{Pair: exchange.Pair{Base: "USD", Quote: "THB"}, Rate: rate * exchange.Scale, From: from}
	}
	offer := func(cost money.Amount, currency money.Currency, priority int) fulfil.Offer {
		return fulfil.Offer{Cost: cost, Currency: currency, Priority: priority}
	}
	for _, tt := range []struct {
		name   string
		rates  []exchange.Entry
		offers []fulfil.Offer
		want   int64
	}{
		{
			name: "the bare number is smaller, the cost is not", rates: []exchange.Entry{usd(34, noon)},
			offers: []fulfil.Offer{offer(3, "USD", 0), offer(100, "THB", 0)}, want: 2,
		},
		{
			name: "cheaper by the rate", rates: []exchange.Entry{usd(34, noon), usd(99, noon.Add(1))},
			offers: []fulfil.Offer{offer(103, "THB", 0), offer(3, "USD", 0)}, want: 2,
		},
		{
			name: "without a rate last", rates: []exchange.Entry{usd(34, noon.Add(1))},
			offers: []fulfil.Offer{offer(1, "USD", 0), offer(1000, "THB", 0)}, want: 2,
		},
		{
			name: "without a rate, but with priority", want: 2,
			offers: []fulfil.Offer{offer(1000, "THB", 1), offer(1, "USD", 0)},
		},
		{
			name: "neither has a rate: the cheaper of one currency", want: 2,
			offers: []fulfil.Offer{offer(9, "USD", 0), offer(8, "USD", 0)},
		},
		{
			name: "whose cost nobody has said is none that is cheap", want: 2,
			offers: []fulfil.Offer{offer(0, "THB", 0), offer(1000, "THB", 0)},
		},
		{
			name: "nor is it before one without a rate", want: 2,
			offers: []fulfil.Offer{offer(0, "USD", 0), offer(9, "USD", 0)},
		},
		{name: "but by priority", want: 1, offers: []fulfil.Offer{offer(0, "THB", 0), offer(9, "THB", 1)}},
		{
			name: "neither has a rate: the older", offers: []fulfil.Offer{offer(9, "USD", 0), offer(8, "EUR", 0)},
			want: 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.sells(tt.offers...)
			e := fulfil.NewEngine(fulfil.Options{
				Store: d.memory, Providers: d.memory, Directory: directory{}, Log: slog.New(slog.DiscardHandler),
				Now: d.clock.now, CallTimeout: callTimeout, Rates: fixed{exchange.NewRates(tt.rates)},
			})
			defer e.Close()
			_, err := e.Route(t.Context(), []int64{1})
			require.NoError(t, err)
			require.Equal(t, tt.want, d.attempts[0].OfferID)
		})
	}
}

// The story of an order says by what an offer's cost was compared.
func TestStoryTellsTheRate(t *testing.T) {
	d := newDesk(t)
	rates := exchange.NewRates([]exchange.Entry{
		{Pair: exchange.Pair{Base: "USD", Quote: "THB"}, Rate: 34 * exchange.Scale, From: noon},
	})
	e := fulfil.NewEngine(fulfil.Options{
		Store: d.memory, Providers: d.memory, Directory: directory{}, Log: slog.New(slog.DiscardHandler),
		Now: d.clock.now, Rates: fixed{rates},
	})
	defer e.Close()
	for i, currency := range []money.Currency{"THB", "USD", "EUR"} {
		d.attempt(fulfil.AttemptRefused, int64(i+1), func(a *fulfil.Attempt) {
			a.Cost, a.Currency = 2_500_000, currency
		})
	}
	story, err := e.Explain(t.Context(), d.order, nil, true)
	require.NoError(t, err)
	for i, want := range []string{
		", at a cost of 2.50 THB each.", ", at a cost of 2.50 USD each, 85.00 THB then.",
		", at a cost of 2.50 EUR each, for which there was no rate in THB: such an offer comes last.",
	} {
		require.Contains(t, story.Steps[i].Text, want)
	}
	story, err = e.Explain(t.Context(), d.order, nil, false)
	require.NoError(t, err)
	require.Empty(t, story.Steps, "merchants are not told what things cost the hub")
}
