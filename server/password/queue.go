package password

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// How many may wait for a password to be hashed or have theirs hashed, and how many of one place.
// Hashing takes about 30 ms: who would wait for seconds is told to come back.
const (
	mostHashing        = 64
	mostHashingOfOne   = 16
	comeBackForHashing = time.Second
)

// BusyError says that too many sign in at once, and when to come back.
type BusyError struct{ RetryAfter time.Duration }

func (e *BusyError) Error() string { return "too many sign in at once" }

// Guest is somebody who wants a password hashed.
type Guest struct {
	From netip.Addr
	// Known says that they have shown to have signed in before. They have a line of their own,
	// which no number of strangers makes longer.
	Known bool
}

// Queue is the queue for hashing passwords: each takes 19 MiB and a core. Known guests and
// strangers have a line each, which take turns; so do the places of a line, and where a line
// is full, the place that has most of it gives way to one that has less. Safe for concurrent use.
type Queue struct {
	mu        sync.Mutex
	free      int // turns that nobody has
	known     line
	strangers line
	strangely bool // whose line had the last turn
}

// NewQueue lets so many be hashed at once, above 0.
func NewQueue(atOnce int) *Queue {
	return &Queue{free: atOnce, known: newLine(), strangers: newLine()}
}

// Enter waits for a guest's turn; then leave must be called. Errors: *BusyError when too many
// wait, and that of ctx.
func (q *Queue) Enter(ctx context.Context, guest Guest) (leave func(), err error) {
	l := &q.strangers
	if guest.Known {
		l = &q.known
	}
	w := &waiter{place: PlaceOf(guest.From), counted: true, called: make(chan bool, 1)}
	if err := q.wait(ctx, l, w); err != nil {
		return nil, err
	}
	return func() { q.leave(l, w) }, nil
}

// Hash is [Hash] in a turn, for an operator, who waits in the line of those who are known without
// being counted.
func (q *Queue) Hash(ctx context.Context, password string) (string, error) {
	w := &waiter{called: make(chan bool, 1)}
	if err := q.wait(ctx, &q.known, w); err != nil {
		return "", err
	}
	defer q.leave(&q.known, w)
	return Hash(password), nil
}

// wait returns when the waiter has a turn, which must be given back.
func (q *Queue) wait(ctx context.Context, l *line, w *waiter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q.mu.Lock()
	joined := l.join(w)
	q.callNext()
	q.mu.Unlock()
	if !joined {
		return &BusyError{RetryAfter: comeBackForHashing}
	}
	select {
	case turn := <-w.called:
		if !turn {
			return &BusyError{RetryAfter: comeBackForHashing}
		}
		return nil
	case <-ctx.Done():
		q.giveUp(l, w)
		return ctx.Err()
	}
}

// callNext gives turns that are free to whose they are. The lock is held.
func (q *Queue) callNext() {
	for q.free > 0 {
		first, second := &q.strangers, &q.known
		if q.strangely {
			first, second = second, first
		}
		w := first.next()
		q.strangely = (w != nil) == (first == &q.strangers)
		if w == nil {
			w = second.next()
		}
		if w == nil {
			return
		}
		q.free--
		w.called <- true
	}
}

func (q *Queue) leave(l *line, w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l.quit(w)
	q.free++
	q.callNext()
}

// giveUp takes away who no longer waits; it may just have been called.
func (q *Queue) giveUp(l *line, w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case turn := <-w.called:
		if turn {
			l.quit(w)
			q.free++
			q.callNext()
		}
	default:
		l.remove(w)
		l.quit(w)
	}
}

// PlaceOf is whom an address counts for: who has an IPv6 address has a /64. The zero
// Prefix without an address.
func PlaceOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	place, _ := addr.Prefix(bits) // none without an address: they count together
	return place
}
