package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/clock"
	"orderhub/server/clock/clocktest"
)

func TestClock(t *testing.T) {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	m := clocktest.New(noon)
	c := clock.New(m.Machine())
	require.Equal(t, noon, c.Now())
	m.Pass(time.Minute)
	require.Equal(t, noon.Add(time.Minute), c.Now())
	require.Zero(t, c.Drift())

	m.Step(-2 * time.Hour)
	require.Equal(t, noon.Add(time.Minute), c.Now(), "a step is nothing by itself")
	require.Equal(t, -2*time.Hour, c.Drift())
	m.Pass(time.Second)
	require.Equal(t, noon.Add(time.Minute+time.Second), c.Now())
	c.SetToMachine()
	require.Equal(t, noon.Add(time.Minute+time.Second-2*time.Hour), c.Now())

	passed := c.Passed()
	m.Pass(3 * time.Second)
	c.Set(noon, passed)
	require.Equal(t, noon.Add(3*time.Second), c.Now(), "as long ago as it was read")
}
