// Posts are counted to the last one here, which under the race detector come at another pace.
//go:build !race

package deliveries_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// TestBreakersAreShared: three processes post to an endpoint that fails as often as one
// does, and all of them go on when it is back.
func TestBreakersAreShared(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		const tried = 10
		three := newFailing(t, url, 3)
		posts := three.rounds(tried)
		// One process alone begins with one, has eight under way when it has been
		// refused, and eight more before it has been refused ten times.
		const one = 1 + 8 + 8 + tried
		require.LessOrEqual(t, float64(posts), 1.1*one)

		three.status.Store(200)
		three.pass(11 * time.Second)
		require.Eventually(t, func() bool {
			failing, err := three.stores[0].DB.Reader.WebhookLane.Query().Exist(t.Context())
			require.NoError(t, err)
			return !failing
		}, time.Minute, 5*time.Millisecond)
	})
}

// TestOneAloneIsRefusedAsOften says what the others are compared with.
func TestOneAloneIsRefusedAsOften(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		posts := newFailing(t, url, 1).rounds(3)
		require.LessOrEqual(t, posts, int64(1+8+8+3))
		require.GreaterOrEqual(t, posts, int64(webhook.TripAfter+3), "of the last eight some may come too late")
	})
}

// TestLaneOfTheDead is another process's when the lease has run out, and not before.
func TestLaneOfTheDead(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard)
		o.order("1", nil, "CODE", 1)
		o.order("2", nil, "CODE", 1)
		o.tell()
		claim := func(holder string, lease time.Duration) []*webhook.Due {
			due, err := o.s.Deliveries.ClaimDeliveries(t.Context(), []webhook.Claim{{
				Lane: webhook.EndpointLane(e.ID), Most: 1, Until: time.Now().Add(lease), Holder: holder,
			}})
			require.NoError(t, err)
			return due[0]
		}
		o.settle(claim("a", time.Minute)[0], 500, time.Hour)
		const lease = 500 * time.Millisecond
		began := time.Now()
		require.Len(t, claim("a", lease), 1)
		require.Eventually(t, func() bool { return len(claim("b", time.Minute)) == 1 }, time.Minute, 10*time.Millisecond)
		require.GreaterOrEqual(t, time.Since(began), lease-10*time.Millisecond)
		require.Empty(t, claim("a", time.Minute), "it is the other's now")
		require.NoError(t, o.s.Deliveries.LeaveLanes(t.Context(), "a"))
		require.Empty(t, claim("a", time.Minute), "only who has it can leave it")
		require.NoError(t, o.s.Deliveries.LeaveLanes(t.Context(), "b"))
		o.order("3", nil, "CODE", 1)
		o.tell()
		require.Len(t, claim("a", time.Minute), 1, "who ends well keeps nobody waiting")
	})
}
