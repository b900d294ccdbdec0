package api_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
)

// shelf is a product made over the API.
func (h *services) shelf(sku string, change func(*orderhubv1.Product)) *orderhubv1.Product {
	h.t.Helper()
	if _, err := h.catalog().CreateCategory(
		h.asAdmin(), &orderhubv1.CreateCategoryRequest{Category: &orderhubv1.Category{Slug: "codes", Name: "Codes"}},
	); err != nil {
		refused(h.t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	}
	p := &orderhubv1.Product{
		Sku: sku, Name: "Product " + sku, Category: &orderhubv1.ProductCategory{Slug: "codes"}, Price: "10.20",
		Currency: "THB",
		Source:   orderhubv1.ProductSource_PRODUCT_SOURCE_STOCK,
	}
	if change != nil {
		change(p)
	}
	resp, err := h.catalog().CreateProduct(h.asAdmin(), &orderhubv1.CreateProductRequest{Product: p})
	require.NoError(h.t, err)
	return resp.GetProduct()
}

func TestProducts(t *testing.T) {
	h := startHub(t, nil)
	p := h.shelf("EMAIL_BASIC", func(p *orderhubv1.Product) {
		p.Fields = []*orderhubv1.ProductField{{Identifier: "userid", Required: true, MinLength: 3}, {
			Identifier: "server", Type: orderhubv1.ProductFieldType_PRODUCT_FIELD_TYPE_SELECT, Options: []string{"a", "b"},
		}}
		p.Format = "user|pass"
	})
	assert.Equal(t, "email-basic", p.GetSlug())
	assert.Equal(t, "10.20", p.GetPrice())
	assert.EqualValues(t, 1, p.GetMinQuantity())
	assert.EqualValues(t, 1_000_000, p.GetMaxQuantity())
	assert.EqualValues(t, 1, p.GetVersion())
	assert.EqualValues(t, 2, p.GetFields()[1].GetId())
	assert.Equal(t, orderhubv1.ProductFieldType_PRODUCT_FIELD_TYPE_TEXT, p.GetFields()[0].GetType())
	assert.Equal(t, orderhubv1.ProductDelivery_PRODUCT_DELIVERY_INSTANT, p.GetDelivery())
	assert.False(t, p.GetAvailable(), "nothing in stock")
	h.shelf("WON", func(p *orderhubv1.Product) { p.Currency, p.Price = "KRW", "2222" })

	for _, key := range []string{"EMAIL_BASIC", "email-basic"} {
		got, err := h.catalog().GetProduct(h.asShop(), &orderhubv1.GetProductRequest{Product: key})
		require.NoError(t, err)
		assert.Equal(t, p.GetId(), got.GetProduct().GetId())
		assert.Zero(t, got.GetProduct().GetSource(), "where goods come from is for operators")
		assert.Zero(t, got.GetProduct().GetVersion())
	}
	_, err := h.catalog().GetProduct(h.asShop(), &orderhubv1.GetProductRequest{Product: "WON"})
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	won, err := h.catalog().GetProduct(h.asAdmin(), &orderhubv1.GetProductRequest{Product: "WON"})
	require.NoError(t, err)
	assert.Equal(t, "2222", won.GetProduct().GetPrice())

	list := func(in *orderhubv1.ListProductsRequest) (skus []string) {
		resp, err := h.catalog().ListProducts(h.asAdmin(), in)
		require.NoError(t, err)
		for _, p := range resp.GetProducts() {
			skus = append(skus, p.GetSku())
		}
		return skus
	}
	assert.Equal(t, []string{"EMAIL_BASIC", "WON"}, list(&orderhubv1.ListProductsRequest{}))
	assert.Equal(t, []string{"EMAIL_BASIC"}, list(&orderhubv1.ListProductsRequest{Merchant: "shop"}))
	assert.Equal(t, []string{"WON"}, list(&orderhubv1.ListProductsRequest{MinPrice: "10.21"}))
	assert.Equal(
		t, []string{"EMAIL_BASIC"},
		list(&orderhubv1.ListProductsRequest{Query: "email", Category: "codes", MaxPrice: "10.2"}),
	)
	assert.Empty(t, list(&orderhubv1.ListProductsRequest{Category: "none"}))
	_, err = h.catalog().ListProducts(h.asShop(), &orderhubv1.ListProductsRequest{MinPrice: "2", MaxPrice: "1"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "maxPrice")

	categories, err := h.catalog().ListCategories(h.asShop(), &orderhubv1.ListCategoriesRequest{})
	require.NoError(t, err)
	require.Len(t, categories.GetCategories(), 1)
	assert.EqualValues(t, 1, categories.GetCategories()[0].GetProductCount())
}

func TestProductRefused(t *testing.T) {
	h := startHub(t, nil)
	good := h.shelf("GOOD", nil)
	tests := []struct {
		name   string
		change func(*orderhubv1.Product)
		code   codes.Code
		reason string
		field  string
	}{
		{"no sku", func(p *orderhubv1.Product) { p.Sku = "" }, codes.InvalidArgument, "VALIDATION_FAILED", "sku"},
		{"no price", func(p *orderhubv1.Product) { p.Price = "" }, codes.InvalidArgument, "VALIDATION_FAILED", "price"},
		{"no source", func(p *orderhubv1.Product) { p.Source = 0 }, codes.InvalidArgument, "VALIDATION_FAILED", "source"},
		{
			"no category", func(p *orderhubv1.Product) { p.Category = nil }, codes.InvalidArgument, "VALIDATION_FAILED",
			"category",
		},
		{
			"price too fine", func(p *orderhubv1.Product) { p.Price = "1.234" }, codes.InvalidArgument, "VALIDATION_FAILED",
			"price",
		},
		{
			"no currency of the world", func(p *orderhubv1.Product) { p.Currency = "XXX" }, codes.InvalidArgument,
			"VALIDATION_FAILED", "currency",
		},
		{
			"bad bounds", func(p *orderhubv1.Product) { p.MinQuantity, p.MaxQuantity = 5, 4 }, codes.InvalidArgument,
			"VALIDATION_FAILED", "maxQuantity",
		},
		{
			"field twice", func(p *orderhubv1.Product) {
				p.Fields = []*orderhubv1.ProductField{{Identifier: "a"}, {Identifier: "A"}}
			}, codes.InvalidArgument, "VALIDATION_FAILED", "fields[1].identifier",
		},
		{
			"bad slug", func(p *orderhubv1.Product) { p.Slug = "Not A Slug" }, codes.InvalidArgument, "VALIDATION_FAILED",
			"slug",
		},
		{
			"unknown category", func(p *orderhubv1.Product) { p.Category.Slug = "none" }, codes.NotFound, "CATEGORY_NOT_FOUND",
			"",
		},
		{"taken", func(p *orderhubv1.Product) { p.Sku = "GOOD" }, codes.AlreadyExists, "ALREADY_EXISTS", ""},
		{"slug taken", func(p *orderhubv1.Product) { p.Slug = "good" }, codes.AlreadyExists, "ALREADY_EXISTS", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := proto.CloneOf(good)
			p.Sku, p.Slug, p.Category = "NEW", "", &orderhubv1.ProductCategory{Slug: "codes"}
			tt.change(p)
			_, err := h.catalog().CreateProduct(h.asAdmin(), &orderhubv1.CreateProductRequest{Product: p})
			problem := refused(t, err, tt.code, tt.reason)
			if tt.field != "" {
				assert.Contains(t, problem.Violations, tt.field)
			}
		})
	}
}

func TestUpdateProduct(t *testing.T) {
	h := startHub(t, nil)
	p := h.shelf("CODE", nil)
	update := func(changes *orderhubv1.Product, paths ...string) (*orderhubv1.Product, error) {
		in := &orderhubv1.UpdateProductRequest{Product: "CODE", Changes: changes}
		if paths != nil {
			in.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		resp, err := h.catalog().UpdateProduct(h.asAdmin(), in)
		return resp.GetProduct(), err
	}
	changed, err := update(&orderhubv1.Product{Price: "11"})
	require.NoError(t, err)
	assert.Equal(t, "11.00", changed.GetPrice())
	assert.Equal(t, p.GetName(), changed.GetName())
	assert.EqualValues(t, 2, changed.GetVersion())

	edited := proto.CloneOf(changed)
	edited.Name = "Edited"
	changed, err = update(edited)
	require.NoError(t, err, "an answer may be edited and sent back")
	assert.Equal(t, "Edited", changed.GetName())
	_, err = update(edited)
	refused(t, err, codes.Aborted, "STALE_VERSION")

	changed, err = update(&orderhubv1.Product{Name: "not this", Description: ""}, "description")
	require.NoError(t, err)
	assert.Equal(t, "Edited", changed.GetName())
	_, err = update(&orderhubv1.Product{Sku: "OTHER"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "sku")
	_, err = update(&orderhubv1.Product{}, "price")
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "price")
	_, err = update(&orderhubv1.Product{}, "nothing")
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "updateMask")
	_, err = h.catalog().UpdateProduct(
		h.asAdmin(), &orderhubv1.UpdateProductRequest{Product: "NONE", Changes: &orderhubv1.Product{}},
	)
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")

	archived, err := h.catalog().ArchiveProduct(h.asAdmin(), &orderhubv1.ArchiveProductRequest{Product: "CODE"})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.CatalogStatus_CATALOG_STATUS_ARCHIVED, archived.GetProduct().GetStatus())
	_, err = h.catalog().GetProduct(h.asShop(), &orderhubv1.GetProductRequest{Product: "CODE"})
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	shown, err := h.catalog().ListProducts(h.asAdmin(), &orderhubv1.ListProductsRequest{ShowArchived: true})
	require.NoError(t, err)
	assert.Len(t, shown.GetProducts(), 1)
	hidden, err := h.catalog().ListProducts(h.asShop(), &orderhubv1.ListProductsRequest{ShowArchived: true})
	require.NoError(t, err)
	assert.Empty(t, hidden.GetProducts())
	changed, err = update(&orderhubv1.Product{Status: orderhubv1.CatalogStatus_CATALOG_STATUS_ACTIVE})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.CatalogStatus_CATALOG_STATUS_ACTIVE, changed.GetStatus())

	category, err := h.catalog().UpdateCategory(
		h.asAdmin(), &orderhubv1.UpdateCategoryRequest{Category: "codes", Changes: &orderhubv1.Category{Name: "Renamed"}},
	)
	require.NoError(t, err)
	assert.Equal(t, "Renamed", category.GetCategory().GetName())
	assert.EqualValues(t, 1, category.GetCategory().GetProductCount())
	_, err = h.catalog().UpdateCategory(
		h.asAdmin(), &orderhubv1.UpdateCategoryRequest{Category: "codes", Changes: &orderhubv1.Category{Slug: "other"}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "slug")
}

