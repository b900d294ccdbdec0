package deliveries_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// outbox is a world with a merchant whose events are told.
type outbox struct {
	*storetest.World

	t    *testing.T
	s    *stores.All
	shop account.Merchant
}

func eachOutbox(t *testing.T, test func(t *testing.T, o *outbox)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		o := &outbox{World: storetest.NewWorld(t, s, 1), t: t, s: s}
		o.shop = o.Merchant("shop", 10_000)
		o.Stocked("CODE", 1, 100)
		o.Simulated("GOOD", 1, sim.Script{})
		test(t, o)
	})
}

// endpoint adds one of a format with a secret of its own.
func (o *outbox) endpoint(format string, types ...string) webhook.Endpoint {
	o.t.Helper()
	e, err := o.s.Endpoints.CreateEndpoint(o.t.Context(), webhook.Endpoint{
		MerchantID: o.shop.ID, Format: format, URL: "https://a.example", EventTypes: types,
		Status:     webhook.StatusActive,
		MaxRetries: webhook.ByFormat,
	}, "first secret", 20)
	require.NoError(o.t, err)
	return e
}

func (o *outbox) order(reference string, change func(*order.Draft), lines ...any) *order.Order {
	o.t.Helper()
	d := storetest.Draft(o.shop, reference, lines...)
	if change != nil {
		change(d)
	}
	placement, err := o.Orders.Create(o.t.Context(), d)
	require.NoError(o.t, err)
	return placement.Order
}

func (o *outbox) tell() { o.Tell(o.Fanout(nil)) }

// claim takes what is due in a lane for a minute.
func (o *outbox) claim(lane string, most int) []*webhook.Due {
	o.t.Helper()
	due, err := o.s.Deliveries.ClaimDeliveries(
		o.t.Context(), []webhook.Claim{{Lane: lane, Most: most, Until: time.Now().Add(time.Minute)}},
	)
	require.NoError(o.t, err)
	require.Len(o.t, due, 1)
	return due[0]
}

func bodies(due []*webhook.Due) []string {
	var texts []string
	for _, d := range due {
		texts = append(texts, string(d.Parcel.Body))
	}
	return texts
}

// settle writes down an answer; next is when to try again, 0 for never.
func (o *outbox) settle(d *webhook.Due, status int, next time.Duration) {
	o.t.Helper()
	outcome := webhook.Outcome{
		Due: d, Status: webhook.DeliveryFailed,
		Attempt: webhook.Attempt{
			Number: d.Attempts + 1, RequestID: "req", Answer: webhook.Answer{
				Status: status, Excerpt: "said",
				Took: time.Second,
			},
			At: time.Now(),
		},
	}
	at := time.Now().Add(next)
	switch {
	case outcome.Attempt.OK():
		outcome.Status = webhook.DeliveryDelivered
	case next != 0:
		outcome.Status, outcome.NextAt = webhook.DeliveryPending, &at
	}
	_, err := o.s.Deliveries.SettleDeliveries(o.t.Context(), []webhook.Outcome{outcome})
	require.NoError(o.t, err)
}

// statuses are those of the shop's deliveries, the oldest first.
func (o *outbox) statuses() []webhook.DeliveryStatus {
	o.t.Helper()
	listed, err := o.s.Deliveries.ListDeliveries(o.t.Context(), o.shop.ID, webhook.Filter{Limit: 1000})
	require.NoError(o.t, err)
	var statuses []webhook.DeliveryStatus
	for _, d := range slices.Backward(listed) {
		statuses = append(statuses, d.Status)
	}
	return statuses
}

func (o *outbox) lanes() []string {
	o.t.Helper()
	lanes, err := o.s.Deliveries.DueLanes(o.t.Context(), time.Now())
	require.NoError(o.t, err)
	return lanes
}

