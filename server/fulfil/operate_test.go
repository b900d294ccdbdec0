package fulfil_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

func decide(action fulfil.Action, goods ...string) fulfil.Decision {
	return fulfil.Decision{AttemptID: 1, Action: action, Evidence: "they said so", Operator: "ann", Goods: goods}
}

// What an operator decides about a parked attempt of three units, and what that
// leaves behind. A second time it changes nothing.
func TestWhatAnOperatorDecides(t *testing.T) {
	for _, tt := range []struct {
		name      string
		decision  fulfil.Decision
		status    fulfil.AttemptStatus
		completed int64
		failed    int64
		refund    money.Amount
		code      string
		woken     bool
	}{
		{"ask again", decide(fulfil.ActionInquire), fulfil.AttemptUnknown, 0, 0, 0, "", true},
		{"all delivered", decide(fulfil.ActionDelivered, "a", "b", "c"), fulfil.AttemptDelivered, 3, 0, 0, "", false},
		{
			"one delivered", decide(fulfil.ActionDelivered, "a"), fulfil.AttemptDelivered, 1, 0, 0, dialect.CodeProviderError,
			false,
		},
		{
			"failed", decide(fulfil.ActionFailed), fulfil.AttemptRefused, 0, 3, 30 * money.Unit, dialect.CodeProviderError,
			false,
		},
		{
			"elsewhere", decide(fulfil.ActionElsewhere), fulfil.AttemptRefused, 0, 0, 0, dialect.CodeProviderError, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.attempt(fulfil.AttemptParked, 1, func(a *fulfil.Attempt) { a.FailureMessage = "nobody knows" })
			a, err := d.engine.Resolve(t.Context(), tt.decision)
			require.NoError(t, err)
			check := func() {
				require.Equal(t, tt.status, a.Status)
				require.Equal(t, tt.code, a.FailureCode)
				require.NotEqual(t, "nobody knows", a.FailureMessage)
				require.Equal(t, []int64{tt.completed, tt.failed}, []int64{d.line.Completed, d.line.Failed})
				require.Equal(t, tt.refund, d.wallet.Balance)
				require.Equal(t, tt.woken, len(d.woken) == 1)
				require.Equal(t, tt.woken, a.NextCheckAt != nil && a.NextCheckAt.Equal(noon), "at once")
			}
			check()
			told := d.events[len(d.events)-1]
			require.Equal(t, event.AttemptResolved, told.Type)
			require.Equal(t, map[string]string{
				"action": string(tt.decision.Action), "evidence": "they said so", "attempt": "n1-1-1", "operator": "ann",
				"order_number": "n1", "status": string(d.order.Status),
			}, told.Data)
			events := len(d.events)
			a, err = d.engine.Resolve(t.Context(), tt.decision)
			require.NoError(t, err)
			check()
			require.Len(t, d.events, events)
		})
	}
}

// An attempt that somebody is at, or that ended otherwise, is not decided about.
func TestWhatIsNotDecidedAbout(t *testing.T) {
	open, settled := fulfil.ErrAttemptOpen, fulfil.ErrAttemptSettled
	for _, tt := range []struct {
		status                                fulfil.AttemptStatus
		inquire, delivered, failed, elsewhere error
	}{
		{fulfil.AttemptWaiting, nil, open, open, open},
		{fulfil.AttemptSubmitting, nil, open, open, open},
		{fulfil.AttemptAccepted, nil, open, open, open},
		{fulfil.AttemptUnknown, nil, open, open, open},
		{fulfil.AttemptDelivered, settled, nil, settled, settled},
		{fulfil.AttemptRefused, settled, settled, nil, nil},
		{fulfil.AttemptCancelled, settled, settled, settled, settled},
	} {
		for action, want := range map[fulfil.Action]error{
			fulfil.ActionInquire: tt.inquire, fulfil.ActionDelivered: tt.delivered, fulfil.ActionFailed: tt.failed,
			fulfil.ActionElsewhere: tt.elsewhere,
		} {
			d := newDesk(t)
			d.attempt(tt.status, 1)
			d.contents = []string{"a", "b", "c"}
			decision := decide(action)
			if action == fulfil.ActionDelivered {
				decision.Goods = []string{"c"}
			}
			_, err := d.engine.Resolve(t.Context(), decision)
			require.ErrorIs(t, err, want, "%s of %s", action, tt.status)
			require.Equal(t, tt.status, d.attempts[0].Status)
			require.Empty(t, d.events)
		}
	}
	d := newDesk(t)
	d.attempt(fulfil.AttemptDelivered, 1)
	d.contents = []string{"a"}
	_, err := d.engine.Resolve(t.Context(), decide(fulfil.ActionDelivered, "a", "b"))
	require.ErrorIs(t, err, settled, "with other goods it is another decision")
	_, err = d.engine.Resolve(t.Context(), fulfil.Decision{AttemptID: 2})
	require.ErrorIs(t, err, fulfil.ErrAttemptNotFound)
}

