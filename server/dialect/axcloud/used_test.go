package axcloud_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/axcloud"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
	"orderhub/server/order"
)

// An order of which somebody came in with a ticket is confirmed and charged, whatever
// becomes of the others, and as a whole nobody cancels it.
func TestUsedTicket(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		now := time.Now().UTC()
		ax, tickets := c.create(simple(t, "used", dayMapping, dayOption, "2", now.Format(time.DateOnly))).codes()
		h.Settle(t)
		_, err := h.Claims.Redeem(t.Context(), claim.Redemption{Viewer: order.ByOperator(), Code: tickets[0], At: now})
		require.NoError(t, err)
		for _, status := range []string{"Traveler cancel", "Unavoidable cancel"} {
			c.patch(ordersPath+"/"+ax, `{"channel_status": "`+status+`"}`).
				is(http.StatusBadRequest, fmt.Sprintf(`{"channel_status": ["\"%s\"이 유효하지 않은 선택(choice)입니다."]}`, status))
		}
		require.Equal(t, -4444*money.Unit, balance(t, h), "nothing is done by half")
		c.patch(ticketPath(ax, tickets[0]), `{"status": "Traveler canceled"}`).has(http.StatusBadRequest)
		c.patch(ticketPath(ax, tickets[1]), `{"status": "Traveler canceled"}`).
			is(http.StatusOK, cancelledTicket("used", ax, "Supplier confirm", tickets[1], "Traveler canceled"))
		c.order(ax).is(http.StatusOK, state("used", ax, "Supplier confirm", ""))
		require.Equal(t, -2222*money.Unit, balance(t, h))
		h.Verify(t)
	})
}
