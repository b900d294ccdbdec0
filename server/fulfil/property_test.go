package fulfil_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

var runs = flag.Int("runs", 30, "random scripts to try on each database")

// random is a provider that does whatever chance says, and knows the truth.
type random struct {
	chance     *rand.Rand
	clock      *clock
	askable    bool
	idempotent bool

	mu     sync.Mutex
	bought map[string]*bought // by reference
}

// bought is a purchase that has arrived, or will.
type bought struct {
	arrives time.Time
	times   int           // how often it was executed
	takes   time.Duration // from its arrival
	good    int64         // units that are delivered in the end
	said    dialect.State // what the provider has said at last
}

func (p *random) Idempotent() bool { return p.idempotent }

func (p *random) Place(_ context.Context, purchase dialect.Purchase) (dialect.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	dice := p.chance.IntN(100)
	switch {
	case dice < 8:
		return dialect.Outcome{}, dialect.ErrNotSent
	case dice < 16:
		return dialect.Outcome{}, &dialect.BusyError{After: time.Duration(p.chance.IntN(5)) * time.Second}
	case dice < 24:
		return dialect.Outcome{}, errors.New("lost on its way")
	}
	b := p.bought[purchase.Reference]
	if b == nil || !p.idempotent {
		if b == nil {
			b = &bought{
				arrives: p.clock.now(), takes: time.Duration(p.chance.IntN(3)) * 20 * time.Second,
				good: p.chance.Int64N(purchase.Quantity + 1),
			}
			if p.chance.IntN(2) == 0 {
				b.good = purchase.Quantity
			}
			p.bought[purchase.Reference] = b
		}
		b.times++
	}
	switch {
	case dice < 34:
		// Still under way when the caller gives up.
		b.arrives = p.clock.now().Add(time.Duration(p.chance.Int64N(int64(callTimeout))))
		return dialect.Outcome{}, errors.New("time-out")
	case dice < 44:
		return dialect.Outcome{}, dialect.ErrMalformed
	default:
		return p.answer(b, purchase.Quantity), nil
	}
}

func (p *random) answer(b *bought, quantity int64) dialect.Outcome {
	o := dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs"}
	if p.clock.now().Sub(b.arrives) >= b.takes {
		o.State, o.FailureCode = dialect.Refused, "NO"
		if b.good > 0 {
			o.State = dialect.Delivered
		}
		if b.good == quantity {
			o.FailureCode = ""
		}
		for i := range b.good {
			o.Goods = append(o.Goods, dialect.Goods{Content: fmt.Sprint("unit ", i)})
		}
	}
	b.said = o.State
	return o
}

// asked is a random that can be asked.
type asked struct{ *random }

func (p asked) Inquire(_ context.Context, purchase dialect.Purchase) (dialect.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chance.IntN(5) == 0 {
		return dialect.Outcome{}, errors.New("no answer")
	}
	b := p.bought[purchase.Reference]
	if b == nil || b.arrives.After(p.clock.now()) {
		return dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeNotReceived}, nil
	}
	return p.answer(b, purchase.Quantity), nil
}

// crashing is a store whose caller dies now and then just before it settles.
type crashing struct {
	fulfil.Store

	mu     sync.Mutex
	chance *rand.Rand
}

var errCrash = errors.New("the process dies")

func (c *crashing) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	c.mu.Lock()
	dies := c.chance.IntN(6) == 0
	c.mu.Unlock()
	if dies {
		return nil, errCrash
	}
	return c.Store.Settle(ctx, results)
}

// Over random providers and crashes: nothing is bought twice where it can be asked
// or repeated, every unit that was bought is delivered and every other one paid
// back, and every attempt ends or is parked with a reason.
func TestRandomProvidersAndCrashes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	storetest.RunURL(t, func(t *testing.T, url string) {
		t.Parallel()
		c := &clock{at: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
		s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer(), Now: c.now})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("buyer", 1_000_000)
		for run := range *runs {
			playRandom(t, w, c, rand.New(rand.NewPCG(seed, uint64(run))), run, m.ID)
			if t.Failed() {
				t.Fatalf("run %d", run)
			}
		}
		_, err = s.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%v", f) })
		require.NoError(t, err)
	})
}

