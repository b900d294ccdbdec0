package api_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// mute is a provider that never says whether it has received anything, and that
// cannot be asked.
type mute struct{}

func (mute) Idempotent() bool { return false }

func (mute) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{}, errors.New("no answer")
}

// What an operator decides about a parked attempt happens once, and the order's
// events say so.
func TestResolveAttempt(t *testing.T) {
	for _, tt := range []struct {
		action   orderhubv1.AttemptAction
		goods    []string
		attempt  orderhubv1.AttemptStatus
		order    orderhubv1.OrderStatus
		refunded string
	}{
		{
			orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED,
			[]string{"one", "two"},
			orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, "0.00",
		},
		{
			orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED,
			[]string{"one"},
			orderhubv1.AttemptStatus_ATTEMPT_STATUS_DELIVERED, orderhubv1.OrderStatus_ORDER_STATUS_FAILED, "10.00",
		},
		{
			orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED, nil, orderhubv1.AttemptStatus_ATTEMPT_STATUS_REFUSED,
			orderhubv1.OrderStatus_ORDER_STATUS_FAILED, "20.00",
		},
		{
			orderhubv1.AttemptAction_ATTEMPT_ACTION_ELSEWHERE, nil, orderhubv1.AttemptStatus_ATTEMPT_STATUS_REFUSED,
			orderhubv1.OrderStatus_ORDER_STATUS_FAILED, "20.00",
		},
		{
			orderhubv1.AttemptAction_ATTEMPT_ACTION_INQUIRE, nil, orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED,
			orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING, "0.00",
		},
	} {
		t.Run(tt.action.String(), func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, open func() *stores.All) {
				h := startHubOn(t, open(), nil)
				p := h.Product("GOLD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
				h.Supplied(p, "mute", mute{})
				placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "r", "GOLD", 2))
				require.NoError(t, err)
				o := h.Finish(placed.Order)
				list, err := h.admin().ListAttempts(
					h.asAdmin(), &orderhubv1.ListAttemptsRequest{Status: orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED},
				)
				require.NoError(t, err)
				require.Len(t, list.GetAttempts(), 1)
				parked := list.GetAttempts()[0]
				require.Equal(t, o.Number, parked.GetOrderNumber())
				require.NotEmpty(t, parked.GetFailureMessage())
				told := h.explained(t, o.Number)
				require.Contains(t, told, "An operator has to decide")

				decide := func() *orderhubv1.Attempt {
					resp, err := h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
						Attempt: parked.GetId(), Action: tt.action, Evidence: "they said so on the phone", Goods: tt.goods,
					})
					require.NoError(t, err)
					return resp.GetAttempt()
				}
				decide()
				o = h.Finish(o)
				after, err := h.admin().GetAttempt(h.asAdmin(), &orderhubv1.GetAttemptRequest{Attempt: parked.GetId()})
				require.NoError(t, err)
				require.Equal(t, tt.attempt, after.GetAttempt().GetStatus())
				final, err := h.orders().GetOrder(h.asShop(), &orderhubv1.GetOrderRequest{OrderNumber: o.Number})
				require.NoError(t, err)
				require.Equal(t, tt.order, final.GetOrder().GetStatus())
				require.Equal(t, tt.refunded, final.GetOrder().GetRefundedAmount())
				require.Len(t, final.GetOrder().GetLines()[0].GetGoods(), len(tt.goods))
				require.Contains(t, h.explained(t, o.Number), "they said so on the phone")
				if tt.action == orderhubv1.AttemptAction_ATTEMPT_ACTION_INQUIRE {
					return // it is parked again, and may be decided again
				}
				require.Equal(
					t, after.GetAttempt().GetSettleTime().AsTime(), decide().GetSettleTime().AsTime(), "again changes nothing",
				)
				if tt.action == orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED {
					_, err = h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
						Attempt: parked.GetId(), Action: tt.action, Evidence: "x", Goods: []string{"other"},
					})
					refused(t, err, codes.FailedPrecondition, "ATTEMPT_SETTLED")
				}
				_, err = h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
					Attempt: parked.GetId(), Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_INQUIRE, Evidence: "x",
				})
				refused(t, err, codes.FailedPrecondition, "ATTEMPT_SETTLED")
			})
		})
	}
}

