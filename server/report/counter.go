package report

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"orderhub/server/clock"
)

// Span is the part of time, [From, To), of which figures are kept; the zero value for
// none.
type Span struct{ From, To time.Time }

// Store keeps figures, and counts them.
type Store interface {
	// Count counts what was placed and submitted in [from, to), slot by slot.
	Count(ctx context.Context, from, to time.Time) (Slots, error)
	// Kept returns the figures of [from, to) that are kept, in no order.
	Kept(ctx context.Context, from, to time.Time) (Slots, error)
	// Counted is of which time figures are kept.
	Counted(ctx context.Context) (Span, error)
	// Keep writes figures of [from, to) in the place of those that are kept, each to be
	// counted again when due says, and the span of which figures are kept then. Figures
	// that were counted later than these stay.
	Keep(ctx context.Context, k Keeping) error
	// Due returns the first slots of which figures are due to be counted again,
	// ascending.
	Due(ctx context.Context, now time.Time, limit int) ([]time.Time, error)
	// LastBefore is when the last order before a moment was placed; the zero time for
	// none.
	LastBefore(ctx context.Context, at time.Time) (time.Time, error)
	// Placed counts the orders that were placed since a moment, up to most.
	Placed(ctx context.Context, since time.Time, most int) (int, error)
	// Turn reports whether it is this process's turn to count. Then it is no other's
	// until the given moment. Where no other can be, it always is.
	Turn(ctx context.Context, now, until time.Time) (bool, error)
}

// Keeping is figures to be kept.
type Keeping struct {
	Slots
	Counted time.Time // when they were
	From    time.Time // of which time they are: [From, To)
	To      time.Time
	Span    Span // of which figures are kept then
}

// Due is when figures of a slot that were counted now are counted again; nil for never.
func (k *Keeping) Due(slot time.Time, open bool) *time.Time {
	return unlessZero(due(slot, k.Counted, open))
}

// unlessZero is nil for the zero time, which is never.
func unlessZero(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// OrdersDue and ProviderDue are Due of what they are given.
func (k *Keeping) OrdersDue(s *OrderSlot) *time.Time { return k.Due(s.At, s.open()) }

// ProviderDue is when attempts are counted again.
func (k *Keeping) ProviderDue(s *ProviderSlot) *time.Time { return k.Due(s.At, s.open()) }

const (
	// countEvery is how often a counter looks for what there is to count.
	countEvery = 30 * time.Second
	// turn is how long it is nobody else's, and longest for how long a step goes on: less,
	// so that two do not count at a time.
	turn    = 25 * time.Second
	longest = 20 * time.Second
	// idleFor is how far what is kept may be behind while nothing is placed.
	idleFor = time.Hour
	// settling is how long after its end a slot is counted first: an order's time is
	// taken before its transaction ends.
	settling = 2 * time.Minute
	// mostAtOnce and leastAtOnce bound how much time is counted by one statement: less
	// where that takes longer than slowCount.
	mostAtOnce  = 6 * time.Hour
	leastAtOnce = 5 * time.Second
	slowCount   = 100 * time.Millisecond
	// dueAtOnce is how many slots are looked for that are due.
	dueAtOnce = 100
	// Between two counts the database is left to others for so many times as long as the
	// count took, within bounds.
	restFactor          = 4
	leastRest, mostRest = 5 * time.Millisecond, 2 * time.Second
)

// paced counts piece by piece beside everything else, for a while at a time.
type paced struct {
	now    func() time.Time
	log    *slog.Logger
	atOnce time.Duration // of time, by one statement
	most   time.Duration // of that
	enough time.Time     // when a step ends
}

// run takes a step in each turn that is this process's.
func (p *paced) run(
	ctx context.Context, what string, mine func(ctx context.Context, now, until time.Time) (bool, error),
	step func(context.Context) error,
) {
	clock.Every(ctx, countEvery, func() {
		now := p.now()
		mine, err := mine(ctx, now, now.Add(turn))
		if err == nil && mine {
			err = step(ctx)
		}
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, what+" were not counted; it is tried again", "error", err)
		}
	})
}

func (p *paced) begin() { p.enough = time.Now().Add(longest) }

// goesOn reports whether there is time to count more.
func (p *paced) goesOn() bool { return time.Now().Before(p.enough) }

