package supplies_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// lister is a provider that only lists.
type lister struct {
	items []dialect.Item
	err   error
	while func() // the list is read
	hangs bool
}

func (*lister) Idempotent() bool { return true }

func (*lister) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("sells nothing")
}

func (l *lister) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	if l.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if l.while != nil {
		l.while()
	}
	for at := 0; at < len(l.items); at += 500 {
		part := append([]dialect.Item(nil), l.items[at:min(at+500, len(l.items))]...)
		if err := take(part); err != nil {
			return err
		}
	}
	return l.err
}

// follower is a hub with a provider of which one product is sold.
type follower struct {
	*storetest.World
	t        *testing.T
	list     *lister
	provider int64
	category int64
	offer    fulfil.Offer // of the product
}

func newFollower(t *testing.T, w *storetest.World) *follower {
	f := &follower{World: w, t: t, list: &lister{}}
	p := w.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	w.Supplied(p, "topups", f.list)
	f.category = p.Category.ID
	offers, err := w.Providers.ListOffers(t.Context(), p.ID)
	require.NoError(t, err)
	f.offer, f.provider = offers[0], offers[0].ProviderID
	f.offer = f.changes(func(o *fulfil.Offer) { o.Cost = storetest.Baht(10) })
	return f
}

// changes changes the offer as a person does.
func (f *follower) changes(how func(o *fulfil.Offer)) fulfil.Offer {
	f.t.Helper()
	changed, err := f.Providers.UpdateOffer(f.t.Context(), f.offer.ID, func(o *fulfil.Offer) error {
		how(o)
		return nil
	})
	require.NoError(f.t, err)
	return changed
}

func (f *follower) lists(own int64, others ...string) {
	f.list.items = nil
	if own > 0 {
		f.list.items = append(f.list.items, listed("OWN", own))
	}
	for _, sku := range others {
		f.list.items = append(f.list.items, listed(sku, 20))
	}
}

func listed(sku string, cost int64) dialect.Item {
	return dialect.Item{
		SKU: sku, Name: "Item " + sku, Category: "games", Cost: storetest.Baht(cost), Currency: storetest.THB, Stock: -1,
		Available: true,
	}
}

// follow reads the list as an operator does.
func (f *follower) follow(status supply.Status) supply.Sync {
	f.t.Helper()
	done, err := f.Supply.Follow(f.t.Context(), f.provider, "ada")
	require.NoError(f.t, err)
	require.Equal(f.t, status, done.Status, done.Reason)
	kept, err := f.Supply.Sync(f.t.Context(), done.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, status, kept.Status)
	return done
}

// own is the offer as it is now.
func (f *follower) own() fulfil.Offer {
	f.t.Helper()
	o, err := f.Providers.Offer(f.t.Context(), f.offer.ID)
	require.NoError(f.t, err)
	return o
}

func (f *follower) policy(change func(p *supply.Policy)) {
	f.t.Helper()
	p := supply.Policy{ProviderID: f.provider}
	change(&p)
	_, err := f.Supply.SetPolicy(f.t.Context(), p)
	require.NoError(f.t, err)
}

func (f *follower) events() (kinds []operatorevent.Kind) {
	f.t.Helper()
	all, err := f.Store.OperatorEvents.List(f.t.Context(), operatorevent.Filter{ProviderID: f.provider, Limit: 100})
	require.NoError(f.t, err)
	for _, e := range all {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func run(t *testing.T, body func(t *testing.T, f *follower)) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) { body(t, newFollower(t, w)) })
}

// A cost that rises by 30 % overnight is held or taken over, as the policy says.
func TestCosts(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.lists(13)
		held := f.follow(supply.Held)
		require.Equal(t, storetest.Baht(10), f.own().Cost)
		require.Equal(t, []operatorevent.Kind{supply.EventHeld}, f.events())
		again := f.follow(supply.Held)
		old, err := f.Supply.Sync(t.Context(), held.ID)
		require.NoError(t, err)
		require.Equal(t, supply.Rejected, old.Status, "who asks again gets the newer list")
		_, err = f.Supply.Approve(t.Context(), held.ID, "ada")
		require.ErrorIs(t, err, supply.ErrNotHeld)

		approved, err := f.Supply.Approve(t.Context(), again.ID, "grace")
		require.NoError(t, err)
		require.Equal(t, supply.Applied, approved.Status)
		require.Equal(t, storetest.Baht(13), f.own().Cost)

		f.policy(func(p *supply.Policy) { p.HoldRise = 50 })
		f.lists(17)
		done := f.follow(supply.Applied)
		require.Equal(t, storetest.Baht(17), f.own().Cost)

		undone, err := f.Supply.Undo(t.Context(), done.ID, "grace", true)
		require.NoError(t, err)
		require.Equal(t, supply.Undone, undone.Status)
		require.Equal(t, storetest.Baht(13), f.own().Cost)
		require.True(t, f.own().PriceLocked)
		f.follow(supply.Applied)
		require.Equal(t, storetest.Baht(13), f.own().Cost, "what is locked stays")
		_, err = f.Supply.Undo(t.Context(), done.ID, "grace", false)
		require.ErrorIs(t, err, supply.ErrNotApplied)
	})
}

