package fulfil_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) moveTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.at) {
		c.at = t
	}
}

const callTimeout = 30 * time.Second

// act is a provider whose every answer a test decides, with a clock of its own.
type act struct {
	place, inquire func(calls int, p dialect.Purchase) (dialect.Outcome, error)
	safe           bool // to repeat

	mu            sync.Mutex // of what follows: purchases of several orders are made at once
	placed, asked int
	references    map[string]bool
}

func (a *act) Idempotent() bool { return a.safe }

func (a *act) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	a.mu.Lock()
	a.placed++
	calls := a.placed
	if a.references == nil {
		a.references = make(map[string]bool)
	}
	a.references[p.Reference] = true
	a.mu.Unlock()
	return a.place(calls, p)
}

func (a *act) Inquire(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	if a.inquire == nil {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	a.mu.Lock()
	a.asked++
	calls := a.asked
	a.mu.Unlock()
	return a.inquire(calls, p)
}

// directory knows the providers of a run.
type directory map[int64]dialect.Connector

func (d directory) Connect(_ context.Context, id int64) (*fulfil.Provider, dialect.Connector, error) {
	// The breaker has the real clock: a provider that is left alone stays so for the
	// whole of a run, which the horizon ends.
	return &fulfil.Provider{
		ID: id, Name: fmt.Sprint("provider-", id), Limits: fulfil.Limits{Horizon: time.Hour},
	}, d[id], nil
}
