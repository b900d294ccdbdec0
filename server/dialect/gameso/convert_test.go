package gameso

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/money"
	"orderhub/server/order"
)

// lineOf has quantity 3.
func lineOf(status order.Status, completed, failed, cancelled int64) order.Line {
	l := order.Line{
		SKU: "GEMS_60", Quantity: 3, Completed: completed, Failed: failed, Cancelled: cancelled, Status: status,
	}
	if failed > 0 {
		l.FailureCode, l.FailureMessage = "REGION_LOCKED", "Not in this region"
	}
	return l
}

func TestStates(t *testing.T) {
	for name, tt := range map[string]struct {
		status order.Status
		lines  []order.Line
		want   string // states, counters and failures of the order and its items
	}{
		"pending": {order.StatusPending, []order.Line{lineOf(order.StatusPending, 0, 0, 0)}, "pending - | pending 0 0 -"},
		"processing": {
			order.StatusProcessing, []order.Line{lineOf(order.StatusProcessing, 1, 0, 0)}, "processing - | processing 1 0 -",
		},
		"completed": {
			order.StatusCompleted, []order.Line{lineOf(order.StatusCompleted, 3, 0, 0)}, "completed - | completed 3 0 -",
		},
		"failed": {
			order.StatusFailed,
			[]order.Line{lineOf(order.StatusCompleted, 3, 0, 0), lineOf(order.StatusFailed, 2, 1, 0)},
			"failed PROVIDER_ERROR | completed 3 0 - | failed 2 1 PROVIDER_ERROR",
		},
		"an item failed, another goes on": {
			order.StatusProcessing,
			[]order.Line{lineOf(order.StatusFailed, 0, 3, 0), lineOf(order.StatusProcessing, 1, 1, 0)},
			"processing - | failed 0 3 PROVIDER_ERROR | processing 1 1 -",
		},
		"cancelled": {
			order.StatusCancelled,
			[]order.Line{lineOf(order.StatusCancelled, 0, 0, 3)},
			"failed CANCELLED | failed 0 3 CANCELLED",
		},
		"completed, then partly cancelled": {
			order.StatusCompleted,
			[]order.Line{lineOf(order.StatusCompleted, 3, 0, 0), lineOf(order.StatusCompleted, 2, 0, 1)},
			"failed CANCELLED | completed 3 0 - | failed 2 1 CANCELLED",
		},
		"failed and cancelled": {
			order.StatusFailed,
			[]order.Line{lineOf(order.StatusFailed, 0, 1, 2)},
			"failed PROVIDER_ERROR | failed 0 3 PROVIDER_ERROR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			converted := toOrder(&order.Order{Status: tt.status, Lines: tt.lines})
			require.Equal(t, tt.want, statesOf(&converted))
		})
	}
}

func statesOf(o *orderWire) string {
	text := o.Status + " " + failureOf(o.FailureCode, o.FailureMessage)
	for i := range o.Items {
		item := &o.Items[i]
		counts, _ := json.Marshal([]int64{item.CompletedQuantity, item.FailedQuantity})
		text += " | " + item.Status + " " + string(counts[1]) + " " + string(counts[3]) + " " +
			failureOf(item.FailureCode, item.FailureMessage)
	}
	return text
}

func failureOf(code, message *string) string {
	if code == nil && message == nil {
		return "-"
	}
	if *message == "" {
		return *code + " without a message"
	}
	return *code
}

func TestFailures(t *testing.T) {
	for _, tt := range [][4]string{
		{
			"ITEM_NOT_FOUND", "Product SKU not found in provider system", "ITEM_NOT_FOUND",
			"Product SKU not found in provider system",
		},
		{"NO_PROVIDER", "No provider sells this product", "PROVIDER_ERROR", "No provider sells this product"},
		{"", "", "PROVIDER_ERROR", "The provider could not deliver"},
	} {
		code, message := toFailure(&order.Line{Failed: 1, FailureCode: tt[0], FailureMessage: tt[1]})
		require.Equal(t, tt[2:], []string{code, message})
	}
}

// What own stock delivered within the call, or what failed in it, does not show.
func TestAccepted(t *testing.T) {
	o := &order.Order{
		Status: order.StatusFailed, CreatedAt: time.UnixMilli(1), UpdatedAt: time.UnixMilli(2),
		Lines: []order.Line{lineOf(order.StatusCompleted, 3, 0, 0), lineOf(order.StatusFailed, 1, 1, 1)},
	}
	converted := accepted(o)
	require.Equal(t, "pending - | pending 0 0 - | pending 0 0 -", statesOf(&converted))
	require.Equal(t, converted.CreatedAt, converted.UpdatedAt)
	require.Equal(t, order.StatusCompleted, o.Lines[0].Status, "the order itself stays")
	require.EqualValues(t, 1, o.Lines[1].Failed)
}

func TestAmounts(t *testing.T) {
	for amount, want := range map[money.Amount]string{
		0: "0.00", 500 * money.Unit: "500.00", 2222 * money.Unit: "2222.00", money.Unit / 10: "0.10",
		money.Unit * 1234 / 1000: "1.23", money.Unit * 1235 / 1000: "1.24", // a currency of three decimals
	} {
		require.Equal(t, want, toAmount(amount))
	}
}

func TestInstants(t *testing.T) {
	zone := time.FixedZone("", 7*3600)
	for want, at := range map[string]time.Time{
		`"2026-03-09T04:21:07.000Z"`: time.Date(2026, 3, 9, 11, 21, 7, 0, zone),
		`"2026-03-09T04:21:07.318Z"`: time.Date(2026, 3, 9, 4, 21, 7, 318_999_000, time.UTC),
	} {
		text, err := json.Marshal(instant(at))
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}

func TestOrderNumbers(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		number := newOrderNumber()
		require.Regexp(t, `^ord_[A-Za-z0-9]{16}$`, number)
		require.False(t, seen[number])
		seen[number] = true
	}
}
