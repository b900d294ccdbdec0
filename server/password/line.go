package password

import (
	"net/netip"
	"slices"
)

// line is those who wait for a turn and those who have one, by where they come from.
type line struct {
	inside int // that are counted
	places map[netip.Prefix]*place
	round  []*place // with somebody who waits, the one whose turn is next first
}

// place is where some of a line come from.
type place struct {
	at      netip.Prefix
	inside  int       // that are counted
	waiting []*waiter // the one that came first first
}

// waiter is one of a line.
type waiter struct {
	place   netip.Prefix
	counted bool
	called  chan bool // true for its turn, false when it has to come back later; has room for one
}

func newLine() line { return line{places: map[netip.Prefix]*place{}} }

// join reports whether there is room for one more.
func (l *line) join(w *waiter) bool {
	p := l.places[w.place]
	if p == nil {
		p = &place{at: w.place}
	}
	if w.counted {
		if p.inside >= mostHashingOfOne || l.inside >= mostHashing && !l.makeRoom(p.inside+1) {
			return false
		}
		p.inside++
		l.inside++
	}
	l.places[w.place] = p
	if p.waiting = append(p.waiting, w); len(p.waiting) == 1 {
		l.round = append(l.round, p)
	}
	return true
}

// makeRoom sends away the one who came last of the place that has most inside, unless that is no more than so many.
func (l *line) makeRoom(than int) bool {
	var last *waiter
	for _, p := range l.round {
		if p.inside <= than {
			continue
		}
		for _, w := range slices.Backward(p.waiting) {
			if w.counted {
				last, than = w, p.inside
				break
			}
		}
	}
	if last == nil {
		return false
	}
	l.remove(last)
	l.quit(last)
	last.called <- false
	return true
}

// next is whose turn it is, who then no longer waits; nil for nobody's.
func (l *line) next() *waiter {
	if len(l.round) == 0 {
		return nil
	}
	p := l.round[0]
	l.round = slices.Delete(l.round, 0, 1)
	w := p.waiting[0]
	if p.waiting = slices.Delete(p.waiting, 0, 1); len(p.waiting) > 0 {
		l.round = append(l.round, p)
	}
	return w
}

func (l *line) remove(w *waiter) {
	p := l.places[w.place]
	p.waiting = slices.DeleteFunc(p.waiting, func(other *waiter) bool { return other == w })
	if len(p.waiting) == 0 {
		l.round = slices.DeleteFunc(l.round, func(other *place) bool { return other == p })
	}
}

// quit counts one less, who neither waits nor has a turn.
func (l *line) quit(w *waiter) {
	p := l.places[w.place]
	if w.counted {
		p.inside--
		l.inside--
	}
	if p.inside == 0 && len(p.waiting) == 0 {
		delete(l.places, w.place)
	}
}
