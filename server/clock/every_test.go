package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/clock"
)

func TestEverybodyTicksTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		at := make(map[time.Time]int)
		ticked := make(chan time.Time)
		tick := func() { ticked <- time.Now() }
		go clock.Every(ctx, time.Second, tick)
		time.Sleep(300 * time.Millisecond)
		go clock.Every(ctx, time.Second, tick)
		time.Sleep(300 * time.Millisecond)
		go clock.Every(ctx, 2*time.Second, tick)
		for range 5 {
			at[<-ticked]++
		}
		require.Len(t, at, 2, "all within two ticks: %v", at)
		for moment := range at {
			require.Zero(t, moment.Nanosecond())
		}
		stop()
		synctest.Wait()
		select {
		case moment := <-ticked:
			t.Fatal("ticked after its end: ", moment)
		case <-time.After(time.Minute):
		}
	})
}
