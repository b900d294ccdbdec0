package eventlog_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestEventLog(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		first, second := w.Merchant("first", 1000), w.Merchant("second", 1000)
		w.Stocked("CODE", 1, 100)
		for i := range 10 {
			for _, merchant := range []account.Merchant{first, second} {
				_, err := w.Orders.Create(t.Context(), storetest.Draft(merchant, fmt.Sprint(i), "CODE", 1))
				require.NoError(t, err)
			}
		}
		entries := storetest.ReadEvents(t, w.Events, event.Cursor{MerchantID: second.ID}, 7)
		require.Len(t, entries, 20)
		for i, e := range entries {
			require.EqualValues(t, i+1, e.Sequence)
			require.Equal(t, second.ID, e.MerchantID)
			require.Equal(t, fmt.Sprint(i/2), e.Reference)
			require.NotEmpty(t, e.OrderNumber)
			require.Equal(t, e.OrderNumber, e.Data["order_number"])
		}
		require.Len(t, storetest.ReadEvents(t, w.Events, event.Cursor{MerchantID: second.ID, Sequence: 15}, 100), 5)
		ofOneType := event.Cursor{MerchantID: second.ID, Types: []event.Type{event.OrderCompleted}}
		completed := storetest.ReadEvents(t, w.Events, ofOneType, 3)
		require.Len(t, completed, 10)

		all := storetest.ReadEvents(t, w.Events, event.Cursor{}, 7)
		require.Len(t, all, 40)
		require.Len(t, storetest.ReadEvents(t, w.Events, event.Cursor{Position: all[29].Position}, 100), 10)
		require.Len(t, storetest.ReadEvents(t, w.Events, event.Cursor{Types: []event.Type{event.OrderCreated}}, 100), 20)
	})
}

// Ids are given out before transactions commit. A reader of the log of all
// merchants must not pass an event that it cannot see yet.
func TestEventLogWaitsForOpenTransactions(t *testing.T) {
	s := storetest.Postgres(t)()
	w := storetest.NewWorld(t, s, 1)
	early, late := w.Merchant("early", 1000), w.Merchant("late", 1000)
	w.Stocked("CODE", 1, 10)

	const insert = `INSERT INTO events (merchant_id, sequence, type, created_at) VALUES ($1, 1, 'order.created', now())`
	open, err := s.Pool().Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = open.Rollback(t.Context()) }()
	_, err = open.Exec(t.Context(), insert, early.ID)
	require.NoError(t, err)
	_, err = w.Orders.Create(t.Context(), storetest.Draft(late, "1", "CODE", 1))
	require.NoError(t, err)

	own := storetest.ReadEvents(t, w.Events, event.Cursor{MerchantID: late.ID}, 100)
	require.Len(t, own, 2, "its own log has it at once")
	require.Empty(t, storetest.ReadEvents(t, w.Events, event.Cursor{}, 100), "something may yet come before it")
	require.NoError(t, open.Commit(t.Context()))
	all := storetest.ReadEvents(t, w.Events, event.Cursor{}, 100)
	require.Len(t, all, 3)
	require.Equal(t, early.ID, all[0].MerchantID, "in the order of transactions")
}

// Whatever is written meanwhile, a reader that goes on from what it has seen
// misses nothing.
func TestEventLogWhileWriting(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		w := storetest.NewWorld(t, open(), 2)
		w.Stocked("CODE", 1, 1000)
		const merchants, orders = 8, 40
		var writing sync.WaitGroup
		for i := range merchants {
			m := w.Merchant(fmt.Sprintf("m%d", i), 1000)
			writing.Go(func() {
				for n := range orders {
					if _, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(n), "CODE", 1)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		last := make(map[int64]int64)
		var c event.Cursor
		total := 0
		// Transactions of other databases on the same server hold the log of all
		// merchants back for a moment, too.
		for deadline := time.Now().Add(time.Minute); total < merchants*orders*2; {
			require.True(t, time.Now().Before(deadline), "%d events", total)
			entries, next, err := w.Events.Read(t.Context(), c, 50)
			require.NoError(t, err)
			for _, e := range entries {
				require.Equal(t, last[e.MerchantID]+1, e.Sequence)
				last[e.MerchantID]++
			}
			total, c = total+len(entries), next
		}
		writing.Wait()
		require.Equal(t, merchants*orders*2, total)
	})
}

// rings notes for whom it was rung.
type rings chan int64

func (r rings) Ring(merchantIDs ...int64) {
	for _, id := range merchantIDs {
		r <- id
	}
}

func (r rings) RingAll() { r <- 0 }

// Who watches a log is woken by what is committed, and need not look.
func TestCommitsRing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("shop", 1000)
		w.Stocked("CODE", 1, 10)
		rung := make(rings, 100)
		t.Cleanup(s.Announce(rung))
		_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "1", "CODE", 1))
		require.NoError(t, err)
		select {
		case id := <-rung:
			require.Contains(t, []int64{m.ID, 0}, id)
		case <-time.After(time.Minute):
			t.Error("nobody is woken")
		}
	})
}

// Whoever works jobs is told of those that this process commits where the database
// tells nobody.
func TestJobsAreTold(t *testing.T) {
	s := storetest.SQLite(t)()
	w := storetest.NewWorld(t, s, 1)
	m := w.Merchant("shop", 1000)
	w.Simulated("GOOD", 1, sim.Script{})
	told := make(chan struct{}, 100)
	s.OnJobs(func() { told <- struct{}{} })
	_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "1", "GOOD", 1))
	require.NoError(t, err)
	require.NotEmpty(t, told)
}
