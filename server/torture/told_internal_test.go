package torture

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func following(forgets bool) *audience {
	w := &world{forgets: forgets, merchants: []*merchant{{name: "m"}}}
	return &audience{
		w: w, streamed: map[string]int64{}, checked: map[string]int64{}, received: map[string]map[int64]bool{"m": {}},
		types: map[string]map[int64]string{"m": {}}, newest: map[string]time.Time{}, jumps: map[string]bool{},
	}
}

func told(sequence int64, ago time.Duration) *orderhubv1.OrderEvent {
	return &orderhubv1.OrderEvent{
		Sequence: sequence, Merchant: "m", Type: "order.created", CreateTime: timestamppb.New(time.Now().Add(-ago)),
	}
}

// A reader may be told that something is no longer kept, but only when it was away for as long as that is kept.
func TestWhoIsToldThatSomethingIsGone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		forgets bool
		ago     time.Duration // of the last event that it had
		wrong   int
	}{
		{"away for long", true, 2 * time.Minute, 0},
		{"not away", true, time.Second, 1},
		{"where everything is kept", false, 2 * time.Minute, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := following(tt.forgets)
			a.next("m", told(1, tt.ago))
			a.passOver("m", 7)
			a.next("m", told(8, 0))
			require.Len(t, a.problems, tt.wrong)
			a.next("m", told(10, 0))
			require.Len(t, a.problems, tt.wrong+1, "what comes after that has no gaps")

			a = following(tt.forgets)
			a.next("ops m", told(1, tt.ago))
			a.passOverAll()
			a.next("ops m", told(8, 0))
			require.Len(t, a.problems, tt.wrong)
			a.next("ops m", told(10, 0))
			require.Len(t, a.problems, tt.wrong+1)
		})
	}
}

// What the streams were told of events that are gone is what receivers must have had.
func TestEventsThatAreGone(t *testing.T) {
	a := following(true)
	for sequence := int64(1); sequence <= 3; sequence++ {
		for _, stream := range []string{"m", "ops m"} {
			a.next(stream, told(sequence, 0))
		}
	}
	gone := a.remembered("m", 1, 5)
	require.Len(t, gone, 2)
	require.EqualValues(t, 2, gone[0].GetSequence())
	a.received["m"][2] = true
	require.Contains(t, a.missing("m", gone), "event 3 (order.created) has not come to the receiver")
	a.received["m"][3] = true
	require.Empty(t, a.missing("m", gone))
	require.Empty(t, a.remembered("m", 1, 5), "what was checked is forgotten")
}

func TestNoLongerKept(t *testing.T) {
	refused, err := status.New(codes.FailedPrecondition, "gone").WithDetails(&errdetails.ErrorInfo{
		Reason: "POSITION_NO_LONGER_KEPT", Metadata: map[string]string{"after_sequence": "7"},
	})
	require.NoError(t, err)
	after, gone := noLongerKept(refused.Err())
	require.True(t, gone)
	require.Equal(t, "7", after["after_sequence"])
	_, gone = noLongerKept(status.Error(codes.FailedPrecondition, "other"))
	require.False(t, gone)
	_, gone = noLongerKept(nil)
	require.False(t, gone)
}

// What was removed is known from the logs of hubs.
func TestRemovedRowsAreCounted(t *testing.T) {
	w := &world{removed: make(map[string]int64)}
	w.logged([]byte(`{"msg":"removed what is no longer kept","deliveries":3,"events":2,"took":5}`))
	w.logged([]byte(`{"msg":"removed what is no longer kept","deliveries":1}`))
	w.logged([]byte(`{"msg":"other","deliveries":100}`))
	require.EqualValues(t, 4, w.removed["deliveries"])
	require.EqualValues(t, 2, w.removed["events"])
}
