package api_test

import (
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

func (a *acting) claims() {
	const service = "ClaimService."
	a.Simulated("BOUGHT", 10, sim.Script{})
	_, err := a.Store.WriteDB.ExecContext(
		a.t.Context(), `UPDATE offers SET cost_micros = 5000000 WHERE provider_sku = 'BOUGHT'`,
	)
	require.NoError(a.t, err)
	placed, err := a.Orders.Create(a.t.Context(), storetest.Draft(a.shop, "claimed", "BOUGHT", 1))
	require.NoError(a.t, err)
	number := a.Finish(placed.Order).Number
	do[*orderhubv1.SetClaimPolicyRequest, *orderhubv1.SetClaimPolicyResponse](a, service+"SetClaimPolicy",
		&orderhubv1.SetClaimPolicyRequest{Product: "BOUGHT", Policy: &orderhubv1.ClaimPolicy{AnswerWithinHours: 48}},
		to("product", "BOUGHT"))
	made := do[*orderhubv1.CreateClaimRequest, *orderhubv1.CreateClaimResponse](a, service+"CreateClaim",
		&orderhubv1.CreateClaimRequest{
			OrderNumber: number, Reason: orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING, Text: "player says so",
			Evidence: &orderhubv1.ClaimEvidence{Text: "CONTENT", FileName: "player.png"},
		}, to("order", number)).GetClaim()
	id := made.GetId()
	require.NotNil(a.t, made.GetAnswerByTime())
	do[*orderhubv1.AnswerClaimRequest, *orderhubv1.AnswerClaimResponse](a, service+"AnswerClaim",
		&orderhubv1.AnswerClaimRequest{
			Claim: id, Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE, Goods: []string{"CONTENT-NEW"},
			Reason: "they sent one",
		}, to("claim", asText(id)))
	entry := a.entries(audit.Filter{Method: service + "AnswerClaim"})[0]
	assert.Empty(a.t, entry.Reason, "it may quote the customer")
	assert.NotContains(a.t, entry.Request, "they sent one")
	assert.JSONEq(a.t, `{"status":"answered","refunded":"0.00"}`, entry.After)
	do[*orderhubv1.DisputeClaimRequest, *orderhubv1.DisputeClaimResponse](a, service+"DisputeClaim",
		&orderhubv1.DisputeClaimRequest{Claim: id, Reference: "CASE"}, to("claim", asText(id)))
	ended := do[*orderhubv1.EndDisputeRequest, *orderhubv1.EndDisputeResponse](a, service+"EndDispute",
		&orderhubv1.EndDisputeRequest{Claim: id, Amount: "5"}, to("claim", asText(id))).GetClaim()
	require.Equal(a.t, "5.00", ended.GetUnits()[0].GetDispute().GetCreditAmount())

	today := a.Store.Now().Format(time.DateOnly)
	a.Ticket("GATE", 10, 5, today)
	draft := storetest.Draft(a.shop, "gate", "GATE", 1)
	draft.Lines[0].UseDate = today
	ticket, err := a.Orders.Create(a.t.Context(), draft)
	require.NoError(a.t, err)
	goods := ticket.Order.Lines[0].Goods[0]
	redeemed := do[*orderhubv1.RedeemTicketRequest, *orderhubv1.RedeemTicketResponse](a, "RedemptionService.RedeemTicket",
		&orderhubv1.RedeemTicketRequest{TicketCode: goods.TicketCode, Place: "Gate 2"}, to("unit", asText(goods.UnitID)))
	require.Equal(a.t, orderhubv1.GoodsStatus_GOODS_STATUS_USED, redeemed.GetTicket().GetStatus())
	for _, e := range a.entries(audit.Filter{Method: "RedemptionService.RedeemTicket"}) {
		assert.NotContains(a.t, e.Request, goods.TicketCode)
	}
	_, err = a.Orders.Cancel(a.t.Context(), order.ByOperator(), ticket.Order.Number, order.Cancellation{})
	require.ErrorIs(a.t, err, order.ErrNotCancellable)
}
