package clock

import (
	"context"
	"time"
)

// Every calls do again and again until ctx ends. It does so when the machine's
// clock shows a multiple of the period: whoever looks for something now and then
// does it together with all others, and a process without work is woken once for
// all of them rather than once for each.
func Every(ctx context.Context, period time.Duration, do func()) {
	timer := time.NewTimer(UntilNext(period))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			do()
			timer.Reset(UntilNext(period))
		}
	}
}

// UntilNext is how long it takes until the machine's clock shows a multiple of the
// period: more than nothing, and at most the period.
func UntilNext(period time.Duration) time.Duration {
	return period - time.Duration(time.Now().UnixNano()%int64(period))
}