// An update without a version does not undo what another one changed.
func TestUpdateProductAfterAnotherWriter(t *testing.T) {
	h := startHub(t, nil)
	p := h.shelf("CODE", nil)
	behind, err := h.Store.Products.UpdateProduct(t.Context(), catalog.Product{ // unseen by this process's snapshot
		ID: p.GetId(), SKU: "CODE", Slug: "code", Name: "Elsewhere", Category: catalog.Category{ID: p.GetCategory().GetId()},
		Currency: "THB",
		Price:    10_200_000, Source: catalog.SourceStock, Status: catalog.StatusActive, MinQuantity: 1, MaxQuantity: 10,
	})
	require.NoError(t, err)
	resp, err := h.catalog().UpdateProduct(
		h.asAdmin(), &orderhubv1.UpdateProductRequest{Product: "CODE", Changes: &orderhubv1.Product{Price: "12"}},
	)
	require.NoError(t, err)
	assert.Equal(t, "Elsewhere", resp.GetProduct().GetName())
	assert.Equal(t, behind.Version+1, resp.GetProduct().GetVersion())
}

func TestUnitsAndStock(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	h.shelf("TICKET", func(p *orderhubv1.Product) { p.Dated = true })
	report, err := h.catalog().ImportUnits(
		h.asAdmin(),
		&orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: []string{"a", "b", "a"}, ImportName: "file.csv"},
	)
	require.NoError(t, err)
	assert.EqualValues(t, 2, report.GetImportedCount())
	require.Len(t, report.GetRefused(), 1)
	assert.EqualValues(t, 3, report.GetRefused()[0].GetLine())
	stock, err := h.catalog().GetStock(h.asAdmin(), &orderhubv1.GetStockRequest{Product: "code"})
	require.NoError(t, err)
	assert.EqualValues(t, 2, stock.GetStock().GetAvailableCount())

	preview, err := h.catalog().ImportUnits(h.asAdmin(), &orderhubv1.ImportUnitsRequest{
		Product: "CODE", DryRun: true, Contents: []string{"   ", "A\nB", "AAA", "AAA\r", "\ufeffX", "\u001b[31mY", "b\u00a0"},
	})
	require.NoError(t, err)
	assert.Equal(
		t, []int32{1, 6, 2}, []int32{preview.GetImportedCount(), preview.GetRefusedCount(), preview.GetRepeatedCount()},
	)
	assert.Zero(t, preview.GetUnitImport())
	assert.Equal(t, orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_LINE_BREAK, preview.GetRefused()[1].GetReason())
	for header, imported := range map[string]int32{"E-PIN Kodu": 1, "anahtar": 1, "anahtar-1": 2} {
		preview, err = h.catalog().ImportUnits(h.asAdmin(), &orderhubv1.ImportUnitsRequest{
			Product: "CODE", DryRun: true, Contents: []string{header, "AAA"},
		})
		require.NoError(t, err)
		assert.Equal(t, imported, preview.GetImportedCount(), header)
		for _, line := range preview.GetRefused() {
			assert.Equal(t, orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_HEADER, line.GetReason(), header)
		}
	}
	garbage := slices.Repeat([]string{"sep=;"}, 21)
	_, err = h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: append(garbage, "fine")},
	)
	refused(t, err, codes.InvalidArgument, "MOSTLY_REFUSED")
	forced, err := h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: append(garbage, "fine"), Force: true},
	)
	require.NoError(t, err)
	assert.EqualValues(t, 1, forced.GetImportedCount())

	_, err = h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "TICKET", Contents: []string{"a"}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "product")
	_, err = h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: []string{"ok", ""}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "contents[1]")
	_, err = h.catalog().GetStock(h.asAdmin(), &orderhubv1.GetStockRequest{Product: "NONE"})
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	assert.NotContains(t, h.log.String(), `"a"`)
}

