package fulfil_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// stage is an order of two units, and the providers that may deliver it.
type stage struct {
	*storetest.World
	t         *testing.T
	clock     *clock
	directory fulfil.Directory
	engine    *fulfil.Engine
	buyer     account.Merchant
	order     *order.Order
	began     time.Time
}

// offer is a provider on the stage.
type offer struct {
	product   string // "" for "GOOD"
	connector dialect.Connector
	priority  int
	cost      money.Amount
	limits    fulfil.Limits
}

// limited knows the providers of a stage with their limits.
type limited struct {
	directory
	limits map[int64]fulfil.Limits
}

func (l *limited) Connect(ctx context.Context, id int64) (*fulfil.Provider, dialect.Connector, error) {
	p, c, err := l.directory.Connect(ctx, id)
	p.Limits = l.limits[id]
	return p, c, err
}

func play(t *testing.T, within time.Duration, offers []offer, check func(s *stage)) {
	t.Helper()
	storetest.RunURL(t, func(t *testing.T, url string) {
		c := &clock{at: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
		st, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer(), Now: c.now})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, st.Close()) })
		s := &stage{World: storetest.NewWorld(t, st, 1), t: t, clock: c, began: c.now()}
		products := make(map[string]catalog.Product)
		for _, o := range append(offers, offer{}) {
			sku := cmp.Or(o.product, "GOOD")
			if _, found := products[sku]; !found {
				products[sku] = s.Product(
					sku, 10, func(p *catalog.Product) { p.Source, p.FulfilWithin = catalog.SourceProvider, within },
				)
			}
		}
		l := &limited{directory: make(directory), limits: make(map[int64]fulfil.Limits)}
		for i, o := range offers {
			row, err := st.Providers.CreateProvider(
				t.Context(), fulfil.Provider{Name: fmt.Sprint("p", i), Connector: "sim", Status: fulfil.StatusActive},
				nil,
			)
			require.NoError(t, err)
			_, err = st.Providers.CreateOffer(t.Context(), fulfil.Offer{
				ProductID: products[cmp.Or(o.product, "GOOD")].ID, ProviderID: row.ID, ProviderSKU: "x",
				Priority: o.priority,
				Cost:     o.cost, Currency: storetest.THB, Status: fulfil.StatusActive,
			})
			require.NoError(t, err)
			l.directory[row.ID], l.limits[row.ID] = o.connector, o.limits
		}
		s.directory = l
		s.engine = fulfil.NewEngine(
			fulfil.Options{
				Store: st.Attempts, Providers: st.Providers, Directory: l, Log: slog.New(slog.DiscardHandler),
				Now: c.now, CallTimeout: callTimeout,
			},
		)
		t.Cleanup(s.engine.Close)
		s.buyer = s.Merchant("buyer", 1000)
		placed, err := s.Orders.Create(t.Context(), storetest.Draft(s.buyer, "r", "GOOD", 2))
		require.NoError(t, err)
		s.order = placed.Order
		finishRandom(t, s.World, s.engine, c, s.order)
		check(s)
	})
}

// final is the order as it ended, with its attempts.
func (s *stage) final() (*order.Order, []fulfil.Attempt) {
	s.t.Helper()
	o, err := s.Orders.Get(s.t.Context(), order.ByMerchant(s.order.MerchantID), s.order.Number)
	require.NoError(s.t, err)
	attempts, err := s.Store.Attempts.Attempts(s.t.Context(), []int64{o.ID})
	require.NoError(s.t, err)
	return o, attempts[o.ID][o.Lines[0].ID]
}

func TestBusyProviderIsWaitedFor(t *testing.T) {
	play(t, 0, []offer{{connector: &act{place: func(calls int, p dialect.Purchase) (dialect.Outcome, error) {
		if calls%3 > 0 {
			return dialect.Outcome{}, &dialect.BusyError{After: 10 * time.Second}
		}
		return goods(p), nil
	}}}}, func(s *stage) {
		o, attempts := s.final()
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Len(t, attempts, 1, "one attempt, however often it is turned away")
		require.Equal(t, 20*time.Second, s.clock.now().Sub(s.began))
	})
}

