// Package directory finds the connectors of the providers in the database, and
// keeps them for the next calls. Which connectors there are it is told.
package directory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"sync"
	"time"

	"google.golang.org/grpc"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/fulfil"
)

// providerTTL is how long a change of a provider's configuration may go
// unnoticed.
const providerTTL = 2 * time.Second

// Connections to providers that are kept for the next calls.
const (
	idlePerProvider = 64
	idleFor         = 90 * time.Second
)

// Rows is the part of [fulfil.ProviderStore] that has the providers.
type Rows interface {
	Provider(ctx context.Context, id int64) (fulfil.Provider, error)
	ProviderCredentials(ctx context.Context, providerID int64) (map[string]string, error)
	ListProviders(ctx context.Context) ([]fulfil.Provider, error)
}

// Directory has the connectors. A provider keeps its own for as long as its
// configuration stays the same, so that a connector may hold connections and
// remember how its provider is doing.
type Directory struct {
	kinds     Kinds
	rows      Rows
	ours      Ours
	transport http.RoundTripper
	calls     grpc.UnaryClientInterceptor // nil for none
	now       func() time.Time

	mu    sync.Mutex
	known map[int64]connected
}

type connected struct {
	provider    fulfil.Provider
	credentials map[string]string
	connector   dialect.Connector
	readAt      time.Time
}

var _ fulfil.Directory = (*Directory)(nil)

// New returns a Directory of the rows, whose connectors are of the kinds.
func New(kinds Kinds, rows Rows, ours Ours, now func() time.Time) *Directory {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxIdleConns, transport.IdleConnTimeout = idlePerProvider, 0, idleFor
	return &Directory{
		kinds: kinds, rows: rows, ours: ours, transport: transport, now: now, known: make(map[int64]connected),
	}
}

// Through has what connectors call over HTTP go through a transport around the usual
// one, and over gRPC through calls. It comes before the first use.
func (d *Directory) Through(around func(http.RoundTripper) http.RoundTripper, calls grpc.UnaryClientInterceptor) {
	d.transport, d.calls = around(d.transport), calls
}

func (d *Directory) Connect(ctx context.Context, providerID int64) (*fulfil.Provider, dialect.Connector, error) {
	now := d.now()
	d.mu.Lock()
	last, found := d.known[providerID]
	d.mu.Unlock()
	if found && now.Sub(last.readAt) < providerTTL {
		return &last.provider, last.connector, nil
	}
	row, err := d.rows.Provider(ctx, providerID)
	if err != nil {
		return nil, nil, fmt.Errorf("provider %d: %w", providerID, err)
	}
	fresh := connected{provider: row, readAt: now}
	if row.HasCredentials {
		if fresh.credentials, err = d.rows.ProviderCredentials(ctx, providerID); err != nil {
			return nil, nil, fmt.Errorf("provider %s: %w", row.Name, err)
		}
	}
	if found && last.serves(&fresh) {
		fresh.connector = last.connector
	} else if fresh.connector, err = d.connect(&row, fresh.credentials); err != nil {
		return nil, nil, err
	}
	return &fresh.provider, d.remember(providerID, &fresh), nil
}

// serves reports whether the connector is as good for the other.
func (c *connected) serves(other *connected) bool {
	return c.provider.Connector == other.provider.Connector && bytes.Equal(c.provider.Config, other.provider.Config) &&
		reflect.DeepEqual(c.credentials, other.credentials)
}

// remember keeps a connector, unless somebody else has kept one just as good
// meanwhile, and closes the one it takes the place of.
func (d *Directory) remember(providerID int64, fresh *connected) dialect.Connector {
	d.mu.Lock()
	defer d.mu.Unlock()
	last, found := d.known[providerID]
	if found && last.connector != fresh.connector {
		if last.serves(fresh) {
			closeConnector(fresh.connector)
			fresh.connector = last.connector
		} else {
			closeConnector(last.connector)
		}
	}
	d.known[providerID] = *fresh
	return fresh.connector
}

// ByName finds a provider that is used by its name. fulfil.ErrProviderNotFound.
func (d *Directory) ByName(ctx context.Context, name string) (*fulfil.Provider, dialect.Connector, error) {
	rows, err := d.rows.ListProviders(ctx)
	if err != nil {
		return nil, nil, err
	}
	for i := range rows {
		if rows[i].Name == name {
			return d.Connect(ctx, rows[i].ID)
		}
	}
	return nil, nil, fulfil.ErrProviderNotFound
}

// IDs are the providers there are.
func (d *Directory) IDs(ctx context.Context) ([]int64, error) {
	rows, err := d.rows.ListProviders(ctx)
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids, err
}

func (d *Directory) connect(row *fulfil.Provider, credentials map[string]string) (dialect.Connector, error) {
	kind, found := d.kinds[row.Connector]
	if !found {
		return nil, fmt.Errorf("provider %s: this program knows no connector %q", row.Name, row.Connector)
	}
	setup := outbound.Setup{
		Settings: row.Config, Credentials: credentials, Transport: d.transport, Calls: d.calls, Now: d.now,
	}
	connector, err := kind.connect(setup, d.ours)
	if err != nil {
		return nil, fmt.Errorf("provider %s: %w", row.Name, err)
	}
	return connector, nil
}

// Close ends what connectors hold.
func (d *Directory) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.known {
		closeConnector(c.connector)
	}
	clear(d.known)
	if t, ok := d.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func closeConnector(c dialect.Connector) {
	if closer, ok := c.(io.Closer); ok {
		_ = closer.Close() // nothing is lost with a connection
	}
}
