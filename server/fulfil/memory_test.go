package fulfil_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// memory is a store without a database. One test at a time uses it, and one engine.
type memory struct {
	fulfil.Store // this and the next are what no test asks for
	fulfil.ProviderStore

	clock    *clock
	order    *order.Order
	attempts []fulfil.Attempt // the one with id 1 first
	offers   []fulfil.Offer
	within   time.Duration // of every product
	loss     fulfil.LossRule
	wallet   order.WalletState
	tickets  map[int64][]*order.Ticket
	contents []string // what was delivered
	kept     string   // by the door with a line
	events   []event.Event
	woken    []int64
	passed   []fulfil.Passed
	told     []operatorevent.Event
	// before is what somebody else does just before results are written.
	before func()
	broken error // of what is written
}

func (m *memory) byLine() map[int64][]fulfil.Attempt {
	found := make(map[int64][]fulfil.Attempt)
	for _, a := range m.attempts {
		found[a.LineID] = append(found[a.LineID], a)
	}
	return found
}

func (m *memory) OpenWork(context.Context, []int64) ([]fulfil.Work, error) {
	if m.order.Status.Final() {
		return nil, nil
	}
	within, loss := make(map[int64]time.Duration), make(map[int64]fulfil.LossRule)
	for i := range m.order.Lines {
		within[m.order.Lines[i].ProductID], loss[m.order.Lines[i].ProductID] = m.within, m.loss
	}
	tried := make(map[int64]int)
	for _, a := range m.attempts {
		tried[a.LineID] = max(tried[a.LineID], a.Number)
	}
	return []fulfil.Work{{Order: m.order, Attempts: m.byLine(), Tried: tried, Within: within, Loss: loss}}, nil
}

func (m *memory) Attempts(context.Context, []int64) (map[int64]map[int64][]fulfil.Attempt, error) {
	return map[int64]map[int64][]fulfil.Attempt{m.order.ID: m.byLine()}, nil
}

func (m *memory) ActiveOffers(context.Context, []int64) (map[int64][]fulfil.Offer, error) {
	found := make(map[int64][]fulfil.Offer)
	for _, o := range m.offers {
		if o.Status == fulfil.StatusActive {
			found[o.ProductID] = append(found[o.ProductID], o)
		}
	}
	for _, offers := range found {
		slices.SortFunc(offers, func(a, b fulfil.Offer) int {
			return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Cost, b.Cost), cmp.Compare(a.ID, b.ID))
		})
	}
	return found, nil
}

func (m *memory) line(id int64) *order.Line {
	return &m.order.Lines[slices.IndexFunc(m.order.Lines, func(l order.Line) bool { return l.ID == id })]
}

// now is the line as a transaction finds it.
func (m *memory) now(lineID int64) fulfil.LineState {
	state := fulfil.LineState{Open: m.line(lineID).Open()}
	for _, a := range m.attempts {
		if a.LineID == lineID && !a.Status.Settled() {
			state.AttemptID, state.Status = a.ID, a.Status
		}
	}
	return state
}

func (m *memory) state() *order.SettleState {
	return &order.SettleState{
		Now: m.clock.now(), Wallets: map[int64]*order.WalletState{m.order.MerchantID: &m.wallet},
		Orders: map[int64]*order.Order{m.order.ID: m.order}, Tickets: m.tickets,
	}
}

func (m *memory) apply(s *order.SettleState, in order.Settlement) error {
	settled, err := s.Settle(in)
	if err != nil {
		return err
	}
	for _, g := range settled.Goods {
		m.contents = append(m.contents, g.Content)
	}
	m.events = append(m.events, settled.Events...)
	if settled.DoorState != nil {
		m.kept = *settled.DoorState
	}
	return nil
}

func (m *memory) Begin(_ context.Context, attempts []fulfil.Attempt) (begun []fulfil.Attempt, err error) {
	for _, a := range attempts {
		if !a.MayBegin(m.now(a.LineID)) {
			continue
		}
		in := order.Settlement{MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID, Started: true}
		if err := m.apply(m.state(), in); err != nil {
			return nil, err
		}
		a.ID, a.UpdatedAt = int64(len(m.attempts)+1), m.clock.now()
		m.attempts, begun = append(m.attempts, a), append(begun, a)
	}
	return begun, nil
}

func (m *memory) KeepExchanges(_ context.Context, id int64, exchanges []dialect.Exchange) error {
	a := &m.attempts[id-1]
	a.Exchanges = dialect.Latest(append(a.Exchanges, exchanges...))
	return nil
}