func TestToldOnce(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		all, some := o.endpoint(webhook.FormatStandard), o.endpoint(gameso.Name)
		other := o.Merchant("other", 10)
		o.order("1", nil, "CODE", 1)
		_, err := o.Orders.Create(t.Context(), storetest.Draft(other, "1", "CODE", 1))
		require.NoError(t, err)
		require.Empty(t, o.lanes(), "nothing before the job has run")
		fanout := o.Fanout(nil)
		o.Tell(fanout)
		require.NoError(t, fanout.FanOut(
			t.Context(), []webhook.Range{
				{MerchantID: o.shop.ID, First: 1, Last: 9},
				{MerchantID: other.ID, First: 1, Last: 9},
			},
		))
		require.Equal(t, []string{webhook.EndpointLane(all.ID), webhook.EndpointLane(some.ID)}, o.lanes())

		late := o.endpoint(webhook.FormatStandard)
		require.NoError(t, fanout.FanOut(t.Context(), []webhook.Range{{MerchantID: o.shop.ID, First: 1, Last: 9}}))
		require.Empty(t, o.claim(webhook.EndpointLane(late.ID), 10), "who came later is not told")

		due := o.claim(webhook.EndpointLane(all.ID), 10)
		require.Equal(t, []string{"1 order.created", "2 order.completed"}, bodies(due))
		require.Equal(t, []string{"first secret"}, due[0].Parcel.Secrets)
		require.Equal(t, all.URL, due[0].Endpoint.URL)
		require.WithinDuration(t, time.Now(), due[0].HappenedAt, time.Minute)
		require.NotEqual(t, due[0].Parcel.MessageID, due[1].Parcel.MessageID)
		require.Equal(t, []string{"2 order.completed"}, bodies(o.claim(webhook.EndpointLane(some.ID), 10)))
		require.Empty(t, o.claim(webhook.EndpointLane(all.ID), 10), "claimed is claimed")
		require.Empty(t, o.lanes())
	})
}

// Many claim at once, and nothing is given to two of them.
func TestClaimAtOnce(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard)
		for i := range 40 {
			o.order(fmt.Sprint(i), nil, "CODE", 1)
		}
		o.tell()
		var mu sync.Mutex
		claimed := make(map[int64]int)
		var claiming sync.WaitGroup
		for range 8 {
			claiming.Go(func() {
				for {
					due := o.claim(webhook.EndpointLane(e.ID), 7)
					if len(due) == 0 {
						return
					}
					mu.Lock()
					for _, d := range due {
						claimed[d.ID]++
					}
					mu.Unlock()
				}
			})
		}
		claiming.Wait()
		require.Len(t, claimed, 80)
		for id, times := range claimed {
			require.Equal(t, 1, times, id)
		}
	})
}

