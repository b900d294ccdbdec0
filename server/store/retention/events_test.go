package retention_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// gone is after what a reader goes on that is told that something is no longer kept; nil when it is not told.
func gone(t *testing.T, err error) *event.Cursor {
	t.Helper()
	var told *event.NoLongerKeptError
	if errors.As(err, &told) {
		return &told.Last
	}
	require.NoError(t, err)
	return nil
}

// Events go from the beginning of the log of all merchants up to the first that stays.
func TestEvents(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		other := w.Merchant("other", 100)
		w.place("first", "CODE", 1) // sequences 1 and 2
		_, err := w.Orders.Create(t.Context(), storetest.Draft(other, "theirs", "CODE", 1))
		require.NoError(t, err)
		w.Finish(w.place("second", "GOOD", 1)) // created, processing, completed: 3 to 5
		w.place("open", "GOOD", 1)             // 6
		w.place("behind", "CODE", 1)           // 7 and 8
		w.Tell(w.Fanout(nil))
		w.delivered(`'first', 'behind'`)
		w.visible()
		before := storetest.ReadEvents(t, w.Events, event.Cursor{}, 100)
		require.Len(t, before, 10)
		storetest.RequireClean(t, w.s)

		removed := w.sweep(w.s)
		require.EqualValues(t, 7, removed[retention.Events], "all before the order that is not final")
		require.Zero(t, w.sweep(w.s)[retention.Events])
		storetest.RequireClean(t, w.s)

		shops := event.Cursor{MerchantID: w.merchant.ID}
		rest := storetest.ReadEvents(t, w.Events, shops, 100)
		require.Len(t, rest, 3, "who begins reads what is kept")
		require.EqualValues(t, 6, rest[0].Sequence)
		for sequence := int64(1); sequence <= 8; sequence++ {
			after := shops
			after.Sequence = sequence
			_, _, err := w.Events.Read(t.Context(), after, 10)
			if sequence >= 5 {
				require.NoError(t, err, "who has read all that is gone goes on")
				continue
			}
			require.EqualValues(t, 5, gone(t, err).Sequence, "after %d", sequence)
		}
		_, _, err = w.Events.Read(t.Context(), event.Cursor{MerchantID: other.ID, Sequence: 1}, 10)
		require.EqualValues(t, 2, gone(t, err).Sequence, "all of a log may be gone")
		_, _, err = w.Events.Read(t.Context(), event.Cursor{MerchantID: other.ID, Sequence: 2}, 10)
		require.NoError(t, err)

		require.Len(t, storetest.ReadEvents(t, w.Events, event.Cursor{}, 2), 3)
		for i, e := range before {
			_, _, err := w.Events.Read(t.Context(), event.Cursor{Position: e.Position}, 10)
			if i >= 6 {
				require.NoError(t, err)
				continue
			}
			last := gone(t, err)
			require.Equal(t, before[6].Position, last.Position)
			require.Len(t, storetest.ReadEvents(t, w.Events, *last, 10), 3)
		}
		_, _, err = w.Events.Read(t.Context(), event.Cursor{Position: event.Position{Log: "another", ID: 1}}, 10)
		require.ErrorIs(t, err, event.ErrForeignPosition)

		w.Finish(w.place("later", "GOOD", 1))
		w.exec(`UPDATE orders SET status = 'completed' WHERE reference = 'open'`)
		require.Positive(t, w.sweepEvents())
		w.exec(`UPDATE orders SET status = 'pending' WHERE reference = 'open'`)
		require.Equal(t, 1, w.count(`SELECT count(*) FROM events`), "the last event stays")
	})
}

// sweepEvents removes the events that are older than in an hour, whatever waits to be told.
func (w *shop) sweepEvents() (rows int64) {
	w.t.Helper()
	w.exec(`DELETE FROM river_job`)
	w.visible()
	step := retention.Step{Kind: retention.Events, Before: time.Now().Add(time.Hour), Most: 4}
	for {
		done, err := w.s.Retention.Step(w.t.Context(), step)
		require.NoError(w.t, err)
		rows += done.Rows
		if step.After = done.Next; !done.More {
			return rows
		}
	}
}

