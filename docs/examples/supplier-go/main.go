// A supplier for the connector "http", whose contract is docs/http-supplier.md. See hub.go and callback.go.
package main

import (
	"crypto/rand"
	"fmt"
)

var orders, cents = object{}, 100_000 // by reference, which a real one keeps; what the hub may spend

func main() { serve(answer) }

func answer(c call) (status int, what any) {
	order, known := orders[c.Reference].(object)
	switch same := known && order["sku"] == c.SKU && order["quantity"] == c.Quantity; {
	case c.Type == "list":
		return 200, object{"items": []object{{"sku": "GIFT_10", "name": "Gift card", "cost": "8.50", "currency": "THB"}}}
	case c.Type == "balance":
		return 200, object{"balance": baht(cents), "currency": "THB"}
	case c.Type == "check":
		return 200, object{"exists": c.Recipient.UserID == "player-1", "name": "Ann"}
	case c.Type == "lookup" && known, c.Type == "place" && same:
		return 200, order
	case c.Type == "lookup":
		return refuse(404, "not_found")
	case c.Type != "place":
		return refuse(400, "not_supported")
	case known:
		return refuse(409, "reference_conflict")
	case c.SKU != "GIFT_10" || c.Quantity < 1:
		return refuse(404, "item_not_found")
	case c.Quantity > cents/850:
		return refuse(402, "out_of_funds")
	}
	cents -= 850 * c.Quantity
	order = object{
		"reference": c.Reference, "sku": c.SKU, "quantity": c.Quantity, "status": "accepted", "checkAfterSeconds": patience,
	}
	orders[c.Reference] = order
	later(c.Reference, func() {
		goods := make([]object, c.Quantity)
		for i := range goods {
			goods[i] = object{"content": rand.Text()}
		}
		order["status"], order["goods"] = "delivered", goods
		order["total"], order["currency"] = baht(850*c.Quantity), "THB"
	})
	return 200, order
}

func baht(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
