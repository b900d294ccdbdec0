package torture

import (
	"math/rand/v2"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// newOrder is what some caller of a round wants.
func (w *world) newOrder(random *rand.Rand, round int, reference string) *orderhubv1.Order {
	line := func(sku string, most int) *orderhubv1.OrderLine {
		return &orderhubv1.OrderLine{Sku: sku, Quantity: int32(1 + random.IntN(most))}
	}
	o := &orderhubv1.Order{ReferenceId: reference, Recipient: &orderhubv1.Recipient{UserId: reference}}
	stock := line(stockSKUs[random.IntN(len(stockSKUs))], 2)
	switch dice := random.IntN(100); {
	case dice < 15:
		o.Lines = append(o.Lines, line(skuPartner, 2))
	case dice < 20:
		o.Lines = append(o.Lines, stock, line(skuPartner, 2), line(skuAtOnce, 2))
	case dice < 35:
		o.Lines = append(o.Lines, line(skuAtOnce, 3))
	case dice < 45:
		o.Lines = append(o.Lines, line(skuLater, 2))
	case dice < 50:
		o.Lines = append(o.Lines, line(skuFails, 2))
	case dice < 58:
		o.Lines = append(o.Lines, line(skuPartly, 3))
	case dice < 75:
		o.Lines = append(o.Lines, stock)
	case dice < 88:
		o.Lines = append(o.Lines, stock, line(skuAtOnce, 2), line(skuPartly, 2))
	default:
		ticket := line(skuTicket, 2)
		ticket.UseDate = dayOf(round)
		if random.IntN(2) == 0 {
			ticket.UseDate = w.today
		}
		o.Lines = append(o.Lines, ticket)
	}
	if random.IntN(10) == 0 {
		o.Coupon = couponOf(round)
	}
	return o
}
