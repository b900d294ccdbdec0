package fulfil

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/exchange"
	"orderhub/server/order"
)

// Story is what happened to an order and what will, for a person.
type Story struct {
	Steps []StoryStep // in order of time
	Next  string      // "" when nothing will happen by itself
	At    *time.Time  // when, at the earliest; nil without a moment
}

// StoryStep is one thing that happened.
type StoryStep struct {
	At       time.Time
	Position int // of the line, 0 for the whole order
	Text     string
}

// toldStep is a step with what kind of cause it is: of those of one moment, the
// lower leads to the higher.
type toldStep struct {
	StoryStep

	cause int
}

// What leads to what, where the times are equal.
const (
	causeOrdered = iota
	causeAsked
	causeTried
	causeParked
	causeDecided
	causeSettled
	causeUnits
	causeLine
	causeOrder
	causeErased
)

var causes = map[event.Type]int{
	event.OrderCreated: causeOrdered, event.OrderProcessing: causeAsked, event.LineProcessing: causeAsked,
	event.AttemptParked: causeParked, event.AttemptResolved: causeDecided, event.AttemptDisputed: causeSettled,
	event.LineUnitsChanged: causeUnits, event.TicketsCancelled: causeUnits, event.LineCompleted: causeLine,
	event.ClaimCreated: causeSettled, event.ClaimRefunded: causeUnits, event.ClaimReplaced: causeUnits,
	event.ClaimRejected: causeDecided, event.ClaimReplacing: causeDecided, event.ClaimWaiting: causeUnits,
	event.TicketRedeemed: causeUnits,
	event.LineFailed:     causeLine, event.LineCancelled: causeLine, event.OrderCompleted: causeOrder,
	event.OrderFailed: causeOrder, event.OrderCancelled: causeOrder, event.OrderErased: causeErased,
}

// Explain tells the story of an order from its events and, for operators, from
// what was tried at which providers. events are all of the order's.
func (e *Engine) Explain(ctx context.Context, o *order.Order, events []event.Event, operator bool) (*Story, error) {
	byOrder, err := e.Store.Attempts(ctx, []int64{o.ID})
	if err != nil {
		return nil, err
	}
	attempts := byOrder[o.ID]
	names, err := e.names(ctx)
	if err != nil {
		return nil, err
	}
	rates, err := e.Rates.Rates(ctx)
	if err != nil {
		return nil, err
	}
	t := &narrator{order: o, names: names, rates: rates, operator: operator, story: &Story{}}
	if operator && !o.Status.Final() {
		if t.choices, err = e.choices(ctx, o.ID); err != nil {
			return nil, err
		}
	}
	for i := range events {
		t.event(&events[i])
	}
	if operator {
		kept, err := e.Store.PassedOver(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		t.passed(kept)
	}
	for i := range o.Lines {
		line := &o.Lines[i]
		for j := range attempts[line.ID] {
			t.attempt(line, &attempts[line.ID][j])
		}
		t.next(line, ordered(attempts[line.ID]))
		t.replacing(line, attempts[line.ID])
	}
	slices.SortStableFunc(t.steps, func(a, b toldStep) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.cause, b.cause))
	})
	for _, step := range t.steps {
		t.story.Steps = append(t.story.Steps, step.StoryStep)
	}
	return t.story, nil
}

// choices are what would become now of the order's lines for which nobody is asked, by
// line.
func (e *Engine) choices(ctx context.Context, orderID int64) (map[int64]choice, error) {
	works, err := e.Store.OpenWork(ctx, []int64{orderID})
	if err != nil {
		return nil, err
	}
	r, err := e.plan(ctx, works)
	if err != nil {
		return nil, err
	}
	choices := make(map[int64]choice)
	for i := range works {
		w := &works[i]
		for j := range w.Order.Lines {
			line := &w.Order.Lines[j]
			attempts := w.Attempts[line.ID]
			if n := len(attempts); w.ReplacementID == 0 && !line.Status.Final() &&
				(n == 0 || attempts[n-1].Status.Settled()) {
				choices[line.ID] = r.choose(w, line, attempts)
			}
		}
	}
	return choices, nil
}

