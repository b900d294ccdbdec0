package api_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

var (
	watchers = flag.Int("watchers", 40, "streams of TestManyWatchers")
	watched  = flag.Int("watched", 2000, "events of TestManyWatchers")
)

func TestListEvents(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 10)
	for i := range 3 {
		_, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, fmt.Sprint(i), "CODE", 1))
		require.NoError(t, err)
	}
	resp, err := h.orders().ListEvents(h.asShop(), &orderhubv1.ListEventsRequest{PageSize: 4})
	require.NoError(t, err)
	require.Len(t, resp.GetEvents(), 4)
	require.True(t, resp.GetMore())
	require.EqualValues(t, 4, resp.GetNextAfterSequence())
	require.Empty(t, resp.GetNextAfterPosition())
	e := resp.GetEvents()[3]
	require.EqualValues(t, 4, e.GetSequence())
	require.Equal(t, "order.completed", e.GetType())
	require.Equal(t, "shop", e.GetMerchant())
	require.Equal(t, "1", e.GetReferenceId())
	require.Empty(t, e.GetPosition())
	resp, err = h.orders().ListEvents(h.asShop(), &orderhubv1.ListEventsRequest{AfterSequence: 4})
	require.NoError(t, err)
	require.Len(t, resp.GetEvents(), 2)
	require.False(t, resp.GetMore())
	resp, err = h.orders().ListEvents(h.asShop(), &orderhubv1.ListEventsRequest{AfterSequence: 6})
	require.NoError(t, err)
	require.Empty(t, resp.GetEvents())
	require.EqualValues(t, 6, resp.GetNextAfterSequence(), "where to go on from does not get lost")

	resp, err = h.orders().ListEvents(h.asAdmin(), &orderhubv1.ListEventsRequest{PageSize: 5})
	require.NoError(t, err)
	require.Len(t, resp.GetEvents(), 5)
	require.Equal(t, resp.GetEvents()[4].GetPosition(), resp.GetNextAfterPosition())
	resp, err = h.orders().ListEvents(
		h.asAdmin(), &orderhubv1.ListEventsRequest{AfterPosition: resp.GetNextAfterPosition()},
	)
	require.NoError(t, err)
	require.Len(t, resp.GetEvents(), 1)

	_, err = h.orders().ListEvents(h.asAdmin(), &orderhubv1.ListEventsRequest{AfterSequence: 1})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.orders().ListEvents(h.asShop(), &orderhubv1.ListEventsRequest{AfterPosition: "1-1"})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.orders().ListEvents(h.asAdmin(), &orderhubv1.ListEventsRequest{AfterPosition: "x"})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.orders().ListEvents(h.asShop(), &orderhubv1.ListEventsRequest{Merchant: "operator"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func TestWatchOrders(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 1, 10)
		stream, err := h.orders().WatchOrders(
			h.asShop(), &orderhubv1.WatchOrdersRequest{EventTypes: []string{"order.completed"}},
		)
		require.NoError(t, err)
		first, err := stream.Recv()
		require.NoError(t, err)
		require.Nil(t, first.GetEvent(), "a stream that begins with nothing says that it is open")
		require.WithinDuration(t, time.Now(), first.GetHeartbeatTime().AsTime(), time.Minute)

		_, err = h.Orders.Create(t.Context(), storetest.Draft(h.shop, "1", "CODE", 1))
		require.NoError(t, err)
		next, err := stream.Recv()
		require.NoError(t, err)
		require.EqualValues(t, 2, next.GetEvent().GetSequence())

		h.server.EndStreams()
		_, err = stream.Recv()
		refused(t, err, codes.Unavailable, "UNAVAILABLE")
	})
}

