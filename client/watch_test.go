package client

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type watching = grpc.ServerStreamingServer[orderhubv1.WatchOrdersResponse]

var errEnough = errors.New("enough")

func send(t *testing.T, stream watching, sequence int64) {
	t.Helper()
	require.NoError(t, stream.Send(&orderhubv1.WatchOrdersResponse{Event: &orderhubv1.OrderEvent{Sequence: sequence}}))
}

// However streams end, each event is handed on once, in order.
func TestWatchGoesOn(t *testing.T) {
	ends := []error{
		nil, // the stream simply ends
		status.Error(codes.Unavailable, "stopping"),
		refusal(t, codes.Aborted, ReasonReadingTooSlowly, 0),
		status.Error(codes.Internal, "the connection broke"),
		refusal(t, codes.ResourceExhausted, ReasonRateLimited, time.Millisecond),
		refusal(t, codes.Unavailable, ReasonUnavailable, time.Millisecond),
	}
	f, streams := &fakeHub{}, 0
	f.watch = func(after int64, stream watching) error {
		streams++
		require.NoError(t, stream.Send(&orderhubv1.WatchOrdersResponse{HeartbeatTime: timestamppb.Now()}))
		send(t, stream, after) // which nobody should see again
		for n := range int64(3) {
			send(t, stream, after+1+n)
		}
		return ends[(streams-1)%len(ends)]
	}
	var seen []int64
	var interruptions []error
	interrupted := func(err error) { interruptions = append(interruptions, err) }
	err := over(t, f).Watch(t.Context(), WatchOptions{AfterSequence: 7, Interrupted: interrupted},
		func(_ context.Context, e *orderhubv1.OrderEvent) error {
			seen = append(seen, e.GetSequence())
			if len(seen) == 20 {
				return errEnough
			}
			return nil
		})
	require.Equal(t, errEnough, err)
	for i, sequence := range seen {
		require.Equal(t, int64(8+i), sequence)
	}
	require.Equal(t, 7, streams)
	require.Len(t, interruptions, 6)
	require.ErrorIs(t, interruptions[0], io.EOF)
	require.ErrorContains(t, interruptions[1], "stopping")
}

// A stream on which not even heartbeats come is given up for another one.
func TestWatchOfDeadConnection(t *testing.T) {
	f, streams := &fakeHub{}, 0
	f.watch = func(after int64, stream watching) error {
		if streams++; streams == 1 {
			send(t, stream, 1)
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		require.Equal(t, int64(1), after)
		send(t, stream, 2)
		<-stream.Context().Done()
		return nil
	}
	c := over(t, f)
	c.settings.silence = 50 * time.Millisecond
	var last int64
	err := c.Watch(t.Context(), WatchOptions{}, func(_ context.Context, e *orderhubv1.OrderEvent) error {
		if last = e.GetSequence(); last == 2 {
			return errEnough
		}
		return nil
	})
	require.Equal(t, errEnough, err)
	require.Equal(t, int64(2), last)
}

// What will not pass by itself ends it, with what the hub says.
func TestWatchIsRefused(t *testing.T) {
	for _, refused := range []error{
		refusal(t, codes.FailedPrecondition, ReasonPositionNoLongerKept, 0),
		refusal(t, codes.Unauthenticated, ReasonUnauthenticated, 0),
	} {
		f := &fakeHub{failures: []error{refused}}
		err := over(t, f).Watch(t.Context(), WatchOptions{}, nil)
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok)
		require.Equal(t, status.Code(refused), failed.Code)
		require.Equal(t, 1, f.calls)
	}
}

// Events of the log of all merchants have numbers of their own for each, and one order by position.
func TestWatchOfAllMerchants(t *testing.T) {
	f, streams := &fakeHub{}, 0
	f.watch = func(_ int64, stream watching) error {
		streams++
		for _, e := range []*orderhubv1.OrderEvent{
			{Merchant: "a", Sequence: 9, Position: "p-1"}, {Merchant: "b", Sequence: 1, Position: "p-2"},
		}[streams-1 : streams] {
			require.NoError(t, stream.Send(&orderhubv1.WatchOrdersResponse{Event: e}))
		}
		return nil
	}
	var seen []string
	err := over(t, f).Watch(t.Context(), WatchOptions{}, func(_ context.Context, e *orderhubv1.OrderEvent) error {
		if seen = append(seen, e.GetMerchant()); len(seen) == 2 {
			return errEnough
		}
		return nil
	})
	require.Equal(t, errEnough, err)
	require.Equal(t, []string{"a", "b"}, seen)
}

// It ends with its context, also while it waits.
func TestWatchEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeHub{watch: func(_ int64, stream watching) error {
		send(t, stream, 1)
		<-stream.Context().Done()
		return nil
	}}
	err := over(t, f).Watch(ctx, WatchOptions{}, func(context.Context, *orderhubv1.OrderEvent) error {
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
}
