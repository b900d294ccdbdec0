package directory_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/directory"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
)

// line is a connector that holds something open.
type line struct {
	dialect.Connector

	setup  outbound.Setup
	closed int
}

func (l *line) Close() error {
	l.closed++
	return errors.New("it was closed at the other end already")
}

// lister is a line whose provider says what it sells.
type lister struct{ line }

func (*lister) ListItems(context.Context, func([]dialect.Item) error) error { return nil }

// table is rows with credentials, and who asks for them.
type table struct {
	providers   []fulfil.Provider
	credentials map[string]string
	trouble     error
	opened      int    // how often credentials were
	reading     func() // called while a row is read
}

func (r *table) Provider(_ context.Context, id int64) (fulfil.Provider, error) {
	if r.reading != nil {
		r.reading()
	}
	for _, p := range r.providers {
		if p.ID == id {
			return p, r.trouble
		}
	}
	return fulfil.Provider{}, fulfil.ErrProviderNotFound
}

func (r *table) ProviderCredentials(context.Context, int64) (map[string]string, error) {
	r.opened++
	if r.trouble != nil {
		return nil, r.trouble
	}
	copied := make(map[string]string, len(r.credentials))
	for name, value := range r.credentials {
		copied[name] = value
	}
	return copied, nil
}

func (r *table) ListProviders(context.Context) ([]fulfil.Provider, error) {
	return r.providers, r.trouble
}

// exchange is a directory over a table, the lines that were made, and its clock.
type exchange struct {
	*directory.Directory
	*table

	now time.Time

	mu   sync.Mutex
	made []*line
}

func newExchange() *exchange {
	x := &exchange{
		table: &table{
			providers:   []fulfil.Provider{{ID: 1, Name: "one", Connector: "line", HasCredentials: true}, {ID: 2, Name: "two"}},
			credentials: map[string]string{"key": "k"},
		},
		now: time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC),
	}
	x.Directory = directory.New(directory.Kinds{"line": directory.Outward(func(s outbound.Setup) (*line, error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.made = append(x.made, &line{setup: s})
		return x.made[len(x.made)-1], nil
	})}, x.table, directory.Ours{}, func() time.Time { return x.now })
	return x
}

// connect gives the connector of the first provider, two seconds later.
func (x *exchange) connect(t *testing.T) dialect.Connector {
	t.Helper()
	x.now = x.now.Add(2 * time.Second)
	_, c, err := x.Connect(t.Context(), 1)
	require.NoError(t, err)
	return c
}

// A connector is replaced, and the one of before closed, when anything of what it
// was made from has changed, and by nothing else.
func TestWhatMakesAnotherConnector(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(x *exchange)
		another bool
	}{
		{"nothing", func(*exchange) {}, false},
		{"its name", func(x *exchange) { x.providers[0].Name = "uno" }, false},
		{"its status", func(x *exchange) { x.providers[0].Status = fulfil.StatusDisabled }, false},
		{"its settings", func(x *exchange) { x.providers[0].Config = json.RawMessage(`{}`) }, true},
		{"a value of its credentials", func(x *exchange) { x.credentials["key"] = "other" }, true},
		{"one more of them", func(x *exchange) { x.credentials["more"] = "" }, true},
		{"all of them", func(x *exchange) { x.providers[0].HasCredentials = false }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := newExchange()
			first := x.connect(t)
			test.change(x)
			require.Equal(t, test.another, x.connect(t) != first)
			if !test.another {
				require.Len(t, x.made, 1)
				require.Zero(t, x.made[0].closed)
				p, _, err := x.Connect(t.Context(), 1)
				require.NoError(t, err)
				require.Equal(t, x.providers[0], *p, "the row is the one of now")
				return
			}
			require.Len(t, x.made, 2)
			require.Equal(t, 1, x.made[0].closed)
			require.Zero(t, x.made[1].closed)
		})
	}
}

