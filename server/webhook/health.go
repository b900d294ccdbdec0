package webhook

import "time"

const (
	// TripAfter is how often in a row a receiver fails before it is left alone for a
	// while; then a single message finds out whether it is back.
	TripAfter  = 10
	leaveAlone = 10 * time.Second
)

// Health is how the receiver of a lane answered all processes lately. The zero value
// is one that answers.
type Health struct {
	Failures  int       // posts in a row that failed
	LeftAlone time.Time // until when nothing is posted to it
}

// After is the health after one more post.
func (h Health) After(ok bool, now time.Time) Health {
	if ok {
		return Health{}
	}
	h.Failures++
	if h.tripped() {
		h.LeftAlone = now.Add(leaveAlone)
	}
	return h
}

// tripped reports whether a single message may find out about the receiver.
func (h Health) tripped() bool { return h.Failures >= TripAfter }

func (h Health) leftAlone(now time.Time) bool { return h.LeftAlone.After(now) }

// or is the health when another was heard of, perhaps not in the order in which posts
// were written down.
func (h Health) or(heard Health) Health {
	if heard.Failures == 0 {
		return heard
	}
	heard.Failures = max(heard.Failures, h.Failures)
	if h.LeftAlone.After(heard.LeftAlone) {
		heard.LeftAlone = h.LeftAlone
	}
	return heard
}
