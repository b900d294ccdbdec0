//go:build !race

package supplies_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/money"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

const (
	wholeList = 100_000
	mostHeap  = 40 << 20 // bytes that a sync of it may take at any moment
)

// many lists items that it makes as it is asked for them, as a connector decodes a page.
type many struct {
	cost money.Amount
}

func (many) Idempotent() bool { return true }

func (many) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

// ListItems implements dialect.Lister.
func (m *many) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	for at := 0; at < wholeList; at += 500 {
		page := make([]dialect.Item, 500)
		for i := range page {
			page[i] = dialect.Item{
				SKU: fmt.Sprintf("GAME-TOPUP-%d", 1_000_000+at+i), Name: fmt.Sprintf("Game currency, %d coins, all regions", at+i),
				Category: string([]byte("game-currency")), Cost: m.cost, Currency: money.Currency([]byte("THB")), Stock: -1,
				Available: true,
			}
		}
		if err := take(page); err != nil {
			return err
		}
	}
	return nil
}

// peak is how much more heap is used at most while work is done.
func peak(work func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // what is garbage is not counted for long
	used := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, most := used(), uint64(0)
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			most = max(most, used())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	work()
	close(done)
	watching.Wait()
	return most - min(before, most)
}

// A list of 100,000 items takes tens of megabytes: one that is as before, one of which every cost is another, and one
// of which nothing is known.
func TestMemoryOfWholeLists(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		f := newFollower(t, w)
		list := &many{cost: storetest.Baht(10)}
		w.Connectors[f.provider] = list
		_, err := w.Store.WriteDB.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO offers (product_id, provider_id,
			provider_sku, cost_micros, currency, priority, status, off_by_sync, listed_cost_micros, price_locked, state_locked,
			created_at, updated_at) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT product_id, provider_id, 'GAME-TOPUP-' || CAST(1000000 + i AS text), 10000000, 'THB', 0, 'active', 0, 0,
			false, false, created_at, updated_at FROM n, offers WHERE offers.id = %d`, wholeList-1, f.offer.ID))
		require.NoError(t, err)
		require.NoError(t, w.Providers.DeleteOffer(t.Context(), f.offer.ID))
		follow := func(name string, changes, proposed int) {
			t.Helper()
			began := time.Now()
			var done supply.Sync
			used := peak(func() { done = f.follow(supply.Applied) })
			t.Logf("%s: %.1f MB, %v", name, float64(used)/(1<<20), time.Since(began).Round(time.Millisecond))
			require.Equal(t, changes, done.Changes)
			require.Equal(t, proposed, done.Proposed)
			if used > mostHeap {
				t.Errorf("%s takes %d MB", name, used>>20)
			}
		}
		follow("as before", 0, 0)
		list.cost = storetest.Baht(11)
		if w.Store.SQLite() != nil { // what is written is the same on PostgreSQL, and takes a minute there
			follow("other costs", wholeList, 0)
		}
		_, err = w.Store.WriteDB.ExecContext(t.Context(), `DELETE FROM offers`)
		require.NoError(t, err)
		follow("unknown", 0, wholeList)
		follow("proposed before", 0, 0)
	})
}
