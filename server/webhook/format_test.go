package webhook_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/event"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

// Which events each format has words for, before an endpoint chooses among them.
func TestWants(t *testing.T) {
	ends := []event.Type{event.OrderCompleted, event.OrderFailed, event.OrderCancelled}
	lines := []event.Type{event.LineProcessing, event.LineCompleted, event.LineFailed, event.LineCancelled}
	for _, tt := range []struct {
		name   string
		target webhook.Target
		want   func(event.Type) bool
	}{
		{
			"the hub's own has them all",
			webhook.Target{Format: standard.Name},
			func(kind event.Type) bool { return !kind.ForOperators() },
		},
		{
			"two chosen",
			webhook.Target{Format: standard.Name, Types: []string{"order.created", "line.failed"}},
			func(kind event.Type) bool {
				return kind == event.OrderCreated || kind == event.LineFailed
			},
		},
		{
			"the ends of orders",
			webhook.Target{Format: gameso.Name},
			func(kind event.Type) bool { return slices.Contains(ends, kind) },
		},
		{
			"which end it was, the order says later",
			webhook.Target{Format: gameso.Name, Types: []string{"order.failed"}},
			func(kind event.Type) bool { return slices.Contains(ends, kind) },
		},
		{"what changes lines", webhook.Target{Format: bursagb.Name}, func(kind event.Type) bool {
			return kind == event.OrderProcessing || slices.Contains(ends, kind) || slices.Contains(lines, kind)
		}},
		{"a format that nobody has", webhook.Target{Format: "fax"}, func(event.Type) bool { return false }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, kind := range event.Types {
				require.Equal(t, tt.want(kind), tt.target.Wants(kind), kind)
			}
		})
	}
}

// Where an order is told by itself: at the address it names, in the format of its
// door where that has one for orders.
func TestOwnTarget(t *testing.T) {
	for _, tt := range []struct {
		door, notifyURL, format string
		told                    bool
	}{
		{"", "", standard.Name, false},
		{"", "https://a.example", standard.Name, true},
		{gameso.Name, "", standard.Name, false},
		{gameso.Name, "https://a.example", standard.Name, true},
		{bursagb.Name, "", bursagb.Name, true}, // perhaps at its account's
		{bursagb.Name, "https://a.example", bursagb.Name, true},
	} {
		target, told := webhook.OwnTarget(tt.door, tt.notifyURL)
		require.Equal(t, webhook.Target{ID: webhook.OwnAddress, Format: tt.format}, target)
		require.Equal(t, tt.told, told)
	}
}

func TestRegister(t *testing.T) {
	whole := webhook.Traits{
		Name: func(event.Type) string { return "" }, Timeout: time.Second,
		Schedule: webhook.Schedule{RetryDelay: time.Second},
	}
	for name, broken := range map[string]func(*webhook.Traits) string{
		"taken":       func(*webhook.Traits) string { return standard.Name },
		"no name":     func(*webhook.Traits) string { return "" },
		"no words":    func(t *webhook.Traits) string { t.Name = nil; return "x" },
		"no time-out": func(t *webhook.Traits) string { t.Timeout = 0; return "x" },
		"no gaps":     func(t *webhook.Traits) string { t.Schedule.RetryDelay = 0; return "x" },
	} {
		t.Run(name, func(t *testing.T) {
			traits := whole
			format := broken(&traits)
			require.Panics(t, func() { webhook.Register(format, traits) })
		})
	}
	require.Panics(t, func() {
		webhook.NewFanout(nil, nil, map[string]webhook.Format{"fax": nil}, nil, nil, time.Now, nil)
	}, "words for a format that is not registered")
}