// Who does not read is told to resume; what waits for it is what fits into its
// connection, and one page of the log.
func TestSlowWatcher(t *testing.T) {
	h := startHub(t, func(o *api.Options) { o.SlowAfter = 300 * time.Millisecond })
	h.Stocked("CODE", 1, 1000)
	for i := range 1000 {
		_, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, fmt.Sprint(i), "CODE", 1))
		require.NoError(t, err)
	}
	stream, err := h.orders().WatchOrders(h.asShop(), &orderhubv1.WatchOrdersRequest{})
	require.NoError(t, err)
	time.Sleep(5 * time.Second) // not reading is what is tried
	seen := int64(0)
	for {
		m, err := stream.Recv()
		if err != nil {
			refused(t, err, codes.Aborted, "READING_TOO_SLOWLY")
			break
		}
		require.Equal(t, seen+1, m.GetEvent().GetSequence())
		seen++
	}
	require.Less(t, seen, int64(2000))
	stream, err = h.orders().WatchOrders(h.asShop(), &orderhubv1.WatchOrdersRequest{AfterSequence: seen})
	require.NoError(t, err)
	for seen < 2000 {
		m, err := stream.Recv()
		require.NoError(t, err)
		require.Equal(t, seen+1, m.GetEvent().GetSequence())
		seen++
	}
}

// Streams that break off at random and resume, on two servers of one database:
// each sees its merchant's log complete, in order, once.
func TestManyWatchers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		hubs := []*services{startHubOn(t, s, nil)}
		hubs[0].Stocked("CODE", 1, *watched)
		if s.Pool() != nil {
			hubs = append(hubs, secondHub(t, hubs[0], open()))
		}
		const merchants = 10
		perMerchant := int64(*watched / merchants)
		shops, keys := make([]account.Merchant, merchants), make([]string, merchants)
		for i := range shops {
			shops[i] = hubs[0].Merchant(fmt.Sprintf("shop-%d", i), 1_000_000)
			keys[i] = hubs[0].issueKey(shops[i].ID, account.ScopeMerchant)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		var running sync.WaitGroup
		for i := range *watchers {
			running.Go(func() {
				h := hubs[i%len(hubs)]
				if err := watchAll(
					metadata.AppendToOutgoingContext(ctx, "x-api-key", keys[i%merchants]), h, perMerchant,
				); err != nil {
					t.Errorf("watcher %d: %v", i, err)
				}
			})
		}
		for i := range shops {
			running.Go(func() {
				for n := range perMerchant / 2 {
					h := hubs[int(n)%len(hubs)]
					if _, err := h.Orders.Create(ctx, storetest.Draft(shops[i], fmt.Sprint(n), "CODE", 1)); err != nil {
						t.Errorf("order %d of shop %d: %v", n, i, err)
						return
					}
				}
			})
		}
		running.Wait()
	})
}

// secondHub is another server on the database of first.
func secondHub(t *testing.T, first *services, s *stores.All) *services {
	h := &services{
		t: t, World: storetest.NewWorld(t, s, 1), log: &loggingtest.Buffer{}, registry: prometheus.NewRegistry(),
		shop:    first.shop,
		shopKey: first.shopKey, adminKey: first.adminKey,
	}
	h.start(s, nil)
	return h
}

// watchAll reads a merchant's log up to a sequence over streams that break off.
func watchAll(ctx context.Context, h *services, last int64) error {
	seen := int64(0)
	for seen < last {
		streamCtx, breakOff := context.WithCancel(ctx)
		stream, err := h.orders().WatchOrders(streamCtx, &orderhubv1.WatchOrdersRequest{AfterSequence: seen})
		if err != nil {
			breakOff()
			return err
		}
		for range 1 + rand.N(200) {
			m, err := stream.Recv()
			if err == io.EOF || status.Code(err) == codes.Unavailable {
				break
			}
			if err != nil {
				breakOff()
				return fmt.Errorf("after event %d: %w", seen, err)
			}
			if m.GetEvent() == nil {
				continue
			}
			if m.GetEvent().GetSequence() != seen+1 {
				breakOff()
				return fmt.Errorf("event %d came after event %d", m.GetEvent().GetSequence(), seen)
			}
			if seen++; seen == last {
				break
			}
		}
		breakOff()
	}
	return nil
}