func (e *Engine) names(ctx context.Context) (map[int64]string, error) {
	providers, err := e.Providers.ListProviders(ctx)
	names := make(map[int64]string, len(providers))
	for i := range providers {
		names[providers[i].ID] = providers[i].Name
	}
	return names, err
}

// narrator puts a story together.
type narrator struct {
	order    *order.Order
	names    map[int64]string // of providers
	rates    *exchange.Rates
	operator bool // is told of providers
	cause    int  // of what is being told
	steps    []toldStep
	choices  map[int64]choice // by line for which nobody is asked; only for operators
	story    *Story
}

func (t *narrator) add(at time.Time, position int, format string, args ...any) {
	t.steps = append(t.steps, toldStep{
		StoryStep{At: at, Position: position, Text: fmt.Sprintf(format, args...)},
		t.cause,
	})
}

func (t *narrator) event(e *event.Event) {
	o := t.order
	position := 0
	t.cause = causes[e.Type]
	for i := range o.Lines {
		if o.Lines[i].ID == e.LineID {
			position = o.Lines[i].Position
		}
	}
	reason := ""
	if e.Data["reason"] != "" {
		reason = ": " + e.Data["reason"]
	}
	switch e.Type {
	case event.OrderCreated:
		t.add(
			e.CreatedAt, 0, "Ordered through %s as %q, %s; %s %s charged.", o.Door, o.Reference,
			errs.Counted(int64(len(o.Lines)), "line", "lines"), o.Total.Format(o.Currency), o.Currency,
		)
		for i := range o.Lines {
			l := &o.Lines[i]
			t.add(
				e.CreatedAt, l.Position, "%d of %s at %s %s each.", l.Quantity, l.SKU, l.UnitPrice.Format(o.Currency),
				o.Currency,
			)
		}
	case event.OrderProcessing:
		t.add(e.CreatedAt, 0, "A provider is asked.")
	case event.OrderCompleted:
		t.add(e.CreatedAt, 0, "Completed.")
	case event.OrderFailed:
		t.add(
			e.CreatedAt, 0, "Failed: %s; %s %s given back in all.", cmp.Or(o.FailureMessage, o.FailureCode),
			o.Refunded.Format(o.Currency), o.Currency,
		)
	case event.OrderCancelled:
		t.add(e.CreatedAt, 0, "Cancelled%s; %s %s given back in all.", reason, o.Refunded.Format(o.Currency),
			o.Currency)
	case event.OrderErased:
		t.add(e.CreatedAt, 0, "The customer's data was erased.")
	case event.TicketsCancelled:
		t.add(e.CreatedAt, position, "%s tickets cancelled%s.", e.Data["tickets"], reason)
	case event.AttemptParked:
		t.add(e.CreatedAt, position, "Waits for an operator%s.", reason)
	case event.AttemptResolved:
		t.add(e.CreatedAt, position, "An operator decided %q: %s", e.Data["action"], e.Data["evidence"])
	case event.AttemptDisputed:
		t.add(e.CreatedAt, position, "The provider contradicts itself%s.", reason)
	case event.LineUnitsChanged:
		t.add(e.CreatedAt, position, "Some of the units came or failed.")
	case event.LineProcessing, event.LineCompleted, event.LineFailed, event.LineCancelled:
		t.add(e.CreatedAt, position, "The line is %s%s.", e.Data["line_status"], reason)
	default:
		t.add(e.CreatedAt, position, "%s.", cmp.Or(afterSale(e), string(e.Type)+reason))
	}
}

