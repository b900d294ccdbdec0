package axcloud_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/sim"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
	"orderhub/server/order"
)

func state(code, ax, status, comment string) string {
	return fmt.Sprintf(
		`{"status_code": 200, "data": [{"channel_order_code": %q, "ax_order_code": %q, "ax_order_status": %q, "comment": `+
			`%q}]}`,
		code, ax, status, comment,
	)
}

func cancelled(code, channelStatus, ax, status string) string {
	return fmt.Sprintf(
		`{"status_code": 200, "data": {"channel_order_code": %q, "channel_order_status": %q, "ax_order_code": %q,
			"ax_order_status": %q,
		"ax": [{"ax_order_code": %[3]q, "ax_order_status": %[4]q}]}}`, code, channelStatus, ax, status,
	)
}

func cancelledTicket(code, ax, status, ticket, ticketStatus string) string {
	return fmt.Sprintf(
		`{"status_code": 200, "data": {"channel_order_code": %q, "ax_order_code": %q, "ax_order_status": %q, `+
			`"ax_ticket_code": %q, "ax_ticket_status": %q}}`,
		code, ax, status, ticket, ticketStatus,
	)
}

func balance(t *testing.T, h *doortest.Server) money.Amount {
	t.Helper()
	m, err := h.Accounts.Merchant(t.Context(), channelID)
	require.NoError(t, err)
	return m.Wallet.Balance
}

// What the supplier decides is read until it is known.
func TestDecision(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		delay(t, h, "PARK_DAY")
		c := newChannel(t, h, axcloud.Config{})
		yes, _ := c.create(simple(t, "yes", dayMapping, dayOption, "1", "2026-05-09")).codes()
		no, noTickets := c.create(simple(t, "no", noMapping, noOption, "1", "2026-05-09")).codes()
		few, _ := c.create(simple(t, "few", fewMapping, fewOption, "1", "2026-05-09")).codes()
		c.order(yes).is(http.StatusOK, state("yes", yes, "New", ""))
		c.order(few).is(http.StatusOK, state("few", few, "Supplier confirm", ""))
		h.Settle(t)
		c.order(yes).is(http.StatusOK, state("yes", yes, "Supplier confirm", ""))
		c.order(no).is(http.StatusOK, state("no", no, "Supplier reject", "The supplier rejected the order"))
		c.order(unknownCode).like(http.StatusNotFound, "error_404.json")
		c.order("no%20uuid").like(http.StatusNotFound, "error_404.json")
		c.order(yes + "/").has(http.StatusOK)
		require.Equal(t, -(2222+1500)*money.Unit, balance(t, h))

		// A rejected order stays rejected, and its tickets the supplier's.
		for _, status := range []string{"New", "Traveler cancel", "Unavoidable cancel"} {
			c.patch(ordersPath+"/"+no, `{"channel_status": "`+status+`"}`).
				is(http.StatusBadRequest, `{"channel_status": ["\"`+status+`\"이 유효하지 않은 선택(choice)입니다."]}`)
		}
		for _, status := range []string{"New", "Traveler canceled"} {
			c.patch(ticketPath(no, noTickets[0]), `{"status": "`+status+`"}`).
				is(http.StatusBadRequest, `{"status": ["\"`+status+`\"이 유효하지 않은 선택(choice)입니다."]}`)
		}
		h.Verify(t)
	})
}

