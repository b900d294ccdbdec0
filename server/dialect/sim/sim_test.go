package sim_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestScripts(t *testing.T) {
	const config = `{"delayMs": 300, "scripts": {
		"FAIL": {"failCode": "ITEM_NOT_FOUND", "failMessage": "gone"},
		"PART": {"failLast": 1}, "SLOW": {"delayMs": 30000, "cancellable": true}, "TICKET": {"tickets": true}}}`
	tests := []struct {
		name     string
		sku      string
		quantity int64
		after    time.Duration
		want     dialect.State
		goods    int
		code     string
	}{
		{"before its time", "ANY", 2, 299 * time.Millisecond, dialect.Accepted, 0, ""},
		{"at its time", "ANY", 2, 300 * time.Millisecond, dialect.Delivered, 2, ""},
		{"fails late", "FAIL", 1, 0, dialect.Accepted, 0, ""},
		{"fails", "FAIL", 1, time.Second, dialect.Refused, 0, "ITEM_NOT_FOUND"},
		{"partly", "PART", 3, time.Second, dialect.Delivered, 2, dialect.CodeProviderError},
		{"the only unit is the last", "PART", 1, time.Second, dialect.Refused, 0, dialect.CodeProviderError},
		{"its own delay", "SLOW", 1, time.Second, dialect.Accepted, 0, ""},
		{"tickets", "TICKET", 2, time.Second, dialect.Delivered, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := sim.New(json.RawMessage(config), func() time.Time { return start.Add(tt.after) })
			require.NoError(t, err)
			p := dialect.Purchase{Reference: "ord_1-1-1", SKU: tt.sku, Quantity: tt.quantity, SubmittedAt: start}
			placed, err := s.Place(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, tt.want, placed.State)
			require.Len(t, placed.Goods, tt.goods)
			require.Equal(t, tt.code, placed.FailureCode)
			asked, err := s.Inquire(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, placed, asked, "the same answer for ever")
			seen := make(map[string]bool)
			for _, g := range placed.Goods {
				require.Regexp(t, `^SIM-[A-Z0-9]{12}$`, g.Content)
				require.False(t, seen[g.Content])
				seen[g.Content] = true
				require.Equal(t, tt.sku == "TICKET", g.TicketCode != "")
			}
			cancelled, err := s.Cancel(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, tt.sku == "SLOW", cancelled.State == dialect.Cancelled)
		})
	}
}

func TestDown(t *testing.T) {
	s, err := sim.New(json.RawMessage(`{"down": true}`), time.Now)
	require.NoError(t, err)
	_, err = s.Place(t.Context(), dialect.Purchase{})
	require.ErrorIs(t, err, dialect.ErrNotSent)
}

func TestUnknownConfigurationIsRefused(t *testing.T) {
	_, err := sim.New(json.RawMessage(`{"dwon": true}`), time.Now)
	require.Error(t, err)
}