// Whatever is lost behind the mark is still found, and so is what is lost at it.
func TestHolesBehindTheMark(t *testing.T) {
	for name, c := range map[string]struct {
		sequence int
		rules    []string
	}{
		"the first kept":    {5, []string{"event-gap", "order-created-event"}},
		"one in the middle": {6, []string{"event-gap", "order-final-event"}},
		"the last":          {8, []string{"event-sequence", "order-final-event"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
				w.exec(`DELETE FROM webhook_endpoints`)
				w.place("1", "CODE", 1)
				w.place("2", "CODE", 1)
				w.exec(`DELETE FROM river_job`)
				w.place("3", "CODE", 1)
				w.place("4", "CODE", 1)
				w.exec(`DELETE FROM river_job`)
				w.exec(`UPDATE events SET created_at = $1 WHERE sequence > 4`, time.Now().UTC().Add(2*time.Hour))
				require.EqualValues(t, 4, w.step(retention.Events, 4).Rows)
				storetest.RequireClean(t, w.s)
				w.exec(fmt.Sprint(`DELETE FROM events WHERE sequence = `, c.sequence))
				require.ElementsMatch(t, c.rules, w.findings())
			})
		})
	}
}

// While a job or a replay may yet read the log, nothing of it goes that it reads.
func TestEventsThatAJobReads(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.place("1", "CODE", 1) // its job waits
		step := retention.Step{Kind: retention.Events, Before: time.Now().Add(time.Hour), Most: 10}
		for _, dry := range []bool{true, false} {
			step.Dry = dry
			done, err := w.s.Retention.Step(t.Context(), step)
			require.NoError(t, err)
			require.Zero(t, done.Rows)
		}
		w.Tell(w.Fanout(nil))
		require.NoError(t, w.s.Deliveries.EnqueueReplay(t.Context(), webhook.Replay{
			Query: webhook.Query{MerchantID: w.merchant.ID, EndpointID: 1}, PerSecond: 1, StartsAt: time.Now(),
		}))
		w.exec(`UPDATE river_job SET created_at = $1`, func() any {
			later := time.Now().UTC().Add(3 * time.Hour)
			if w.s.Pool() == nil {
				return later.Format("2006-01-02 15:04:05.999")
			}
			return later
		}())
		done, err := w.s.Retention.Step(t.Context(), step)
		require.NoError(t, err)
		require.Zero(t, done.Rows)
		require.Positive(t, w.sweepEvents())
		storetest.RequireClean(t, w.s)
		removed, err := w.s.Deliveries.RemovedEvents(t.Context(), w.merchant.ID)
		require.NoError(t, err)
		require.EqualValues(t, 1, removed.Sequence)
		require.WithinDuration(t, time.Now(), removed.At, time.Minute)
	})
}

// What is removed while others read it is missing to nobody who is not told.
func TestReadersWhileEventsGo(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, open func() *stores.All) {
		w.many(40)
		cursors := []event.Cursor{{}, {MerchantID: w.merchant.ID}}
		_, refused := storetest.Together(1+len(cursors), func(i int) error {
			if i == len(cursors) {
				step := retention.Step{Kind: retention.Events, Before: time.Now().Add(time.Hour), Most: 3}
				for {
					done, err := w.s.Retention.Step(t.Context(), step)
					if err != nil || !done.More {
						return err
					}
					step.After = done.Next
				}
			}
			last := int64(0)
			for after := cursors[i]; ; {
				entries, next, err := w.Events.Read(t.Context(), after, 5)
				var told *event.NoLongerKeptError
				if errors.As(err, &told) {
					after = told.Last
					last = 0
					continue
				}
				if err != nil || len(entries) == 0 {
					return err
				}
				for j := range entries {
					if last > 0 && entries[j].Sequence != last+1 {
						return fmt.Errorf("%d comes after %d, and nobody said so", entries[j].Sequence, last)
					}
					last = entries[j].Sequence
				}
				after = next
			}
		})
		require.Empty(t, refused)
		storetest.RequireClean(t, w.s)
	})
}