// afterSale says in words what became of units that were delivered; "" of anything else.
func afterSale(e *event.Event) string {
	of := fmt.Sprintf("Claim %s of %s units", e.Data["claim"], e.Data["units"])
	switch e.Type {
	case event.ClaimCreated:
		return of + ": " + strings.ReplaceAll(e.Data["claim_reason"], "_", " ")
	case event.ClaimRefunded:
		return of + ": " + e.Data["refund"] + " " + e.Data["currency"] + " given back"
	case event.ClaimReplaced:
		return of + ": replaced"
	case event.ClaimReplacing:
		return of + ": others are being bought"
	case event.ClaimWaiting:
		return of + ": none could be bought, " + e.Data["failure_code"] + "; it waits for an answer again"
	case event.ClaimRejected:
		return of + ": rejected"
	case event.TicketRedeemed:
		return "A ticket was used at " + e.Data["redeem_time"]
	default:
		return ""
	}
}

func (t *narrator) attempt(line *order.Line, a *Attempt) {
	if !t.operator {
		return
	}
	t.cause = causeTried
	t.add(
		a.SubmittedAt, line.Position, "Try %d: %s from %s, its %s, as %s%s.", a.Number,
		errs.Counted(a.Quantity, "unit", "units"),
		t.names[a.ProviderID], a.ProviderSKU, a.Reference, t.cost(a),
	)
	if a.SettledAt == nil {
		return
	}
	t.cause = causeSettled
	t.add(
		*a.SettledAt, line.Position, "Try %d is %s after %s%s.", a.Number, a.Status,
		errs.Counted(int64(a.Checks), "question", "questions"),
		a.why(),
	)
}

// cost is what one unit was to cost, as the end of a sentence; where that is in another
// currency than the order, also by what it was compared.
func (t *narrator) cost(a *Attempt) string {
	if a.Currency == "" {
		return ""
	}
	each := fmt.Sprintf(", at a cost of %s %s each", a.Cost.Format(a.Currency), a.Currency)
	sale := t.order.Currency
	if a.Currency == sale {
		return each
	}
	cost, known := t.rates.Convert(a.Cost, a.Currency, sale, a.SubmittedAt)
	if !known {
		return each + fmt.Sprintf(", for which there was no rate in %s: such an offer comes last", sale)
	}
	return each + fmt.Sprintf(", %s %s then", cost.Round(sale).Format(sale), sale)
}

// why is the reason of an outcome, as the end of a sentence.
func (a *Attempt) why() (why string) {
	if a.FailureCode != "" {
		why = ": " + a.FailureCode
	}
	if a.FailureCode != "" && a.FailureMessage != "" {
		why += ", " + a.FailureMessage
	}
	if a.PayloadRemovedAt != nil {
		why += "; what the provider said is no longer kept"
	}
	return why
}

// next says what comes of a line that is open; of several the earliest is told.
func (t *narrator) next(line *order.Line, attempts []Attempt) {
	if line.Status.Final() {
		return
	}
	text, at := "A provider will be found.", (*time.Time)(nil)
	if len(attempts) > 0 {
		last := &attempts[len(attempts)-1]
		at = last.NextCheckAt
		text = t.whatComes(last)
	}
	if c, found := t.choices[line.ID]; found && len(c.passed) > 0 {
		text += " " + strings.Join(passedOver(c.passed, t.names), " ")
		if at == nil && !c.again.IsZero() {
			at = &c.again
		}
	}
	t.comes(at, "Line %d: %s", line.Position, text)
}

// comes tells what comes of a line, unless that of another one comes earlier.
func (t *narrator) comes(at *time.Time, format string, args ...any) {
	if t.story.Next == "" || (at != nil && (t.story.At == nil || at.Before(*t.story.At))) {
		t.story.Next, t.story.At = fmt.Sprintf(format, args...), at
	}
}

func (t *narrator) whatComes(a *Attempt) string {
	provider := "the provider"
	if t.operator {
		provider = t.names[a.ProviderID]
	}
	switch a.Status {
	case AttemptParked:
		return "An operator has to decide: " + a.FailureMessage + "."
	case AttemptWaiting:
		return provider + " is busy and will be asked."
	case AttemptSubmitting:
		return provider + " is being asked."
	case AttemptAccepted:
		return provider + " works on it and will be asked how far it is."
	case AttemptUnknown:
		return provider + " did not answer and will be asked what became of it."
	default:
		return "The next provider will be found."
	}
}
