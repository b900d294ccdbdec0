package store_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/order"
	"orderhub/server/reading"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// processorTime is what a server's processes have used so far.
func processorTime(tb testing.TB, admin *pgx.Conn) time.Duration {
	tb.Helper()
	var pid int
	require.NoError(tb, admin.QueryRow(tb.Context(), "SELECT pg_backend_pid()").Scan(&pid))
	parent := statOf(tb, strconv.Itoa(pid))[1]
	entries, err := os.ReadDir("/proc")
	require.NoError(tb, err)
	ticks := 0
	add := func(fields []string, which ...int) {
		for _, i := range which {
			n, err := strconv.Atoi(fields[i])
			require.NoError(tb, err)
			ticks += n
		}
	}
	const (
		user, system               = 11, 12
		usedByEnded, systemByEnded = 13, 14
	)
	add(statOf(tb, parent), user, system, usedByEnded, systemByEnded)
	for _, entry := range entries {
		if fields := statOf(nil, entry.Name()); fields != nil && fields[1] == parent {
			add(fields, user, system)
		}
	}
	const tick = 10 * time.Millisecond
	return time.Duration(ticks) * tick
}

// statOf are the fields of /proc/PID/stat from the state on; nil for no process where tb is nil.
func statOf(tb testing.TB, pid string) []string {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if tb != nil {
		require.NoError(tb, err)
	}
	if err != nil {
		return nil
	}
	_, fields, _ := strings.Cut(string(text), ") ")
	return strings.Fields(fields)
}

// BenchmarkReplica reads orders by reference, and pages of them, from the primary and from a replica in turn, and tells
// how much processor time of the primary's server each read took.
func BenchmarkReplica(b *testing.B) {
	ctx := b.Context()
	primary, standby := pgtest.NewReplicated(b, pgtest.Confirming)
	s, err := stores.Open(ctx, store.Options{
		URL: primary.URL("hub"), Read: standby.URL("hub"), Sealer: storetest.Sealer(),
	})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	require.NoError(b, s.Migrations.Up(ctx))
	w := storetest.NewWorld(b, s, 1)
	shop := w.Merchant("shop", 100_000)
	w.Stocked("CODE", 10, 1000)
	const orders = 500
	for i := range orders {
		_, err := w.Orders.Create(ctx, storetest.Draft(shop, fmt.Sprint(i), "CODE", 1))
		require.NoError(b, err)
	}
	admin, err := pgx.Connect(ctx, primary.URL("hub"))
	require.NoError(b, err)
	b.Cleanup(func() { _ = admin.Close(ctx) })
	for name, read := range map[string]func(ctx context.Context, i int64) error{
		"get": func(ctx context.Context, i int64) error {
			_, err := w.Orders.GetByReference(ctx, shop.ID, fmt.Sprint(i%orders))
			return err
		},
		"list": func(ctx context.Context, _ int64) error {
			_, err := w.Orders.List(ctx, order.ByMerchant(shop.ID), order.Filter{Limit: 50})
			return err
		},
	} {
		for _, callers := range []int{1, 16} {
			for _, server := range []string{"primary", "replica"} {
				b.Run(fmt.Sprintf("%s/%d/%s", name, callers, server), func(b *testing.B) {
					ctx := b.Context()
					if server == "replica" {
						ctx = reading.Only(ctx)
					}
					readAll(b, s, admin, callers, func(i int64) error { return read(ctx, i) })
				})
			}
		}
	}
}

// readAll reads b.N times, by several callers.
func readAll(b *testing.B, s *stores.All, admin *pgx.Conn, callers int, read func(i int64) error) {
	b.Helper()
	before, use := processorTime(b, admin), s.Replicas()
	var next atomic.Int64
	var reading sync.WaitGroup
	b.ResetTimer()
	for range callers {
		reading.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := read(i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	reading.Wait()
	b.StopTimer()
	after, n := s.Replicas(), float64(b.N)
	b.ReportMetric(float64((processorTime(b, admin)-before).Microseconds())/n, "primary-µs/op")
	b.ReportMetric(float64(after.Served-use.Served)/n, "replica/op")
	b.ReportMetric(float64(after.Asked-use.Asked)/n, "questions/op")
}