func playRandom(t *testing.T, w *storetest.World, c *clock, chance *rand.Rand, run int, merchant int64) {
	t.Helper()
	sku := fmt.Sprint("SKU-", run)
	product := w.Product(sku, 10, func(p *catalog.Product) {
		p.Source = catalog.SourceProvider
		if chance.IntN(3) == 0 {
			p.FulfilWithin = time.Minute
		}
	})
	d := make(directory)
	var all []*random
	for i := range 1 + chance.IntN(3) {
		p := &random{
			chance: rand.New(rand.NewPCG(chance.Uint64(), 1)), clock: c, askable: chance.IntN(3) > 0,
			idempotent: chance.IntN(2) == 0,
			bought:     make(map[string]*bought),
		}
		all = append(all, p)
		row, err := w.Store.Providers.CreateProvider(
			t.Context(), fulfil.Provider{
				Name: fmt.Sprintf("p-%d-%d", run, i), Connector: "sim",
				Status: fulfil.StatusActive,
			},
			nil,
		)
		require.NoError(t, err)
		_, err = w.Store.Providers.CreateOffer(
			t.Context(),
			fulfil.Offer{
				ProductID: product.ID, ProviderID: row.ID, ProviderSKU: "x", Currency: storetest.THB, Priority: i,
				Status: fulfil.StatusActive,
			},
		)
		require.NoError(t, err)
		if d[row.ID] = p; p.askable {
			d[row.ID] = asked{p}
		}
	}
	e := fulfil.NewEngine(fulfil.Options{
		Store:     &crashing{Store: w.Store.Attempts, chance: rand.New(rand.NewPCG(chance.Uint64(), 2))},
		Providers: w.Store.Providers, Directory: d, Log: slog.New(slog.DiscardHandler), Now: c.now,
		CallTimeout: callTimeout,
	})
	defer e.Close()
	require.NoError(t, w.Catalog.Refresh(t.Context()))
	placed, err := w.Orders.Create(t.Context(), &order.Draft{
		MerchantID: merchant, Currency: storetest.THB, Reference: sku, Door: "hub",
		Lines: []order.DraftLine{{SKU: sku, Quantity: 1 + chance.Int64N(3)}},
	})
	require.NoError(t, err)
	finishRandom(t, w, e, c, placed.Order)
	checkRandom(t, w, all, placed.Order)
}

// finishRandom does what jobs would, the failed ones of them again.
func finishRandom(t *testing.T, w *storetest.World, e *fulfil.Engine, c *clock, o *order.Order) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	fresh := make(map[int64]bool)
	for range 2000 {
		next, err := e.Route(ctx, []int64{o.ID})
		if err != nil {
			require.ErrorIs(t, err, errCrash)
			continue
		}
		attempts, err := w.Store.Attempts.Attempts(ctx, []int64{o.ID})
		require.NoError(t, err)
		tried := attempts[o.ID][o.Lines[0].ID]
		if len(tried) > 0 {
			last := tried[len(tried)-1]
			switch {
			case last.Status == fulfil.AttemptParked:
				return
			case last.Status.Settled():
			default:
				first := !fresh[last.ID] && last.Status == fulfil.AttemptSubmitting
				if fresh[last.ID] = true; !first && last.NextCheckAt != nil {
					c.moveTo(*last.NextCheckAt)
				}
				_, err := e.Call(ctx, []int64{last.ID}, first)
				if err != nil {
					require.ErrorIs(t, err, errCrash)
				}
				continue
			}
		}
		now, err := w.Orders.Get(ctx, order.ByMerchant(o.MerchantID), o.Number)
		require.NoError(t, err)
		if now.Status.Final() {
			return
		}
		c.moveTo(next)
	}
	t.Error("it never ends")
}

func checkRandom(t *testing.T, w *storetest.World, providers []*random, o *order.Order) {
	t.Helper()
	final, err := w.Orders.Get(t.Context(), order.ByMerchant(o.MerchantID), o.Number)
	require.NoError(t, err)
	byOrder, err := w.Store.Attempts.Attempts(t.Context(), []int64{o.ID})
	require.NoError(t, err)
	attempts := byOrder[o.ID][o.Lines[0].ID]
	parked := slices.ContainsFunc(attempts, func(a fulfil.Attempt) bool { return a.Status == fulfil.AttemptParked })
	if !final.Status.Final() && !parked {
		t.Errorf("the order is %s and nobody has to decide", final.Status)
	}
	delivered := int64(0)
	for _, p := range providers {
		for reference, b := range p.bought {
			if b.times > 1 {
				t.Errorf("%s was bought %d times", reference, b.times)
			}
			i := slices.IndexFunc(attempts, func(a fulfil.Attempt) bool { return a.Reference == reference })
			if attempts[i].Status != fulfil.AttemptParked {
				delivered += b.good
			}
		}
	}
	line := final.Lines[0]
	if line.Completed != delivered || int64(len(line.Goods)) != delivered {
		t.Errorf("%d units were bought, %d delivered", delivered, line.Completed)
	}
	if want := line.UnitPrice * money.Amount(line.Failed); final.Refunded != want {
		t.Errorf("%d failed, and %d is given back", line.Failed, final.Refunded)
	}
	for _, a := range attempts {
		if !a.Status.Settled() && (a.Status != fulfil.AttemptParked || a.FailureMessage == "") {
			t.Errorf("attempt %s is %s", a.Reference, a.Status)
		}
	}
}
