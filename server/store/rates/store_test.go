package rates_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/exchange"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestRates(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx := t.Context()
		now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		service := exchange.NewService(open().Rates, func() time.Time { return now })
		other := exchange.NewService(open().Rates, func() time.Time { return now })
		usd := exchange.Pair{Base: "USD", Quote: "THB"}
		before, err := other.Rates(ctx)
		require.NoError(t, err)
		require.False(t, before.Knows("USD", "THB", now))

		first, err := service.Set(ctx, exchange.Entry{Pair: usd, Rate: 34 * exchange.Scale})
		require.NoError(t, err)
		require.Equal(t, now, first.From)
		later, err := service.Set(
			ctx, exchange.Entry{Pair: usd, Rate: 35 * exchange.Scale, From: now.Add(time.Hour).In(time.FixedZone("", 7*3600))},
		)
		require.NoError(t, err)
		require.Equal(t, now.Add(time.Hour), later.From)
		_, err = service.Set(ctx, exchange.Entry{Pair: exchange.Pair{Base: "EUR", Quote: "THB"}, Rate: exchange.Scale})
		require.NoError(t, err)
		_, err = service.Set(ctx, exchange.Entry{Pair: usd})
		storetest.RequireViolations(t, err, "rate")

		rates, err := service.Rates(ctx)
		require.NoError(t, err)
		for at, want := range map[time.Time]int64{now: 34_000_000, now.Add(time.Hour): 35_000_000} {
			got, known := rates.Convert(1_000_000, "USD", "THB", at)
			require.True(t, known)
			require.EqualValues(t, want, got)
		}
		stale, err := other.Rates(ctx)
		require.NoError(t, err)
		require.Same(t, before, stale, "within a second another process need not have noticed")
		now = now.Add(time.Second)
		fresh, err := other.Rates(ctx)
		require.NoError(t, err)
		require.True(t, fresh.Knows("THB", "USD", now))

		found, err := service.Entries(ctx, exchange.Filter{Base: "USD", Limit: 10})
		require.NoError(t, err)
		require.Equal(t, []exchange.Entry{later, first}, found)
		found, err = service.Entries(ctx, exchange.Filter{Quote: "THB", BeforeID: later.ID, Limit: 10})
		require.NoError(t, err)
		require.Equal(t, []exchange.Entry{first}, found)
	})
}
