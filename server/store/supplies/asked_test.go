package supplies_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// An outage is counted until a list is dealt with; the one after that is told anew.
func TestOutageAfterGoodReadings(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		read := func() supply.Sync {
			t.Helper()
			done, err := f.Supply.Follow(t.Context(), f.provider, "")
			require.NoError(t, err)
			return done
		}
		f.lists(10)
		f.list.err = errors.New("no answer")
		first := read()
		require.Equal(t, 2, read().Times)
		f.list.err = nil
		read()
		left, err := f.Supply.Syncs(t.Context(), supply.Filter{ProviderID: f.provider, Limit: 10})
		require.NoError(t, err)
		require.Len(t, left, 1, "a list that changes nothing leaves nothing")
		f.list.err = errors.New("no answer")
		second := read()
		require.NotEqual(t, first.ID, second.ID)
		require.Equal(t, 1, second.Times)
		require.Equal(t, second.ID, read().ID)
		require.Equal(t, []operatorevent.Kind{supply.EventFailed, supply.EventFailed}, f.events())
		kept, err := f.Supply.Sync(t.Context(), first.ID)
		require.NoError(t, err)
		require.Equal(t, 2, kept.Times)
	})
}

// Why a list could not be read is said without the provider's words.
func TestReasonsWithoutTheirWords(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		for _, tt := range []struct {
			err    error
			status supply.Status
			reason string
		}{
			{
				errors.New("user shop with password hunter2"), supply.Failed,
				"the provider's list could not be read: the provider answered with an error",
			},
			{
				fmt.Errorf("no connection to hunter2: %w", dialect.ErrNotSent), supply.Failed,
				"the provider's list could not be read: the provider could not be reached",
			},
			{
				fmt.Errorf("hunter2: %w", dialect.ErrMalformed), supply.Refused, "the answer is not in the provider's format",
			},
			{dialect.ErrEndless, supply.Refused, "the list does not end"},
		} {
			f.list.err = tt.err
			require.Equal(t, tt.reason, f.follow(tt.status).Reason)
		}
	})
}

// A reading that takes longer than its caller has time goes on, and is broken off, with a reason, when the hub stops.
func TestAskedReadingGoesOn(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.lists(11)
		gate := make(chan struct{})
		f.list.while = func() { <-gate }
		ask := func() supply.Sync {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+time.Millisecond)
			defer cancel()
			asked, err := f.Supply.Ask(ctx, f.provider, "ada")
			require.NoError(t, err)
			return asked
		}
		now := func(id int64) supply.Status {
			kept, err := f.Supply.Sync(t.Context(), id)
			if err != nil {
				t.Error(err)
			}
			return kept.Status
		}
		asked := ask()
		require.Equal(t, supply.Planning, asked.Status)
		_, err := f.Supply.Ask(t.Context(), f.provider, "grace")
		require.ErrorIs(t, err, supply.ErrRunning)
		close(gate)
		require.Eventually(t, func() bool { return now(asked.ID) == supply.Applied }, time.Minute, time.Millisecond)
		require.Equal(t, storetest.Baht(11), f.own().Cost)
		f.list.while = nil
		whole, err := f.Supply.Ask(t.Context(), f.provider, "ada")
		for errors.Is(err, supply.ErrRunning) { // until it has been given back
			whole, err = f.Supply.Ask(t.Context(), f.provider, "ada")
		}
		require.NoError(t, err)
		require.Equal(t, supply.Applied, whole.Status, "who has the time waits for the end")

		f.list.hangs = true
		asked = ask()
		require.Equal(t, supply.Planning, asked.Status)
		f.Supply.Close()
		kept, err := f.Supply.Sync(t.Context(), asked.ID)
		require.NoError(t, err)
		require.Equal(t, supply.Failed, kept.Status)
		require.Equal(t, "the provider's list could not be read: it was broken off", kept.Reason)
		require.Equal(t, supply.EventFailed, f.events()[0])
		_, err = f.Supply.Ask(t.Context(), f.provider, "ada")
		require.Error(t, err, "the hub has stopped")
	})
}

// What the schedule reads while the hub stops leaves nothing, and is due at once.
func TestScheduledReadingIsBrokenOff(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.policy(func(p *supply.Policy) { p.Interval = time.Hour })
		f.lists(11)
		ctx, stop := context.WithCancel(t.Context())
		f.list.while, f.list.err = stop, context.Canceled
		_, err := f.Supply.Follow(ctx, f.provider, "")
		require.Error(t, err)
		left, err := f.Supply.Syncs(t.Context(), supply.Filter{ProviderID: f.provider, Limit: 10})
		require.NoError(t, err)
		require.Empty(t, left)
		require.Empty(t, f.events())
		f.list.while, f.list.err = nil, nil
		require.NoError(t, f.Supply.Tick(t.Context()))
		require.Equal(t, storetest.Baht(11), f.own().Cost)
	})
}

// A provider that has us wait between its pages is waited for, up to a minute.
func TestListsOfBusyProviders(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		var mu sync.Mutex
		busy, waits := map[string][]string{}, []time.Duration(nil) // Retry-After, by page
		p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
			mu.Lock()
			defer mu.Unlock()
			page := c.URL.Query().Get("page")
			if after := busy[page]; len(after) > 0 {
				busy[page] = after[1:]
				return outboundtest.Reply{Status: 429, Header: map[string]string{"Retry-After": after[0]}, Body: "{}"}
			}
			return outboundtest.Reply{Status: 200, Body: fmt.Sprintf(
				`{"page": %[1]s, "totalPages": 3, "items": [{"id": %[1]s, "name": "Item", "price": 7, "stock": 5}]}`, page,
			)}
		})
		c, err := marketacc.NewConnector(plain(p, `{"baseUrl": "%URL%"}`, map[string]string{"api_key": "k"}))
		require.NoError(t, err)
		f.Connectors[f.provider] = c
		require.NoError(t, f.Providers.DeleteOffer(t.Context(), f.offer.ID))
		f.Supply = supply.NewService(supply.Options{
			Store: f.Store.Supplies, Providers: f.Providers, Catalogue: f.Catalog, Log: slog.New(slog.DiscardHandler),
			Now: f.Store.Now, NewHolder: rand.Text, Sleep: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			},
		})
		busy["2"], busy["3"] = []string{"30", "20"}, []string{"60"}
		done := f.follow(supply.Applied)
		require.Equal(t, 3, done.Listed)
		require.Equal(t, 3, done.Proposed)
		require.Equal(t, []time.Duration{30 * time.Second, 20 * time.Second, time.Minute}, waits)

		const reason = "the provider's list could not be read: the provider is busy, and wants more than 1m0s of patience"
		busy["2"] = []string{"61"}
		require.Equal(t, reason, f.follow(supply.Failed).Reason)
		busy["2"] = []string{"40", "40"}
		require.Equal(t, reason, f.follow(supply.Failed).Reason)
		require.Len(t, waits, 4)
	})
}
