package app

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever asks and leaves does not decide what the next one is told.
func TestReadinessOutlivesItsCaller(t *testing.T) {
	asked, leave := context.WithCancel(t.Context())
	looks := 0
	r := newReadiness(func(ctx context.Context) error {
		looks++
		leave()
		_, bounded := ctx.Deadline()
		require.True(t, bounded, "a look ends by itself")
		return ctx.Err()
	})
	require.NoError(t, r.check(asked))
	require.NoError(t, r.check(t.Context()))
	require.Equal(t, 1, looks, "an answer holds for a while")
}

// A failure is told to everybody who asks meanwhile.
func TestReadinessHolds(t *testing.T) {
	full := errors.New("the disk is full")
	looks := 0
	r := newReadiness(func(context.Context) error {
		looks++
		return full
	})
	for range 3 {
		require.ErrorIs(t, r.check(t.Context()), full)
	}
	require.Equal(t, 1, looks)
}
