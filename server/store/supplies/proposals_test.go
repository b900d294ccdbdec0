package supplies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// What no rule imports is proposed, until a person says what becomes of it.
func TestProposals(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		ctx := t.Context()
		f.lists(10, "A", "B", "C", "D")
		require.Equal(t, 4, f.follow(supply.Applied).Proposed)
		open, err := f.Supply.Proposals(ctx, supply.ProposalFilter{Status: supply.Open, Limit: 10})
		require.NoError(t, err)
		require.Len(t, open, 4)
		ids := map[string]int64{}
		for _, p := range open {
			ids[p.ProviderSKU] = p.ID
		}
		_, _, err = f.Supply.Accept(ctx, []int64{ids["A"]}, nil, nil)
		require.Error(t, err)
		terms := &supply.Terms{CategoryID: f.category, SKUPrefix: "NEW-"}
		accepted, refused, err := f.Supply.Accept(ctx, []int64{ids["A"], ids["B"]}, terms, nil)
		require.NoError(t, err)
		require.Equal(t, 2, accepted)
		require.Empty(t, refused)
		require.NotNil(t, f.Catalog.Snapshot().ProductBySKU("NEW-A"))
		accepted, _, err = f.Supply.Accept(ctx, []int64{ids["A"]}, terms, nil)
		require.NoError(t, err)
		require.Zero(t, accepted, "once")

		product := f.Catalog.Snapshot().ProductBySKU("OWN")
		accepted, _, err = f.Supply.Accept(ctx, []int64{ids["C"]}, nil, product)
		require.NoError(t, err)
		require.Equal(t, 1, accepted)
		offers, err := f.Providers.ListOffers(ctx, product.ID)
		require.NoError(t, err)
		require.Len(t, offers, 2)

		n, err := f.Supply.Dismiss(ctx, []int64{ids["D"], 999})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Zero(t, f.follow(supply.Applied).Proposed)
	})
}

// What was proposed and is sold since, by a rule or by hand, is proposed no longer.
func TestProposalsThatAreSold(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		open := func() (skus []string) {
			list, err := f.Supply.Proposals(t.Context(), supply.ProposalFilter{Status: supply.Open, Limit: 10})
			require.NoError(t, err)
			for _, p := range list {
				skus = append(skus, p.ProviderSKU)
			}
			return skus
		}
		f.lists(10, "A", "B", "C")
		require.Equal(t, 3, f.follow(supply.Applied).Proposed)
		f.policy(func(p *supply.Policy) {
			p.NewItems = supply.Import
			p.Rules = []supply.Rule{{Name: "item a", Terms: supply.Terms{CategoryID: f.category}}}
		})
		require.Equal(t, 1, f.follow(supply.Applied).Changes)
		require.Equal(t, []string{"C", "B"}, open())
		own := f.Catalog.Snapshot().ProductBySKU("OWN")
		_, err := f.Providers.CreateOffer(t.Context(), own, fulfil.Offer{
			ProviderID: f.provider, ProviderSKU: "B", Cost: storetest.Baht(20),
			Currency: storetest.THB, Status: fulfil.StatusActive,
		})
		require.NoError(t, err)
		f.follow(supply.Applied)
		require.Equal(t, []string{"C"}, open())
	})
}
