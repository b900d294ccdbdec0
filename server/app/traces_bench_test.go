package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/money"
)

// BenchmarkTraces is what an order costs this process, from the call over gRPC to its settlement, while traces are
// off, on for none of the orders and on for all: in processor time and allocations.
//
//	go test ./server/app -run '^$' -bench Traces -benchtime 2000x
func BenchmarkTraces(b *testing.B) {
	for _, mode := range []struct{ name, flags string }{{"off", "01"}, {"unsampled", "00"}, {"on", "01"}} {
		b.Run(mode.name, func(b *testing.B) {
			if mode.name != "off" {
				collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
				}))
				defer collector.Close()
				b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
			}
			h := startDemo(b, sqliteConfig(b))
			_, _, err := h.Accounts.Deposit(
				b.Context(), account.Deposit{MerchantID: 1, Currency: "THB", Amount: 100_000_000 * money.Unit},
			)
			require.NoError(b, err)
			h.placeMany(b, "warm", mode.flags, 200)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := processorTime(b)
			b.ResetTimer()
			h.placeMany(b, "run", mode.flags, b.N)
			b.StopTimer()
			used := processorTime(b) - began
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/order")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N), "allocs/order")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N), "B/order")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// processorTime is what this process has used so far.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// placeMany has 16 callers order from a provider, each with a trace of its own for each order, and waits for the end.
func (h *hub) placeMany(tb testing.TB, prefix, flags string, orders int) {
	tb.Helper()
	client := h.orders()
	numbers := make([]string, orders)
	var next atomic.Int64
	var running sync.WaitGroup
	for range 16 {
		running.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(orders) {
					return
				}
				ctx := metadata.AppendToOutgoingContext(
					withKey(tb.Context(), thb), "traceparent", fmt.Sprintf("00-%032x-%016x-%s", n+1, n+1, flags),
				)
				placed, err := client.CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
					ReferenceId: fmt.Sprintf("%s-%d", prefix, n),
					Lines:       []*orderhubv1.OrderLine{{Sku: "DIAMOND_100", Quantity: 1}},
					Recipient:   &orderhubv1.Recipient{UserId: recipient},
				}})
				if err != nil {
					tb.Error(err)
					return
				}
				numbers[n] = placed.GetOrder().GetOrderNumber()
			}
		})
	}
	running.Wait()
	for _, number := range numbers {
		if number != "" {
			h.final(thb, number)
		}
	}
}