func TestSettleDeliveries(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard, "order.completed")
		lane := webhook.EndpointLane(e.ID)
		placed := o.order("1", nil, "CODE", 1)
		o.tell()
		d := o.claim(lane, 1)[0]
		o.settle(d, 500, time.Hour)
		require.Empty(t, o.lanes())
		found, err := o.s.Deliveries.Delivery(t.Context(), o.shop.ID, d.ID)
		require.NoError(t, err)
		require.Equal(t, webhook.DeliveryPending, found.Status)
		require.Equal(t, 1, found.Attempts)
		require.Equal(t, placed.Number, found.OrderNumber)
		require.Equal(t, e.URL, found.URL)
		require.WithinDuration(t, time.Now().Add(time.Hour), *found.NextAt, time.Minute)
		failing, err := o.s.Endpoints.Endpoint(t.Context(), o.shop.ID, e.ID)
		require.NoError(t, err)
		require.NotNil(t, failing.FailingSince)

		lane, err = o.s.Deliveries.Redeliver(t.Context(), o.shop.ID, d.ID)
		require.NoError(t, err)
		again := o.claim(lane, 1)[0]
		require.Equal(t, d.Parcel.MessageID, again.Parcel.MessageID)
		require.Equal(t, d.Parcel.Body, again.Parcel.Body)
		require.Zero(t, again.Attempts)
		require.NotNil(t, again.Endpoint.FailingSince)
		o.settle(again, 200, 0)
		o.settle(d, 500, time.Hour) // of who had claimed it before, and was slow
		found, err = o.s.Deliveries.Delivery(t.Context(), o.shop.ID, d.ID)
		require.NoError(t, err)
		require.Equal(t, webhook.DeliveryDelivered, found.Status)
		require.Nil(t, found.NextAt)
		require.Equal(t, []int{500, 200, 500}, []int{found.Log[0].Status, found.Log[1].Status, found.Log[2].Status})
		require.Equal(t, "said", found.Log[1].Excerpt)
		require.Equal(t, time.Second, found.Log[1].Took)
		healthy, err := o.s.Endpoints.Endpoint(t.Context(), o.shop.ID, e.ID)
		require.NoError(t, err)
		require.NotNil(t, healthy.FailingSince, "the slow one's failure came last")

		other := o.Merchant("other", 0)
		_, err = o.s.Deliveries.Delivery(t.Context(), other.ID, d.ID)
		require.ErrorIs(t, err, webhook.ErrDeliveryNotFound)
		_, err = o.s.Deliveries.Redeliver(t.Context(), other.ID, d.ID)
		require.ErrorIs(t, err, webhook.ErrDeliveryNotFound)
		none, err := o.s.Deliveries.ListDeliveries(t.Context(), other.ID, webhook.Filter{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

// A process that died gives its claims back when their time is over.
func TestClaimsRunOut(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(webhook.FormatStandard, "order.completed")
		o.order("1", nil, "CODE", 1)
		o.tell()
		lane := webhook.EndpointLane(e.ID)
		first, err := o.s.Deliveries.ClaimDeliveries(
			t.Context(), []webhook.Claim{{Lane: lane, Most: 5, Until: time.Now().Add(50 * time.Millisecond)}},
		)
		require.NoError(t, err)
		require.Len(t, first[0], 1)
		require.Eventually(t, func() bool { return len(o.lanes()) == 1 }, time.Minute, 10*time.Millisecond)
		require.Len(t, o.claim(lane, 5), 1)
	})
}

// A newer message about a line takes the place of older ones, and none overtakes
// another.
func TestNewerReplaces(t *testing.T) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		e := o.endpoint(bursagb.Name)
		lane := webhook.EndpointLane(e.ID)
		placed := o.order("1", nil, "GOOD", 1, "CODE", 1)
		o.tell()
		due := o.claim(lane, 10)
		require.Equal(t, []string{"2 completed 2"}, bodies(due),
			"what was done at once; nothing of the order's creation")
		o.settle(due[0], 200, 0)

		_, err := o.Engine.Route(t.Context(), []int64{placed.ID}) // asks the provider
		require.NoError(t, err)
		o.tell()
		due = o.claim(lane, 10)
		require.Equal(t, []string{"3 processing 1"}, bodies(due))
		o.Finish(placed)
		o.tell()
		require.Empty(t, o.claim(lane, 10), "while the older one is on its way")
		o.settle(due[0], 503, time.Second)
		require.Eventually(t, func() bool {
			due = o.claim(lane, 10)
			return len(due) > 0
		}, time.Minute, 50*time.Millisecond)
		require.Equal(t, []string{"4 completed 1"}, bodies(due))
		require.Equal(
			t, []webhook.DeliveryStatus{webhook.DeliveryDelivered, webhook.DeliverySuperseded, webhook.DeliveryPending},
			o.statuses(),
		)
		o.settle(due[0], 200, 0)

		listed, err := o.s.Deliveries.ListDeliveries(
			t.Context(), o.shop.ID, webhook.Filter{
				Statuses: []webhook.DeliveryStatus{webhook.DeliverySuperseded},
				Limit:    10,
			},
		)
		require.NoError(t, err)
		require.Len(t, listed, 1)
		_, err = o.s.Deliveries.Redeliver(t.Context(), o.shop.ID, listed[0].ID)
		require.NoError(t, err)
		require.Empty(t, o.claim(lane, 10), "not even when somebody asks for it")
		storetest.RequireClean(t, o.s)
	})
}
