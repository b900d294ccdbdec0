package app

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// providerTTL is how long a change of a provider's configuration may go
// unnoticed.
const providerTTL = 2 * time.Second

// providers finds the connectors of the providers in the database. A provider
// keeps its connector for as long as its configuration stays the same, so that
// a connector may hold connections and remember how its provider is doing.
type providers struct {
	rows interface {
		Provider(ctx context.Context, id int64) (fulfil.Provider, error)
	}
	now func() time.Time

	mu    sync.Mutex
	known map[int64]connected
}

type connected struct {
	provider  fulfil.Provider
	connector dialect.Connector
	readAt    time.Time
}

var _ fulfil.Connectors = (*providers)(nil)

func newProviders(rows fulfil.Store, now func() time.Time) *providers {
	return &providers{rows: rows, now: now, known: make(map[int64]connected)}
}

// Connector returns the provider's connector, that of a disabled provider too:
// what was bought there has to be followed to its end. Errors:
// fulfil.ErrProviderNotFound, a dialect or a configuration that is none.
func (p *providers) Connector(ctx context.Context, providerID int64) (dialect.Connector, error) {
	now := p.now()
	p.mu.Lock()
	last, found := p.known[providerID]
	p.mu.Unlock()
	if found && now.Sub(last.readAt) < providerTTL {
		return last.connector, nil
	}
	row, err := p.rows.Provider(ctx, providerID)
	if err != nil {
		return nil, fmt.Errorf("provider %d: %w", providerID, err)
	}
	fresh := connected{provider: row, readAt: now}
	if found && row.Connector == last.provider.Connector && bytes.Equal(row.Config, last.provider.Config) {
		fresh.connector = last.connector
	} else if fresh.connector, err = p.connect(&row); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[providerID] = fresh
	return fresh.connector, nil
}

func (p *providers) connect(row *fulfil.Provider) (dialect.Connector, error) {
	connect, found := connectors[row.Connector]
	if !found {
		return nil, fmt.Errorf("provider %s: this program knows no connector %q", row.Name, row.Connector)
	}
	connector, err := connect(row.Config, p.now)
	if err != nil {
		return nil, fmt.Errorf("provider %s: %w", row.Name, err)
	}
	return connector, nil
}
