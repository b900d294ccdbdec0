package api

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestCallsBeyondTheLimitAreTurnedAway(t *testing.T) {
	l, err := newLimiter(1, time.Now, prometheus.NewRegistry())
	require.NoError(t, err)
	s := &Server{guard: &guard{log: slog.New(slog.DiscardHandler), limiter: l}}
	call := func(handler grpc.UnaryHandler) (any, error) {
		return s.guard.limitUnary(t.Context(), "request", &grpc.UnaryServerInfo{}, handler)
	}
	echo := func(_ context.Context, req any) (any, error) { return req, nil }

	_, away := s.TurnAway(t.Context())
	require.False(t, away)
	_, err = call(func(ctx context.Context, _ any) (any, error) {
		_, err := call(echo)
		require.Equal(t, codes.ResourceExhausted, status.Code(err))
		require.Equal(t, "OVERLOADED", reasonOf(err))
		var retry *errdetails.RetryInfo
		for _, detail := range status.Convert(err).Details() {
			if info, ok := detail.(*errdetails.RetryInfo); ok {
				retry = info
			}
		}
		require.Positive(t, retry.GetRetryDelay().AsDuration())
		after, away := s.TurnAway(ctx)
		require.True(t, away)
		require.Positive(t, after)
		return nil, nil
	})
	require.NoError(t, err)
	answer, err := call(echo)
	require.NoError(t, err, "there is room again")
	require.Equal(t, "request", answer)
}

func TestALargerCrowdComesBackLater(t *testing.T) {
	now := time.Unix(1_000, 0)
	l, err := newLimiter(100, func() time.Time { return now }, nil)
	require.NoError(t, err)
	after, first := l.turnAway()
	require.True(t, first)
	require.Less(t, after, 2*time.Second)
	for range 99 {
		_, first = l.turnAway()
		require.False(t, first, "one line a second")
	}
	for range 300 {
		after, _ = l.turnAway()
		require.GreaterOrEqual(t, after, time.Second, "half of 1 s and a hundred hundredths")
	}
	now = now.Add(time.Second)
	after, first = l.turnAway()
	require.True(t, first)
	require.GreaterOrEqual(t, after, 2500*time.Millisecond, "400 came in the second before")
	for range 10_000 {
		after, _ = l.turnAway()
	}
	require.Equal(t, longestAway, after)
}
