package supply_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/supply"
)

const ten = 10 * money.Unit

// shelf has the category 1 and some products.
type shelf map[string]bool

func (s shelf) Taken(sku, slug string) bool { return s[sku] || s[slug] }
func (shelf) HasCategory(id int64) bool     { return id == 1 }

func item(sku string, cost money.Amount) dialect.Item {
	return dialect.Item{SKU: sku, Name: "Item " + sku, Category: "Games", Cost: cost, Currency: "THB", Available: true}
}

func offer(sku string, cost money.Amount) supply.Offer {
	return supply.Offer{ID: 7, ProductID: 9, ProviderSKU: sku, Cost: cost, Currency: "THB", Status: fulfil.StatusActive}
}

// input is what a plan is made from, all at once.
type input struct {
	supply.Input
	Items  []dialect.Item
	Offers []supply.Offer
	Known  []supply.Known
}

// plan is all of a plan.
type plan struct {
	*supply.Plan
	Changes   []supply.Change
	Proposals []supply.Proposal
}

func makePlan(in *input) (made plan, err error) {
	in.List = &dialect.List{}
	in.List.Add(in.Items)
	in.Input.Offers = func(each func(*supply.Offer) error) error { return eachOf(in.Offers, each) }
	in.Input.Known = func(each func(*supply.Known) error) error { return eachOf(in.Known, each) }
	in.Write = func(changes []supply.Change, proposals []supply.Proposal) error {
		made.Changes, made.Proposals = append(made.Changes, changes...), append(made.Proposals, proposals...)
		return nil
	}
	made.Plan, err = supply.MakePlan(&in.Input)
	return made, err
}

