package fulfil_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// lister is a provider that lists what it sells.
type lister struct {
	act
	items []dialect.Item
	err   error
}

func (l *lister) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	return cmp.Or(take(l.items), l.err)
}

// What a provider lists against one offer of ours, at 10 baht: which list it is in,
// and what the offer costs once that is taken over.
func TestWhatSyncingChanges(t *testing.T) {
	const ten, nine = 10 * money.Unit, 9 * money.Unit
	item := func(cost money.Amount, currency money.Currency, available bool) []dialect.Item {
		return []dialect.Item{{SKU: "x", Cost: cost, Currency: currency, Available: available}}
	}
	for _, tt := range []struct {
		name               string
		items              []dialect.Item
		status             fulfil.Status // of the offer
		fresh, other, gone int
		cost               money.Amount
		currency           money.Currency
	}{
		{"as it was", item(ten, "THB", true), fulfil.StatusActive, 0, 0, 0, ten, "THB"},
		{"cheaper", item(nine, "THB", true), fulfil.StatusActive, 0, 1, 0, nine, "THB"},
		{"in another currency", item(ten, "USD", true), fulfil.StatusActive, 0, 1, 0, ten, "USD"},
		{"without a cost", item(0, "", true), fulfil.StatusActive, 0, 0, 0, ten, "THB"},
		{"with a currency alone", item(0, "USD", true), fulfil.StatusActive, 0, 0, 0, ten, "THB"},
		{"sold out", item(ten, "THB", false), fulfil.StatusActive, 0, 1, 0, ten, "THB"},
		{"sold out as we know", item(ten, "THB", false), fulfil.StatusDisabled, 0, 0, 0, ten, "THB"},
		{"back again", item(ten, "THB", true), fulfil.StatusDisabled, 0, 1, 0, ten, "THB"},
		{"gone", nil, fulfil.StatusActive, 0, 0, 1, ten, "THB"},
		{
			"another one",
			[]dialect.Item{{SKU: "new"}, {SKU: "x", Cost: ten, Currency: "THB", Available: true}},
			fulfil.StatusActive, 1, 0, 0, ten, "THB",
		},
		{
			"none that can be bought", []dialect.Item{{SKU: "x\x00"}, {SKU: ""}}, fulfil.StatusActive, 0, 0, 1, ten, "THB",
		},
		{"a part of a satang", item(ten+1, "THB", true), fulfil.StatusActive, 0, 1, 0, ten + 10_000, "THB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, store := administer(&lister{items: tt.items}, nil)
			offer := fulfil.Offer{
				ID: 1, ProductID: 5, ProviderID: 1, ProviderSKU: "x", Cost: ten, Currency: "THB", Status: tt.status, Priority: 3,
			}
			store.offers = []fulfil.Offer{offer, {ID: 2, ProviderID: 2, ProviderSKU: "x"}}
			d, err := s.Sync(t.Context(), 1, false)
			require.NoError(t, err)
			require.Equal(t, []int{tt.fresh, tt.other, tt.gone}, []int{len(d.New), len(d.Changed), len(d.Gone)})
			require.Equal(t, offer, store.offers[0], "only looked at")
			_, err = s.Sync(t.Context(), 1, true)
			require.NoError(t, err)
			offer.Cost, offer.Currency = tt.cost, tt.currency
			require.Equal(t, offer, store.offers[0])
		})
	}
}

// Of a bad list nothing is taken over.
func TestSyncingABadList(t *testing.T) {
	nine := dialect.Item{SKU: "x", Cost: 9 * money.Unit, Currency: "THB", Available: true}
	with := func(change func(i *dialect.Item)) []dialect.Item {
		other := nine
		other.SKU = "y"
		change(&other)
		return []dialect.Item{nine, other}
	}
	for name, items := range map[string][]dialect.Item{
		"a SKU twice":                  with(func(i *dialect.Item) { i.SKU = "x" }),
		"a currency that nobody knows": with(func(i *dialect.Item) { i.Currency = "ZZZ" }),
		"a negative cost":              with(func(i *dialect.Item) { i.Cost = -1 }),
		"too dear for an offer":        with(func(i *dialect.Item) { i.Cost = money.MaxAmount }),
		"too dear once it is whole":    with(func(i *dialect.Item) { i.Cost = 1_000_000_000_000*money.Unit - 1 }),
	} {
		t.Run(name, func(t *testing.T) {
			s, store := administer(&lister{items: items}, nil)
			offer := fulfil.Offer{
				ID: 1, ProviderID: 1, ProviderSKU: "x", Cost: 10 * money.Unit, Currency: "THB", Status: fulfil.StatusActive,
			}
			store.offers = []fulfil.Offer{offer}
			for _, apply := range []bool{false, true} {
				_, err := s.Sync(t.Context(), 1, apply)
				_, bad := errors.AsType[*dialect.BadListError](err)
				require.True(t, bad, err)
				require.Equal(t, offer, store.offers[0])
			}
		})
	}
}

// A list of any length is compared page by page: what is kept of it are the items of offers and the first new ones.
func TestLongListIsComparedInPages(t *testing.T) {
	s, store := administer(&paged{}, nil)
	store.offers = []fulfil.Offer{
		{ID: 1, ProviderID: 1, ProviderSKU: "000007", Cost: 10, Currency: "THB", Status: fulfil.StatusActive},
		{ID: 2, ProviderID: 1, ProviderSKU: "000007", Cost: 1 * money.Unit, Currency: "THB", Status: fulfil.StatusActive},
		{ID: 3, ProviderID: 1, ProviderSKU: "none", Cost: 10, Currency: "THB", Status: fulfil.StatusActive},
	}
	d, err := s.Sync(t.Context(), 1, false)
	require.NoError(t, err)
	require.Equal(t, 100_000, d.Listed)
	require.Equal(t, 99_999, d.Fresh)
	require.Len(t, d.New, fulfil.MostNew)
	require.Equal(t, []string{"000000", "001000"}, []string{d.New[0].SKU, d.New[fulfil.MostNew-1].SKU})
	require.Len(t, d.Changed, 1, "one of two offers of one item has its cost")
	require.Equal(t, int64(1), d.Changed[0].Offer.ID)
	require.Len(t, d.Gone, 1)
}

// paged lists 100,000 items, the last first, and gives each page's memory to the next one.
type paged struct{ act }

func (p *paged) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	page := make([]dialect.Item, 500)
	for from := 100_000; from > 0; from -= len(page) {
		for i := range page {
			page[i] = dialect.Item{
				SKU: fmt.Sprintf("%06d", from-1-i), Cost: 1 * money.Unit, Currency: "THB", Available: true,
			}
		}
		if err := take(page); err != nil {
			return err
		}
	}
	return nil
}

func TestProviderThatListsNothing(t *testing.T) {
	s, _ := administer(&act{}, nil)
	_, err := s.Sync(t.Context(), 1, true)
	require.ErrorIs(t, err, fulfil.ErrListsNothing)
	require.Equal(t, []string{"inquires"}, s.Capabilities(t.Context(), 1))
	s, _ = administer(&lister{act: act{safe: true}, err: errors.New("their words")}, nil)
	_, err = s.Sync(t.Context(), 1, true)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.NotContains(t, err.Error(), "their words")
	require.Equal(t, []string{"idempotent", "inquires", "lists"}, s.Capabilities(t.Context(), 1))
}
