// Package report sums up what the hub did, for people: orders, money and providers by
// the hour, and what needs somebody.
//
// Nothing is counted while orders are placed. What happened in five minutes that are
// over is counted once by a [Counter] and kept; because orders change afterwards it is
// counted again, soon while they are open and ever more seldom as they get older. What
// is newer is counted when somebody asks.
package report

import (
	"time"

	"orderhub/server/money"
)

// Slot is for how long figures are kept together: every zone's hours are made of whole
// ones.
const Slot = 5 * time.Minute

// slotOf is the beginning of the slot that a moment is in.
func slotOf(at time.Time) time.Time { return at.UTC().Truncate(Slot) }

// Orders are the figures of orders that were placed in some time, as they are now.
type Orders struct {
	Placed    int64
	Completed int64
	Failed    int64
	Cancelled int64
	Waits     Waits // of the completed ones, for their goods
	Money     map[money.Currency]Money
}

// Open is how many are not final.
func (o *Orders) Open() int64 { return o.Placed - o.Completed - o.Failed - o.Cancelled }

// Money is what orders brought in.
type Money struct {
	Charged  money.Amount
	Refunded money.Amount
}

// Net is what was charged and not given back.
func (m Money) Net() money.Amount { return m.Charged.SubCapped(m.Refunded) }

func (o *Orders) add(s *OrderSlot) {
	o.Placed += s.Placed
	o.Completed += s.Completed
	o.Failed += s.Failed
	o.Cancelled += s.Cancelled
	o.Waits.Add(&s.Waits)
	if o.Money == nil {
		o.Money = make(map[money.Currency]Money)
	}
	m := o.Money[s.Currency]
	o.Money[s.Currency] = Money{m.Charged.AddCapped(s.Charged), m.Refunded.AddCapped(s.Refunded)}
}

// OrderSlot is what is kept of the orders of one currency that were placed in a slot.
type OrderSlot struct {
	At        time.Time // its beginning
	Currency  money.Currency
	Placed    int64
	Completed int64
	Failed    int64
	Cancelled int64
	Charged   money.Amount
	Refunded  money.Amount
	Waits     Waits
}

func (s *OrderSlot) open() bool { return s.Placed > s.Completed+s.Failed+s.Cancelled }

// Attempts are the figures of what was submitted to a provider in some time.
type Attempts struct {
	Submitted int64
	Delivered int64
	Refused   int64
	Cancelled int64
	Parked    int64
	Waits     Waits // of the delivered ones, for their goods
}

// Open is how many may still end by themselves.
func (a *Attempts) Open() int64 {
	return a.Submitted - a.Delivered - a.Refused - a.Cancelled - a.Parked
}

func (a *Attempts) add(other *Attempts) {
	a.Submitted += other.Submitted
	a.Delivered += other.Delivered
	a.Refused += other.Refused
	a.Cancelled += other.Cancelled
	a.Parked += other.Parked
	a.Waits.Add(&other.Waits)
}

// ProviderSlot is what is kept of what was submitted to a provider in a slot.
type ProviderSlot struct {
	At         time.Time // its beginning
	ProviderID int64
	Attempts
}

func (s *ProviderSlot) open() bool { return s.Open()+s.Parked > 0 }

// Slots are figures of a part of time.
type Slots struct {
	Orders    []OrderSlot
	Providers []ProviderSlot
}

// sum adds up figures of pieces of slots.
type sum struct {
	orders    map[orderKey]*OrderSlot
	providers map[providerKey]*ProviderSlot
}

type orderKey struct {
	at       time.Time
	currency money.Currency
}

type providerKey struct {
	at time.Time
	id int64
}

func newSum() *sum {
	return &sum{make(map[orderKey]*OrderSlot), make(map[providerKey]*ProviderSlot)}
}

func (s *sum) add(piece *Slots) {
	for i := range piece.Orders {
		from := &piece.Orders[i]
		key := orderKey{from.At, from.Currency}
		into := s.orders[key]
		if into == nil {
			into = &OrderSlot{At: from.At, Currency: from.Currency}
			s.orders[key] = into
		}
		into.Placed += from.Placed
		into.Completed += from.Completed
		into.Failed += from.Failed
		into.Cancelled += from.Cancelled
		into.Charged, into.Refunded = into.Charged.AddCapped(from.Charged), into.Refunded.AddCapped(from.Refunded)
		into.Waits.Add(&from.Waits)
	}
	for i := range piece.Providers {
		from := &piece.Providers[i]
		key := providerKey{from.At, from.ProviderID}
		if s.providers[key] == nil {
			s.providers[key] = &ProviderSlot{At: from.At, ProviderID: from.ProviderID}
		}
		s.providers[key].add(&from.Attempts)
	}
}

func (s *sum) slots() (all Slots) {
	for _, slot := range s.orders {
		all.Orders = append(all.Orders, *slot)
	}
	for _, slot := range s.providers {
		all.Providers = append(all.Providers, *slot)
	}
	return all
}

const (
	// openAgain and settledAgain are how soon at least figures are counted again: while
	// something of them is open, and when nothing is.
	openAgain    = time.Minute
	settledAgain = time.Hour
	// countedFor is after how long figures are final.
	countedFor = 120 * 24 * time.Hour
)

// due is when figures of a slot are counted again: they are never older than a tenth of
// their age while something is open, and than their age after. The zero time for never.
func due(slot, counted time.Time, open bool) time.Time {
	age := counted.Sub(slot)
	switch {
	case age > countedFor:
		return time.Time{}
	case open:
		return counted.Add(max(age/10, openAgain))
	default:
		return counted.Add(max(age, settledAgain))
	}
}
