package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// costInFlight are the orders in flight that the cost of settings is measured with.
var costInFlight = []int{1, 16, 256}

// batches is what placing many orders with each call is called.
var batches = fmt.Sprintf("batches of %d", bench.BatchOrders)

// settingCost is placing where the hub or its database is run in another way, against the usual one.
type settingCost struct {
	What        string
	InFlight    int
	Usual, With measured
	Share       float64 // of the usual rate
}

// setting is a way to run a hub or its database.
type setting struct {
	what   string
	hub    *testbed.Hub
	buyers bench.Buyers
	api    string                          // how orders are placed
	before func(ctx context.Context) error // each measurement; nil for nothing
}

// closers are what ends with the measuring, in the reverse order of their start.
type closers []func() error

func (c closers) close() (err error) {
	for _, end := range slices.Backward(c) {
		err = errors.Join(err, end())
	}
	return err
}

// serveCopy starts a hub on a copy of a database that nobody uses, which the statements change.
func (s *suite) serveCopy(
	ctx context.Context, e testbed.Engine, from, to string, statements []string, settings ...string,
) (*testbed.Hub, error) {
	if err := e.Clone(ctx, from, to); err != nil {
		return nil, err
	}
	if err := e.Execute(ctx, to, statements...); err != nil {
		return nil, err
	}
	return s.program.Serve(ctx, e, to, settings...)
}

// limitEverybody gives merchants a limit that nobody reaches: what is measured is the counting.
const limitEverybody = `UPDATE merchants SET requests_per_minute = 1000000000, burst = 0`

// measureCosts places orders at a hub that is run as usual and at others, in turn.
func (s *suite) measureCosts(ctx context.Context, e engine, r *results, database string, b bench.Buyers) (err error) {
	var open closers
	defer func() { err = errors.Join(err, open.close()) }()
	var settings []setting
	for _, v := range []struct {
		what       string
		statements []string
	}{{"as usual", nil}, {"merchants with a limit", []string{limitEverybody}}} {
		copied := fmt.Sprintf("%s_%d", database, len(settings))
		h, err := s.serveCopy(ctx, e, database, copied, v.statements)
		if err != nil {
			return fmt.Errorf("%s: %w", v.what, err)
		}
		open = append(open, h.Stop)
		settings = append(settings, setting{what: v.what, hub: h, buyers: b, api: "grpc"})
	}
	settings = append(settings, setting{what: batches, hub: settings[0].hub, buyers: b, api: "batches"})
	more, err := e.settings(ctx, s, database, b, &open)
	if err != nil {
		return err
	}
	settings = append(settings, more...)
	for _, inFlight := range costInFlight {
		if !slices.Contains(s.inFlight, inFlight) {
			continue
		}
		costs, err := s.compareSettings(ctx, r, settings, inFlight)
		if err != nil {
			return fmt.Errorf("%d in flight: %w", inFlight, err)
		}
		r.Costs = append(r.Costs, costs...)
	}
	return nil
}

// compareSettings measures all in turn; the first is the usual one.
func (s *suite) compareSettings(ctx context.Context, r *results, settings []setting, inFlight int) (
	[]settingCost, error,
) {
	load := bench.Load{InFlight: inFlight, Warmup: warmup, Duration: s.duration}
	rounds, shares := make([][]measured, len(settings)), make([][]float64, len(settings))
	for range s.rounds {
		for i, v := range settings {
			if v.before != nil {
				if err := v.before(ctx); err != nil {
					return nil, fmt.Errorf("%s: %w", v.what, err)
				}
			}
			m, err := s.throughHub(ctx, v.hub, load, v.api, v.buyers)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.what, err)
			}
			s.say("%s, %d in flight, %s: %.0f orders/s, p50 %v, p99 %v", r.Database, inFlight, v.what, m.PerSecond, m.P50, m.P99)
			rounds[i] = append(rounds[i], m)
			shares[i] = append(shares[i], m.PerSecond/rounds[0][len(rounds[0])-1].PerSecond)
		}
	}
	var costs []settingCost
	for i, v := range settings[1:] {
		costs = append(costs, settingCost{
			What: v.what, InFlight: inFlight, Usual: middle(rounds[0]), With: middle(rounds[i+1]), Share: median(shares[i+1]),
		})
	}
	return costs, nil
}

// settings has none of its own: a file is a file.
func (sqliteEngine) settings(context.Context, *suite, string, bench.Buyers, *closers) ([]setting, error) {
	return nil, nil
}

// pooledConns is how many connections to the server the pooler has: as many as a hub without one.
const pooledConns = 16

// settings are a pooler between hub and server, and a standby that commits do not wait for, and do.
func (e postgresEngine) settings(
	ctx context.Context, s *suite, database string, b bench.Buyers, open *closers,
) ([]setting, error) {
	pooler, err := e.Pooler(ctx, pooledConns)
	if err != nil {
		return nil, err
	}
	*open = append(*open, pooler.Stop)
	pooled := database + "_pooled"
	h, err := s.serveCopy(
		ctx, e, database, pooled, nil, "ORDERHUB_DATABASE="+pooler.URL(pooled), "ORDERHUB_DATABASE_DIRECT="+e.URL(pooled),
	)
	if err != nil {
		return nil, fmt.Errorf("over a pooler: %w", err)
	}
	*open = append(*open, h.Stop)
	replicated, err := testbed.OpenReplicated(ctx)
	if err != nil {
		return nil, fmt.Errorf("a server with a standby: %w", err)
	}
	*open = append(*open, replicated.Close)
	buyers, err := s.program.Seed(ctx, replicated, database, s.seeds())
	if err != nil {
		return nil, err
	}
	if err := testbed.Hold(ctx, replicated, database); err != nil {
		return nil, err
	}
	r, err := s.program.Serve(ctx, replicated, database)
	if err != nil {
		return nil, err
	}
	*open = append(*open, r.Stop)
	waiting := func(wait bool) func(context.Context) error {
		return func(ctx context.Context) error { return replicated.WaitForStandby(ctx, wait) }
	}
	return []setting{
		{what: "over PgBouncer", hub: h, buyers: b, api: "grpc"},
		{what: "a standby that follows", hub: r, buyers: buyers, api: "grpc", before: waiting(false)},
		{what: "a standby that commits wait for", hub: r, buyers: buyers, api: "grpc", before: waiting(true)},
	}, nil
}
