package api

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

var (
	toAPICatalogStatus   = byWord[catalog.Status, orderhubv1.CatalogStatus]()
	fromAPICatalogStatus = inverse(toAPICatalogStatus)
	toAPISource          = byWord[catalog.Source, orderhubv1.ProductSource]()
	fromAPISource        = inverse(toAPISource)
)

var toAPIDelivery = map[catalog.Source]orderhubv1.ProductDelivery{
	catalog.SourceStock:    orderhubv1.ProductDelivery_PRODUCT_DELIVERY_INSTANT,
	catalog.SourceProvider: orderhubv1.ProductDelivery_PRODUCT_DELIVERY_DEFERRED,
}

var (
	toAPIFieldType   = byWord[string, orderhubv1.ProductFieldType]()
	fromAPIFieldType = inverse(toAPIFieldType)
)

func toAPICategory(c *catalog.Category, products int) *orderhubv1.Category {
	return &orderhubv1.Category{
		Id: c.ID, Slug: c.Slug, Name: c.Name, Description: c.Description, ProductCount: int32(products),
		CreateTime: toAPITime(c.CreatedAt), UpdateTime: toAPITime(c.UpdatedAt),
	}
}

// fromAPIProductFilter reads what the list is narrowed to.
func fromAPIProductFilter(r *orderhubv1.ListProductsRequest, e catalogueView, p *page) (catalog.ProductFilter, error) {
	bad := &errs.InvalidError{}
	f := catalog.ProductFilter{
		Query:    r.GetQuery(),
		Category: r.GetCategory(),
		MinStock: int64(r.GetMinStock()),
		MinPrice: fromAPIBound(bad, "min_price", r.GetMinPrice()),
		MaxPrice: fromAPIBound(bad, "max_price", r.GetMaxPrice()),
		Archived: e.operator && r.GetShowArchived(),
		Currency: e.currency,
		AfterID:  p.key(0),
		Limit:    p.limit(),
	}
	if f.MinPrice != nil && f.MaxPrice != nil && *f.MinPrice > *f.MaxPrice {
		bad.Add("max_price", "must not be below %s", errs.Field("min_price"))
	}
	return f, bad.OrNil()
}

func toAPIProduct(p *catalog.ListedProduct, e catalogueView) *orderhubv1.Product {
	converted := &orderhubv1.Product{
		Id:          p.ID,
		Sku:         p.SKU,
		Slug:        p.Slug,
		Name:        p.Name,
		Description: p.Description,
		Category:    &orderhubv1.ProductCategory{Id: p.Category.ID, Slug: p.Category.Slug, Name: p.Category.Name},
		Price:       p.Price.Format(p.Currency),
		Currency:    string(p.Currency),
		Stock:       toAPICount(p.Stock),
		Available:   p.Active() && p.Stock >= p.MinQuantity,
		Format:      p.Format,
		MinQuantity: toAPICount(p.MinQuantity),
		MaxQuantity: toAPICount(p.MaxQuantity),
		Dated:       p.Dated,
		Status:      toAPICatalogStatus[p.Status],
		Delivery:    toAPIDelivery[p.Source],
		CreateTime:  toAPITime(p.CreatedAt),
		UpdateTime:  toAPITime(p.UpdatedAt),

		RecipientCheckWithin: toAPIDuration(p.RecipientCheckWithin),
	}
	for i := range p.Fields {
		converted.Fields = append(converted.Fields, toAPIField(&p.Fields[i]))
	}
	if e.operator {
		converted.Source, converted.Version = toAPISource[p.Source], p.Version
		converted.Attributes, converted.FulfilWithin = p.Attributes, toAPIDuration(p.FulfilWithin)
		converted.ExpiryMargin, converted.LowStock = toAPIDuration(p.ExpiryMargin), toAPIThreshold(p.LowStock)
		converted.MaxLossBasisPoints, converted.LossPolicy = int32(p.MaxLoss), toAPILossPolicy[p.LossPolicy]
	}
	return converted
}

// toAPIThreshold is nil for none.
func toAPIThreshold(units int64) *int32 {
	if units == 0 {
		return nil
	}
	return new(toAPICount(units))
}

func toAPIField(f *catalog.Field) *orderhubv1.ProductField {
	return &orderhubv1.ProductField{
		Id: f.ID, Identifier: f.Identifier, Title: f.Title, Type: toAPIFieldType[f.Type], Required: f.Required,
		MinLength: int32(f.MinLength), MaxLength: int32(f.MaxLength), Options: f.Options,
	}
}

func fromAPIFields(fields []*orderhubv1.ProductField) []catalog.Field {
	converted := make([]catalog.Field, len(fields))
	for i, f := range fields {
		converted[i] = catalog.Field{
			ID: f.GetId(), Identifier: f.GetIdentifier(), Title: f.GetTitle(), Type: fromAPIFieldType[f.GetType()],
			Required: f.GetRequired(), MinLength: int(f.GetMinLength()), MaxLength: int(f.GetMaxLength()),
			Options: f.GetOptions(),
		}
	}
	return converted
}

