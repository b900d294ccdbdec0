package products

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/store"
)

func fromDBCategory(row *ent.Category) catalog.Category {
	return catalog.Category{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Description: row.Description,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}

func fromDBProduct(row *ent.Product, category catalog.Category) (catalog.Product, error) {
	p := catalog.Product{
		ID: row.ID, SKU: row.Sku, Slug: row.Slug, Name: row.Name, Description: row.Description, Category: category,
		Currency: money.Currency(row.Currency), Price: money.Amount(row.PriceMicros),
		Source: catalog.Source(row.Source),
		Format: row.Format, Status: catalog.Status(row.Status), MinQuantity: int64(row.MinQuantity),
		MaxQuantity: int64(row.MaxQuantity), FulfilWithin: time.Duration(row.FulfilWithinS) * time.Second,
		Dated:        row.Dated,
		ExpiryMargin: time.Duration(row.ExpiryMarginS) * time.Second, LowStock: store.Value(row.LowStock),
		RecipientCheckWithin: time.Duration(row.RecipientCheckWithinS) * time.Second,

		MaxLoss: row.MaxLossBp, LossPolicy: catalog.LossPolicy(row.LossPolicy),
		Version: row.Version, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if err := json.Unmarshal(row.Fields, &p.Fields); err != nil {
		return catalog.Product{}, fmt.Errorf("fields of product %d: %w", row.ID, err)
	}
	if len(p.Fields) == 0 {
		p.Fields = nil
	}
	if len(row.Attributes) > 0 {
		p.Attributes = row.Attributes
	}
	return p, nil
}

// toDBFields is a product's fields as its column keeps them.
func toDBFields(fields []catalog.Field) (json.RawMessage, error) {
	if len(fields) == 0 {
		return json.RawMessage("[]"), nil
	}
	return json.Marshal(fields)
}

func fromDBListing(row *ent.Listing) catalog.Listing {
	return catalog.Listing{
		ID: row.ID, MerchantID: row.MerchantID, ProductID: row.ProductID, ExternalID: row.ExternalID,
		ExternalOptionID: row.ExternalOptionID, Price: (*money.Amount)(row.PriceMicros), CreatedAt: row.CreatedAt,
	}
}

func fromDBCoupon(row *ent.Coupon) catalog.Coupon {
	return catalog.Coupon{
		ID: row.ID, Code: row.Code, Kind: catalog.CouponKind(row.Kind), PercentBasisPoints: int64(row.PercentBp),
		Amount: money.Amount(row.AmountMicros), Currency: money.Currency(row.Currency),
		MinSubtotal: money.Amount(row.MinSubtotalMicros),
		ProductIDs:  store.NoneIfEmpty(row.ProductIds), CategoryIDs: store.NoneIfEmpty(row.CategoryIds),
		StartsAt: row.StartsAt, EndsAt: row.EndsAt,
		MaxUses: row.MaxUses, MaxUsesPerMerchant: row.MaxUsesPerMerchant, Uses: row.Uses,
		Status:    catalog.Status(row.Status),
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
}
