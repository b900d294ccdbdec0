package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds are up to which times are told apart, in whole milliseconds. Databases count
// by them: one that is changed makes what was counted before wrong.
var Bounds = [...]time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
	5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
	10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// Waits counts how long something took: by the first bound that it stayed below, and
// last what took longer than all of them.
type Waits [len(Bounds) + 1]int64

func (w *Waits) Count() (n int64) {
	for _, count := range w {
		n += count
	}
	return n
}

func (w *Waits) Add(other *Waits) {
	for i, count := range other {
		w[i] += count
	}
}

// Quantile is about the time below which a share of what was counted stayed, as if it
// were spread evenly between two bounds; false when nothing was counted. What took
// longer than the last bound counts as the last bound.
func (w *Waits) Quantile(share float64) (time.Duration, bool) {
	total := w.Count()
	if total == 0 {
		return 0, false
	}
	wanted, below := share*float64(total), int64(0)
	for i, count := range w[:len(Bounds)] {
		if count > 0 && float64(below+count) >= wanted {
			from := time.Duration(0)
			if i > 0 {
				from = Bounds[i-1]
			}
			within := (wanted - float64(below)) / float64(count)
			return from + time.Duration(within*float64(Bounds[i]-from)).Round(time.Millisecond), true
		}
		below += count
	}
	return Bounds[len(Bounds)-1], true
}

// Told is the quantile where enough was counted that some of it lies beyond: a share of 0.99 of fewer than a hundred
// values is their largest, and tells nothing of the others.
func (w *Waits) Told(share float64) (time.Duration, bool) {
	const oneAtLeast = 1 - 1e-9
	if float64(w.Count())*(1-share) < oneAtLeast {
		return 0, false
	}
	return w.Quantile(share)
}

// String is how they are kept: numbers with commas, without zeros at the end.
func (w *Waits) String() string {
	last := 0
	for i, count := range w {
		if count > 0 {
			last = i + 1
		}
	}
	parts := make([]string, last)
	for i := range parts {
		parts[i] = strconv.FormatInt(w[i], 10)
	}
	return strings.Join(parts, ",")
}

// ParseWaits reads what String wrote.
func ParseWaits(text string) (w Waits, err error) {
	if text == "" {
		return w, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > len(w) {
		return w, fmt.Errorf("%d counts are more than there are bounds", len(parts))
	}
	for i, part := range parts {
		if w[i], err = strconv.ParseInt(part, 10, 64); err != nil {
			return w, err
		}
	}
	return w, nil
}
