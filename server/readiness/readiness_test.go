package readiness_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/readiness"
)

// serving is the readiness of a process that serves.
func serving(look func(context.Context) error) *readiness.Readiness {
	r := readiness.New(look, slog.New(slog.DiscardHandler))
	r.SetServing(true)
	return r
}

// Whoever asks and leaves does not decide what the next one is told.
func TestReadinessOutlivesItsCaller(t *testing.T) {
	asked, leave := context.WithCancel(t.Context())
	looks := 0
	r := serving(func(ctx context.Context) error {
		looks++
		leave()
		_, bounded := ctx.Deadline()
		require.True(t, bounded, "a look ends by itself")
		return ctx.Err()
	})
	require.ErrorIs(t, r.Check(asked), context.Canceled)
	require.NoError(t, r.Check(t.Context()))
	require.NoError(t, r.Check(t.Context()))
	require.Equal(t, 2, looks, "an answer holds for a while")
}

// A database that does not answer costs whoever asks no more than the time it has, also behind others who ask.
func TestReadinessTakesNoLongerThanItsCallers(t *testing.T) {
	looking := make(chan struct{}, 1)
	r := serving(func(ctx context.Context) error {
		looking <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	patient, leave := context.WithCancel(t.Context())
	first := make(chan error)
	go func() { first <- r.Check(patient) }()
	<-looking

	hurried, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, r.Check(hurried), context.DeadlineExceeded)
	leave()
	require.ErrorIs(t, <-first, context.Canceled)

	hurried, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, r.Check(hurried), context.DeadlineExceeded, "its own look ends with it")
}

// A failure is told to everybody who asks meanwhile.
func TestReadinessHolds(t *testing.T) {
	full := errors.New("the disk is full")
	looks := 0
	r := serving(func(context.Context) error {
		looks++
		return full
	})
	for range 3 {
		require.ErrorIs(t, r.Check(t.Context()), full)
	}
	require.Equal(t, 1, looks)
}
