package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func made() *suite {
	fast := measured{
		PerSecond: 4000, P50: 15 * time.Millisecond, P99: 20 * time.Millisecond, Allocations: 350, Bytes: 30000,
		CPU: 200 * time.Microsecond,
	}
	slow := measured{PerSecond: 1234.5, P50: 50 * time.Millisecond, P99: 120 * time.Millisecond}
	r := &results{
		Database: "SQLite", Version: "3.50.4", Verified: []string{"Everything agrees."},
		Placing: []placing{
			{
				InFlight: 1, Raw: slow, GRPC: fast, REST: fast, HotGRPC: fast, HotREST: fast, GRPCToRaw: 0.49, RESTToGRPC: 1,
				HotToMany: 1, HotRESTToREST: 1,
			},
			{
				InFlight: 256, Raw: slow, GRPC: fast, REST: fast, HotGRPC: fast, HotREST: fast, GRPCToRaw: 3.24, RESTToGRPC: 1,
				HotToMany: 1.2, HotRESTToREST: 1,
			},
			{
				InFlight: 64, Raw: slow, GRPC: fast, REST: slow, HotGRPC: fast, HotREST: fast, GRPCToRaw: 3.24, RESTToGRPC: 0.31,
				HotToMany: 1, HotRESTToREST: 1,
			},
		},
		Limits: limits{
			Raw: 1234.5, Group: measured{PerSecond: 9000}, Hot: measured{PerSecond: 12600}, Empty: 100 * time.Microsecond,
			Calls: fast,
		},
		Delivered: &delivering{InFlight: 64, Placed: slow, Orders: 1000, Delivered: 900, ToRaw: 0.9},
		Telling:   []webhookCost{{64, fast, slow, 1.26}},
		Costs:     []settingCost{{"merchants with a limit", 64, fast, slow, 0.31}},
		Reading:   []reading{{"an order with its goods", fast, slow, 3.24}, {"a page of 50 orders", fast, slow, 3.24}},
		Growth: []growth{
			{
				10_000,
				[len(operations)]timing{
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
				},
			},
			{
				1_000_000,
				[len(operations)]timing{
					{time.Millisecond, time.Millisecond},
					{2 * time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
					{time.Millisecond, time.Millisecond},
				},
			},
		},
		Starts:  []start{{1_000_000, 210 * time.Millisecond, 58 << 20}},
		Console: []shown{{"/today", 1_000_000, timing{30 * time.Millisecond, 250 * time.Millisecond}}},
		Long:    []long{{"orders verified", 1_000_000, 20 * time.Second, 60 << 20}},
		Sizes: []size{
			{Table: "orders", Name: "orders", Bytes: 300_000_000},
			{Table: "orders", Name: "orders_number_key", For: purposes["orders_number_key"], Bytes: 40_000_000},
		},
	}
	return &suite{
		options: options{duration: 3 * time.Second, rounds: 3, wallets: 100}, began: time.Now(), results: []*results{r},
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	passed := make(map[string]bool)
	for _, target := range targets(made().results) {
		passed[target.What] = target.Passed
	}
	require.Equal(t, map[string]bool{
		"SQLite, 1 in flight, gRPC": false, "SQLite, 1 in flight, REST": true,
		"SQLite, 1 in flight, gRPC, p50": true, "SQLite, 1 in flight, many wallets, gRPC": true,
		"SQLite, 64 in flight, gRPC": true, "SQLite, 64 in flight, REST": false,
		"SQLite, 64 in flight, many wallets, gRPC": true, "SQLite, 256 in flight, gRPC": false,
		"SQLite, 256 in flight, REST": true, "SQLite, 256 in flight, gRPC, group commit": false,
		"SQLite, 256 in flight, many wallets, gRPC":                   false,
		"SQLite, 256 in flight, gRPC, processor time per order":       false,
		"SQLite, 256 in flight, gRPC, allocations per order":          false,
		"SQLite, bought from a provider and completed, 64 in flight":  false,
		"SQLite, three endpoints to tell of each order, 64 in flight": false,
		"SQLite, create, from 10,000 to 1,000,000 orders":             true,
		"SQLite, get by reference, from 10,000 to 1,000,000 orders":   false,
		"SQLite, first page, from 10,000 to 1,000,000 orders":         true,
		"SQLite, 1,000th page, from 10,000 to 1,000,000 orders":       true,
		"SQLite, an order with its goods, 16 in flight":               false,
		"SQLite, an order with its goods, 16 in flight, p99":          false,
		"SQLite, 100 events, from 10,000 to 1,000,000 orders":         true,
		"SQLite, a page of 50 orders, 16 in flight":                   true,
		"SQLite, pages of the console on 1,000,000 orders, p50":       true,
		"SQLite, ready on 1,000,000 orders":                           true,
		"SQLite, resident while idle on 1,000,000 orders":             true,
	}, passed)
}

func TestReport(t *testing.T) {
	t.Parallel()
	s := made()
	report := filepath.Join(t.TempDir(), "benchmarks.md")
	require.NoError(t, s.writeReport(report))
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	for _, part := range []string{
		"| 64 | raw | 1,234 | 50.00 | 120 |", "| SQLite, 1 in flight, gRPC | ≥ 0.55 × the raw limit | 0.49 × | **missed** |",
		"| SQLite | 1,000,000 | 1.00 / 1.00 | 2.00 / 1.00 |", "| 64 | without endpoints | 4,000 |", "1.26 × one without",
		"| 64 | merchants with a limit | 1,234 | 50.00 | 120 |", "0.31 × 4,000",
		"| SQLite | orders verified | 1,000,000 | 50,000 | 60 |", "| SQLite | **orders** | 300 | |",
		"| SQLite | `orders_number_key` | 40 | an order by its number |", "| SQLite | all | 340 | |",
		"| SQLite | `/today` | 30.00 | 250 |",
		"| SQLite | 1,000,000 | 210 | 58 |",
		"| 256 | calls that do nothing | 4,000 | 15.00 |", "2,769 orders/s on this machine",
		"| | the same of one wallet | 12,600 | | | | | | 1.40 × many wallets |",
		"(benchmarks/sqlite.svg)", "(benchmarks/rows.svg)",
	} {
		require.Contains(t, string(text), part)
	}
	for _, plot := range []string{"sqlite.svg", "rows.svg"} {
		drawn, err := os.ReadFile(filepath.Join(filepath.Dir(report), "benchmarks", plot))
		require.NoError(t, err)
		require.Contains(t, string(drawn), "</svg>")
	}
}
