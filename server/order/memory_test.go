package order_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

// memory is a store and a catalogue without a database: every candidate is judged
// by a copy of the state, which takes the place of the state once it is accepted.
type memory struct {
	showing     sync.Mutex
	order.Store // what no test asks for

	mu        sync.Mutex
	state     *order.State
	products  []*catalog.Product // as they are now
	shown     *catalog.Snapshot  // as they were at the last refresh
	orders    []order.Order
	events    []event.Event
	charged   map[int64]money.Amount // the balance after each order's charge
	contended int                    // for so many transactions somebody else holds all units
	judged    int
	refusals  map[order.ReferenceKey]*order.Refusal
	kept      int   // refusals, again and again
	broken    error // what every read of orders fails with
}

func newMemory(products ...*catalog.Product) *memory {
	m := &memory{state: state(products...), products: products, charged: map[int64]money.Amount{}}
	m.state.LineReferences = map[order.ReferenceKey]*order.ExistingOrder{}
	m.shown = catalog.NewSnapshot(1, nil, products, nil)
	return m
}

// change replaces a product, which the shown catalogue does not know of yet.
func (m *memory) change(id int64, edit func(*catalog.Product)) {
	for i, p := range m.products {
		if p.ID == id {
			changed := *p
			edit(&changed)
			changed.Version++
			m.state.Versions[id] = changed.Version
			m.products = slices.Clone(m.products)
			m.products[i] = &changed
		}
	}
}

func (m *memory) Snapshot() *catalog.Snapshot {
	m.showing.Lock()
	defer m.showing.Unlock()
	return m.shown
}

func (m *memory) Refresh(context.Context) error {
	m.showing.Lock()
	defer m.showing.Unlock()
	m.shown = catalog.NewSnapshot(2, nil, m.products, nil)
	return m.broken
}

// begin is what a transaction reads.
func (m *memory) begin() *order.State {
	was := m.state
	s := &order.State{
		Now: was.Now, Wallets: copied(was.Wallets), References: maps.Clone(was.References),
		LineReferences: maps.Clone(was.LineReferences), Versions: was.Versions, Coupons: copied(was.Coupons),
		Units: copied(was.Units), Allotments: copied(was.Allotments), Checks: was.Checks,
		NewOrderID: was.NewOrderID,
		NewLineID:  was.NewLineID, NewTicketCode: was.NewTicketCode, Open: was.Open,
	}
	for _, coupon := range s.Coupons {
		coupon.UsesByMerchant = maps.Clone(coupon.UsesByMerchant)
	}
	if m.contended > 0 {
		m.contended--
		for id := range s.Units {
			s.Units[id] = &order.UnitPool{Contended: true}
		}
	}
	return s
}

func copied[K comparable, V any](from map[K]*V) map[K]*V {
	to := make(map[K]*V, len(from))
	for key, value := range from {
		same := *value
		to[key] = &same
	}
	return to
}

func (m *memory) Place(_ context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	m.mu.Lock()
	defer m.mu.Unlock()
	placed := make([]order.Placed, len(candidates))
	for i, c := range candidates {
		placed[i] = m.place(c, judge)
	}
	return placed
}

func (m *memory) place(c *order.Candidate, judge order.Judging) order.Placed {
	m.judged++
	s := m.begin()
	verdicts, err := judge(s, []*order.Candidate{c})
	if err != nil {
		return order.Placed{Err: err}
	}
	a := verdicts[0].Accepted
	if a == nil {
		if r := verdicts[0].Refusal; r != nil {
			m.keep(r)
		}
		return order.Placed{Err: verdicts[0].Err, Replayed: verdicts[0].Replayed}
	}
	if m.find(func(o *order.Order) bool { return o.Number == c.Number }) != nil {
		return order.Placed{Err: order.ErrNumberTaken}
	}
	m.state, m.charged[a.Order.ID] = s, a.Charge.Balance
	m.orders, m.events = append(m.orders, a.Order), append(m.events, a.Events...)
	return order.Placed{Order: &a.Order, Balance: a.Charge.Balance}
}