func TestCancelOrder(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		delay(t, h, "PARK_DAY")
		c := newChannel(t, h, axcloud.Config{})
		const code = "KT-20260418-000731"
		ax, tickets := c.create(request(t, "create_order_request.json")).codes()
		path := ordersPath + "/" + ax

		// What changes nothing but the remark.
		c.patch(path, `{"channel_status": "New", "comment": "soon"}`).has(http.StatusOK)
		c.patch(path, `{"channel_order_status": "New", "ax_order_status": null, "comment": null}`).is(
			http.StatusOK, cancelled(code, "New", ax, "New"),
		)
		c.order(ax).is(http.StatusOK, state(code, ax, "New", "soon"))

		// Right after the order, whatever the supplier is doing with it.
		answer := strings.NewReplacer("e1c7a2d4-6b90-4f58-a3e2-5d0c7f9b8146", ax).Replace(
			read(t, "cancel_order_response_200.json"),
		)
		got := c.patch(path, read(t, "cancel_order_request.json")).is(http.StatusOK, answer)
		require.Equal(t, compact(t, answer), got.text)
		c.patch(path, read(t, "cancel_order_request_with_ax_status.json")).is(http.StatusOK, answer) // again
		c.order(ax).is(http.StatusOK, state(code, ax, "Traveler cancel", "traveller fell ill"))
		for _, status := range []string{"New", "Unavoidable cancel"} {
			c.patch(path, `{"channel_status": "`+status+`"}`).has(http.StatusBadRequest)
			c.patch(path, `{"channel_order_status": "`+status+`"}`).
				is(http.StatusBadRequest, `{"channel_order_status": ["\"`+status+`\"이 유효하지 않은 선택(choice)입니다."]}`)
		}
		for _, ticket := range tickets {
			c.patch(ticketPath(ax, ticket), `{"status": "Traveler canceled"}`).
				is(http.StatusOK, cancelledTicket(code, ax, "Traveler cancel", ticket, "Traveler canceled"))
		}
		h.Settle(t)
		require.Zero(t, balance(t, h))

		// One line of two; the other stays.
		var two created
		c.create(request(t, "create_order_request_two_lines.json")).has(http.StatusCreated).into(&two)
		first, second := two.Data.DepthCombinations[0].AXOrderCode, two.Data.DepthCombinations[1].AXOrderCode
		h.Settle(t)
		c.patch(ordersPath+"/"+second, read(t, "cancel_order_request_curl_names.json")).has(http.StatusOK)
		c.order(first).is(http.StatusOK, state("KT-20260418-000734", first, "Supplier confirm", ""))
		c.order(second).is(http.StatusOK, state("KT-20260418-000734", second, "Unavoidable cancel", "typhoon closure"))
		c.patch(ordersPath+"/"+first, `{"channel_status": "New"}`).has(http.StatusBadRequest) // it has moved on
		c.patch(ordersPath+"/"+first, `{"channel_status": "Unavoidable cancel"}`).
			is(http.StatusOK, cancelled("KT-20260418-000734", "Unavoidable cancel", first, "Unavoidable cancel"))
		require.Zero(t, balance(t, h))
		days, err := h.Catalog.ListAllotments(t.Context(), 502, "2026-05-10", "2026-05-10", 1)
		require.NoError(t, err)
		require.Zero(t, days[0].Sold)
		c.patch(ordersPath+"/"+unknownCode, read(t, "cancel_order_request.json")).like(http.StatusNotFound, "error_404.json")
		c.as("api_key_two", "code_two").patch(path, read(t, "cancel_order_request.json")).
			like(http.StatusNotFound, "error_404.json")
		h.Verify(t)
	})
}

// delay makes the supplier take its time over a product, so that what is asked of
// an order right after it is placed finds it new on a slow machine as well. It
// comes before the first purchase, with which the hub learns its settings.
func delay(t *testing.T, h *doortest.Server, sku string) {
	t.Helper()
	providers, err := h.Providers.List(t.Context())
	require.NoError(t, err)
	for _, p := range providers {
		if p.Name != "sim" {
			continue
		}
		var settings sim.Config
		require.NoError(t, json.Unmarshal(p.Config, &settings))
		script := settings.Scripts[sku]
		script.DelayMS = 5000
		settings.Scripts[sku] = script
		p.Config, err = json.Marshal(settings)
		require.NoError(t, err)
		_, err = h.Providers.Update(t.Context(), p, nil)
		require.NoError(t, err)
	}
}

