package deliveries_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/webhooktest"
)

// receiver is an endpoint that answers with a status.
type receiver struct{ status, posts atomic.Int64 }

// Post implements webhook.Poster.
func (r *receiver) Post(context.Context, string, map[string][]string, []byte) webhook.Answer {
	r.posts.Add(1)
	return webhook.Answer{Status: int(r.status.Load())}
}

// failing is an endpoint that fails, with what several processes have to post to it.
type failing struct {
	receiver

	t       *testing.T
	clock   atomic.Int64 // of all processes; microseconds since 1970
	lane    string
	stores  []*stores.All
	senders []*webhook.Sender
}

func newFailing(t *testing.T, url string, processes int) *failing {
	t.Helper()
	f := &failing{t: t}
	f.status.Store(500)
	now := func() time.Time { return time.UnixMicro(f.clock.Load()).UTC() }
	f.clock.Store(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixMicro())
	for range processes {
		s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer(), Now: now})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		f.stores = append(f.stores, s)
	}
	s := f.stores[0]
	m, err := s.Accounts.CreateMerchant(t.Context(), account.NewMerchant{Name: "m", Currency: "USD"})
	require.NoError(t, err)
	e, err := s.Endpoints.CreateEndpoint(t.Context(), webhook.Endpoint{
		MerchantID: m.ID, Format: webhook.FormatStandard, URL: "https://a.example", Status: webhook.StatusActive,
		MaxRetries: webhook.ByFormat,
	}, "a secret", 20)
	require.NoError(t, err)
	f.lane = webhook.EndpointLane(e.ID)
	var rows []webhook.NewDelivery
	for i := range int64(100) {
		rows = append(rows, webhook.NewDelivery{
			MerchantID: m.ID, EndpointID: e.ID, Format: e.Format, EventID: i + 1, Sequence: i + 1,
			Message: webhook.Message{Type: "order.completed", Body: []byte("{}")}, MessageID: fmt.Sprint("m", i),
			HappenedAt: now(), DueAt: now(),
		})
	}
	require.NoError(t, s.Deliveries.AddDeliveries(t.Context(), rows))
	for _, s := range f.stores {
		services := webhooktest.OpenWith(t, s.Deliveries, s.Endpoints, webhook.SenderOptions{
			Poster: &f.receiver, Formats: storetest.PlainFormats(), Lease: time.Minute, Now: now,
		})
		f.senders = append(f.senders, services.Sender)
	}
	return f
}

// settled waits until at least so many posts have been made and all are written down.
func (f *failing) settled(least int64) (posts int64) {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		posts = f.posts.Load()
		row, err := f.stores[0].DB.Reader.WebhookLane.Query().Only(f.t.Context())
		return err == nil && posts >= least && int64(row.Failures) == posts
	}, time.Minute, 5*time.Millisecond)
	return posts
}

// pass lets so much time go by, after which every process looks at the lane.
func (f *failing) pass(d time.Duration) {
	f.clock.Add(d.Microseconds())
	for _, s := range f.senders {
		s.Wake(f.lane)
	}
}

// rounds lets the endpoint be tried so often, and counts the posts.
func (f *failing) rounds(n int) int64 {
	f.t.Helper()
	posts := f.settled(webhook.TripAfter)
	for range n {
		f.pass(9 * time.Second) // not yet
		f.pass(2 * time.Second)
		posts = f.settled(posts +
			1) // one finds out for all; what was claimed before the first pause may still be under way
	}
	return posts
}
