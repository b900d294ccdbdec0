package marketacc

import (
	"strings"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// toStatus has the partner's three states for the hub's five. A cancelled order
// is one that will not be delivered and was paid back: failed.
var toStatus = map[order.Status]string{
	order.StatusPending:    "pending",
	order.StatusProcessing: "pending",
	order.StatusCompleted:  "completed",
	order.StatusFailed:     "failed",
	order.StatusCancelled:  "failed",
}

var toItemStatus = map[order.Status]string{
	order.StatusPending:    "pending",
	order.StatusProcessing: "pending",
	order.StatusCompleted:  "delivered",
	order.StatusFailed:     "failed",
	order.StatusCancelled:  "failed",
}

// fromStatus has the hub's states that a filter means.
var fromStatus = map[string][]order.Status{
	"pending":   {order.StatusPending, order.StatusProcessing},
	"completed": {order.StatusCompleted},
	"failed":    {order.StatusFailed, order.StatusCancelled},
}

// toData joins what was delivered, one line per unit; nil without goods. While
// the line is open the units that came early are not shown: data is the whole
// delivery or, of a failed item, what there is of it. Tickets that were taken
// back are the customer's no more.
func toData(l *order.Line) *string {
	if !l.Status.Final() {
		return nil
	}
	units := l.Contents()
	if len(units) == 0 {
		return nil
	}
	data := strings.Join(units, "\n")
	return &data
}

func toPlacedOrder(p *order.Placement) placedOrderWire {
	o := p.Order
	converted := placedOrderWire{
		ID: o.ID, Code: o.Number, Status: toStatus[o.Status], Subtotal: amount(o.Subtotal), Discount: amount(o.Discount),
		Total: amount(o.Total), Balance: amount(p.Balance), Items: []placedItemWire{}, CreatedAt: instant(o.CreatedAt),
		Idempotent: p.Replayed,
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		converted.Items = append(converted.Items, placedItemWire{
			ProductID: l.ProductID, ProductName: l.ProductName, Quantity: l.Quantity, UnitPrice: amount(l.UnitPrice),
			Data: toData(l),
		})
	}
	return converted
}

func toItems(lines []order.Line) []itemWire {
	items := make([]itemWire, len(lines))
	for i := range lines {
		l := &lines[i]
		items[i] = itemWire{
			ProductID: l.ProductID, ProductName: l.ProductName, Quantity: l.Quantity, UnitPrice: amount(l.UnitPrice),
			Status: toItemStatus[l.Status], Data: toData(l),
		}
	}
	return items
}

func toOrder(o *order.Order) orderWire {
	return orderWire{
		ID: o.ID, Code: o.Number, Status: toStatus[o.Status], Subtotal: amount(o.Subtotal), Discount: amount(o.Discount),
		Total: amount(o.Total), Items: toItems(o.Lines), CreatedAt: instant(o.CreatedAt),
	}
}

func toListedOrder(o *order.Order) listedOrderWire {
	return listedOrderWire{
		ID: o.ID, Code: o.Number, Status: toStatus[o.Status], Total: amount(o.Total), CreatedAt: instant(o.CreatedAt),
		Items: toItems(o.Lines),
	}
}

// pointsPer is what earns one point.
const pointsPer = 10 * money.Unit

func toAccount(m *account.Merchant, totals account.Totals) accountWire {
	return accountWire{
		ID: m.ID, Username: m.Name, Email: m.Email, Balance: amount(m.Wallet.Balance), Currency: string(m.Wallet.Currency),
		TotalDeposit: amount(totals.Deposited), TotalSpent: amount(totals.Spent),
		Points:     int64(max(totals.Spent, 0) / pointsPer),
		OrderCount: totals.Orders, Role: "user", CreatedAt: instant(m.CreatedAt),
	}
}

func toListedProduct(p *catalog.ListedProduct, sold int64) listedProductWire {
	return listedProductWire{
		ID: p.ID, Name: p.Name, Slug: p.Slug, CategorySlug: p.Category.Slug, Price: amount(p.Price), Stock: p.Stock,
		Sold: sold, Format: p.Format,
	}
}

func toProduct(p *catalog.ListedProduct, sold int64) productWire {
	return productWire{
		ID: p.ID, Name: p.Name, Slug: p.Slug, Category: productCategoryWire{p.Category.Slug, p.Category.Name},
		Price: amount(p.Price),
		Stock: p.Stock, Sold: sold, Description: p.Description, Format: p.Format, CreatedAt: instant(p.CreatedAt),
	}
}
