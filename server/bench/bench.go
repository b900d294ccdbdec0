// Package bench loads a running hub with orders and says how fast it took them.
// It is a client like any other: it knows the contract over gRPC and REST and
// the public names of the metrics, nothing of the inside. Beside it, testbed starts
// hubs, suite compares them with the raw limit of their databases, and guard with
// an earlier commit.
package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Load is how one measurement is made: a fixed number of callers, each with one
// call in flight, the next as soon as the one before is answered.
type Load struct {
	InFlight int
	Warmup   time.Duration // not measured
	Duration time.Duration
}

// Result is one measurement. Latencies are those of the calls that succeeded.
type Result struct {
	Calls    int // within Elapsed
	All      int // with those of the warm-up and those that ended too late
	Failures int
	Failure  error // the first one
	Elapsed  time.Duration
	P50, P99 time.Duration
}

// PerSecond is the rate of calls that succeeded.
func (r *Result) PerSecond() float64 { return float64(r.Calls) / r.Elapsed.Seconds() }

// Check says that calls failed, or that none ended within the measured time.
func (r *Result) Check() error {
	switch {
	case r.Failures > 0:
		return fmt.Errorf("%d of the calls failed: %w", r.Failures, r.Failure)
	case r.Calls == 0:
		return errors.New("no call ended within the time that is measured")
	}
	return nil
}

// maxFailures ends a measurement that goes nowhere.
const maxFailures = 1000

// Run calls until the time is over. Worker numbers callers from 0; a caller
// makes one call at a time. Calls that end outside of the measured time do not
// count. The error is ctx's, or says that everything failed.
func Run(ctx context.Context, load Load, call func(ctx context.Context, worker int) error) (Result, error) {
	begin := time.Now().Add(load.Warmup)
	end := begin.Add(load.Duration)
	latencies := make([][]time.Duration, load.InFlight)
	var succeeded, failures atomic.Int64
	var first error
	var once sync.Once
	var running sync.WaitGroup
	for worker := range load.InFlight {
		running.Go(func() {
			for ctx.Err() == nil && failures.Load() < maxFailures {
				start := time.Now()
				if start.After(end) {
					return
				}
				err := call(ctx, worker)
				now := time.Now()
				if err != nil {
					failures.Add(1)
					once.Do(func() { first = err })
					continue
				}
				succeeded.Add(1)
				if now.After(begin) && now.Before(end) {
					latencies[worker] = append(latencies[worker], now.Sub(start))
				}
			}
		})
	}
	running.Wait()
	all := slices.Concat(latencies...)
	slices.Sort(all)
	r := Result{
		Calls: len(all), All: int(succeeded.Load()), Failures: int(failures.Load()), Failure: first, Elapsed: load.Duration,
		P50: quantile(all, 0.50), P99: quantile(all, 0.99),
	}
	switch {
	case ctx.Err() != nil:
		return r, ctx.Err()
	case r.Failures >= maxFailures || r.All == 0:
		return r, fmt.Errorf("%d calls succeeded and %d failed: %w", r.Calls, r.Failures, first)
	}
	return r, nil
}

// quantile of sorted values; 0 when there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
