package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/memory"
)

func TestMemoryForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New[string, int](2, time.Second)
		m.Add("a", 1)
		time.Sleep(time.Second - 1)
		got, ok := m.Get("a")
		require.True(t, ok)
		require.Equal(t, 1, got)
		time.Sleep(time.Nanosecond)
		got, ok = m.Get("a")
		require.False(t, ok, "a second has passed")
		require.Zero(t, got)

		m.Add("a", 2)
		m.Add("b", 3)
		m.Add("c", 4)
		_, ok = m.Get("a")
		require.False(t, ok, "there is room for two")
		got, ok = m.Get("c")
		require.True(t, ok)
		require.Equal(t, 4, got)
	})
}