func TestConnectorIsMadeFromTheRow(t *testing.T) {
	x := newExchange()
	x.providers[0].Config = json.RawMessage(`{"a":1}`)
	x.connect(t)
	setup := x.made[0].setup
	require.JSONEq(t, `{"a":1}`, string(setup.Settings))
	require.Equal(t, map[string]string{"key": "k"}, setup.Credentials)
	require.Equal(t, x.now, setup.Now())
	require.NotNil(t, setup.Transport)

	x.providers[0].HasCredentials = false
	x.connect(t)
	require.Nil(t, x.made[1].setup.Credentials)
	require.Equal(t, 1, x.opened, "where there are none, none are asked for")
	require.Equal(t, setup.Transport, x.made[1].setup.Transport, "connections outlive a change")
}

// Trouble with the database costs a provider neither its connector nor its state.
func TestConnectorOutlivesTrouble(t *testing.T) {
	x := newExchange()
	first := x.connect(t)
	x.now, x.trouble = x.now.Add(2*time.Second), errs.ErrUnavailable
	_, _, err := x.Connect(t.Context(), 1)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	_, err = x.IDs(t.Context())
	require.ErrorIs(t, err, errs.ErrUnavailable)
	_, _, err = x.ByName(t.Context(), "one")
	require.ErrorIs(t, err, errs.ErrUnavailable)
	x.trouble = nil
	require.Equal(t, first, x.connect(t))
	require.Zero(t, x.made[0].closed)
}

// Two who connect at once get one connector, and the other's is closed.
func TestConnectedAtOnce(t *testing.T) {
	x := newExchange()
	var both, running sync.WaitGroup
	both.Add(2)
	x.reading = func() { both.Done(); both.Wait() }
	got := make([]dialect.Connector, 2)
	for i := range got {
		running.Go(func() { _, got[i], _ = x.Connect(t.Context(), 1) })
	}
	running.Wait()
	require.NotNil(t, got[0])
	require.Same(t, got[0], got[1])
	require.Len(t, x.made, 2)
	require.Equal(t, 1, x.made[0].closed+x.made[1].closed)
	require.Zero(t, got[0].(*line).closed)
}

func TestProvidersByName(t *testing.T) {
	x := newExchange()
	p, c, err := x.ByName(t.Context(), "one")
	require.NoError(t, err)
	require.EqualValues(t, 1, p.ID)
	require.Same(t, x.made[0], c)
	for _, name := range []string{"One", "", "one "} {
		_, _, err = x.ByName(t.Context(), name)
		require.ErrorIs(t, err, fulfil.ErrProviderNotFound, "%q", name)
	}
	ids, err := x.IDs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids)
}

func TestClosedOnce(t *testing.T) {
	x := newExchange()
	x.connect(t)
	x.Close()
	x.Close()
	require.Equal(t, 1, x.made[0].closed)
}

func TestKinds(t *testing.T) {
	var made []*line
	all := directory.Kinds{
		"z": directory.Outward(func(s outbound.Setup) (*line, error) {
			made = append(made, &line{setup: s})
			if len(s.Settings) == 0 {
				return nil, errors.New("no settings")
			}
			return made[0], nil
		}),
		"b": directory.Outward(func(outbound.Setup) (*lister, error) { return nil, nil }),
		"a": directory.KindOf(func(outbound.Setup, directory.Ours) (*sim.Simulator, error) { return nil, nil }),
	}
	require.Equal(t, []string{"a", "b", "z"}, all.Names())
	require.Equal(t, []string{"a", "b"}, all.Listing(), "those whose providers say what they sell")

	require.NoError(t, all.Check("z", json.RawMessage(`{}`), map[string]string{"key": "k"}))
	require.Equal(t, 1, made[0].closed, "nothing is left of a check")
	require.Equal(t, map[string]string{"key": "k"}, made[0].setup.Credentials)
	err := all.Check("z", nil, nil)
	require.ErrorContains(t, err, "settings must be as the connector z takes them: no settings")
	require.ErrorContains(t, all.Check("fax", nil, nil), "connector must be one of a, b, z")
}