func eachOf[T any](all []T, each func(*T) error) error {
	for i := range all {
		if err := each(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestWhatAListChanges(t *testing.T) {
	soldOut := item("x", ten)
	soldOut.Available = false
	with := func(change func(o *supply.Offer)) supply.Offer {
		o := offer("x", ten)
		change(&o)
		return o
	}
	cost := []supply.Kind{supply.Cost}
	off := with(func(o *supply.Offer) { o.Status, o.OffBySync = fulfil.StatusDisabled, 3 })
	offByHand := with(func(o *supply.Offer) { o.Status = fulfil.StatusDisabled })
	for _, tt := range []struct {
		name  string
		items []dialect.Item
		offer supply.Offer
		kinds []supply.Kind
		hold  bool
	}{
		{"as it was", []dialect.Item{item("x", ten)}, offer("x", ten), nil, false},
		{"dearer by 20 %", []dialect.Item{item("x", 12*money.Unit)}, offer("x", ten), cost, false},
		{"dearer by more", []dialect.Item{item("x", 12*money.Unit+10_000)}, offer("x", ten), cost, true},
		{"half as dear", []dialect.Item{item("x", ten/2)}, offer("x", ten), cost, false},
		{"cheaper than half", []dialect.Item{item("x", ten/2-10_000)}, offer("x", ten), cost, true},
		{"from no cost", []dialect.Item{item("x", ten)}, offer("x", 0), cost, false},
		{
			"a hundredth with a locked price",
			[]dialect.Item{item("x", ten/100)},
			with(func(o *supply.Offer) { o.PriceLocked = true }), nil, false,
		},
		{
			"in another currency",
			[]dialect.Item{{SKU: "x", Cost: ten, Currency: "USD", Available: true}},
			offer("x", ten),
			cost,
			true,
		},
		{"says no cost", []dialect.Item{{SKU: "x", Available: true}}, offer("x", ten), nil, false},
		{"sold out", []dialect.Item{soldOut}, offer("x", ten), []supply.Kind{supply.Off}, false},
		{"sold out as we know", []dialect.Item{soldOut}, off, nil, false},
		{"gone", []dialect.Item{item("y", ten)}, offer("x", ten), []supply.Kind{supply.Off}, true},
		{
			"sold out with a locked state",
			[]dialect.Item{soldOut},
			with(func(o *supply.Offer) { o.StateLocked = true }), nil, false,
		},
		{"gone as we know", []dialect.Item{item("y", ten)}, off, nil, false},
		{"back", []dialect.Item{item("x", ten)}, off, []supply.Kind{supply.On}, false},
		{"back, but a person had disabled it", []dialect.Item{item("x", ten)}, offByHand, nil, false},
		{
			"dearer with a locked price",
			[]dialect.Item{item("x", 50*money.Unit)},
			with(func(o *supply.Offer) { o.PriceLocked = true }), nil, false,
		},
		{
			"gone with a locked state",
			[]dialect.Item{item("y", ten)},
			with(func(o *supply.Offer) { o.StateLocked = true }), nil, false,
		},
		{
			"a part of a satang is rounded up", []dialect.Item{item("x", ten-1)}, offer("x", ten), nil, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := makePlan(&input{
				Input: supply.Input{Provider: "topups", Shelf: shelf{}}, Items: tt.items,
				Offers: []supply.Offer{tt.offer},
			})
			require.NoError(t, err)
			var kinds []supply.Kind
			for _, c := range plan.Changes {
				kinds = append(kinds, c.Kind)
			}
			require.Equal(t, tt.kinds, kinds)
			require.Equal(t, tt.hold, plan.Hold != "", plan.Hold)
		})
	}
}

func TestHowMuchMayBeSwitchedOff(t *testing.T) {
	var offers []supply.Offer
	for i := range 10 {
		offers = append(offers, offer(fmt.Sprint(i), ten))
	}
	plan := func(listed, soldOut, percent int) plan {
		in := &input{
			Input: supply.Input{Shelf: shelf{}, Policy: supply.Policy{HoldGone: percent}}, Offers: offers,
		}
		for i := range listed {
			in.Items = append(in.Items, item(fmt.Sprint(i), ten))
			in.Items[i].Available = i >= soldOut
		}
		made, err := makePlan(in)
		require.NoError(t, err)
		return made
	}
	for _, tt := range []struct {
		listed, soldOut, percent int
		hold                     string
	}{
		{8, 0, 0, ""},
		{7, 0, 0, "of 10 active offers 3 are not listed any more and 0 cannot be bought"},
		{7, 0, 30, ""},
		{1, 0, 100, ""},
		{10, 5, 0, ""},
		{8, 5, 0, ""},
		{10, 6, 0, "of 10 active offers 0 are not listed any more and 6 cannot be bought"},
		{9, 6, 60, "of 10 active offers 1 are not listed any more and 6 cannot be bought"},
		{9, 6, 70, ""},
		{10, 10, 100, ""},
	} {
		require.Equal(t, tt.hold, plan(tt.listed, tt.soldOut, tt.percent).Hold, "%+v", tt)
	}
}

func TestListsThatAreBad(t *testing.T) {
	flawed := item("x", 0)
	flawed.Flaw = "its cost is negative"
	for name, tt := range map[string]struct {
		items  []dialect.Item
		reason string
	}{
		"empty where there were items": {nil, "the list is empty, and was not before"},
		"a SKU twice": {
			[]dialect.Item{item("x", ten), item("y", ten), item("x", ten)}, `the list has "x" twice`,
		},
		"a bad cost": {[]dialect.Item{flawed}, `the list has "x", and its cost is negative`},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := makePlan(&input{
				Input: supply.Input{Shelf: shelf{}}, Items: tt.items, Offers: []supply.Offer{offer("x", ten)},
			})
			var bad *dialect.BadListError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, tt.reason, bad.Reason)
			require.Empty(t, made.Proposals, "nothing was written")
			require.Empty(t, made.Changes, "nothing was written")
		})
	}
	plan, err := makePlan(&input{Input: supply.Input{Shelf: shelf{}}})
	require.NoError(t, err, "a list that never had anything may be empty")
	require.Empty(t, plan.Changes)
}