func TestUnitsTakenBack(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	report, err := h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: []string{"a", "b", "c"}, ImportName: "x"},
	)
	require.NoError(t, err)
	list := func(r *orderhubv1.ListUnitsRequest) []*orderhubv1.Unit {
		r.Product = "CODE"
		page, err := h.catalog().ListUnits(h.asAdmin(), r)
		require.NoError(t, err)
		return page.GetUnits()
	}
	units := list(&orderhubv1.ListUnitsRequest{UnitImport: report.GetUnitImport()})
	require.Len(t, units, 3)
	for range 2 {
		voided, err := h.catalog().VoidUnit(h.asAdmin(), &orderhubv1.VoidUnitRequest{Unit: units[0].GetId()})
		require.NoError(t, err)
		assert.Equal(t, orderhubv1.UnitState_UNIT_STATE_VOID, voided.GetUnit().GetState())
	}
	withdrawn, err := h.catalog().WithdrawUnitImport(
		h.asAdmin(), &orderhubv1.WithdrawUnitImportRequest{UnitImport: report.GetUnitImport()},
	)
	require.NoError(t, err)
	assert.EqualValues(t, 2, withdrawn.GetVoidedCount())
	assert.NotNil(t, withdrawn.GetUnitImport().GetWithdrawTime())
	assert.Len(t, list(&orderhubv1.ListUnitsRequest{State: orderhubv1.UnitState_UNIT_STATE_VOID}), 3)
	assert.Empty(t, list(&orderhubv1.ListUnitsRequest{State: orderhubv1.UnitState_UNIT_STATE_AVAILABLE}))
	imports, err := h.catalog().ListUnitImports(h.asAdmin(), &orderhubv1.ListUnitImportsRequest{Product: "CODE"})
	require.NoError(t, err)
	require.Len(t, imports.GetUnitImports(), 1)
	assert.Equal(t, "CODE", imports.GetUnitImports()[0].GetSku())

	_, err = h.catalog().VoidUnit(h.asAdmin(), &orderhubv1.VoidUnitRequest{Unit: 4711})
	refused(t, err, codes.NotFound, "UNIT_NOT_FOUND")
	_, err = h.catalog().WithdrawUnitImport(h.asAdmin(), &orderhubv1.WithdrawUnitImportRequest{UnitImport: 4711})
	refused(t, err, codes.NotFound, "UNIT_IMPORT_NOT_FOUND")
}