// A change that was made by hand after a sync is not undone, and one before an approval is not overwritten.
func TestChangesByHandStay(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.lists(11)
		done := f.follow(supply.Applied)
		f.changes(func(o *fulfil.Offer) { o.Cost = storetest.Baht(5) })
		changes, err := f.Supply.Changes(t.Context(), done.ID, 0, 10)
		require.NoError(t, err)
		kept, err := f.Supply.UndoChange(t.Context(), changes[0].ID, false)
		require.NoError(t, err)
		require.Equal(t, supply.Kept, kept.State)
		require.Equal(t, "the offer was changed meanwhile", kept.Note)
		require.Equal(t, storetest.Baht(5), f.own().Cost)

		held := f.follow(supply.Held)
		f.changes(func(o *fulfil.Offer) { o.Cost = storetest.Baht(6) })
		approved, err := f.Supply.Approve(t.Context(), held.ID, "grace")
		require.NoError(t, err)
		require.Equal(t, 1, approved.Skipped)
		require.Equal(t, storetest.Baht(6), f.own().Cost)
	})
}

// What is gone is switched off, and on again when it is back, unless a person had a say.
func TestGoneAndBack(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.policy(func(p *supply.Policy) { p.HoldGone = 100 })
		f.lists(0, "OTHER")
		off := f.follow(supply.Applied)
		require.Equal(t, fulfil.StatusDisabled, f.own().Status)
		require.Equal(t, off.ID, f.own().OffBySync)
		f.lists(10, "OTHER")
		f.follow(supply.Applied)
		require.Equal(t, fulfil.StatusActive, f.own().Status)

		f.lists(0, "OTHER")
		f.follow(supply.Applied)
		f.changes(func(o *fulfil.Offer) { o.SetStatus(fulfil.StatusDisabled) })
		f.lists(10, "OTHER")
		f.follow(supply.Applied)
		require.Equal(t, fulfil.StatusDisabled, f.own().Status, "a person's word holds")

		f.changes(func(o *fulfil.Offer) { o.SetStatus(fulfil.StatusActive) })
		f.policy(func(p *supply.Policy) { p.HoldGone = 50 })
		f.lists(0, "OTHER")
		held := f.follow(supply.Held)
		require.Equal(t, fulfil.StatusActive, f.own().Status)
		_, err := f.Supply.Reject(t.Context(), held.ID, "grace")
		require.NoError(t, err)
		_, err = f.Supply.Reject(t.Context(), held.ID, "grace")
		require.ErrorIs(t, err, supply.ErrNotHeld)
	})
}

// Of a list that is bad nothing is taken over.
func TestBadLists(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.lists(11, "A")
		f.follow(supply.Applied)
		before := f.own()
		for name, spoil := range map[string]func(){
			"empty":            func() { f.list.items = nil },
			"a SKU twice":      func() { f.lists(12, "A", "B", "A") },
			"a negative cost":  func() { f.lists(12, "A"); f.list.items[1].Cost = -1 },
			"an absurd cost":   func() { f.lists(12, "A"); f.list.items[1].Cost = 1e18 },
			"unknown currency": func() { f.lists(12, "A"); f.list.items[1].Currency = "ZZZ" },
			"an error page":    func() { f.lists(12); f.list.err = dialect.ErrMalformed },
		} {
			t.Run(name, func(t *testing.T) {
				spoil()
				bad := f.follow(supply.Refused)
				require.NotEmpty(t, bad.Reason)
				require.Equal(t, before, f.own())
				f.list.err = nil
			})
		}
		f.list.err = errors.New("no answer")
		first := f.follow(supply.Failed)
		again := f.follow(supply.Failed)
		require.Equal(t, first.ID, again.ID, "one that is as bad is counted")
		require.Equal(t, 2, again.Times)
		require.Len(t, f.events(), 1+6+1)
		require.Equal(t, before, f.own())
	})
}

// A provider that does not go on with its list is not waited for.
func TestListsThatHang(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.list.hangs = true
		f.Supply = supply.NewService(supply.Options{
			Store: f.Store.Supplies, Providers: f.Providers, Catalogue: f.Catalog, Log: slog.New(slog.DiscardHandler),
			Now: f.Store.Now, NewHolder: rand.Text, Patience: time.Millisecond,
		})
		failed := f.follow(supply.Failed)
		require.Equal(t, "the provider's list could not be read: it took too long", failed.Reason)
	})
}

