package api

import (
	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
)

// For clients of the contract that think in products of the domain.

// ProductMessage is a product as operators send and see it, but for its stock.
func ProductMessage(p *catalog.Product) *orderhubv1.Product {
	return toAPIProduct(&catalog.ListedProduct{Product: p, Price: p.Price}, catalogueView{operator: true})
}

// ProductFields are those of a product that an operator may change.
func ProductFields() []string {
	return []string{
		"slug", "name", "description", "category", "price", "currency", "format", "min_quantity", "max_quantity", "dated",
		"status", "source", "fields", "attributes", "fulfil_within", "expiry_margin", "low_stock",
		"max_loss_basis_points", "loss_policy", "recipient_check_within", "version",
	}
}

// ReadProduct is a product as the hub answers an operator with it.
// *errs.InvalidError for one of a contract that this program does not know.
func ReadProduct(m *orderhubv1.Product) (catalog.Product, error) {
	bad := &errs.InvalidError{}
	p := catalog.Product{
		ID: m.GetId(), SKU: m.GetSku(),
		Category: catalog.Category{
			ID: m.GetCategory().GetId(), Slug: m.GetCategory().GetSlug(), Name: m.GetCategory().GetName(),
		},
		CreatedAt: m.GetCreateTime().AsTime(), UpdatedAt: m.GetUpdateTime().AsTime(),
	}
	all := make(fieldSet)
	for _, field := range ProductFields() {
		all[field] = true
	}
	applyAPIProduct(bad, &p, all, m)
	if len(p.Fields) == 0 {
		p.Fields = nil // as the catalogue has it
	}
	return p, bad.OrNil()
}
