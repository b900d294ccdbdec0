package fulfil_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

// What a person is told of each event.
func TestEventsAsTold(t *testing.T) {
	for _, tt := range []struct {
		e    event.Event
		text []string
		line int // position; 0 for the whole order
	}{
		{event.Event{Type: event.OrderCreated}, []string{
			`Ordered through hub as "mine", 1 line; 30.00 THB charged.`, "3 of GOOD at 10.00 THB each.",
		}, 0},
		{event.Event{Type: event.OrderProcessing}, []string{"A provider is asked."}, 0},
		{event.Event{Type: event.OrderCompleted}, []string{"Completed."}, 0},
		{event.Event{Type: event.OrderFailed}, []string{"Failed: CODE; 10.00 THB given back in all."}, 0},
		{
			event.Event{Type: event.OrderCancelled, Data: map[string]string{"reason": "rain"}},
			[]string{"Cancelled: rain; 10.00 THB given back in all."},
			0,
		},
		{event.Event{Type: event.OrderCancelled}, []string{"Cancelled; 10.00 THB given back in all."}, 0},
		{
			event.Event{Type: event.TicketsCancelled, LineID: 11, Data: map[string]string{"tickets": "2", "reason": "rain"}},
			[]string{"2 tickets cancelled: rain."},
			1,
		},
		{
			event.Event{Type: event.AttemptParked, LineID: 11, Data: map[string]string{"reason": "silence"}},
			[]string{"Waits for an operator: silence."},
			1,
		},
		{
			event.Event{Type: event.AttemptResolved, LineID: 11, Data: map[string]string{
				"action": "failed", "evidence": "they said so",
			}}, []string{`An operator decided "failed": they said so`}, 1,
		},
		{
			event.Event{Type: event.AttemptDisputed, LineID: 11, Data: map[string]string{"reason": "it is gone"}},
			[]string{"The provider contradicts itself: it is gone."},
			1,
		},
		{
			event.Event{Type: event.LineCompleted, LineID: 11, Data: map[string]string{"line_status": "completed"}},
			[]string{"The line is completed."},
			1,
		},
		{event.Event{Type: event.LineUnitsChanged, LineID: 11}, []string{"Some of the units came or failed."}, 1},
	} {
		t.Run(string(tt.e.Type), func(t *testing.T) {
			d := newDesk(t)
			d.order.Door, d.order.Reference = "hub", "mine"
			d.order.FailureCode, d.line.SKU = "CODE", "GOOD"
			d.order.Refunded = 10 * money.Unit
			story, err := d.engine.Explain(t.Context(), d.order, []event.Event{tt.e}, false)
			require.NoError(t, err)
			var told []string
			for _, step := range story.Steps {
				told = append(told, step.Text)
			}
			require.Equal(t, tt.text, told)
			require.Equal(t, tt.line, story.Steps[0].Position)
		})
	}
}

// What comes next depends on what the last attempt is at. Providers are named to
// operators only, and so is what was tried.
func TestWhatComesNext(t *testing.T) {
	for _, tt := range []struct {
		status             fulfil.AttemptStatus // "" for no attempt
		operator, merchant string
	}{
		{"", "A provider will be found.", "A provider will be found."},
		{fulfil.AttemptParked, "An operator has to decide: why.", "An operator has to decide: why."},
		{fulfil.AttemptWaiting, "first is busy and will be asked.", "the provider is busy and will be asked."},
		{fulfil.AttemptSubmitting, "first is being asked.", "the provider is being asked."},
		{
			fulfil.AttemptAccepted, "first works on it and will be asked how far it is.",
			"the provider works on it and will be asked how far it is.",
		},
		{
			fulfil.AttemptUnknown, "first did not answer and will be asked what became of it.",
			"the provider did not answer and will be asked what became of it.",
		},
		{fulfil.AttemptRefused, "The next provider will be found.", "The next provider will be found."},
	} {
		d := newDesk(t)
		steps := 0
		if tt.status != "" {
			d.attempt(tt.status, 1, func(a *fulfil.Attempt) { a.FailureMessage = "why" })
			steps = 1
		}
		story, err := d.engine.Explain(t.Context(), d.order, nil, true)
		require.NoError(t, err)
		require.Equal(t, "Line 1: "+tt.operator, story.Next)
		require.Len(t, story.Steps, steps)
		story, err = d.engine.Explain(t.Context(), d.order, nil, false)
		require.NoError(t, err)
		require.Equal(t, "Line 1: "+tt.merchant, story.Next)
		require.Empty(t, story.Steps)
	}
}

