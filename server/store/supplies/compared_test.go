package supplies_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// meanwhile has something happen between the reading of offers and their change.
type meanwhile struct {
	fulfil.ProviderStore
	do func()
}

func (m meanwhile) ProviderOffers(ctx context.Context, providerID int64) ([]fulfil.Offer, error) {
	offers, err := m.ProviderStore.ProviderOffers(ctx, providerID)
	m.do()
	return offers, err
}

// What a person says of an offer while it is compared with the list holds.
func TestComparingKeepsWhatIsSaidMeanwhile(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		compare := func(meanwhileDo func()) fulfil.Offer {
			t.Helper()
			f.changes(func(o *fulfil.Offer) {
				o.LockPrice(false)
				o.SetStatus(fulfil.StatusActive)
				o.SetCost(storetest.Baht(10), storetest.THB)
			})
			p := fulfil.NewProviders(fulfil.ProvidersOptions{
				Store: meanwhile{f.Store.Providers, meanwhileDo}, Directory: f.World,
				Log: slog.New(slog.DiscardHandler),
			})
			d, err := p.Sync(t.Context(), f.provider, true)
			require.NoError(t, err)
			require.Len(t, d.Changed, 1)
			return f.own()
		}
		f.lists(11)
		require.Equal(t, storetest.Baht(11), compare(func() {}).Cost)
		o := compare(func() { f.changes(func(o *fulfil.Offer) { o.LockPrice(true) }) })
		require.Equal(t, storetest.Baht(10), o.Cost)
		require.True(t, o.PriceLocked)
		o = compare(func() { f.changes(func(o *fulfil.Offer) { o.SetStatus(fulfil.StatusDisabled) }) })
		require.Equal(t, storetest.Baht(11), o.Cost)
		require.Equal(t, fulfil.StatusDisabled, o.Status)
		o = compare(func() { f.changes(func(o *fulfil.Offer) { o.SetCost(storetest.Baht(8), storetest.THB) }) })
		require.Equal(t, storetest.Baht(8), o.Cost)
	})
}

// Changes of one offer that are made at the same time are all made.
func TestOfferIsChangedTogether(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		const changes = 16
		made, refused := storetest.Together(changes, func(i int) error {
			_, err := f.Providers.UpdateOffer(t.Context(), f.offer.ID, func(o *fulfil.Offer) error {
				if o.Priority++; i == 0 {
					o.LockPrice(true)
				}
				return nil
			})
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, changes, made)
		require.Equal(t, f.offer.Priority+changes, f.own().Priority)
		require.True(t, f.own().PriceLocked)
	})
}

// An item that got an offer by hand while its list was held is not imported a second time.
func TestImportAfterAnOfferByHand(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.policy(func(p *supply.Policy) {
			p.NewItems = supply.Import
			p.Rules = []supply.Rule{{Terms: supply.Terms{CategoryID: f.category}}}
		})
		f.lists(13, "BYHAND", "NEW")
		held := f.follow(supply.Held)
		p := f.Product("MINE", 30, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		_, err := f.Providers.CreateOffer(t.Context(), &p, fulfil.Offer{
			ProviderID: f.provider, ProviderSKU: "BYHAND", Cost: 20 * money.Unit,
		})
		require.NoError(t, err)
		approved, err := f.Supply.Approve(t.Context(), held.ID, "grace")
		require.NoError(t, err)
		require.Equal(t, []int{3, 1}, []int{approved.Changes, approved.Skipped})
		changes, err := f.Supply.Changes(t.Context(), held.ID, 0, 10)
		require.NoError(t, err)
		for _, c := range changes {
			if c.ProviderSKU == "BYHAND" {
				require.Equal(t, supply.Skipped, c.State)
				require.Equal(t, "there is an offer of this item", c.Note)
			} else {
				require.Equal(t, supply.Made, c.State, c.ProviderSKU)
			}
		}
		require.Nil(t, f.Catalog.Snapshot().ProductBySKU("topups:BYHAND"))
		require.NotNil(t, f.Catalog.Snapshot().ProductBySKU("topups:NEW"))
		require.NotNil(t, f.Catalog.Snapshot().ProductBySKU("MINE"))
	})
}

// Operators are told of one change that is undone, and of a held list whose place a newer one takes.
func TestWhatElseIsTold(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		f.lists(11)
		done := f.follow(supply.Applied)
		changes, err := f.Supply.Changes(t.Context(), done.ID, 0, 10)
		require.NoError(t, err)
		undone, err := f.Supply.UndoChange(t.Context(), changes[0].ID, true)
		require.NoError(t, err)
		require.Equal(t, supply.PutBack, undone.State)
		told, err := f.Store.OperatorEvents.List(t.Context(), operatorevent.Filter{ProviderID: f.provider, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, supply.EventUndone, told[0].Kind)
		require.Equal(t, "One change of a sync was put back, that of OWN.", told[0].Message)
		require.Equal(t, f.offer.ProductID, told[0].ProductID)

		f.changes(func(o *fulfil.Offer) { o.LockPrice(false) })
		f.lists(13)
		held := f.follow(supply.Held)
		f.lists(14)
		f.follow(supply.Held)
		require.Equal(t, []operatorevent.Kind{
			supply.EventHeld, supply.EventRejected, supply.EventHeld, supply.EventUndone, supply.EventApplied,
		}, f.events())
		old, err := f.Supply.Sync(t.Context(), held.ID)
		require.NoError(t, err)
		require.Equal(t, "a newer list", old.DecidedBy)
		require.NotNil(t, old.EndedAt)
	})
}