func (m *memory) Steps(_ context.Context, ids []int64) (steps []fulfil.Step, err error) {
	for _, id := range ids {
		a := m.attempts[id-1]
		if a.Status.Settled() {
			continue
		}
		s := fulfil.Step{Attempt: a, OrderedAt: m.order.CreatedAt, Purchase: dialect.Purchase{
			Reference: a.Reference, Quantity: a.Quantity, SKU: a.ProviderSKU,
		}}
		if m.within > 0 {
			s.Deadline = m.order.CreatedAt.Add(m.within)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func (m *memory) Claim(_ context.Context, ids []int64, _ bool, until time.Time) (submit, ask []int64, err error) {
	for _, id := range ids {
		a := &m.attempts[id-1]
		if a.NextCheckAt == nil || a.NextCheckAt.After(m.clock.now()) {
			continue
		}
		if a.Status == fulfil.AttemptWaiting {
			a.Status, submit = fulfil.AttemptSubmitting, append(submit, id)
		} else {
			ask = append(ask, id)
		}
		a.NextCheckAt = &until
	}
	return submit, ask, nil
}

func (m *memory) Withhold(_ context.Context, id int64, until time.Time) (bool, error) {
	if m.attempts[id-1].Status != fulfil.AttemptWaiting {
		return false, nil
	}
	m.attempts[id-1].NextCheckAt = &until
	return true, m.broken
}

func (m *memory) Due(_ context.Context, ids []int64) (due *time.Time, err error) {
	for _, id := range ids {
		if at := m.attempts[id-1].NextCheckAt; at != nil && (due == nil || at.Before(*due)) {
			due = at
		}
	}
	return due, nil
}

func (m *memory) Settle(_ context.Context, results []fulfil.Result) ([]bool, error) {
	if m.before != nil {
		m.before()
	}
	if m.broken != nil {
		return nil, m.broken
	}
	applied := make([]bool, len(results))
	s := m.state()
	for i, r := range results {
		if applied[i] = r.Applies(m.now(r.Settlement.LineID)); !applied[i] {
			continue
		}
		if err := m.apply(s, r.Settlement); err != nil {
			return nil, err
		}
		if r.Attempt == nil {
			continue
		}
		a := *r.Attempt
		if a.UpdatedAt = s.Now; a.Status.Settled() {
			a.SettledAt = &s.Now
		}
		m.attempts[a.ID-1] = a
	}
	return applied, nil
}

func (m *memory) KeepPassed(_ context.Context, passed []fulfil.Passed, told []operatorevent.Event) error {
	m.passed, m.told = passed, append(m.told, told...)
	return nil
}

func (m *memory) PassedOver(context.Context, int64) ([]fulfil.Passed, error) { return m.passed, nil }

func (m *memory) WakeCalls(_ context.Context, attempts []fulfil.Attempt) error {
	for _, a := range attempts {
		m.woken = append(m.woken, a.ID)
	}
	return nil
}

func (m *memory) CancelTickets(_ context.Context, c order.TicketCancellation) error {
	if m.now(c.LineID).AttemptID != c.AttemptID {
		return order.ErrBusy
	}
	settled, err := m.state().CancelTickets(c)
	if err == nil && c.AttemptID != 0 && settled.Line.Status.Final() {
		m.attempts[c.AttemptID-1].Status = fulfil.AttemptCancelled
	}
	return err
}

func (m *memory) Attempt(_ context.Context, id int64) (fulfil.Attempt, error) {
	if id < 1 || id > int64(len(m.attempts)) {
		return fulfil.Attempt{}, fulfil.ErrAttemptNotFound
	}
	return m.attempts[id-1], nil
}

func (m *memory) LineContents(context.Context, int64) ([]string, error) { return m.contents, nil }

func (m *memory) Dispute(_ context.Context, a fulfil.Attempt, how string) (bool, error) {
	if m.attempts[a.ID-1].Dispute != "" {
		return false, nil
	}
	m.attempts[a.ID-1].Dispute = how
	return true, m.broken
}

func (m *memory) ListProviders(context.Context) ([]fulfil.Provider, error) {
	return []fulfil.Provider{{ID: 1, Name: "first"}, {ID: 2, Name: "second"}}, nil
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// desk is an engine before a store in memory, with an order of a single line: three
// units at 10.00.
type desk struct {
	*memory
	engine *fulfil.Engine
	line   *order.Line
}

func newDesk(t *testing.T, connectors ...dialect.Connector) *desk {
	t.Helper()
	const price = 10 * money.Unit
	m := &memory{clock: &clock{at: noon}, wallet: order.WalletState{Currency: "THB"}}
	m.order = &order.Order{
		ID: 1, Number: "n1", MerchantID: 7, Currency: "THB", Status: order.StatusPending, Total: 3 * price,
		CreatedAt: noon,
		Lines: []order.Line{{
			ID: 11, OrderID: 1, Position: 1, ProductID: 5, FromProvider: true, Quantity: 3, Status: order.StatusPending,
			UnitPrice: price, Subtotal: 3 * price, Total: 3 * price,
		}},
	}
	d := make(directory)
	for i, c := range connectors {
		d[int64(i+1)] = c
	}
	e := fulfil.NewEngine(fulfil.Options{
		Store: m, Providers: m, Directory: d, Log: slog.New(slog.DiscardHandler), Now: m.clock.now,
		CallTimeout: callTimeout,
	})
	t.Cleanup(e.Close)
	return &desk{m, e, &m.order.Lines[0]}
}

// attempt is one that was made for the line.
func (d *desk) attempt(status fulfil.AttemptStatus, offer int64, edit ...func(*fulfil.Attempt)) {
	n := len(d.attempts) + 1
	a := fulfil.Attempt{
		ID: int64(n), OrderID: 1, LineID: 11, MerchantID: 7, ProviderID: offer, OfferID: offer, Number: n,
		Reference: fmt.Sprint("n1-1-", n), Quantity: 3, Status: status, SubmittedAt: noon, UpdatedAt: noon,
	}
	for _, change := range edit {
		change(&a)
	}
	d.attempts = append(d.attempts, a)
	d.line.Status, d.order.Status = order.StatusProcessing, order.StatusProcessing
}

func due(at time.Time) func(*fulfil.Attempt) { return func(a *fulfil.Attempt) { a.NextCheckAt = &at } }

// refusedWith is why and when an attempt ended.
func refusedWith(code string, at time.Time) func(*fulfil.Attempt) {
	return func(a *fulfil.Attempt) {
		a.FailureCode, a.FailureMessage = code, "said "+code
		a.UpdatedAt, a.SettledAt = at, &at
	}
}
