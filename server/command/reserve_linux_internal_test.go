//go:build linux

package command

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGiveBack touches memory that is large enough for pages of its own. What comes instead of it is empty.
func TestGiveBack(t *testing.T) {
	t.Parallel()
	memory := make([]byte, 1<<20)
	for i := range memory {
		memory[i] = 1
	}
	require.NoError(t, giveBack(memory))
	require.Equal(t, make([]byte, len(memory)), memory)
	memory[7] = 2
	require.EqualValues(t, 2, memory[7])
}
