package bursagb

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderhub/server/catalog"
	"orderhub/server/order"
)

// The states of a line, section 6. There is none for a line that nobody works on
// yet: it counts as being worked on.
const (
	statusCancelled  = 0
	statusDelivered  = 1
	statusProcessing = 2
	statusSetAside   = 3 // taken out of processing, for now
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

// toDelivery is a line's state. Our own stock is codes; what a supplier did is
// told in words, as of something that was done by hand. What is left of a line
// that could only be served in part is always data.
func toDelivery(l *order.Line) deliveryWire {
	w := deliveryWire{DeliverID: l.ExternalReference, OrderDetailID: l.ID, Status: statusOf(l)}
	switch w.Status {
	case statusDelivered:
		if partly := l.Completed < l.Quantity; !l.FromProvider || partly {
			w.DeliveryData = l.Contents()
		} else {
			w.DeliveryNote = l.Contents()
		}
	case statusCancelled:
		if l.FailureMessage != "" {
			w.DeliveryNote = []string{l.FailureMessage}
		}
	}
	return w
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

// toDraftLine is a line of the basket as the hub's, with the problem of a line
// that no draft can carry. Such a line, and one without a product, has a name
// that is no SKU: the hub looks at the DeliverIDs first, and then finds no
// product.
func toDraftLine(line *lineWire, p *catalog.Product) (order.DraftLine, *order.LineProblem) {
	nothing := order.DraftLine{
		SKU:      "customer store product " + strconv.FormatInt(line.CustomerStoreProductID, 10),
		Quantity: 1, ExternalReference: line.DeliverID,
	}
	if p == nil {
		return nothing, nil
	}
	if line.Quantity > maxQuantity {
		return nothing, &order.LineProblem{Reason: order.ReasonQuantityNotAllowed}
	}
	fields := toFields(p, line.RequireData)
	for i := range p.Fields {
		if value := fields[p.Fields[i].Identifier]; utf8.RuneCountInString(value) > maxValue ||
			strings.ContainsFunc(value, unicode.IsControl) {
			return nothing, &order.LineProblem{Reason: order.ReasonFieldInvalid, Field: p.Fields[i].Identifier}
		}
	}
	return order.DraftLine{SKU: p.SKU, Quantity: line.Quantity, ExternalReference: line.DeliverID, Fields: fields}, nil
}

// productNumbers tells two requests apart that name one product by two of its
// numbers.
func productNumbers(lines []lineWire) []byte {
	var numbers []byte
	for i := range lines {
		numbers = append(strconv.AppendInt(numbers, lines[i].CustomerStoreProductID, 10), ' ')
	}
	return numbers
}

// toFields matches what the customer typed with the product's own fields: by
// number, without one by name in any letter case. What belongs to no field is
// left out; of two entries for one field the last counts.
func toFields(p *catalog.Product, entries []requireWire) map[string]string {
	fields := make(map[string]string)
	for _, entry := range entries {
		for i := range p.Fields {
			f := &p.Fields[i]
			meant := entry.ProductRequireID == f.ID
			if entry.ProductRequireID == 0 { // also where the field itself has no number
				meant = strings.EqualFold(entry.Identifier, f.Identifier)
			}
			if meant {
				fields[f.Identifier] = entry.Value
			}
		}
	}
	return fields
}

// listingNumber is a listing's name as the partner's number; false for a listing
// of another door, whose product cannot be ordered here.
func listingNumber(l *catalog.Listing) (int64, bool) {
	n, err := strconv.ParseInt(l.ExternalID, 10, 64)
	return n, err == nil && n > 0 && l.ExternalOptionID == "" && strconv.FormatInt(n, 10) == l.ExternalID
}

func toProduct(p *catalog.ListedProduct, number int64) productWire {
	fields := make([]fieldWire, len(p.Fields))
	for i := range p.Fields {
		fields[i] = toField(&p.Fields[i])
	}
	return productWire{
		ProductID: p.ID, CustomerStoreProductID: number, ProductCategoryID: p.Category.ID, ProductName: p.Name,
		ProductSlug: p.Slug, ProductData: productDataWire{ProductDescription: p.Description, ProductImages: []string{}},
		RequireData: fields, ProductRequire: fields, MarketPrice: price(p.Product.Price), SalePrice: price(p.Price),
		SaleMinCount: p.MinQuantity, SaleMaxCount: p.MaxQuantity, TotalStock: p.Stock, Status: 1,
	}
}

func toField(f *catalog.Field) fieldWire {
	w := fieldWire{
		ProductRequireID: f.ID, Identifier: f.Identifier, Title: f.Title, Type: f.Type, Options: f.Options,
		IsRequired: f.Required, MinLength: bound(f.MinLength), MaxLength: bound(f.MaxLength),
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
