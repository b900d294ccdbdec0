package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

func micros(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.ParseSigned(text, "THB")
	require.NoError(t, err)
	return a
}

// A rule takes its percentage, adds its amount, rounds to the minor unit, rounds as it says, and last comes the floor.
func TestPriceOfARule(t *testing.T) {
	amount := func(text string) money.Amount { return micros(t, text) }
	cost := catalog.Cost{Amount: amount("82.53"), Known: true}
	rule := func(base catalog.PriceBase, percent int64, amounts string) catalog.PriceRule {
		r := catalog.PriceRule{Base: base, Percent: percent}
		for _, one := range strings.Fields(amounts) {
			what, text, _ := strings.Cut(one, "=")
			switch what {
			case "plus":
				r.Amount = amount(text)
			case "floor":
				r.Floor = amount(text)
			default:
				r.Rounding, r.Step = catalog.Rounding(what), amount(text)
			}
		}
		return r
	}
	small := catalog.Cost{Amount: 12_345_000, Known: true}
	dear := catalog.Cost{Amount: 900_000_000_000 * money.Unit, Known: true}
	for name, c := range map[string]struct {
		rule    catalog.PriceRule
		cost    catalog.Cost
		price   string
		problem catalog.PriceProblem
	}{
		"12 % on cost":           {rule(catalog.OnCost, 1200, ""), cost, "92.43", ""},
		"below the list":         {rule(catalog.OnList, -1050, ""), cost, "89.50", ""},
		"per cent and an amount": {rule(catalog.OnCost, 1000, "plus=1.50"), cost, "92.28", ""},
		"to the nearest 0.05":    {rule(catalog.OnCost, 1200, "nearest=0.05"), cost, "92.45", ""},
		"up to 0.05":             {rule(catalog.OnCost, 1000, "up=0.05"), cost, "90.80", ""},
		"up to a step it is at":  {rule(catalog.OnList, 0, "up=25.00"), cost, "100.00", ""},
		"to .99":                 {rule(catalog.OnCost, 1000, "ending=0.99"), cost, "90.99", ""},
		"to .50, the next one":   {rule(catalog.OnCost, 1000, "ending=0.50"), cost, "91.50", ""},
		"the floor":              {rule(catalog.OnList, -1000, "floor=95.01"), cost, "95.01", catalog.PriceBelowFloor},
		"not below nothing":      {rule(catalog.OnList, 0, "plus=-200.00"), catalog.Cost{}, "0.00", catalog.PriceBelowFloor},
		"at a loss":              {rule(catalog.OnList, -5000, ""), cost, "50.00", catalog.PriceBelowCost},
		"no cost: as without":    {rule(catalog.OnCost, 1200, ""), catalog.Cost{}, "100.00", catalog.PriceNoCost},
		"no rate: as without": {
			rule(catalog.OnCost, 1200, ""), catalog.Cost{NoRate: true}, "100.00", catalog.PriceNoRate,
		},
		"too dear: as without":    {rule(catalog.OnCost, 100_000, ""), dear, "100.00", catalog.PriceTooDear},
		"a cost in small numbers": {rule(catalog.OnCost, 0, ""), small, "12.35", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := &catalog.Product{ID: 1, Currency: "THB", Price: amount("100.00"), Status: catalog.StatusActive}
			l := &catalog.PriceList{ID: 5, Name: "l", Currency: "THB", Status: catalog.ListActive, Version: 3}
			c.rule.Number = 7
			l.Rules = []catalog.PriceRule{c.rule}
			require.NoError(t, l.Normalize())
			s := catalog.NewSnapshot(1, nil, []*catalog.Product{p}, nil).WithPrices(catalog.Prices{
				Lists: []*catalog.PriceList{l}, ListOf: map[int64]int64{9: 5}, Costs: map[int64]catalog.Cost{1: c.cost},
			})
			previewed := s.Preview(l)
			require.Len(t, previewed, 1)
			require.Equal(t, c.price, previewed[0].Price.Format("THB"))
			require.Equal(t, c.problem, previewed[0].Problem)
			paid := s.PriceFor(9, p, time.Now())
			require.Equal(t, c.price, paid.Amount.Format("THB"))
			require.Equal(t, !strings.HasSuffix(name, ": as without"), paid.Rule == "l/3/7")
			require.Equal(t, catalog.Price{Amount: p.Price}, s.PriceFor(8, p, time.Now()), "of another merchant")
		})
	}
}

