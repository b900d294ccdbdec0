package report

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"

	"orderhub/server/errs"
)

const (
	// newestFor is how long what is newer than what is kept holds once it was counted;
	// longer where counting takes long.
	newestFor    = 2 * time.Second
	newestFactor = 20
	// newestSpan is how much of it is counted when somebody asks. There is more only
	// where nothing is kept yet, or the counter does not get its turn.
	newestSpan = time.Hour
	// newestOrders is of how many orders at most: where more are placed before they are
	// counted, what is kept has to do until then.
	newestOrders = 20_000
	// newestTimeout bounds the counting, whoever waits for it.
	newestTimeout = 10 * time.Second
)

// Day is an hour-by-hour account of 24 hours.
type Day struct {
	From  time.Time
	Hours []Hour // 24 of them, or fewer where the last ones are yet to come
	Total Orders
}

// Hour are the figures of an hour.
type Hour struct {
	From time.Time
	Orders
	// Counted says that all of it up to now is in the figures.
	Counted bool
}

// Overview is a day beside others.
type Overview struct {
	AsOf time.Time
	Days []Day // the day, the one before and that of the week before
}

// Service answers with figures. Safe for concurrent use.
type Service struct {
	store  Store
	needs  NeedsStore
	now    func() time.Time
	flight singleflight.Group
	newest chan *newest // one, nil before the first
}

// newest is what is not kept yet.
type newest struct {
	Slots
	span    Span
	asOf    time.Time
	goodFor time.Time
}

// NewService answers from a store.
func NewService(s Store, needs NeedsStore, now func() time.Time) *Service {
	service := &Service{store: s, needs: needs, now: now, newest: make(chan *newest, 1)}
	service.newest <- nil
	return service
}

// Overview returns the figures of the 24 hours from a moment on, beside those of a day
// and of a week before. *errs.InvalidError when it begins within a slot.
func (s *Service) Overview(ctx context.Context, from time.Time) (*Overview, error) {
	if !slotOf(from).Equal(from) {
		return nil, errs.Invalid("from_time", "must be a whole multiple of five minutes")
	}
	o := &Overview{}
	for _, days := range []int{0, 1, 7} {
		f, err := s.figures(ctx, from.AddDate(0, 0, -days), from.AddDate(0, 0, 1-days))
		if err != nil {
			return nil, err
		}
		if days == 0 {
			o.AsOf = f.asOf
		}
		o.Days = append(o.Days, f.day())
	}
	return o, nil
}

// Submitted is what was submitted to providers.
type Submitted struct {
	AsOf  time.Time
	From  time.Time
	Hours int                  // that have begun
	By    map[int64][]Attempts // by provider and hour; nothing of one to whom nothing was submitted
}

// Total is all that was submitted to a provider.
func (s *Submitted) Total(providerID int64) (total Attempts) {
	for i := range s.By[providerID] {
		total.add(&s.By[providerID][i])
	}
	return total
}

// LastHour returns what was submitted in the last hour.
func (s *Service) LastHour(ctx context.Context) (*Submitted, error) {
	from := slotOf(s.now().Add(-time.Hour))
	return s.Submitted(ctx, from, from.Add(time.Hour+Slot))
}

// Submitted returns what was submitted in [from, to), by the hour. *errs.InvalidError
// when it begins within a slot.
func (s *Service) Submitted(ctx context.Context, from, to time.Time) (*Submitted, error) {
	if !slotOf(from).Equal(from) {
		return nil, errs.Invalid("from_time", "must be a whole multiple of five minutes")
	}
	f, err := s.figures(ctx, from, to)
	if err != nil {
		return nil, err
	}
	hours := make(map[int64][]Attempts)
	for i := range f.Providers {
		slot := &f.Providers[i]
		of := hours[slot.ProviderID]
		if of == nil {
			of = make([]Attempts, f.hours())
			hours[slot.ProviderID] = of
		}
		if hour := int(slot.At.Sub(from) / time.Hour); hour < len(of) {
			of[hour].add(&slot.Attempts)
		}
	}
	return &Submitted{AsOf: f.asOf, From: from, Hours: f.hours(), By: hours}, nil
}

