package torture

import (
	"slices"
	"strconv"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// clockMargin is how far apart the times of two events may be whose order in the log is the other way round.
const clockMargin = 10 * time.Second

// sequenceOf is the last of a merchant's events that are gone.
func sequenceOf(after map[string]string) int64 {
	sequence, _ := strconv.ParseInt(after["after_sequence"], 10, 64) // 0 goes on nowhere, and is told again
	return sequence
}

// passOver has a merchant's stream go on after events that are no longer kept, as it was told to.
func (a *audience) passOver(stream string, after int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mayBeGone(stream)
	a.streamed[stream] = max(a.streamed[stream], after)
}

// passOverAll is passOver for the log of all merchants, whose positions do not say how many of each are gone.
func (a *audience) passOverAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	newest := ""
	for _, m := range a.w.merchants {
		stream := "ops " + m.name
		a.jumps[stream] = true
		if newest == "" || a.newest[stream].After(a.newest[newest]) {
			newest = stream
		}
	}
	a.mayBeGone(newest)
}

// mayBeGone holds a hub to keeping what came after the last event of a stream: that is not older than it.
func (a *audience) mayBeGone(stream string) {
	if ago := time.Since(a.newest[stream]); !a.w.forgets || ago < keptFor-clockMargin {
		a.problem(
			Lost, "the stream %s is told that what comes after event %d, of %s ago, is no longer kept", stream,
			a.streamed[stream], ago.Round(time.Second),
		)
	}
}

// remembered are those of a merchant's events after one and up to another that streams were told of, in order.
func (a *audience) remembered(name string, after, last int64) (events []*orderhubv1.OrderEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for sequence, kind := range a.types[name] {
		if sequence > after && sequence <= last {
			events = append(events, &orderhubv1.OrderEvent{Sequence: sequence, Type: kind})
		}
	}
	slices.SortFunc(events, func(x, y *orderhubv1.OrderEvent) int { return int(x.GetSequence() - y.GetSequence()) })
	return events
}