// each counts a part of time piece by piece, so that no statement goes on for long
// however much was placed, and leaves the database to others after each.
func (p *paced) each(ctx context.Context, from, to time.Time, count func(from, to time.Time) error) error {
	for from.Before(to) {
		began, end := time.Now(), earlier(from.Add(p.atOnce), to)
		if err := count(from, end); err != nil {
			return err
		}
		from = end
		took := time.Since(began)
		switch {
		case took > slowCount:
			p.atOnce = max(p.atOnce/2, leastAtOnce)
		case took < slowCount/4:
			p.atOnce = min(p.atOnce*2, p.most)
		}
		if err := clock.Sleep(ctx, min(max(restFactor*took, leastRest), mostRest)); err != nil {
			return err
		}
	}
	return nil
}

// Counter counts what is over, and again what may have changed since.
type Counter struct {
	paced
	store Store
}

// NewCounter counts nothing yet.
func NewCounter(s Store, now func() time.Time, log *slog.Logger) *Counter {
	return &Counter{paced{now: now, log: log, atOnce: Slot, most: mostAtOnce}, s}
}

// Run counts until ctx ends. Any number of processes may: one of them counts.
func (c *Counter) Run(ctx context.Context) { c.run(ctx, "figures for reports", c.store.Turn, c.Step) }

// Step counts what there is to count now; what takes too long the next time.
func (c *Counter) Step(ctx context.Context) error {
	c.begin()
	span, err := c.store.Counted(ctx)
	if err != nil {
		return err
	}
	if err := c.countForward(ctx, &span); err != nil {
		return err
	}
	if err := c.countAgain(ctx, span); err != nil {
		return err
	}
	return c.countBack(ctx, &span)
}

func (c *Counter) countForward(ctx context.Context, span *Span) error {
	end := slotOf(c.now().Add(-settling))
	if span.To.IsZero() {
		*span = Span{end, end}
	}
	for span.To.Before(end) && c.goesOn() {
		to := earlier(span.To.Add(c.length()), end)
		kept, err := c.keep(ctx, span.To, to, Span{span.From, to}, to.Equal(end) && end.Sub(span.To) < idleFor)
		if err != nil || !kept {
			return err
		}
		span.To = to
	}
	return nil
}

// countBack counts what was before anything was counted, from the newest on.
func (c *Counter) countBack(ctx context.Context, span *Span) error {
	for c.goesOn() {
		last, err := c.store.LastBefore(ctx, span.From)
		if err != nil || last.IsZero() {
			return err
		}
		to := slotOf(last).Add(Slot)
		from := to.Add(-c.length())
		if _, err := c.keep(ctx, from, to, Span{from, span.To}, false); err != nil {
			return err
		}
		span.From = from
	}
	return nil
}

func (c *Counter) countAgain(ctx context.Context, span Span) error {
	slots, err := c.store.Due(ctx, c.now(), dueAtOnce)
	if err != nil {
		return err
	}
	for len(slots) > 0 && c.goesOn() {
		from, to := slots[0], slots[0].Add(Slot)
		n := 1
		for n < len(slots) && slots[n].Sub(from) < c.length() && !slots[n].After(to) {
			to = slots[n].Add(Slot)
			n++
		}
		if _, err := c.keep(ctx, from, to, span, false); err != nil {
			return err
		}
		slots = slots[n:]
	}
	return nil
}

// keep counts a part of time. Where nothing happened in it, it may be left to the next
// time: a hub that is idle writes nothing.
func (c *Counter) keep(ctx context.Context, from, to time.Time, span Span, mayWait bool) (kept bool, err error) {
	counted := c.now()
	slots, err := c.count(ctx, from, to)
	if err != nil || mayWait && len(slots.Orders)+len(slots.Providers) == 0 {
		return false, err
	}
	return true, c.store.Keep(ctx, Keeping{Slots: slots, Counted: counted, From: from, To: to, Span: span})
}

// length is how much time is kept at once: whole slots.
func (c *Counter) length() time.Duration { return max(c.atOnce.Truncate(Slot), Slot) }

func (c *Counter) count(ctx context.Context, from, to time.Time) (Slots, error) {
	sum := newSum()
	err := c.each(ctx, from, to, func(from, to time.Time) error {
		piece, err := c.store.Count(ctx, from, to)
		if err == nil {
			sum.add(&piece)
		}
		return err
	})
	if err != nil {
		return Slots{}, err
	}
	return sum.slots(), nil
}

func earlier(a, b time.Time) time.Time { return slices.MinFunc([]time.Time{a, b}, time.Time.Compare) }