// Who may not call any more is not told any more either.
// A ticket opens the stream of who asked for it, for a minute, and nothing else.
func TestWatchTicket(t *testing.T) {
	var ahead atomic.Int64 // of the clock
	h := startHub(t, func(o *api.Options) {
		o.LookAgain = 50 * time.Millisecond
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	key, plain, err := h.Accounts.IssueKey(t.Context(), account.Key{MerchantID: h.shop.ID, Scope: account.ScopeMerchant})
	require.NoError(t, err)
	made, err := h.orders().CreateWatchTicket(withKey(t, plain), &orderhubv1.CreateWatchTicketRequest{})
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Minute), made.GetExpireTime().AsTime(), 10*time.Second)
	require.Regexp(t, `^[A-Za-z0-9_-]{20,200}$`, made.GetTicket())
	with := func(ticket string) context.Context {
		return metadata.AppendToOutgoingContext(t.Context(), api.TicketHeader, ticket)
	}
	open := func(ticket string) (orderhubv1.OrderService_WatchOrdersClient, error) {
		stream, err := h.orders().WatchOrders(with(ticket), &orderhubv1.WatchOrdersRequest{})
		require.NoError(t, err)
		_, err = stream.Recv()
		return stream, err
	}
	stream, err := open(made.GetTicket())
	require.NoError(t, err)
	for _, bad := range []string{plain, made.GetTicket() + "AAAA", "AAAA" + made.GetTicket(), "!"} {
		_, err = open(bad)
		refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	}
	_, err = h.orders().ListOrders(with(made.GetTicket()), &orderhubv1.ListOrdersRequest{})
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	_, err = h.orders().CreateWatchTicket(h.asAdmin(), &orderhubv1.CreateWatchTicketRequest{})
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")

	ahead.Store(int64(2 * time.Minute))
	_, err = open(made.GetTicket())
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
	h.Stocked("CODE", 1, 10)
	_, err = h.Orders.Create(t.Context(), storetest.Draft(h.shop, "1", "CODE", 1))
	require.NoError(t, err)
	next, err := stream.Recv()
	require.NoError(t, err, "the stream outlives its ticket")
	require.EqualValues(t, 1, next.GetEvent().GetSequence())

	_, err = h.Accounts.RevokeKey(t.Context(), h.shop.ID, key.ID)
	require.NoError(t, err)
	for err == nil {
		_, err = stream.Recv()
	}
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
}

func TestWatchersLoseTheirKey(t *testing.T) {
	for name, tt := range map[string]struct {
		lose   func(h *services, key int64) error
		code   codes.Code
		reason string
	}{
		"revoked": {func(h *services, key int64) error {
			_, err := h.Accounts.RevokeKey(t.Context(), h.shop.ID, key)
			return err
		}, codes.Unauthenticated, "UNAUTHENTICATED"},
		"suspended": {func(h *services, _ int64) error {
			status := account.StatusSuspended
			_, err := h.Accounts.UpdateMerchant(t.Context(), h.shop.ID, account.MerchantChange{Status: &status})
			return err
		}, codes.PermissionDenied, "MERCHANT_SUSPENDED"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHub(t, func(o *api.Options) { o.LookAgain = 50 * time.Millisecond })
			key, plain, err := h.Accounts.IssueKey(t.Context(), account.Key{MerchantID: h.shop.ID, Scope: account.ScopeMerchant})
			require.NoError(t, err)
			stream, err := h.orders().WatchOrders(withKey(t, plain), &orderhubv1.WatchOrdersRequest{})
			require.NoError(t, err)
			_, err = stream.Recv() // a heartbeat: it stands
			require.NoError(t, err)
			require.NoError(t, tt.lose(h, key.ID))
			_, err = stream.Recv()
			refused(t, err, tt.code, tt.reason)
		})
	}
}
