package event

import "sync"

// everyone stands for the log of all merchants among the listeners.
const everyone = 0

// Bell wakes those who watch a log when there may be something new in it. It
// carries nothing and may ring for nothing: who wakes reads the log.
type Bell struct {
	mu        sync.Mutex
	listeners map[int64]map[*listener]bool // by merchant
}

type listener struct {
	merchantID int64
	wake       chan struct{} // capacity 1
}

// NewBell has no listeners.
func NewBell() *Bell { return &Bell{listeners: make(map[int64]map[*listener]bool)} }

// Ring wakes the watchers of these merchants' logs, and those of the log of all.
func (b *Bell) Ring(merchantIDs ...int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range merchantIDs {
		b.ring(id)
	}
	b.ring(everyone)
}

// RingAll wakes everybody who watches anything.
func (b *Bell) RingAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.listeners {
		b.ring(id)
	}
}

func (b *Bell) ring(merchantID int64) {
	for l := range b.listeners[merchantID] {
		select {
		case l.wake <- struct{}{}:
		default: // it will look anyway
		}
	}
}

func (b *Bell) listen(merchantID int64) *listener {
	l := &listener{merchantID: merchantID, wake: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listeners[merchantID] == nil {
		b.listeners[merchantID] = make(map[*listener]bool)
	}
	b.listeners[merchantID][l] = true
	return l
}

func (b *Bell) leave(l *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.listeners[l.merchantID], l)
	if len(b.listeners[l.merchantID]) == 0 {
		delete(b.listeners, l.merchantID)
	}
}
