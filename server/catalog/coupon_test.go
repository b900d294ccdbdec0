package catalog_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

func percent(basisPoints int64) catalog.Coupon {
	return catalog.Coupon{Code: "YAZ10", Kind: catalog.CouponPercent, PercentBasisPoints: basisPoints}
}

func amount(a money.Amount, currency money.Currency) catalog.Coupon {
	return catalog.Coupon{Code: "YAZ10", Kind: catalog.CouponAmount, Amount: a, Currency: currency}
}

// TestCouponRules has values at their limits and one beyond.
func TestCouponRules(t *testing.T) {
	limit := func(n int64) *int64 { return &n }
	at := func(seconds int) *time.Time {
		moment := noon.Add(time.Duration(seconds) * time.Second)
		return &moment
	}
	with := func(change func(c *catalog.Coupon)) catalog.Coupon {
		c := percent(1)
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		coupon catalog.Coupon
		fields []string
	}{
		"a hundredth of a percent": {percent(1), nil},
		"everything":               {percent(10_000), nil},
		"nothing":                  {percent(0), []string{"percent"}},
		"more than everything":     {percent(10_001), []string{"percent"}},
		"a surcharge":              {percent(-1), []string{"percent"}},
		"a kuruş":                  {amount(10_000, "TRY"), nil},
		"no amount":                {amount(0, "TRY"), []string{"amount"}},
		"negative":                 {amount(-10_000, "TRY"), []string{"amount"}},
		"half a kuruş":             {amount(5_000, "TRY"), []string{"amount"}},
		"half a yen":               {amount(money.Unit/2, "JPY"), []string{"amount"}},
		"largest":                  {amount(bound13-10_000, "TRY"), nil},
		"too large":                {amount(bound13, "TRY"), []string{"amount"}},
		"amount without currency":  {amount(10_000, ""), []string{"currency"}},
		"made-up currency":         {amount(1, "XYZ"), []string{"currency"}},
		"both": {
			with(func(c *catalog.Coupon) { c.Amount, c.Currency = 10_000, "TRY" }), []string{"amount"},
		},
		"both the other way": {
			catalog.Coupon{
				Code: "A", Kind: catalog.CouponAmount, Amount: 10_000, Currency: "TRY", PercentBasisPoints: 1,
			},
			[]string{"percent"},
		},
		"no kind":                  {with(func(c *catalog.Coupon) { c.Kind = "" }), []string{"kind"}},
		"minimum":                  {with(func(c *catalog.Coupon) { c.MinSubtotal, c.Currency = 10_000, "TRY" }), nil},
		"minimum of no currency":   {with(func(c *catalog.Coupon) { c.MinSubtotal = 10_000 }), []string{"currency"}},
		"negative, of no currency": {with(func(c *catalog.Coupon) { c.MinSubtotal = -1 }), []string{"currency"}},
		"negative minimum": {
			with(func(c *catalog.Coupon) { c.MinSubtotal, c.Currency = -10_000, "TRY" }), []string{"min_subtotal"},
		},
		"minimum of half a yen": {
			with(func(c *catalog.Coupon) { c.MinSubtotal, c.Currency = money.Unit/2, "JPY" }), []string{"min_subtotal"},
		},
		"a second":             {with(func(c *catalog.Coupon) { c.StartsAt, c.EndsAt = at(0), at(1) }), nil},
		"no time":              {with(func(c *catalog.Coupon) { c.StartsAt, c.EndsAt = at(0), at(0) }), []string{"end_time"}},
		"ends before it began": {with(func(c *catalog.Coupon) { c.StartsAt, c.EndsAt = at(1), at(0) }), []string{"end_time"}},
		"open ends":            {with(func(c *catalog.Coupon) { c.EndsAt = at(-1) }), nil},
		"never to be used":     {with(func(c *catalog.Coupon) { c.MaxUses, c.MaxUsesPerMerchant = limit(0), limit(0) }), nil},
		"most uses":            {with(func(c *catalog.Coupon) { c.MaxUses = limit(math.MaxInt32) }), nil},
		"uses out of bounds": {
			with(func(c *catalog.Coupon) { c.MaxUses, c.MaxUsesPerMerchant = limit(math.MaxInt32+1), limit(-1) }),
			[]string{"max_uses", "max_uses_per_merchant"},
		},
		"widest scope": {
			with(func(c *catalog.Coupon) { c.ProductIDs, c.CategoryIDs = make([]int64, 1000), make([]int64, 100) }), nil,
		},
		"too wide": {
			with(func(c *catalog.Coupon) { c.ProductIDs, c.CategoryIDs = make([]int64, 1001), make([]int64, 101) }),
			[]string{"products", "categories"},
		},
		"made-up status": {with(func(c *catalog.Coupon) { c.Status = "used" }), []string{"status"}},
		"archived":       {with(func(c *catalog.Coupon) { c.Status = catalog.StatusArchived }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			requireFields(t, c.fields, c.coupon.Normalize())
		})
	}
}