var (
	toAPILossPolicy   = byWord[catalog.LossPolicy, orderhubv1.LossPolicy]()
	fromAPILossPolicy = inverse(toAPILossPolicy)
)

// applyAPIProduct takes over the fields of the set; a new product takes them
// all. The category is not among them: it has to be looked up.
func applyAPIProduct(bad *errs.InvalidError, p *catalog.Product, set fieldSet, m *orderhubv1.Product) {
	take(set, "slug", &p.Slug, m.GetSlug())
	take(set, "name", &p.Name, m.GetName())
	take(set, "description", &p.Description, m.GetDescription())
	take(set, "format", &p.Format, m.GetFormat())
	if set.has("currency") {
		p.Currency = fromAPICurrency(bad, "currency", m.GetCurrency())
	}
	if set.has("price") {
		p.Price = fromAPIPrice(bad, m.GetPrice(), p)
	}
	take(set, "fields", &p.Fields, fromAPIFields(m.GetFields()))
	take(set, "min_quantity", &p.MinQuantity, int64(m.GetMinQuantity()))
	take(set, "max_quantity", &p.MaxQuantity, int64(m.GetMaxQuantity()))
	take(set, "dated", &p.Dated, m.GetDated())
	take(set, "fulfil_within", &p.FulfilWithin, m.GetFulfilWithin().AsDuration())
	take(set, "expiry_margin", &p.ExpiryMargin, m.GetExpiryMargin().AsDuration())
	take(set, "low_stock", &p.LowStock, int64(m.GetLowStock()))
	if status, given := fromAPICatalogStatus[m.GetStatus()]; given && set.has("status") {
		p.Status = status
	}
	if source, given := fromAPISource[m.GetSource()]; given && set.has("source") {
		p.Source = source
	}
	take(set, "attributes", &p.Attributes, m.GetAttributes())
	take(set, "max_loss_basis_points", &p.MaxLoss, int(m.GetMaxLossBasisPoints()))
	take(set, "loss_policy", &p.LossPolicy, fromAPILossPolicy[m.GetLossPolicy()])
	take(set, "recipient_check_within", &p.RecipientCheckWithin, m.GetRecipientCheckWithin().AsDuration())
	take(set, "version", &p.Version, m.GetVersion())
}

// fromAPIPrice reads a price, which may be zero but not missing.
func fromAPIPrice(bad *errs.InvalidError, text string, p *catalog.Product) money.Amount {
	if text == "" {
		bad.Add("price", "must not be empty")
		return 0
	}
	if p.Currency == "" {
		return 0 // the currency is refused already
	}
	return fromAPIAmount(bad, "price", text, p.Currency)
}

// fromAPIAllotments reads the days to set; each error names its entry.
func fromAPIAllotments(productID int64, days []*orderhubv1.Allotment) ([]catalog.Allotment, error) {
	bad := &errs.InvalidError{}
	converted := make([]catalog.Allotment, len(days))
	for i, day := range days {
		converted[i] = catalog.Allotment{
			ProductID: productID,
			UseDate:   fromAPIDate(bad, fmt.Sprintf("allotments[%d].use_date", i), day.GetUseDate()),
			Capacity:  int64(day.GetCapacity()),
		}
	}
	return converted, bad.OrNil()
}

func toAPIAllotment(a *catalog.Allotment) *orderhubv1.Allotment {
	return &orderhubv1.Allotment{
		UseDate: a.UseDate, Capacity: toAPICount(a.Capacity), SoldCount: toAPICount(a.Sold),
		HeldCount: toAPICount(a.Held),
	}
}

func toAPIListing(l *catalog.Listing, merchant string, p *catalog.Product) *orderhubv1.Listing {
	converted := &orderhubv1.Listing{
		Id: l.ID, Merchant: merchant, ExternalId: l.ExternalID, ExternalOptionId: l.ExternalOptionID,
		CreateTime: toAPITime(l.CreatedAt),
	}
	if p != nil {
		converted.Product, converted.Currency = p.SKU, string(p.Currency)
		if l.Price != nil {
			converted.Price = l.Price.Format(p.Currency)
		}
	}
	return converted
}

// fromAPIListing reads a new listing of the product. The error is an
// *errs.InvalidError.
func fromAPIListing(l *orderhubv1.Listing, merchantID int64, p *catalog.Product) (catalog.Listing, error) {
	listing := catalog.Listing{
		MerchantID: merchantID, ProductID: p.ID, ExternalID: l.GetExternalId(),
		ExternalOptionID: l.GetExternalOptionId(),
	}
	if l.GetPrice() == "" {
		return listing, nil
	}
	bad := &errs.InvalidError{}
	listing.Price = new(fromAPIAmount(bad, "price", l.GetPrice(), p.Currency))
	return listing, bad.OrNil()
}
