package order

import (
	"context"
	"time"

	"orderhub/server/errs"
	"orderhub/server/ident"
)

// Key is the place of an order in a list, newest first.
type Key struct {
	CreatedAt time.Time
	ID        int64
}

const (
	// lookedThrough is how many orders a page of a list is looked for among, where no
	// index has what is looked for: about a tenth of a second on either database.
	lookedThrough = 20_000
	// openedAtOnce is the same where each has to be decrypted.
	openedAtOnce = 5_000
	// fewOpen is how many orders that are not final are read and sorted for a page.
	fewOpen = 5_000
	// numberAhead is how long before or after the order its number may have been made.
	numberAhead = time.Hour
)

// FindStore is what finding orders needs of the database.
type FindStore interface {
	// KeyOfNth is the key of the n-th order, newest first, that may be seen, was created
	// in the filter's time and comes after its place. Nothing else of the filter
	// counts. ok is false when there are fewer.
	KeyOfNth(ctx context.Context, v Viewer, f Filter, n int) (last Key, ok bool, err error)
	// OpenOrders counts orders that are not final, of all merchants, up to most.
	OpenOrders(ctx context.Context, most int) (int, error)
	// OfRecipient returns the ids of the orders that KeyOfNth would go through, down to
	// the filter's end, and that the recipient gets.
	OfRecipient(ctx context.Context, v Viewer, f Filter, r Recipient) ([]int64, error)
}

// Finder finds orders among many without reading all of them. Safe for concurrent use.
type Finder struct {
	store FindStore
	holds HeldStore
}

// NewFinder finds in a store, and among the holds.
func NewFinder(s FindStore, holds HeldStore) *Finder { return &Finder{s, holds} }

// Narrow returns the filter with which one page of a list is read within bounds. Where
// that ends before the list may, last is the order up to which the page looks.
func (s *Finder) Narrow(ctx context.Context, v Viewer, f Filter) (narrowed Filter, last *Key, err error) {
	switch {
	case f.Number != "" || f.Reference != "":
		return f, nil, nil
	case f.onlyOpen():
		open, err := s.store.OpenOrders(ctx, fewOpen+1)
		if err != nil {
			return f, nil, err
		}
		if f.AmongOpen = open <= fewOpen; f.AmongOpen {
			return f, nil, nil
		}
	case !f.looks():
		return f, nil, nil
	}
	f.narrowByNumber()
	return s.among(ctx, v, f, lookedThrough)
}

// among has the filter look among the next n orders alone; last is the n-th of them, nil where there are fewer.
func (s *Finder) among(ctx context.Context, v Viewer, f Filter, n int) (narrowed Filter, last *Key, err error) {
	key, ok, err := s.store.KeyOfNth(ctx, v, f, n)
	if err != nil || !ok {
		return f, nil, err
	}
	f.Last = key
	return f, &key, nil
}

// Recipient is Narrow to the orders of a recipient; without IDs in the filter the page
// has no orders. *errs.InvalidError when nobody is named.
func (s *Finder) Recipient(ctx context.Context, v Viewer, f Filter, r Recipient) (
	narrowed Filter, last *Key, err error,
) {
	if r == (Recipient{}) {
		return f, nil, errs.Invalid("recipient", "must have a part")
	}
	if f, last, err = s.among(ctx, v, f, openedAtOnce); err != nil {
		return f, nil, err
	}
	f.IDs, err = s.store.OfRecipient(ctx, v, f, r)
	return f, last, err
}

// HeldFor returns the numbers of the open holds of a recipient that were made in the
// filter's time, newest first.
func (s *Finder) HeldFor(ctx context.Context, v Viewer, f Filter, r Recipient) (numbers []string, err error) {
	err = s.holds.EachOpenHold(ctx, v, func(h *Hold) {
		made := !h.CreatedAt.Before(f.From) && (f.To.IsZero() || h.CreatedAt.Before(f.To))
		if made && r.In(h.Draft.Recipient) {
			numbers = append(numbers, h.Number)
		}
	})
	return numbers, err
}

// looks reports whether orders have to be looked at to know whether they are meant.
func (f *Filter) looks() bool {
	return len(f.Statuses) > 0 || f.ReferencePrefix != "" || f.NumberPrefix != "" || f.SKU != "" || f.Door != ""
}

// onlyOpen reports whether nothing that is final is meant.
func (f *Filter) onlyOpen() bool {
	for _, status := range f.Statuses {
		if status.Final() {
			return false
		}
	}
	return len(f.Statuses) > 0
}

// narrowByNumber leaves out the times that no number with the prefix is of.
func (f *Filter) narrowByNumber() {
	from, to, ok := ident.OrderTimes(f.NumberPrefix)
	if !ok {
		return
	}
	if from = from.Add(-numberAhead); from.After(f.From) {
		f.From = from
	}
	if to = to.Add(numberAhead); f.To.IsZero() || to.Before(f.To) {
		f.To = to
	}
}
