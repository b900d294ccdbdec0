package directory_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/directory"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
)

var kinds = directory.Kinds{
	"sim": directory.Outward(func(s outbound.Setup) (*sim.Simulator, error) { return sim.New(s.Settings, s.Now) }),
}

// fakeRows are providers without a database.
type fakeRows struct {
	fulfil.ProviderStore

	rows map[int64]fulfil.Provider
	read int
}

func (f *fakeRows) Provider(_ context.Context, id int64) (fulfil.Provider, error) {
	f.read++
	row, found := f.rows[id]
	if !found {
		return row, fulfil.ErrProviderNotFound
	}
	return row, nil
}

func TestDirectory(t *testing.T) {
	now := time.Date(2026, time.November, 1, 12, 0, 0, 0, time.UTC)
	rows := &fakeRows{rows: map[int64]fulfil.Provider{
		1: {ID: 1, Name: "one", Connector: "sim", Config: json.RawMessage(`{"delayMs":1}`)},
		2: {ID: 2, Name: "two", Connector: "fax"},
		3: {ID: 3, Name: "three", Connector: "sim", Config: json.RawMessage(`{"delay":1}`)},
		4: {ID: 4, Name: "four", Connector: "sim", Status: fulfil.StatusDisabled},
	}}
	p := directory.New(kinds, rows, directory.Ours{}, func() time.Time { return now })
	get := func(id int64) dialect.Connector {
		t.Helper()
		_, connector, err := p.Connect(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return connector
	}

	first := get(1)
	if get(1) != first || rows.read != 1 {
		t.Errorf("within its time the row was read %d times, want 1", rows.read)
	}
	now = now.Add(2 * time.Second)
	if get(1) != first || rows.read != 2 {
		t.Error("an unchanged provider got another connector, or its row was not read again")
	}
	rows.rows[1] = fulfil.Provider{ID: 1, Name: "one", Connector: "sim", Config: json.RawMessage(`{"down":true}`)}
	now = now.Add(2 * time.Second)
	changed := get(1)
	if changed == first {
		t.Error("a changed provider has kept its connector")
	}
	if _, err := changed.Place(t.Context(), dialect.Purchase{}); !errors.Is(err, dialect.ErrNotSent) {
		t.Errorf("the new connector does not have the new configuration: %v", err)
	}
	get(4) // what was bought at a disabled provider is followed to its end

	for id, want := range map[int64]string{
		2: `provider two: this program knows no connector "fax"`, 3: "provider three: ",
	} {
		if _, _, err := p.Connect(t.Context(), id); err == nil || len(err.Error()) < len(want) ||
			err.Error()[:len(want)] != want {
			t.Errorf("Connect(%d): %v, want %q", id, err, want)
		}
	}
	if _, _, err := p.Connect(t.Context(), 9); !errors.Is(err, fulfil.ErrProviderNotFound) {
		t.Errorf("Connect of nobody: %v", err)
	}
}

func TestKindsCheck(t *testing.T) {
	for _, test := range []struct {
		name, connector, settings, field string
	}{
		{"the simulator", "sim", `{"delayMs":300}`, ""},
		{"no settings", "sim", "", ""},
		{"an unknown setting", "sim", `{"speed":1}`, "settings"},
		{"an unknown connector", "fax", `{}`, "connector"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := kinds.Check(test.connector, json.RawMessage(test.settings), nil)
			var invalid *errs.InvalidError
			switch {
			case test.field == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.field != "" && (!errors.As(err, &invalid) || invalid.Violations[0].Field != test.field):
				t.Errorf("error is %v, want a violation of %s", err, test.field)
			}
		})
	}
}