// TestCouponCodes are compared in upper case, without what is around them.
func TestCouponCodes(t *testing.T) {
	for given, want := range map[string]string{
		" yaz-10_a\t": "YAZ-10_A", "YAZ": "YAZ", "9": "9", "indirim": "INDIRIM", "ındırım": "INDIRIM",
		strings.Repeat("a", 64): strings.Repeat("A", 64), "\u00a0yaz": "YAZ",
		// None of these is a code.
		"": "", " ": "", "İNDİRİM": "", "yaz 10": "", "-a": "", "_a": "", "a\u200b": "", "a\nb": "", "ÜCRETSİZ": "",
		strings.Repeat("a", 65): "",
	} {
		c := percent(1)
		c.Code = given
		err := c.Normalize()
		if want == "" {
			requireFields(t, []string{"code"}, err)
			continue
		}
		require.NoError(t, err, "%q", given)
		require.Equal(t, want, c.Code)
		require.Equal(t, catalog.StatusActive, c.Status)
	}
}

// TestCouponTakesNoMoreThanThePrice: whatever passes as a percentage takes off something between nothing and all of it.
func TestCouponTakesNoMoreThanThePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := percent(rapid.Int64Range(-5, 10_005).Draw(t, "basis points"))
		p := whole()
		p.Currency = money.Currency(rapid.SampledFrom([]string{"TRY", "JPY", "KWD", "USD"}).Draw(t, "currency"))
		minor := money.MinorUnit(p.Currency)
		p.Price = minor * money.Amount(rapid.Int64Range(0, int64((bound13-1)/minor)).Draw(t, "price"))
		require.NoError(t, p.Normalize())
		if c.Normalize() != nil {
			return // no coupon
		}
		discount, err := money.Percent(p.Price, c.PercentBasisPoints, p.Currency)
		require.NoError(t, err)
		require.GreaterOrEqual(t, discount, money.Amount(0))
		require.LessOrEqual(t, discount, p.Price)
	})
}

func TestCouponCovers(t *testing.T) {
	p := &catalog.Product{ID: 7, Category: catalog.Category{ID: 3}}
	for name, c := range map[string]struct {
		products, categories []int64
		want                 bool
	}{
		"everything":                 {nil, nil, true},
		"the product":                {[]int64{1, 7}, nil, true},
		"another":                    {[]int64{1, 3}, nil, false},
		"its category":               {nil, []int64{1, 3}, true},
		"another category":           {nil, []int64{7}, false},
		"another, of its category":   {[]int64{1}, []int64{3}, true},
		"the product, not its group": {[]int64{7}, []int64{1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			coupon := catalog.Coupon{ProductIDs: c.products, CategoryIDs: c.categories}
			require.Equal(t, c.want, coupon.Covers(p))
		})
	}
}