func TestNewItems(t *testing.T) {
	rule := supply.Rule{
		Category: "game*", Name: "item", Currency: "THB",
		Terms: supply.Terms{CategoryID: 1, Markup: 1250, RoundUpTo: 500_000},
	}
	nameless := item("n/1", 10_010_000)
	nameless.Name = ""
	for _, tt := range []struct {
		name string
		rule supply.Rule
		item dialect.Item
		made supply.Product
		why  string
	}{
		{"fits", rule, item("A 1", ten), supply.Product{
			SKU: "topups:A-1", Slug: "topups-a-1", Name: "Item A 1", CategoryID: 1, Price: 11_500_000, Active: true,
		}, ""},
		{"without a name", supply.Rule{Terms: supply.Terms{CategoryID: 1, SKUPrefix: "T_"}}, nameless, supply.Product{
			SKU: "T_n-1", Slug: "t-n-1", Name: "n/1", CategoryID: 1, Price: 10_010_000, Active: true,
		}, ""},
		{"another category", supply.Rule{Category: "cards"}, item("a", ten), supply.Product{}, "no rule fits"},
		{"another currency", supply.Rule{Currency: "USD"}, item("a", ten), supply.Product{}, "no rule fits"},
		{"no cost", supply.Rule{}, dialect.Item{SKU: "a"}, supply.Product{}, "the provider does not say what it costs"},
		{"no category", supply.Rule{}, item("a", ten), supply.Product{}, "its category is none"},
		{"taken", rule, item("OLD", ten), supply.Product{}, "there is a product topups:OLD"},
		{
			"too dear", rule, item("a", 999_999_999_999*money.Unit),
			supply.Product{},
			"its price would be too large",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := makePlan(&input{Input: supply.Input{
				Provider: "topups", Policy: supply.Policy{NewItems: supply.Import, Rules: []supply.Rule{tt.rule}},
				Shelf: shelf{"topups:OLD": true},
			}, Items: []dialect.Item{tt.item}})
			require.NoError(t, err)
			if tt.why == "" {
				require.Len(t, plan.Changes, 1)
				require.Equal(t, tt.made, plan.Changes[0].Product)
				require.Empty(t, plan.Proposals)
				return
			}
			require.Empty(t, plan.Changes)
			require.Equal(t, tt.why, plan.Proposals[0].Note)
		})
	}
	t.Run("sold in another currency", func(t *testing.T) {
		inEuros := supply.Rule{Terms: supply.Terms{CategoryID: 1, Markup: 1000, Currency: "EUR"}}
		in := &input{Input: supply.Input{
			Provider: "topups", Shelf: shelf{},
			Policy: supply.Policy{NewItems: supply.Import, Rules: []supply.Rule{inEuros}},
		}, Items: []dialect.Item{item("A", ten)}}
		const why = "no exchange rate tells its cost in EUR: THB/EUR"
		plan, err := makePlan(in)
		require.NoError(t, err)
		require.Empty(t, plan.Changes)
		require.Equal(t, why, plan.Proposals[0].Note)
		in.Convert = func(a money.Amount, from, to money.Currency) (money.Amount, bool) {
			return a / 40, from == "THB" && to == "EUR"
		}
		plan, err = makePlan(in)
		require.NoError(t, err)
		require.Empty(t, plan.Proposals)
		c := plan.Changes[0]
		require.Equal(t, []any{money.Amount(280_000), money.Currency("EUR"), ten, money.Currency("THB")},
			[]any{c.Product.Price, c.PriceCurrency(), c.NewCost, c.NewCurrency}, "0.25 EUR and 10 %, up to a cent")
	})
	t.Run("two items that would be one product", func(t *testing.T) {
		plan, err := makePlan(&input{Input: supply.Input{
			Provider: "topups", Shelf: shelf{},
			Policy: supply.Policy{NewItems: supply.Import, Rules: []supply.Rule{rule}},
		}, Items: []dialect.Item{item("A 1", ten), item("A/1", ten)}})
		require.NoError(t, err)
		require.Len(t, plan.Changes, 1)
		require.Equal(t, "another item of the list becomes topups:A-1", plan.Proposals[0].Note)
	})
}

func TestProposalsThatThereAre(t *testing.T) {
	same := supply.Proposal{Name: "Item same", Category: "Games", Cost: ten, Currency: "THB", Available: true}
	known := []supply.Known{
		{1, "same", supply.Open, same.Sum()},
		{2, "other", supply.Open, 0},
		{3, "unwanted", supply.Dismissed, 0},
		{4, "lost", supply.Open, 0},
		{5, "lost before", supply.Gone, 0},
		{6, "again", supply.Gone, 0},
		{7, "bought", supply.Open, 0},
	}
	plan, err := makePlan(&input{Input: supply.Input{Shelf: shelf{}}, Known: known, Items: []dialect.Item{
		item("same", ten), item("other", ten), item("unwanted", ten), item("again", ten), item("fresh", ten),
		item("bought", ten),
	}, Offers: []supply.Offer{offer("bought", ten)}})
	require.NoError(t, err)
	got := map[string]supply.ProposalStatus{}
	for _, p := range plan.Proposals {
		got[p.ProviderSKU] = p.Status
	}
	require.Equal(t, map[string]supply.ProposalStatus{
		"other": supply.Open, "again": supply.Open, "fresh": supply.Open, "lost": supply.Gone,
		"bought": supply.Accepted,
	}, got)
}