// figures are those of [from, to).
type figures struct {
	Slots
	from, to time.Time
	kept     Span // of which time they are whole
	asOf     time.Time
}

func (s *Service) figures(ctx context.Context, from, to time.Time) (*figures, error) {
	now := s.now()
	f := &figures{from: from, to: earlier(to, now), asOf: now}
	var err error
	if f.kept, err = s.store.Counted(ctx); err != nil {
		return nil, err
	}
	// Not more than was kept then: what was kept since is counted again below.
	if f.Slots, err = s.store.Kept(ctx, from, earlier(to, f.kept.To)); err != nil {
		return nil, err
	}
	if !to.After(f.kept.To) || !from.Before(now) {
		return f, nil
	}
	latest, err := s.latest(ctx, f.kept.To)
	if err != nil {
		return nil, err
	}
	f.asOf, f.to = latest.asOf, earlier(to, latest.asOf)
	if !latest.span.From.After(f.kept.To) {
		f.kept.To = latest.span.To
	}
	for _, slot := range latest.Orders {
		if !slot.At.Before(from) && slot.At.Before(to) {
			f.Orders = append(f.Orders, slot)
		}
	}
	for _, slot := range latest.Providers {
		if !slot.At.Before(from) && slot.At.Before(to) {
			f.Providers = append(f.Providers, slot)
		}
	}
	return f, nil
}

// latest counts what is newer than what is kept, once for all who ask at a time.
func (s *Service) latest(ctx context.Context, after time.Time) (*newest, error) {
	last := <-s.newest
	s.newest <- last
	if last != nil && last.span.From.Equal(s.latestFrom(after)) && s.now().Before(last.goodFor) {
		return last, nil
	}
	counting := s.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), newestTimeout)
		defer cancel()
		return s.countLatest(ctx, after)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case counted := <-counting:
		if counted.Err != nil {
			return nil, counted.Err
		}
		return counted.Val.(*newest), nil
	}
}

func (s *Service) latestFrom(after time.Time) time.Time {
	if earliest := slotOf(s.now().Add(-newestSpan)); after.Before(earliest) {
		return earliest
	}
	return after
}

func (s *Service) countLatest(ctx context.Context, after time.Time) (*newest, error) {
	began, now := time.Now(), s.now()
	n := &newest{span: Span{s.latestFrom(after), now}, asOf: now}
	placed, err := s.store.Placed(ctx, n.span.From, newestOrders+1)
	if err != nil {
		return nil, err
	}
	if placed > newestOrders {
		n.span.To, n.asOf = n.span.From, n.span.From
		return s.holds(n, began), nil
	}
	// An order that is being placed may have a time that is yet to come.
	if n.Slots, err = s.store.Count(ctx, n.span.From, now.Add(Slot)); err != nil {
		return nil, err
	}
	return s.holds(n, began), nil
}

// holds has what was counted answer whoever asks next.
func (s *Service) holds(n *newest, began time.Time) *newest {
	n.goodFor = s.now().Add(max(newestFor, newestFactor*time.Since(began)))
	<-s.newest
	s.newest <- n
	return n
}

// hours is how many hours of them have begun.
func (f *figures) hours() int {
	if !f.from.Before(f.to) {
		return 0
	}
	return int((f.to.Sub(f.from) + time.Hour - 1) / time.Hour)
}

// day sums them up by the hour.
func (f *figures) day() Day {
	d := Day{From: f.from, Hours: make([]Hour, f.hours())}
	for i := range d.Hours {
		from := f.from.Add(time.Duration(i) * time.Hour)
		end := earlier(from.Add(time.Hour), f.to)
		d.Hours[i] = Hour{From: from, Counted: !from.Before(f.kept.From) && !end.After(f.kept.To)}
	}
	for i := range f.Orders {
		slot := &f.Orders[i]
		if hour := int(slot.At.Sub(f.from) / time.Hour); hour < len(d.Hours) {
			d.Hours[hour].add(slot)
			d.Total.add(slot)
		}
	}
	return d
}