func TestResolveAttemptChecksItsInput(t *testing.T) {
	h := startHub(t, nil)
	p := h.Product("GOLD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	h.Supplied(p, "mute", mute{})
	placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "r", "GOLD", 2))
	require.NoError(t, err)
	h.Finish(placed.Order)
	for name, r := range map[string]*orderhubv1.ResolveAttemptRequest{
		"goods":    {Attempt: 1, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED, Evidence: "x", Goods: []string{"a"}},
		"evidence": {Attempt: 1, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_FAILED},
		"action":   {Attempt: 1, Evidence: "x"},
	} {
		_, err := h.admin().ResolveAttempt(h.asAdmin(), r)
		assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, name)
	}
	_, err = h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
		Attempt: 1, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED, Evidence: "x", Goods: []string{"a", "b", "c"},
	})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "goods")
	for _, bad := range []string{"A\nB", "\ufeffCODE", "   ", "content", "\x1b[31mY", " ok\u00a0", "Voucher Code"} {
		_, err = h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
			Attempt: 1, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED, Evidence: "x", Goods: []string{"ok", bad},
		})
		assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "goods[1]", "%q", bad)
	}
	_, err = h.admin().ResolveAttempt(h.asAdmin(), &orderhubv1.ResolveAttemptRequest{
		Attempt: 1, Action: orderhubv1.AttemptAction_ATTEMPT_ACTION_DELIVERED, Evidence: "x", Goods: []string{"KEY", "ok"},
	})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "goods[0]")
	_, err = h.admin().GetAttempt(h.asAdmin(), &orderhubv1.GetAttemptRequest{Attempt: 99})
	refused(t, err, codes.NotFound, "ATTEMPT_NOT_FOUND")
}

// explained is an order's story as an operator is told it.
func (h *services) explained(t *testing.T, number string) (told string) {
	t.Helper()
	story, err := h.orders().ExplainOrder(h.asAdmin(), &orderhubv1.ExplainOrderRequest{OrderNumber: number})
	require.NoError(t, err)
	for _, step := range story.GetSteps() {
		told += step.GetText() + "\n"
	}
	merchants, err := h.orders().ExplainOrder(h.asShop(), &orderhubv1.ExplainOrderRequest{OrderNumber: number})
	require.NoError(t, err)
	for _, step := range merchants.GetSteps() {
		assert.NotContains(t, step.GetText(), "mute", "merchants are not told of providers")
	}
	assert.NotContains(t, merchants.GetNext(), "mute")
	return told + story.GetNext()
}

// Of an attempt whose payload is no longer kept everybody is told so.
func TestAttemptWithoutItsPayload(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		h := startHubOn(t, s, nil)
		h.Simulated("BAD", 10, sim.Script{FailCode: "SOLD_OUT", FailMessage: "no more", Reject: true})
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "r", "BAD", 1))
		require.NoError(t, err)
		o := h.Finish(placed.Order)
		attempt := func() *orderhubv1.Attempt {
			list, err := h.admin().ListAttempts(h.asAdmin(), &orderhubv1.ListAttemptsRequest{OrderNumber: o.Number})
			require.NoError(t, err)
			require.Len(t, list.GetAttempts(), 1)
			one, err := h.admin().GetAttempt(
				h.asAdmin(), &orderhubv1.GetAttemptRequest{Attempt: list.GetAttempts()[0].GetId()},
			)
			require.NoError(t, err)
			require.Equal(t, list.GetAttempts()[0].String(), one.GetAttempt().String())
			all, err := h.admin().ListAttempts(h.asAdmin(), &orderhubv1.ListAttemptsRequest{})
			require.NoError(t, err)
			require.Empty(t, all.GetAttempts()[0].GetExchanges(), "a list of many says less of each")
			return one.GetAttempt()
		}
		before := attempt()
		require.Equal(t, "no more", before.GetFailureMessage())
		require.Nil(t, before.GetPayloadRemovedTime())
		require.Len(t, before.GetExchanges(), 1)
		require.Equal(t, "place", before.GetExchanges()[0].GetOperation())
		require.Equal(t, "refused", before.GetExchanges()[0].GetResult())
		require.WithinDuration(t, time.Now(), before.GetExchanges()[0].GetSendTime().AsTime(), time.Minute)
		require.Contains(t, h.explained(t, o.Number), "SOLD_OUT, no more.")

		step := retention.Step{Kind: retention.Payloads, Before: time.Now().Add(time.Hour), Most: 10}
		done, err := s.Retention.Step(t.Context(), step)
		require.NoError(t, err)
		require.EqualValues(t, 1, done.Rows)
		after := attempt()
		require.Equal(t, "SOLD_OUT", after.GetFailureCode())
		require.Empty(t, after.GetFailureMessage())
		require.Empty(t, after.GetExchanges())
		require.WithinDuration(t, time.Now(), after.GetPayloadRemovedTime().AsTime(), time.Minute)
		require.Contains(t, h.explained(t, o.Number), "SOLD_OUT; what the provider said is no longer kept.")
	})
}
