package catalog_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// fieldsOf are the fields that an error is about.
func fieldsOf(t require.TestingT, err error) []string {
	var invalid *errs.InvalidError
	require.ErrorAs(t, err, &invalid)
	var fields []string
	for _, v := range invalid.Violations {
		fields = append(fields, v.Field)
	}
	return fields
}

// requireFields wants an error on these fields, or none.
func requireFields(t *testing.T, fields []string, err error) {
	t.Helper()
	if len(fields) == 0 {
		require.NoError(t, err)
		return
	}
	require.ElementsMatch(t, fields, fieldsOf(t, err))
}

// whole is a product with nothing to complain about.
func whole() catalog.Product {
	return catalog.Product{
		SKU: "GOLD-100", Name: "100 Altın", Currency: "TRY", Price: 10 * money.Unit, Source: catalog.SourceStock,
		Category: catalog.Category{ID: 1},
	}
}

const bound13 = 1_000_000_000_000 * money.Unit // the first amount of 13 digits

// TestProductRules has values at their limits and one beyond.
func TestProductRules(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *catalog.Product)
		fields []string
	}{
		"nothing wrong":    {func(*catalog.Product) {}, nil},
		"longest SKU":      {func(p *catalog.Product) { p.SKU = strings.Repeat("A", 100) }, nil},
		"long SKU":         {func(p *catalog.Product) { p.SKU, p.Slug = strings.Repeat("A", 101), "a" }, []string{"sku"}},
		"no SKU":           {func(p *catalog.Product) { p.SKU = "" }, []string{"sku", "slug"}},
		"Turkish SKU":      {func(p *catalog.Product) { p.SKU, p.Slug = "ALTIN-İ", "a" }, []string{"sku"}},
		"SKU in two lines": {func(p *catalog.Product) { p.SKU, p.Slug = "A\n", "a" }, []string{"sku"}},
		"SKU with a dash":  {func(p *catalog.Product) { p.SKU, p.Slug = "-A", "a" }, []string{"sku"}},
		"capital slug":     {func(p *catalog.Product) { p.Slug = "Gold" }, []string{"slug"}},
		"longest slug":     {func(p *catalog.Product) { p.Slug = strings.Repeat("a", 100) }, nil},
		"long slug":        {func(p *catalog.Product) { p.Slug = strings.Repeat("a", 101) }, []string{"slug"}},
		"no name":          {func(p *catalog.Product) { p.Name = "" }, []string{"name"}},
		"longest name":     {func(p *catalog.Product) { p.Name = strings.Repeat("ş", 200) }, nil},
		"long name":        {func(p *catalog.Product) { p.Name = strings.Repeat("ş", 201) }, []string{"name"}},
		"name with blank":  {func(p *catalog.Product) { p.Name = "Al\u200btın" }, []string{"name"}},
		"two lines": {
			func(p *catalog.Product) { p.Name, p.Description, p.Format = "a\nb", "a\nb", "a\nb" }, []string{"name", "format"},
		},
		"longest texts": {func(p *catalog.Product) {
			p.Description, p.Format = strings.Repeat("ğ", 10_000), strings.Repeat("ğ", 200)
		}, nil},
		"long texts": {func(p *catalog.Product) {
			p.Description, p.Format = strings.Repeat("ğ", 10_001), strings.Repeat("ğ", 201)
		}, []string{"description", "format"}},
		"invisible text": {func(p *catalog.Product) { p.Description = "a\u202eb" }, []string{"description"}},
		"no currency":    {func(p *catalog.Product) { p.Currency = "" }, []string{"currency"}},
		"made-up currency, and no word of its price": {
			func(p *catalog.Product) { p.Currency, p.Price = "XYZ", -1 }, []string{"currency"},
		},
		"for nothing":       {func(p *catalog.Product) { p.Price = 0 }, nil},
		"negative":          {func(p *catalog.Product) { p.Price = -10_000 }, []string{"price"}},
		"dearest":           {func(p *catalog.Product) { p.Price = bound13 - 10_000 }, nil},
		"too dear":          {func(p *catalog.Product) { p.Price = bound13 }, []string{"price"}},
		"a kuruş":           {func(p *catalog.Product) { p.Price = 10_000 }, nil},
		"half a kuruş":      {func(p *catalog.Product) { p.Price = 5_000 }, []string{"price"}},
		"half a yen":        {func(p *catalog.Product) { p.Currency, p.Price = "JPY", money.Unit/2 }, []string{"price"}},
		"a fils":            {func(p *catalog.Product) { p.Currency, p.Price = "KWD", 1_000 }, nil},
		"no source":         {func(p *catalog.Product) { p.Source = "" }, []string{"source"}},
		"a provider's":      {func(p *catalog.Product) { p.Source = catalog.SourceProvider }, nil},
		"archived":          {func(p *catalog.Product) { p.Status = catalog.StatusArchived }, nil},
		"made-up status":    {func(p *catalog.Product) { p.Status = "deleted" }, []string{"status"}},
		"a million":         {func(p *catalog.Product) { p.MinQuantity, p.MaxQuantity = 1_000_000, 1_000_000 }, nil},
		"above a million":   {func(p *catalog.Product) { p.MaxQuantity = 1_000_001 }, []string{"max_quantity"}},
		"least of too many": {func(p *catalog.Product) { p.MinQuantity = 1_000_001 }, []string{"min_quantity"}},
		"less than one":     {func(p *catalog.Product) { p.MinQuantity = -1 }, []string{"min_quantity"}},
		"most below least":  {func(p *catalog.Product) { p.MinQuantity, p.MaxQuantity = 3, 2 }, []string{"max_quantity"}},
		"longest wait":      {func(p *catalog.Product) { p.FulfilWithin = 7 * 24 * time.Hour }, nil},
		"long wait":         {func(p *catalog.Product) { p.FulfilWithin = 604_801 * time.Second }, []string{"fulfil_within"}},
		"all may be lost":   {func(p *catalog.Product) { p.MaxLoss = 10_000 }, nil},
		"more than all":     {func(p *catalog.Product) { p.MaxLoss = 10_001 }, []string{"max_loss_basis_points"}},
		"a gain":            {func(p *catalog.Product) { p.MaxLoss = -1 }, []string{"max_loss_basis_points"}},
		"no such policy":    {func(p *catalog.Product) { p.LossPolicy = "hope" }, []string{"loss_policy"}},
		"waits for ever":    {func(p *catalog.Product) { p.LossPolicy = catalog.LossWaits }, []string{"loss_policy"}},
		"waits a minute": {
			func(p *catalog.Product) { p.LossPolicy, p.FulfilWithin = catalog.LossWaits, time.Minute }, nil,
		},
		"negative wait":    {func(p *catalog.Product) { p.FulfilWithin = -time.Second }, []string{"fulfil_within"}},
		"part of a second": {func(p *catalog.Product) { p.FulfilWithin = time.Millisecond }, []string{"fulfil_within"}},
		"everything at once": {
			func(p *catalog.Product) { *p = catalog.Product{SKU: "ı", FulfilWithin: -1, MinQuantity: -1} },
			[]string{"sku", "slug", "name", "currency", "source", "min_quantity", "fulfil_within"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole()
			c.change(&p)
			requireFields(t, c.fields, p.Normalize())
		})
	}
}