func TestCancelTicket(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		delay(t, h, "PARK_DAY")
		c := newChannel(t, h, axcloud.Config{})
		const code = "KT-20260418-000731"
		ax, tickets := c.create(request(t, "create_order_request.json")).codes()
		path := ticketPath(ax, tickets[1])
		c.patch(path, `{"status": "New", "comment": "both come"}`).is(
			http.StatusOK, cancelledTicket(code, ax, "New", tickets[1], "New"),
		)
		answer := strings.NewReplacer(
			"e1c7a2d4-6b90-4f58-a3e2-5d0c7f9b8146", ax, "d70c5e82-9a1f-4b63-92e4-1f8b3d6c0a57", tickets[1],
		).
			Replace(read(t, "cancel_ticket_response_200.json"))
		require.Equal(t, compact(t, answer), c.patch(path, read(t, "cancel_ticket_request.json")).has(http.StatusOK).text)
		require.Equal(t, "one of two cannot come", c.order(ax).entry("comment"))
		h.Settle(t)
		require.Equal(t, "Supplier confirm", c.status(ax))
		require.Equal(t, -2222*money.Unit, balance(t, h))

		c.patch(path, read(t, "cancel_ticket_request_older_case.json")).is(
			http.StatusOK, cancelledTicket(code, ax, "Supplier confirm", tickets[1], "Traveler canceled"),
		)
		c.patch(path, `{"status": "New"}`).is(http.StatusBadRequest, `{"status": ["\"New\"이 유효하지 않은 선택(choice)입니다."]}`)
		c.patch(ticketPath(ax, unknownCode), `{"status": "New"}`).like(http.StatusNotFound, "error_404.json")
		c.patch(ticketPath(unknownCode, tickets[0]), `{"status": "New"}`).like(http.StatusNotFound, "error_404.json")
		other, _ := c.create(simple(t, "other", dayMapping, dayOption, "1", "2026-05-09")).codes()
		c.patch(ticketPath(other, tickets[0]), `{"status": "Traveler canceled"}`).like(http.StatusNotFound, "error_404.json")

		// The last one takes the order with it.
		c.patch(ticketPath(strings.ToUpper(ax), strings.ToUpper(tickets[0])), `{"status": "TRAVELER CANCELED"}`).
			is(http.StatusOK, cancelledTicket(code, ax, "Traveler cancel", tickets[0], "Traveler canceled"))
		require.Equal(t, "Traveler cancel", c.status(ax))
		c.patch(ordersPath+"/"+ax, `{"channel_status": "Traveler cancel"}`).has(http.StatusOK)
		c.patch(ordersPath+"/"+ax, `{"channel_status": "Unavoidable cancel"}`).has(http.StatusBadRequest)
		h.Settle(t)
		require.Equal(t, -2222*money.Unit, balance(t, h)) // of the other order
		h.Verify(t)
	})
}

// Of several cancellations at once one decides, and the others are told as if they
// had come later.
func TestCancelAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := newChannel(t, h, axcloud.Config{})
		ax, _ := c.create(simple(t, "at once", fewMapping, fewOption, "3", "2026-05-09")).codes()
		statuses := []string{"Traveler cancel", "Unavoidable cancel"}
		replies := make([]reply, 12)
		var all sync.WaitGroup
		for i := range replies {
			all.Go(func() {
				replies[i], _ = c.try(http.MethodPatch, ordersPath+"/"+ax, `{"channel_status": "`+statuses[i%2]+`"}`)
			})
		}
		all.Wait()
		final := c.status(ax)
		require.Contains(t, statuses, final)
		for i, r := range replies {
			if statuses[i%2] == final {
				require.Equal(t, http.StatusOK, r.status, r.text)
			} else {
				require.Equal(t, http.StatusBadRequest, r.status, r.text)
			}
		}
		require.Zero(t, balance(t, h))
		h.Verify(t)
	})
}

// Orders that the merchant made elsewhere are not the channel API's.
func TestOtherDoors(t *testing.T) {
	h := doortest.SQLite(t)
	c := newChannel(t, h, axcloud.Config{})
	_, err := h.Orders.Create(t.Context(), &order.Draft{
		MerchantID: channelID, Currency: "KRW", Reference: "elsewhere", Door: "hub",
		Lines: []order.DraftLine{
			{SKU: "PARK_DAY", Quantity: 1, UseDate: "2026-05-09", Code: "e1c7a2d4-6b90-4f58-a3e2-5d0c7f9b8146"},
		},
	})
	require.NoError(t, err)
	c.order("e1c7a2d4-6b90-4f58-a3e2-5d0c7f9b8146").like(http.StatusNotFound, "error_404.json")
	c.create(simple(t, "elsewhere", dayMapping, dayOption, "1", "2026-05-09")).like(
		http.StatusBadRequest, "error_400_duplicate_channel_order_code.json",
	)

	// What the hub's operators take back is the traveller's cancellation here.
	ax, _ := c.create(simple(t, "taken back", fewMapping, fewOption, "1", "2026-05-09")).codes()
	o, err := h.Orders.GetByLineCode(t.Context(), channelID, ax)
	require.NoError(t, err)
	_, err = h.Orders.Cancel(t.Context(), order.ByOperator(), o.Number, order.Cancellation{})
	require.NoError(t, err)
	c.order(ax).is(http.StatusOK, state("taken back", ax, "Traveler cancel", ""))
}