func TestDeadlineOfAProduct(t *testing.T) {
	down := func() *act {
		return &act{
			place: func(int, dialect.Purchase) (dialect.Outcome, error) {
				return dialect.Outcome{},
					dialect.ErrNotSent
			},
		}
	}
	play(t, 0, []offer{{connector: down()}}, func(s *stage) {
		o, attempts := s.final()
		require.Equal(t, dialect.CodeProviderUnavailable, o.FailureCode)
		require.Len(t, attempts, 1)
		require.Equal(t, o.Total, o.Refunded)
	})
	play(t, time.Minute, []offer{{connector: down()}}, func(s *stage) {
		o, attempts := s.final()
		require.Equal(t, order.StatusFailed, o.Status)
		require.Equal(t, dialect.CodeDeadlineExceeded, o.FailureCode)
		require.Greater(t, len(attempts), 3, "tried again and again")
		require.Equal(t, o.Total, o.Refunded)
		require.Equal(t, time.Minute, s.clock.now().Sub(s.began))
	})
}

func TestHorizon(t *testing.T) {
	forever := func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs"}, nil
	}
	play(
		t, 0, []offer{{connector: &act{place: forever, inquire: forever}, limits: fulfil.Limits{Horizon: time.Hour}}},
		func(s *stage) {
			o, attempts := s.final()
			require.Equal(t, order.StatusProcessing, o.Status)
			require.Equal(t, fulfil.AttemptParked, attempts[0].Status)
			require.Contains(t, attempts[0].FailureMessage, "1h0m0s")
			require.Less(t, attempts[0].Checks, 40, "the interval grows")
			require.Greater(t, s.clock.now().Sub(s.began), time.Hour)
		},
	)
}

func TestRouting(t *testing.T) {
	deliver := func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }
	first, cheap, dear := &act{place: deliver}, &act{place: deliver}, &act{place: deliver}
	refuse := &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{State: dialect.Refused, FailureCode: "NO"}, nil
	}}
	play(
		t, 0,
		[]offer{
			{connector: dear, priority: 1, cost: 5},
			{connector: cheap, priority: 1, cost: 4},
			{connector: refuse, priority: 0, cost: 9},
			{connector: first, priority: 2, cost: 1},
		},
		func(s *stage) {
			o, attempts := s.final()
			require.Equal(t, order.StatusCompleted, o.Status)
			require.Len(t, attempts, 2)
			require.Equal(t, "NO", attempts[0].FailureCode, "priority first")
			require.Zero(t, dear.placed+first.placed, "then cost")
			require.Equal(t, money.Amount(4), attempts[1].Cost)
		},
	)
}

func TestRestGoesToTheNextOffer(t *testing.T) {
	half := &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{
			State: dialect.Delivered, Goods: []dialect.Goods{{Content: "half"}}, FailureCode: "RAN_OUT",
		}, nil
	}}
	rest := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }}
	play(t, 0, []offer{{connector: half}, {connector: rest, priority: 1}}, func(s *stage) {
		o, attempts := s.final()
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Len(t, o.Lines[0].Goods, 2)
		require.Equal(t, int64(1), attempts[1].Quantity)
		require.Zero(t, o.Refunded)
	})
	play(t, 0, []offer{{connector: half}}, func(s *stage) {
		o, _ := s.final()
		require.Equal(t, order.StatusFailed, o.Status)
		require.Equal(t, "RAN_OUT", o.FailureCode)
		require.Equal(t, o.Total/2, o.Refunded)
	})
}

func TestHeldGoodsComeBack(t *testing.T) {
	held := []dialect.Goods{{Content: "ticket a"}, {Content: "ticket b"}}
	play(t, 0, []offer{{connector: &act{
		place: func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs", Goods: held}, nil
		},
		inquire: func(asked int, p dialect.Purchase) (dialect.Outcome, error) {
			if asked == 1 {
				return dialect.Outcome{State: dialect.Accepted}, nil
			}
			return dialect.Outcome{State: dialect.Delivered, Goods: p.Held}, nil
		},
	}}}, func(s *stage) {
		o, attempts := s.final()
		require.Equal(t, "ticket b", o.Lines[0].Goods[1].Content)
		require.Equal(t, "theirs", attempts[0].ProviderReference)
		require.Empty(t, attempts[0].Held, "delivered")
	})
}

