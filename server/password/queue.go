package password

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// How many may wait for a password to be hashed, and how many of one address.
// Hashing takes about 30 ms: who would wait for seconds is told to come back.
const (
	mostHashing        = 64
	mostHashingOfOne   = 16
	comeBackForHashing = time.Second
)

// BusyError says that too many sign in at once, and when to come back.
type BusyError struct{ RetryAfter time.Duration }

func (e *BusyError) Error() string { return "too many sign in at once" }

// Queue is the queue for hashing passwords: each takes 19 MiB and a core. Safe for
// concurrent use.
type Queue struct {
	turns chan struct{}

	mu      sync.Mutex
	inside  int
	byPlace map[netip.Prefix]int
}

// NewQueue lets so many be hashed at once, above 0.
func NewQueue(atOnce int) *Queue {
	return &Queue{turns: make(chan struct{}, atOnce), byPlace: map[netip.Prefix]int{}}
}

// Enter waits for a stranger's turn; then leave must be called. Errors: *BusyError when
// too many wait, and that of ctx.
func (q *Queue) Enter(ctx context.Context, from netip.Addr) (leave func(), err error) {
	place := PlaceOf(from)
	if !q.join(place) {
		return nil, &BusyError{RetryAfter: comeBackForHashing}
	}
	if err := q.turn(ctx); err != nil {
		q.quit(place)
		return nil, err
	}
	return func() { <-q.turns; q.quit(place) }, nil
}

// Hash is [Hash] in a turn, for an operator, who waits without being counted.
func (q *Queue) Hash(ctx context.Context, password string) (string, error) {
	if err := q.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-q.turns }()
	return Hash(password), nil
}

// turn waits until one more may hash; the place in turns must be given back.
func (q *Queue) turn(ctx context.Context) error {
	select {
	case q.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) join(place netip.Prefix) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.inside >= mostHashing || q.byPlace[place] >= mostHashingOfOne {
		return false
	}
	q.inside++
	q.byPlace[place]++
	return true
}

func (q *Queue) quit(place netip.Prefix) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inside--
	if q.byPlace[place]--; q.byPlace[place] == 0 {
		delete(q.byPlace, place)
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
