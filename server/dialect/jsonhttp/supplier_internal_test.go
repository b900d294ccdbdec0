package jsonhttp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// A ticket that somebody came in with was delivered all the same.
func TestUsedTicketIsDelivered(t *testing.T) {
	answer := orderOf(&order.Order{Status: order.StatusCompleted, Lines: []order.Line{{Quantity: 2, Goods: []order.Goods{
		{Content: "A", TicketCode: "A", Status: order.GoodsUsed},
		{Content: "B", TicketCode: "B", Status: order.GoodsCancelled},
	}}}})
	require.Equal(t, StatusDelivered, answer.Status)
	require.Len(t, answer.Goods, 1)
	require.Equal(t, "A", *answer.Goods[0].Content)
}
