package fulfil_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

// What a result books, and what of it is credited.
func TestBooking(t *testing.T) {
	thb := func(amount money.Amount) money.Sum { return money.Sum{Amount: amount * money.Unit, Currency: "THB"} }
	usd := money.Sum{Amount: money.Unit, Currency: "USD"}
	for _, tt := range []struct {
		name     string
		status   fulfil.AttemptStatus
		charged  money.Sum
		final    bool
		cost     money.Amount
		units    int
		purchase money.Sum
		credit   money.Amount
		told     bool
	}{
		{name: "open", status: fulfil.AttemptAccepted, charged: thb(9)},
		{name: "parked", status: fulfil.AttemptParked, charged: thb(9)},
		{name: "by the offer", status: fulfil.AttemptDelivered, cost: 2, units: 3, purchase: thb(6)},
		{name: "by the offer, short", status: fulfil.AttemptDelivered, cost: 2, units: 2, purchase: thb(4)},
		{
			name: "as charged", status: fulfil.AttemptDelivered, cost: 2, charged: thb(9), units: 3, purchase: thb(9),
			told: true,
		},
		{name: "as expected", status: fulfil.AttemptDelivered, cost: 3, charged: thb(9), units: 3, purchase: thb(9)},
		{
			name: "charged for all, short", status: fulfil.AttemptDelivered, cost: 3, charged: thb(9), units: 2,
			purchase: thb(9), credit: 3 * money.Unit,
		},
		{
			name: "charged for what came", status: fulfil.AttemptDelivered, cost: 3, charged: thb(9), final: true, units: 2,
			purchase: thb(9), told: true,
		},
		{
			name: "in another currency", status: fulfil.AttemptDelivered, cost: 1, charged: usd, final: true, units: 3,
			purchase: usd, told: true,
		},
		{name: "refused", status: fulfil.AttemptRefused, cost: 2, purchase: thb(0)},
		{
			name: "charged, then refused", status: fulfil.AttemptRefused, charged: thb(9), purchase: thb(9),
			credit: 9 * money.Unit,
		},
		{
			name: "charged, then cancelled", status: fulfil.AttemptCancelled, charged: thb(9), purchase: thb(9),
			credit: 9 * money.Unit,
		},
		{name: "more than any book holds", status: fulfil.AttemptDelivered, cost: money.MaxAmount / money.Unit, units: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := fulfil.Result{
				Attempt: &fulfil.Attempt{
					Status: tt.status, Cost: tt.cost * money.Unit, Currency: "THB", Quantity: 3, Charged: tt.charged, Final: tt.final,
				},
				Settlement: order.Settlement{Delivered: make([]order.Goods, tt.units)},
			}
			require.Equal(t, fulfil.Booking{Purchase: tt.purchase, Credit: tt.credit}, r.Booking())
			require.Equal(t, tt.told, r.Differs(5) != nil)
		})
	}
	require.Zero(t, (&fulfil.Result{}).Booking(), "a line without an attempt costs nothing")
}
