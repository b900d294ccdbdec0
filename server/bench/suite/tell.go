package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// webhookCost is placing for merchants whose orders nobody is told of, and for the
// same merchants with three endpoints each that want every event.
type webhookCost struct {
	InFlight      int
	Without, With measured
	Cost          float64 // of an order with endpoints, against one without
}

// tellingInFlight are the orders in flight that telling is measured with.
var tellingInFlight = []int{1, 64}

const threeEndpoints = `INSERT INTO webhook_endpoints (merchant_id, url, format, event_types, status, settings,
	created_at, updated_at)
	SELECT a.merchant_id, 'http://127.0.0.1:1/', 'standard', '[]', 'active', '{}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
	FROM accounts a, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) AS three WHERE a.kind = 'wallet'`

// measureTelling places orders at two hubs in turn, whose databases differ in
// the endpoints only.
func (s *suite) measureTelling(
	ctx context.Context, e engine, r *results, without, with string, b bench.Buyers,
) (err error) {
	if err := e.Execute(ctx, with, threeEndpoints); err != nil {
		return err
	}
	var hubs []*testbed.Hub
	defer func() {
		for _, h := range hubs {
			err = errors.Join(err, h.Stop())
		}
	}()
	for _, database := range []string{without, with} {
		h, err := s.program.Serve(ctx, e, database)
		if err != nil {
			return err
		}
		hubs = append(hubs, h)
	}
	for _, inFlight := range tellingInFlight {
		if !slices.Contains(s.inFlight, inFlight) {
			continue
		}
		t := webhookCost{InFlight: inFlight}
		load := bench.Load{InFlight: inFlight, Warmup: warmup, Duration: s.duration}
		var rounds [2][]measured
		var costs []float64
		for range s.rounds {
			for i, h := range hubs {
				m, err := s.throughHub(ctx, h, load, "grpc", b)
				if err != nil {
					return fmt.Errorf("%d endpoints: %w", 3*i, err)
				}
				s.say(
					"%s, %d in flight, %d endpoints: %.0f orders/s, p50 %v, p99 %v", r.Database, inFlight, 3*i, m.PerSecond, m.P50,
					m.P99,
				)
				rounds[i] = append(rounds[i], m)
			}
			last := len(costs)
			costs = append(costs, rounds[0][last].PerSecond/rounds[1][last].PerSecond)
		}
		t.Without, t.With, t.Cost = middle(rounds[0]), middle(rounds[1]), median(costs)
		r.Telling = append(r.Telling, t)
	}
	return nil
}