// Of two operators who decide at once the second hears what the first made of it.
func TestTwoOperators(t *testing.T) {
	for _, tt := range []struct {
		first fulfil.AttemptStatus
		want  error
	}{{fulfil.AttemptRefused, nil}, {fulfil.AttemptDelivered, fulfil.ErrAttemptSettled}} {
		d := newDesk(t)
		d.attempt(fulfil.AttemptParked, 1)
		d.before = func() { d.attempts[0].Status = tt.first }
		_, err := d.engine.Resolve(t.Context(), decide(fulfil.ActionFailed))
		require.ErrorIs(t, err, tt.want)
		require.Zero(t, d.line.Failed)
		require.Empty(t, d.events)
	}
}

// What a decision says is checked before anything is done.
func TestDecisionsBounds(t *testing.T) {
	delivered := fulfil.ActionDelivered
	for _, tt := range []struct {
		name  string
		d     fulfil.Decision
		field string // "" where it is good
	}{
		{"no evidence", fulfil.Decision{AttemptID: 1, Action: fulfil.ActionFailed}, "evidence"},
		{
			"long evidence", fulfil.Decision{AttemptID: 1, Action: fulfil.ActionFailed, Evidence: strings.Repeat("ü", 500)}, "",
		},
		{
			"too long",
			fulfil.Decision{AttemptID: 1, Action: fulfil.ActionFailed, Evidence: strings.Repeat("ü", 501)},
			"evidence",
		},
		{"two lines", fulfil.Decision{AttemptID: 1, Action: fulfil.ActionFailed, Evidence: "a\nb"}, "evidence"},
		{
			"long name",
			fulfil.Decision{
				AttemptID: 1, Action: fulfil.ActionFailed, Evidence: "x", Operator: strings.Repeat("ü", 201),
			},
			"operator",
		},
		{"another action", decide("retry"), "action"},
		{"delivered nothing", decide(delivered), "goods"},
		{"as many as were bought", decide(delivered, "a", "b", "c"), ""},
		{"one more", decide(delivered, "a", "b", "c", "d"), "goods"},
		{"goods of what failed", decide(fulfil.ActionFailed, "a"), "goods"},
		{"no content", decide(delivered, "a", " "), "goods[1]"},
		{"one twice", decide(delivered, "a", "b", "a"), "goods[2]"},
		{"one twice but for blanks", decide(delivered, "a", "a "), "goods[1]"},
		{"a header", decide(delivered, "key", "b"), "goods[0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.attempt(fulfil.AttemptParked, 1)
			_, err := d.engine.Resolve(t.Context(), tt.d)
			if tt.field == "" {
				require.NoError(t, err)
				return
			}
			bad := &errs.InvalidError{}
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tt.field, bad.Violations[0].Field)
			require.Equal(t, fulfil.AttemptParked, d.attempts[0].Status)
			require.Empty(t, d.events)
		})
	}
}
