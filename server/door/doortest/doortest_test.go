package doortest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/demo"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/password"
)

// Dated goods of a provider have their tickets from placement on, are confirmed
// by it, and can be given back one by one.
func TestTickets(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		const channel = 6
		place := func(reference, sku string, quantity int64) *order.Order {
			placed, err := h.Orders.Create(t.Context(), &order.Draft{
				MerchantID: channel, Currency: "KRW", Reference: reference, Door: "test",
				Private: []byte(`{"name":"someone"}`),
				Lines: []order.DraftLine{
					{SKU: sku, Quantity: quantity, UseDate: "2026-12-24", Code: "code " + reference, DoorState: "new"},
				},
			})
			require.NoError(t, err)
			return placed.Order
		}
		day := place("day", "PARK_DAY", 2)
		require.Len(t, day.Lines[0].Goods, 2)
		require.Equal(t, order.GoodsPending, day.Lines[0].Goods[0].Status)
		no := place("no", "PARK_NO", 2)
		few := place("few", "PARK_FEW", 3)
		require.Equal(t, order.GoodsDelivered, few.Lines[0].Goods[0].Status)
		h.Settle(t)

		day, err := h.Orders.GetByLineCode(t.Context(), channel, "code day")
		require.NoError(t, err)
		require.Equal(t, order.StatusCompleted, day.Status)
		require.JSONEq(t, `{"name":"someone"}`, string(day.Private))
		require.Contains(t, day.Lines[0].Goods[0].Content, "SIM-")
		no, err = h.Orders.Get(t.Context(), order.ByMerchant(channel), no.Number)
		require.NoError(t, err)
		require.Equal(t, order.StatusFailed, no.Status)
		require.Equal(t, order.GoodsFailed, no.Lines[0].Goods[1].Status)
		require.Equal(t, no.Total, no.Refunded)

		for _, o := range []*order.Order{day, few} {
			state := "taken back"
			one := order.Cancellation{
				Lines: []order.CancelLine{{Position: 1, TicketCodes: []string{o.Lines[0].Goods[0].TicketCode}, DoorState: &state}},
			}
			for range 2 { // again changes nothing
				o, err = h.Orders.Cancel(t.Context(), order.ByMerchant(channel), o.Number, one)
				require.NoError(t, err)
				require.Equal(t, order.StatusCompleted, o.Status)
				require.EqualValues(t, 1, o.Lines[0].Cancelled)
				require.Equal(t, o.Lines[0].UnitPrice, o.Refunded)
				require.Equal(t, state, o.Lines[0].DoorState)
			}
			o, err = h.Orders.Cancel(t.Context(), order.ByMerchant(channel), o.Number, order.Cancellation{})
			require.NoError(t, err)
			require.Equal(t, order.StatusCancelled, o.Status)
			require.Equal(t, o.Total, o.Refunded)
		}
		days, err := h.Catalog.ListAllotments(t.Context(), 502, "2026-12-24", "2026-12-24", 1)
		require.NoError(t, err)
		require.Zero(t, days[0].Sold)
		_, err = h.Orders.Cancel(t.Context(), order.ByMerchant(channel), no.Number, order.Cancellation{})
		require.ErrorIs(t, err, order.ErrNotCancellable)
		h.Verify(t)
	})
}

// A ticket that is given back before the supplier has confirmed the rest.
func TestCancelPendingTicket(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		const channel = 6
		placed, err := h.Orders.Create(t.Context(), &order.Draft{
			MerchantID: channel, Currency: "KRW", Door: "test",
			Lines: []order.DraftLine{{SKU: "PARK_DAY", Quantity: 3, UseDate: "2026-12-24"}},
		})
		require.NoError(t, err)
		require.Equal(t, placed.Order.Number, placed.Order.Reference)
		code := placed.Order.Lines[0].Goods[1].TicketCode
		require.Eventually(t, func() bool {
			_, err := h.Orders.Cancel(t.Context(), order.ByMerchant(channel), placed.Order.Number,
				order.Cancellation{Lines: []order.CancelLine{{Position: 1, TicketCodes: []string{code}}}})
			return err == nil
		}, time.Minute, time.Millisecond)
		h.Settle(t)
		o, err := h.Orders.Get(t.Context(), order.ByMerchant(channel), placed.Order.Number)
		require.NoError(t, err)
		require.Equal(t, order.StatusCompleted, o.Status)
		require.EqualValues(t, 2, o.Lines[0].Completed)
		require.Equal(t, order.GoodsCancelled, o.Lines[0].Goods[1].Status)
		h.Verify(t)
	})
}

// Lines that no other order may have.
func TestUniqueLines(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		const reseller = 5
		draft := func(references ...string) *order.Draft {
			d := &order.Draft{MerchantID: reseller, Currency: "TRY", Door: "test", UniqueLines: true}
			for _, reference := range references {
				d.Lines = append(d.Lines, order.DraftLine{SKU: "EPIN_25", Quantity: 1, ExternalReference: reference})
			}
			return d
		}
		first, err := h.Orders.Create(t.Context(), draft("a", "b", "b"))
		require.NoError(t, err)
		again, err := h.Orders.Create(t.Context(), draft("a", "b", "b"))
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, first.Order.Number, again.Order.Number)
		require.Equal(t, first.Balance, again.Balance)

		_, err = h.Orders.Create(t.Context(), draft("c", "b"))
		var refused *order.LinesError
		require.ErrorAs(t, err, &refused)
		require.Len(t, refused.Problems, 1)
		require.Equal(t, 1, refused.Problems[0].Index)
		require.Equal(t, order.ReasonReferenceUsed, refused.Problems[0].Reason)
		h.Verify(t)
	})
}

func TestAccounts(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		m, err := h.Accounts.Login(t.Context(), account.SignIn{Email: "Reseller@example.com", Password: demo.Password})
		require.NoError(t, err)
		require.Equal(t, "Demo Store", m.Settings.StoreName)
		key, err := h.Accounts.CallbackKey(t.Context(), m.ID)
		require.NoError(t, err)
		require.Equal(t, demo.ResellerKey, key)
		suspended := account.SignIn{Email: "suspended@example.com", Password: demo.Password}
		for range 10 {
			_, err = h.Accounts.Login(t.Context(), suspended)
			require.ErrorIs(t, err, account.ErrBadCredentials)
		}
		_, err = h.Accounts.Login(t.Context(), suspended)
		var locked *password.LockedError
		require.ErrorAs(t, err, &locked)

		_, err = h.Orders.Create(
			t.Context(),
			&order.Draft{MerchantID: 1, Currency: "THB", Lines: []order.DraftLine{{SKU: "EMAIL_BASIC", Quantity: 2}}},
		)
		require.NoError(t, err)
		totals, err := h.Accounts.Totals(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, account.Totals{Deposited: 1_000_000 * money.Unit, Spent: 20_400_000, Orders: 1}, totals)
		sold, err := h.Orders.Sold(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 2, sold[1])
	})
}