func TestForgottenPurchaseIsParked(t *testing.T) {
	play(t, 0, []offer{{connector: &act{
		place: func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Accepted}, nil
		},
		inquire: func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeNotReceived}, nil
		},
		safe: true,
	}}}, func(s *stage) {
		_, attempts := s.final()
		require.Equal(t, fulfil.AttemptParked, attempts[0].Status)
	})
}

// A provider that does not answer is left alone, and its offers come last.
func TestBreaker(t *testing.T) {
	silent := &act{
		place: func(int, dialect.Purchase) (dialect.Outcome, error) { return dialect.Outcome{}, dialect.ErrNotSent },
	}
	well := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }}
	play(t, 0, []offer{{connector: silent}, {connector: well, priority: 1}}, func(s *stage) {
		before := silent.placed - 1
		for i := range 9 {
			placed, err := s.Orders.Create(t.Context(), &order.Draft{
				MerchantID: s.order.MerchantID, Currency: storetest.THB, Reference: fmt.Sprint("more-", i), Door: "hub",
				Lines: []order.DraftLine{{SKU: "GOOD", Quantity: 1}},
			})
			require.NoError(t, err)
			finishRandom(t, s.World, s.engine, s.clock, placed.Order)
		}
		require.Equal(t, 5, silent.placed-before, "then it is left alone")
	})
}

// A line that nobody else sells waits a moment for a provider that is left alone.
func TestLeftAloneIsWaitedFor(t *testing.T) {
	back := false
	shy := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) {
		if !back {
			return dialect.Outcome{}, dialect.ErrNotSent
		}
		return goods(p), nil
	}}
	play(t, 0, []offer{{connector: shy}}, func(s *stage) {
		defer func() { back = false }()
		var last *order.Order
		for i := range 5 {
			placed, err := s.Orders.Create(t.Context(), &order.Draft{
				MerchantID: s.order.MerchantID, Currency: storetest.THB, Reference: fmt.Sprint("more-", i), Door: "hub",
				Lines: []order.DraftLine{{SKU: "GOOD", Quantity: 1}},
			})
			require.NoError(t, err)
			if last = placed.Order; i < 4 {
				finishRandom(t, s.World, s.engine, s.clock, last)
			}
		}
		_, err := s.engine.Route(t.Context(), []int64{last.ID})
		require.NoError(t, err)
		before := shy.placed
		attempts, err := s.Store.Attempts.Attempts(t.Context(), []int64{last.ID})
		require.NoError(t, err)
		for _, tried := range attempts[last.ID] {
			_, err = s.engine.Call(t.Context(), []int64{tried[0].ID}, true)
			require.NoError(t, err)
		}
		require.Equal(t, before, shy.placed, "it was not asked")
		next, err := s.engine.Route(t.Context(), []int64{last.ID})
		require.NoError(t, err)
		require.False(t, next.IsZero(), "it waits")
		now, err := s.Orders.Get(t.Context(), order.ByMerchant(last.MerchantID), last.Number)
		require.NoError(t, err)
		require.False(t, now.Status.Final())
	})
}

func TestRateLimit(t *testing.T) {
	refusing := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }}
	play(t, 0, []offer{{connector: refusing, limits: fulfil.Limits{RequestsPerMinute: 1, Burst: 1}}}, func(s *stage) {
		placed, err := s.Orders.Create(
			t.Context(), storetest.Draft(account.Merchant{ID: s.order.MerchantID}, "second", "GOOD", 1),
		)
		require.NoError(t, err)
		_, err = s.engine.Route(t.Context(), []int64{placed.Order.ID})
		require.NoError(t, err)
		attempts, err := s.Store.Attempts.Attempts(t.Context(), []int64{placed.Order.ID})
		require.NoError(t, err)
		var id int64
		for _, tried := range attempts[placed.Order.ID] {
			id = tried[0].ID
		}
		ctx, cancel := context.WithTimeout(t.Context(), callTimeout+callTimeout/6+200*time.Millisecond)
		defer cancel()
		_, err = s.engine.Call(ctx, []int64{id}, true)
		require.NoError(t, err)
		waiting, err := s.Store.Attempts.Attempt(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, fulfil.AttemptWaiting, waiting.Status, "certainly not with the provider")
	})
}