func TestAllotments(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	h.shelf("TICKET", func(p *orderhubv1.Product) { p.Dated = true })
	day := func(date string, capacity int32) *orderhubv1.Allotment {
		return &orderhubv1.Allotment{UseDate: date, Capacity: capacity}
	}
	set := func(product string, days ...*orderhubv1.Allotment) ([]*orderhubv1.Allotment, error) {
		resp, err := h.catalog().SetAllotments(
			h.asAdmin(), &orderhubv1.SetAllotmentsRequest{Product: product, Allotments: days},
		)
		return resp.GetAllotments(), err
	}
	written, err := set("TICKET", day("2030-03-01", 3), day("2030-01-01", 1), day("2030-02-01", 2))
	require.NoError(t, err)
	require.Len(t, written, 3)
	assert.Equal(t, "2030-01-01", written[0].GetUseDate())
	assert.EqualValues(t, 3, written[2].GetCapacity())

	in := &orderhubv1.ListAllotmentsRequest{Product: "TICKET", UseDateFrom: "2030-01-01", PageSize: 2}
	first, err := h.catalog().ListAllotments(h.asAdmin(), in)
	require.NoError(t, err)
	require.Len(t, first.GetAllotments(), 2)
	in.PageToken = first.GetNextPageToken()
	second, err := h.catalog().ListAllotments(h.asAdmin(), in)
	require.NoError(t, err)
	require.Len(t, second.GetAllotments(), 1)
	assert.Equal(t, "2030-03-01", second.GetAllotments()[0].GetUseDate())
	assert.Empty(t, second.GetNextPageToken())

	_, err = h.orders().CreateOrder(
		h.asShop(), newOrder("x", &orderhubv1.OrderLine{Sku: "TICKET", Quantity: 2, UseDate: "2030-02-01"}),
	)
	require.NoError(t, err)
	_, err = set("TICKET", day("2030-01-01", 9), day("2030-02-01", 1))
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "allotments[1].capacity")
	_, err = set("TICKET", day("2030-02-30", 1))
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "allotments[0].useDate")
	_, err = set("TICKET", day("2030-02-01", 5), day("2030-02-01", 6))
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "allotments")
	_, err = set("CODE", day("2030-02-01", 5))
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "product")
	_, err = h.catalog().ListAllotments(
		h.asAdmin(), &orderhubv1.ListAllotmentsRequest{Product: "TICKET", UseDateFrom: "2030-02-01", UseDateTo: "2030-01-01"},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "useDateTo")
}