// TestProductDefaults fills in what may be left out, and nothing else.
func TestProductDefaults(t *testing.T) {
	p := whole()
	p.SKU = "Gold_100:XL.a-b"
	want := p
	want.Slug, want.Status = "gold-100-xl.a-b", catalog.StatusActive
	want.MinQuantity, want.MaxQuantity = 1, 1_000_000
	want.LossPolicy = catalog.LossFails
	require.NoError(t, p.Normalize())
	require.Equal(t, want, p)
	require.NoError(t, p.Normalize())
	require.Equal(t, want, p, "again it changes nothing")
}

// TestEverySKUHasASlug: none has to be made up by hand.
func TestEverySKUHasASlug(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := whole()
		p.SKU = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:-]{0,99}`).Draw(t, "SKU")
		require.NoError(t, p.Normalize())
		require.Regexp(t, `^[a-z0-9][a-z0-9._-]*$`, p.Slug)
	})
}

func TestAttributes(t *testing.T) {
	many := func(n int) map[string]string {
		attributes := make(map[string]string)
		for i := range n {
			attributes[fmt.Sprintf("axcloud.key_%d", i)] = ""
		}
		return attributes
	}
	for name, c := range map[string]struct {
		attributes map[string]string
		fields     []string
	}{
		"none":       {nil, nil},
		"most":       {many(50), nil},
		"many":       {many(51), []string{"attributes"}},
		"long value": {map[string]string{"a.b": strings.Repeat("ç", 501)}, []string{`attributes["a.b"]`}},
		"longest":    {map[string]string{"a.b": strings.Repeat("ç", 500), "a." + strings.Repeat("b", 64): ""}, nil},
		"long key":   {map[string]string{"a." + strings.Repeat("b", 65): ""}, []string{"attributes"}},
		"keys without a dialect, each": {
			map[string]string{"code": "", "": "", "Ax.code": "", "a.b.c": "", "a.kodı": "", "a.b": "\x00"},
			[]string{"attributes", "attributes", "attributes", "attributes", "attributes", `attributes["a.b"]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole()
			p.Attributes = c.attributes
			before := maps.Clone(c.attributes)
			requireFields(t, c.fields, p.Normalize())
			require.Equal(t, before, p.Attributes)
		})
	}
}
