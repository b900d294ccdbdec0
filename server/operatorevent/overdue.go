package operatorevent

import (
	"context"
	"time"

	"orderhub/server/clock"
)

const (
	// overdueEvery is how often what waits for too long is looked for, and overdueMost how much of it at once.
	overdueEvery = time.Minute
	overdueMost  = 100
)

// WatchOverdue tells of what waits for too long until ctx ends. tell does so of at most so many, of each once, and
// returns how many there were.
func WatchOverdue(ctx context.Context, tell func(ctx context.Context, most int) (int, error), failed func(error)) {
	clock.Every(ctx, overdueEvery, func() {
		for {
			told, err := tell(ctx, overdueMost)
			if err != nil && ctx.Err() == nil {
				failed(err)
			}
			if err != nil || told < overdueMost {
				return
			}
		}
	})
}