// Of several open lines the earliest is told, of those that are over none; the
// story is in the order of time, whatever it was put together from.
func TestStoryOfSeveralLines(t *testing.T) {
	d := newDesk(t)
	for id := int64(12); id <= 14; id++ {
		line := *d.line
		line.ID, line.Position = id, int(id-10)
		d.order.Lines = append(d.order.Lines, line)
	}
	d.order.Lines[3].Status = order.StatusCompleted
	d.attempt(fulfil.AttemptAccepted, 1, due(noon.Add(time.Hour)))
	d.attempt(fulfil.AttemptAccepted, 2, due(noon.Add(time.Minute)), func(a *fulfil.Attempt) { a.LineID = 12 })
	d.attempt(fulfil.AttemptRefused, 2, refusedWith("NO", noon.Add(3*time.Minute)), func(a *fulfil.Attempt) {
		a.LineID, a.Number, a.Checks = 14, 1, 1
		a.ProviderSKU, a.Quantity = "theirs", 1
	})
	events := []event.Event{{Type: event.OrderProcessing, CreatedAt: noon.Add(2 * time.Minute)}}
	story, err := d.engine.Explain(t.Context(), d.order, events, true)
	require.NoError(t, err)
	require.Equal(t, "Line 2: second works on it and will be asked how far it is.", story.Next)
	require.Equal(t, noon.Add(time.Minute), *story.At)
	require.Len(t, story.Steps, 5)
	require.Equal(t, []fulfil.StoryStep{
		{At: noon, Position: 4, Text: "Try 1: 1 unit from second, its theirs, as n1-1-3."},
		{At: noon.Add(2 * time.Minute), Text: "A provider is asked."},
		{At: noon.Add(3 * time.Minute), Position: 4, Text: "Try 1 is refused after 1 question: NO, said NO."},
	}, story.Steps[2:])
}

// What happened at one moment is told from cause to effect.
func TestStoryOfOneMoment(t *testing.T) {
	d := newDesk(t)
	d.attempt(fulfil.AttemptRefused, 1, refusedWith("NO", noon), func(a *fulfil.Attempt) { a.Checks = 1 })
	story, err := d.engine.Explain(t.Context(), d.order, []event.Event{
		{Type: event.OrderCompleted, CreatedAt: noon},
		{Type: event.LineCompleted, LineID: 11, CreatedAt: noon},
		{Type: event.AttemptResolved, LineID: 11, CreatedAt: noon, Data: map[string]string{"action": "delivered"}},
		{Type: event.OrderProcessing, CreatedAt: noon},
	}, true)
	require.NoError(t, err)
	var told []string
	for _, step := range story.Steps {
		first, _, _ := strings.Cut(step.Text, " ")
		told = append(told, first)
	}
	require.Equal(t, []string{"A", "Try", "An", "Try", "The", "Completed."}, told)
}

// Of what is no longer kept the code is left.
func TestStoryWithoutWhatIsNoLongerKept(t *testing.T) {
	for message, want := range map[string]string{
		"said NO": "Try 1 is refused after 1 question: NO, said NO.",
		"":        "Try 1 is refused after 1 question: NO; what the provider said is no longer kept.",
	} {
		d := newDesk(t)
		d.attempt(fulfil.AttemptRefused, 1, refusedWith("NO", noon), func(a *fulfil.Attempt) {
			a.Checks, a.FailureMessage = 1, message
			if message == "" {
				a.PayloadRemovedAt = &noon
			}
		})
		story, err := d.engine.Explain(t.Context(), d.order, nil, true)
		require.NoError(t, err)
		require.Equal(t, want, story.Steps[1].Text)
	}
}
