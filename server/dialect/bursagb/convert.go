package bursagb

import (
	"strconv"
	"strings"

	"orderhub/server/catalog"
	"orderhub/server/order"
)

// The states of a line, section 6. There is none for a line that nobody works on
// yet: it counts as being worked on.
const (
	statusCancelled  = 0
	statusDelivered  = 1
	statusProcessing = 2
)

// statusOf has the partner's states. A line of which some units were delivered
// is delivered; the rest was given back.
func statusOf(l *order.Line) int {
	switch {
	case !l.Status.Final():
		return statusProcessing
	case l.Completed > 0:
		return statusDelivered
	default:
		return statusCancelled
	}
}

// toDelivery is a line's state. CodeProduct says whether what was delivered is
// codes, rather than texts about something that was done by hand.
func toDelivery(l *order.Line, codeProduct bool) deliveryWire {
	w := deliveryWire{DeliverID: l.ExternalReference, OrderDetailID: l.ID, Status: statusOf(l)}
	switch w.Status {
	case statusDelivered:
		partly := l.Completed < l.Quantity
		if codeProduct || partly {
			w.DeliveryData = contents(l)
		} else {
			w.DeliveryNote = contents(l)
		}
	case statusCancelled:
		if l.FailureMessage != "" {
			w.DeliveryNote = []string{l.FailureMessage}
		}
	}
	return w
}

func contents(l *order.Line) []string {
	units := make([]string, 0, len(l.Goods))
	for i := range l.Goods {
		if g := &l.Goods[i]; g.Status == order.GoodsDelivered || g.Status == order.GoodsUsed {
			units = append(units, g.Content)
		}
	}
	return units
}

// isCodeProduct: our own stock is codes, and so is what a provider delivers in a
// known format.
func isCodeProduct(l *order.Line, p *catalog.Product) bool {
	return !l.FromProvider || (p != nil && p.Format != "")
}

func toOrder(o *order.Order) orderWire {
	w := orderWire{OrderID: o.ID, Details: make([]detailWire, len(o.Lines))}
	for i := range o.Lines {
		w.Details[i] = toDetail(&o.Lines[i])
	}
	return w
}

func toDetail(l *order.Line) detailWire {
	return detailWire{DeliverID: l.ExternalReference, OrderDetailID: l.ID, Quantity: l.Quantity, Price: price(l.UnitPrice)}
}

func toListedOrder(o *order.Order) listedOrderWire {
	w := listedOrderWire{OrderID: o.ID, CreatedAt: second(o.CreatedAt), Details: make([]listedDetailWire, len(o.Lines))}
	for i := range o.Lines {
		w.Details[i] = listedDetailWire{detailWire: toDetail(&o.Lines[i]), Status: statusOf(&o.Lines[i])}
	}
	return w
}

// toFields matches what the customer typed with the product's own fields: by
// number, without one by name in any letter case. What belongs to no field is
// left out; of two entries for one field the last counts.
func toFields(p *catalog.Product, entries []requireWire) map[string]string {
	fields := make(map[string]string)
	for _, entry := range entries {
		for i := range p.Fields {
			f := &p.Fields[i]
			if entry.ProductRequireID == f.ID || (entry.ProductRequireID == 0 && strings.EqualFold(entry.Identifier, f.Identifier)) {
				fields[f.Identifier] = entry.Value
			}
		}
	}
	return fields
}

func toProduct(p *catalog.ListedProduct, listing *catalog.Listing) (productWire, bool) {
	number, err := strconv.ParseInt(listing.ExternalID, 10, 64)
	if err != nil || number < 1 {
		return productWire{}, false // a listing for another door
	}
	fields := make([]fieldWire, len(p.Fields))
	for i := range p.Fields {
		fields[i] = toField(&p.Fields[i])
	}
	return productWire{
		ProductID: p.ID, CustomerStoreProductID: number, ProductCategoryID: p.Category.ID, ProductName: p.Name, ProductSlug: p.Slug,
		ProductData: productDataWire{ProductDescription: p.Description, ProductImages: []string{}},
		RequireData: fields, ProductRequire: fields, MarketPrice: price(p.Product.Price), SalePrice: price(p.Price),
		SaleMinCount: p.MinQuantity, SaleMaxCount: p.MaxQuantity, TotalStock: p.Stock, Status: 1,
	}, true
}

func toField(f *catalog.Field) fieldWire {
	w := fieldWire{
		ProductRequireID: f.ID, Identifier: f.Identifier, Title: f.Title, Type: f.Type, Options: f.Options, IsRequired: f.Required,
		MinLength: bound(f.MinLength), MaxLength: bound(f.MaxLength),
	}
	if w.Options == nil {
		w.Options = []string{}
	}
	return w
}

// bound is null where there is none.
func bound(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