// A product's rule comes before its category's, that before the one of all; a listing before any.
func TestWhichRuleCounts(t *testing.T) {
	products := []*catalog.Product{
		{ID: 1, Currency: "THB", Price: micros(t, "100.00"), Category: catalog.Category{ID: 4}},
		{ID: 2, Currency: "THB", Price: micros(t, "100.00"), Category: catalog.Category{ID: 4}},
		{ID: 3, Currency: "THB", Price: micros(t, "100.00"), Category: catalog.Category{ID: 6}},
		{ID: 4, Currency: "EUR", Price: micros(t, "100.00"), Category: catalog.Category{ID: 4}},
	}
	own := micros(t, "77.00")
	l := &catalog.PriceList{
		ID: 5, Name: "l", Currency: "THB", Status: catalog.ListActive, Version: 1, Rules: []catalog.PriceRule{
			{Base: catalog.OnList, Percent: -100},
			{CategoryID: 4, Base: catalog.OnList, Percent: -200},
			{ProductID: 1, Base: catalog.OnList, Percent: -300},
			{ProductID: 1, Base: catalog.OnList, Percent: -400},
		},
	}
	require.NoError(t, l.Normalize())
	s := catalog.NewSnapshot(1, nil, products, []*catalog.Listing{{MerchantID: 8, ProductID: 1, Price: &own}}).
		WithPrices(catalog.Prices{Lists: []*catalog.PriceList{l}, ListOf: map[int64]int64{7: 5, 8: 5}})
	for i, want := range []catalog.Price{
		{Amount: micros(t, "97.00"), Rule: "l/1/3"},
		{Amount: micros(t, "98.00"), Rule: "l/1/2"},
		{Amount: micros(t, "99.00"), Rule: "l/1/1"},
		{Amount: micros(t, "100.00")},
	} {
		require.Equal(t, want, s.PriceFor(7, products[i], time.Now()), "product %d", i+1)
	}
	require.Equal(t, catalog.Price{Amount: own, Rule: catalog.ListingRule}, s.PriceFor(8, products[0], time.Now()))
}

// The moment of the order decides whether a list makes its price, and says how long that holds.
func TestPricesHaveTheirTime(t *testing.T) {
	from, until := noon, noon.Add(time.Hour)
	p := &catalog.Product{ID: 1, Currency: "THB", Price: micros(t, "100.00")}
	l := &catalog.PriceList{
		ID: 5, Name: "l", Currency: "THB", Status: catalog.ListActive, From: &from, Until: &until,
		Rules: []catalog.PriceRule{{Number: 1, Base: catalog.OnList, Percent: -1000}},
	}
	s := catalog.NewSnapshot(1, nil, []*catalog.Product{p}, nil).WithPrices(catalog.Prices{
		Version: 3, Lists: []*catalog.PriceList{l}, ListOf: map[int64]int64{7: 5},
	})
	for at, want := range map[time.Time]string{
		from.Add(-1): "100.00", from: "90.00", until.Add(-1): "90.00", until: "100.00",
	} {
		require.Equal(t, want, s.PriceFor(7, p, at).Amount.Format("THB"), at)
		held := s.PricesHeld(7, at)
		require.True(t, held.At(at), at)
		for other := range map[time.Time]bool{from.Add(-1): true, from: true, until.Add(-1): true, until: true} {
			same := s.PriceFor(7, p, other) == s.PriceFor(7, p, at) && (at.Before(from) == other.Before(from))
			require.Equal(t, same, held.At(other), "%s at %s", at, other)
		}
		require.EqualValues(t, 3, held.Version)
	}
	require.Equal(t, catalog.PricesHeld{Version: 3}, s.PricesHeld(8, from))
}

func TestPriceListsAreChecked(t *testing.T) {
	later, sooner := noon.Add(time.Hour), noon
	good := catalog.PriceRule{Base: catalog.OnList}
	with := func(r catalog.PriceRule) catalog.PriceList {
		return catalog.PriceList{Name: "l", Currency: "THB", Rules: []catalog.PriceRule{r}}
	}
	for field, l := range map[string]catalog.PriceList{
		"name":              {Name: "No Name", Currency: "THB"},
		"currency":          {Name: "l", Currency: "XXX1"},
		"end_time":          {Name: "l", Currency: "THB", From: &later, Until: &sooner},
		"rules[0].base":     with(catalog.PriceRule{}),
		"rules[0].percent":  with(catalog.PriceRule{Base: catalog.OnCost, Percent: -10_001}),
		"rules[0].amount":   with(catalog.PriceRule{Base: catalog.OnCost, Amount: 1}),
		"rules[0].step":     with(catalog.PriceRule{Base: catalog.OnCost, Rounding: catalog.RoundUp}),
		"rules[0].rounding": with(catalog.PriceRule{Base: catalog.OnCost, Rounding: "down"}),
		"rules[0].floor":    with(catalog.PriceRule{Base: catalog.OnCost, Floor: -1}),
		"rules[0].category": with(catalog.PriceRule{Base: catalog.OnCost, ProductID: 1, CategoryID: 1}),
		"rules[1].number": {Name: "l", Currency: "THB", Rules: []catalog.PriceRule{
			{Number: 2, Base: catalog.OnList}, {Number: 2, Base: catalog.OnList},
		}},
		"rules": {Name: "l", Currency: "THB", Rules: make([]catalog.PriceRule, 1001)},
	} {
		err := l.Normalize()
		var invalid *errs.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, invalid.Violations[0].Field)
	}
	fine := catalog.PriceList{Name: "l", Currency: "THB", Rules: []catalog.PriceRule{good, good}}
	require.NoError(t, fine.Normalize())
	require.EqualValues(t, 2, fine.Rules[1].Number)
}