// A list in another currency is sold in ours by the rates of the operators; without one it is proposed.
func TestImportInAnotherCurrency(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.policy(func(p *supply.Policy) {
			p.NewItems = supply.Import
			p.Rules = []supply.Rule{{Terms: supply.Terms{CategoryID: f.category, Markup: 1000, Currency: "USD"}}}
		})
		f.lists(10)
		f.list.items = append(f.list.items, listed("NEW", 40))
		require.Equal(t, 1, f.follow(supply.Applied).Proposed)
		open, err := f.Supply.Proposals(t.Context(), supply.ProposalFilter{Limit: 10})
		require.NoError(t, err)
		require.Equal(t, "no exchange rate tells its cost in USD: THB/USD", open[0].Note)
		terms := supply.Terms{CategoryID: f.category, Currency: "USD"}
		_, refused, err := f.Supply.Accept(t.Context(), []int64{open[0].ID}, &terms, nil)
		require.NoError(t, err)
		require.Len(t, refused, 1)

		rate, err := exchange.ParseRate("40")
		require.NoError(t, err)
		_, err = f.Store.Rates.Add(t.Context(), exchange.Entry{
			Pair: exchange.Pair{Base: "USD", Quote: "THB"}, Rate: rate, From: time.Now().Add(-time.Hour), At: time.Now(),
		})
		require.NoError(t, err)
		f.Supply = supply.NewService(supply.Options{
			Store: f.Store.Supplies, Providers: f.Providers, Catalogue: f.Catalog, Log: slog.New(slog.DiscardHandler),
			Now: f.Store.Now, NewHolder: rand.Text, Rates: exchange.NewService(f.Store.Rates, time.Now),
		})
		require.Equal(t, 1, f.follow(supply.Applied).Changes)
		p := f.Catalog.Snapshot().ProductBySKU("topups:NEW")
		require.NotNil(t, p)
		require.Equal(t, "1.10 USD", p.Price.Format(p.Currency)+" "+string(p.Currency))
		offers, err := f.Providers.ListOffers(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(40), offers[0].Cost)
		require.EqualValues(t, "THB", offers[0].Currency)
	})
}

// 5,000 items are imported by rule, and undone.
func TestImportByRule(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		const many = 5000
		f.policy(func(p *supply.Policy) {
			p.NewItems = supply.Import
			p.Rules = []supply.Rule{{Category: "games", Terms: supply.Terms{CategoryID: f.category, Markup: 1000}}}
		})
		f.lists(10)
		for i := range many {
			f.list.items = append(f.list.items, listed(fmt.Sprintf("N%04d", i), 20))
		}
		f.list.items = append(f.list.items, dialect.Item{SKU: "WITHOUT", Name: "No cost", Available: true})
		done := f.follow(supply.Applied)
		require.Equal(t, many, done.Changes)
		require.Equal(t, 1, done.Proposed)
		require.Zero(t, done.Skipped)
		p := f.Catalog.Snapshot().ProductBySKU("topups:N4999")
		require.NotNil(t, p)
		require.Equal(t, storetest.Baht(22), p.Price)
		offers, err := f.Providers.ListOffers(t.Context(), p.ID)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(20), offers[0].Cost)
		require.Equal(t, fulfil.StatusActive, offers[0].Status)
		require.Zero(t, f.follow(supply.Applied).Changes, "a list that is as before changes nothing")

		changed := *p
		changed.Name = "Renamed"
		_, err = f.Catalog.UpdateProduct(t.Context(), changed)
		require.NoError(t, err)
		_, err = f.Supply.Undo(t.Context(), done.ID, "ada", false)
		require.NoError(t, err)
		require.Equal(t, catalog.StatusActive, f.Catalog.Snapshot().ProductBySKU("topups:N4999").Status)
		require.Equal(t, catalog.StatusArchived, f.Catalog.Snapshot().ProductBySKU("topups:N0000").Status)
		kept, err := f.Store.Supplies.Count(t.Context(), done.ID, supply.Kept)
		require.NoError(t, err)
		require.Equal(t, 1, kept)
	})
}

// A list is read by one at a time, on its schedule, and one that was left unfinished is finished.
func TestTurns(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		ctx := t.Context()
		f.lists(11)
		f.list.while = func() {
			_, err := f.Supply.Follow(ctx, f.provider, "grace")
			require.ErrorIs(t, err, supply.ErrRunning)
		}
		f.follow(supply.Applied)
		f.list.while = nil

		require.NoError(t, f.Supply.Tick(ctx), "nothing is due")
		f.policy(func(p *supply.Policy) { p.Interval = time.Hour })
		f.lists(12)
		require.NoError(t, f.Supply.Tick(ctx))
		require.Equal(t, storetest.Baht(12), f.own().Cost)
		f.lists(13)
		require.NoError(t, f.Supply.Tick(ctx), "not again before an hour")
		require.Equal(t, storetest.Baht(12), f.own().Cost)

		left, err := f.Store.Supplies.Begin(ctx, supply.Sync{ProviderID: f.provider, Status: supply.Applying})
		require.NoError(t, err)
		require.NoError(t, f.Store.Supplies.AddChanges(ctx, left.ID, []supply.Change{{
			Kind: supply.Off, State: supply.Planned, OfferID: f.offer.ID, ProviderSKU: "OWN",
		}}))
		require.NoError(t, f.Supply.Tick(ctx))
		finished, err := f.Supply.Sync(ctx, left.ID)
		require.NoError(t, err)
		require.Equal(t, supply.Applied, finished.Status)
		standings, err := f.Supply.Standings(ctx)
		require.NoError(t, err)
		require.Equal(t, time.Hour, standings[0].Interval)
		require.EqualValues(t, 1, standings[0].Listed)
	})
}