func (m *memory) PlaceAll(
	_ context.Context, candidates []*order.Candidate, judge order.Judging,
) ([]order.Placed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.judged++
	s := m.begin()
	verdicts, err := judge(s, candidates)
	if err != nil {
		return nil, err
	}
	placed := make([]order.Placed, len(verdicts))
	for i, v := range verdicts {
		if placed[i].Replayed = v.Replayed; v.Accepted != nil {
			a := v.Accepted
			m.charged[a.Order.ID] = a.Charge.Balance
			m.orders, m.events = append(m.orders, a.Order), append(m.events, a.Events...)
			placed[i] = order.Placed{Order: &a.Order, Balance: a.Charge.Balance}
		}
	}
	m.state = s
	return placed, nil
}

func (m *memory) keep(refused ...*order.Refusal) {
	if m.refusals == nil {
		m.refusals = make(map[order.ReferenceKey]*order.Refusal)
	}
	for _, r := range refused {
		m.refusals[r.Key] = r
		m.kept++
	}
}

func (m *memory) KeepRefusals(_ context.Context, refused []*order.Refusal) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(refused...)
	return m.broken
}

func (m *memory) Refusal(_ context.Context, key order.ReferenceKey) (*order.Refusal, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.refusals[key]; r != nil {
		return r, m.broken
	}
	return nil, order.ErrNotFound
}

func (m *memory) Preview(context.Context, *order.Candidate) (*order.State, error) {
	return m.begin(), m.broken
}

func (m *memory) Reference(_ context.Context, key order.ReferenceKey) (*order.ExistingOrder, error) {
	if existing := m.state.References[key]; existing != nil {
		return existing, m.broken
	}
	return nil, order.ErrNotFound
}

func (m *memory) LineReferences(
	_ context.Context, merchantID int64, references []string,
) (map[string]*order.ExistingOrder, error) {
	found := make(map[string]*order.ExistingOrder)
	for _, reference := range references {
		key := order.ReferenceKey{MerchantID: merchantID, Reference: reference}
		if existing := m.state.LineReferences[key]; existing != nil {
			found[reference] = existing
		}
	}
	return found, m.broken
}

func (m *memory) ChargedBalance(_ context.Context, _, orderID int64) (money.Amount, error) {
	return m.charged[orderID], m.broken
}

func (m *memory) OrderByReference(_ context.Context, merchantID int64, reference string) (*order.Order, error) {
	return m.one(func(o *order.Order) bool { return o.MerchantID == merchantID && o.Reference == reference })
}

func (m *memory) find(is func(*order.Order) bool) *order.Order {
	if i := slices.IndexFunc(m.orders, func(o order.Order) bool { return is(&o) }); i >= 0 {
		return &m.orders[i]
	}
	return nil
}

func (m *memory) one(is func(*order.Order) bool) (*order.Order, error) {
	if m.broken != nil {
		return nil, m.broken
	}
	found := m.find(is)
	if found == nil {
		return nil, order.ErrNotFound
	}
	o := *found
	o.Lines = slices.Clone(o.Lines)
	return &o, nil
}

func (m *memory) Order(_ context.Context, v order.Viewer, number string) (*order.Order, error) {
	merchant, all := v.Merchant()
	return m.one(func(o *order.Order) bool { return o.Number == number && (all || o.MerchantID == merchant) })
}

func (m *memory) OrderByID(_ context.Context, merchantID, orderID int64) (*order.Order, error) {
	return m.one(func(o *order.Order) bool { return o.ID == orderID && o.MerchantID == merchantID })
}

func (m *memory) OrderEvents(
	_ context.Context, merchantID, orderID, after int64, limit int,
) ([]event.Event, error) {
	var found []event.Event
	for _, e := range m.events {
		if e.MerchantID == merchantID && e.OrderID == orderID && e.Sequence > after && len(found) < limit {
			found = append(found, e)
		}
	}
	return found, m.broken
}

// serve is a service before the store, with limits that a test can reach.
func serve(t *testing.T, m *memory, o order.Options) *order.Service {
	t.Helper()
	o.Store, o.Catalog = m, m
	if o.NewNumber == nil {
		o.NewNumber = numbers()
	}
	s := order.NewService(o)
	t.Cleanup(s.Close)
	return s
}

// draft asks for some units of one product.
func draft(reference, sku string, quantity int64) *order.Draft {
	return &order.Draft{
		MerchantID: 7, Currency: thb, Reference: reference, Lines: []order.DraftLine{{SKU: sku, Quantity: quantity}},
	}
}
