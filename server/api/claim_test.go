package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// What is bought in the place of a unit, as its merchant and as operators see it.
func TestClaimsReplacedByPurchases(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Simulated("GOLD", 10, sim.Script{})
		claims, ada := orderhubv1.NewClaimServiceClient(h.conn), h.asOperator("ada", operator.Support)
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "one", "GOLD", 1))
		require.NoError(t, err)
		o := h.Finish(placed.Order)
		made, err := claims.CreateClaim(h.asShop(), &orderhubv1.CreateClaimRequest{
			OrderNumber: o.Number, Reason: orderhubv1.ClaimReason_CLAIM_REASON_ALREADY_USED,
		})
		require.NoError(t, err)
		balance := h.balance()
		answered, err := claims.AnswerClaim(ada, &orderhubv1.AnswerClaimRequest{
			Claim: made.GetClaim().GetId(), Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE,
		})
		require.NoError(t, err)
		require.Equal(t, orderhubv1.ClaimStatus_CLAIM_STATUS_REPLACING, answered.GetClaim().GetStatus())
		seen, err := h.orders().GetOrder(h.asShop(), &orderhubv1.GetOrderRequest{OrderNumber: o.Number})
		require.NoError(t, err)
		require.Equal(t, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, seen.GetOrder().GetStatus())
		listed, err := claims.ListClaims(h.asShop(), &orderhubv1.ListClaimsRequest{
			Status: orderhubv1.ClaimStatus_CLAIM_STATUS_REPLACING,
		})
		require.NoError(t, err)
		require.Len(t, listed.GetClaims(), 1)
		unit := listed.GetClaims()[0].GetUnits()[0]
		require.Equal(t, orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING, unit.GetStatus())
		_, err = claims.AnswerClaim(ada, &orderhubv1.AnswerClaimRequest{
			Claim: made.GetClaim().GetId(), Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
		})
		refused(t, err, codes.FailedPrecondition, "CLAIM_ANSWERED")
		h.Finish(o)
		found, err := claims.GetClaim(h.asShop(), &orderhubv1.GetClaimRequest{Claim: made.GetClaim().GetId()})
		require.NoError(t, err)
		require.Equal(t, orderhubv1.ClaimStatus_CLAIM_STATUS_ANSWERED, found.GetClaim().GetStatus())
		require.NotZero(t, found.GetClaim().GetUnits()[0].GetReplacementUnit())
		require.Equal(t, balance, h.balance())
		attempts, err := orderhubv1.NewAdminServiceClient(h.conn).ListAttempts(
			ada, &orderhubv1.ListAttemptsRequest{OrderNumber: o.Number},
		)
		require.NoError(t, err)
		require.Len(t, attempts.GetAttempts(), 2)
		require.Equal(t, made.GetClaim().GetId(), attempts.GetAttempts()[0].GetClaim())
		require.Zero(t, attempts.GetAttempts()[1].GetClaim())
		story, err := h.orders().ExplainOrder(ada, &orderhubv1.ExplainOrderRequest{OrderNumber: o.Number})
		require.NoError(t, err)
		require.Contains(t, story.String(), "others are being bought")
		storetest.RequireClean(t, h.Store)
	})
}

// A claim over the connection, as its merchant and as an operator see it.
func TestClaims(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 10, 3)
		claims := orderhubv1.NewClaimServiceClient(h.conn)
		ada, vera := h.asOperator("ada", operator.Support), h.asOperator("vera", operator.Viewer)
		placed, err := h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
			ReferenceId: "one", Lines: []*orderhubv1.OrderLine{{Sku: "CODE", Quantity: 2}},
		}})
		require.NoError(t, err)
		goods := placed.GetOrder().GetLines()[0].GetGoods()
		wish := &orderhubv1.CreateClaimRequest{
			OrderNumber: placed.GetOrder().GetOrderNumber(), Units: []int64{goods[0].GetUnit()}, Reference: "complaint",
			Reason: orderhubv1.ClaimReason_CLAIM_REASON_ALREADY_USED, Text: "It was used in May",
		}
		made, err := claims.CreateClaim(h.asShop(), wish)
		require.NoError(t, err)
		again, err := claims.CreateClaim(h.asShop(), wish)
		require.NoError(t, err)
		require.Equal(t, made.GetClaim().GetId(), again.GetClaim().GetId())
		require.Equal(t, "shop", made.GetClaim().GetClaimedBy())
		for _, test := range []struct {
			change func(*orderhubv1.CreateClaimRequest)
			code   codes.Code
			reason string
		}{
			{func(r *orderhubv1.CreateClaimRequest) { r.Reference = "" }, codes.AlreadyExists, "UNIT_CLAIMED"},
			{func(r *orderhubv1.CreateClaimRequest) { r.Text = "" }, codes.AlreadyExists, "DUPLICATE_REFERENCE"},
			{func(r *orderhubv1.CreateClaimRequest) { r.Reference, r.Units = "", []int64{9} }, codes.NotFound, "UNIT_NOT_FOUND"},
			{func(r *orderhubv1.CreateClaimRequest) { r.OrderNumber = "ord_none" }, codes.NotFound, "ORDER_NOT_FOUND"},
			{func(r *orderhubv1.CreateClaimRequest) { r.Reason = 0 }, codes.InvalidArgument, "VALIDATION_FAILED"},
		} {
			other := &orderhubv1.CreateClaimRequest{
				OrderNumber: wish.OrderNumber, Units: wish.Units, Reference: wish.Reference, Reason: wish.Reason, Text: wish.Text,
			}
			test.change(other)
			_, err := claims.CreateClaim(h.asShop(), other)
			refused(t, err, test.code, test.reason)
		}
		answer := &orderhubv1.AnswerClaimRequest{
			Claim: made.GetClaim().GetId(), Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND, Reason: "sorry",
		}
		_, err = claims.AnswerClaim(h.asShop(), answer)
		require.Error(t, err)
		_, err = claims.AnswerClaim(vera, answer)
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
		before := h.balance()
		for range 2 {
			_, err = claims.AnswerClaim(ada, answer)
			require.NoError(t, err)
		}
		require.NotEqual(t, before, h.balance())
		_, err = claims.AnswerClaim(ada, &orderhubv1.AnswerClaimRequest{
			Claim: answer.Claim, Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT, Reason: "no",
		})
		refused(t, err, codes.FailedPrecondition, "CLAIM_ANSWERED")
		seen, err := claims.GetClaim(h.asShop(), &orderhubv1.GetClaimRequest{Claim: answer.Claim})
		require.NoError(t, err)
		require.Equal(t, "10.00", seen.GetClaim().GetUnits()[0].GetRefundAmount())
		require.Empty(t, seen.GetClaim().GetUnits()[0].GetAnsweredBy(), "merchants do not see who")
		listed, err := claims.ListClaims(vera, &orderhubv1.ListClaimsRequest{
			Merchant: "shop", Status: orderhubv1.ClaimStatus_CLAIM_STATUS_ANSWERED,
		})
		require.NoError(t, err)
		require.Len(t, listed.GetClaims(), 1)
		require.Equal(t, "ada", listed.GetClaims()[0].GetUnits()[0].GetAnsweredBy())
		_, err = claims.DisputeClaim(ada, &orderhubv1.DisputeClaimRequest{Claim: answer.Claim})
		refused(t, err, codes.FailedPrecondition, "NO_PURCHASE")
		storetest.RequireClean(t, h.Store)
	})
}

// Who claims for a merchant does not pay it out, and much is paid out by finance.
func TestRefundsTakeTwo(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		limits, err := approval.ParseLimits([]string{"15"})
		require.NoError(t, err)
		h := startHubOn(t, open(), func(o *api.Options) { o.Claims.Bounded(limits.Above) })
		h.Stocked("CODE", 10, 3)
		claims := orderhubv1.NewClaimServiceClient(h.conn)
		ada, bob := h.asOperator("ada", operator.Support), h.asOperator("bob", operator.Support)
		fay := h.asOperator("fay", operator.Support, operator.Finance)
		placed, err := h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
			ReferenceId: "one", Lines: []*orderhubv1.OrderLine{{Sku: "CODE", Quantity: 3}},
		}})
		require.NoError(t, err)
		made, err := claims.CreateClaim(ada, &orderhubv1.CreateClaimRequest{
			OrderNumber: placed.GetOrder().GetOrderNumber(), Reason: orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING,
		})
		require.NoError(t, err)
		before := h.balance()
		refund := func(as context.Context, units ...int) error {
			request := &orderhubv1.AnswerClaimRequest{
				Claim: made.GetClaim().GetId(), Answer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
			}
			for _, i := range units {
				request.Units = append(request.Units, made.GetClaim().GetUnits()[i].GetUnit())
			}
			_, err := claims.AnswerClaim(as, request)
			return err
		}
		refused(t, refund(ada, 0), codes.PermissionDenied, "OWN_CLAIM")
		refused(t, refund(bob, 0, 1), codes.PermissionDenied, "FINANCE_NEEDED")
		require.Equal(t, before, h.balance())
		require.NoError(t, refund(bob, 0))
		refused(t, refund(bob, 1), codes.PermissionDenied, "FINANCE_NEEDED")
		require.NoError(t, refund(fay))
		require.NotEqual(t, before, h.balance())
		storetest.RequireClean(t, h.Store)
	})
}

func TestTicketsAtTheGate(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		today := h.Store.Now().Format(time.DateOnly)
		h.Ticket("DAY", 10, 5, today)
		gate := orderhubv1.NewRedemptionServiceClient(h.conn)
		placed, err := h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
			ReferenceId: "one", Lines: []*orderhubv1.OrderLine{{Sku: "DAY", Quantity: 2, UseDate: today}},
		}})
		require.NoError(t, err)
		code := placed.GetOrder().GetLines()[0].GetGoods()[0].GetTicketCode()
		_, err = gate.RedeemTicket(h.asShop(), &orderhubv1.RedeemTicketRequest{TicketCode: code, Place: "Gate 1"})
		require.NoError(t, err)
		_, err = gate.RedeemTicket(h.asShop(), &orderhubv1.RedeemTicketRequest{TicketCode: code})
		refused(t, err, codes.FailedPrecondition, "TICKET_USED")
		_, err = gate.RedeemTicket(h.asShop(), &orderhubv1.RedeemTicketRequest{TicketCode: "none"})
		refused(t, err, codes.NotFound, "TICKET_NOT_FOUND")
		request := &orderhubv1.ListTicketsRequest{Product: "DAY", UseDate: today, PageSize: 1}
		first, err := gate.ListTickets(h.asShop(), request)
		require.NoError(t, err)
		request.PageToken = first.GetNextPageToken()
		second, err := gate.ListTickets(h.asShop(), request)
		require.NoError(t, err)
		require.Empty(t, second.GetNextPageToken())
		require.Equal(t, "Gate 1", first.GetTickets()[0].GetPlace())
		require.Equal(t, orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED, second.GetTickets()[0].GetStatus())
		_, err = gate.ListTickets(h.asOperator("vera", operator.Viewer), &orderhubv1.ListTicketsRequest{
			Product: "DAY", UseDate: today,
		})
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")

		_, err = gate.ListTickets(h.asOperator("grace", operator.Support), &orderhubv1.ListTicketsRequest{
			Product: "DAY", UseDate: today,
		})
		require.NoError(t, err)
		entries, err := orderhubv1.NewOperatorServiceClient(h.conn).ListAuditEntries(
			h.asAdmin(), &orderhubv1.ListAuditEntriesRequest{Method: "ListTickets"},
		)
		require.NoError(t, err)
		require.Len(t, entries.GetEntries(), 1, "codes were shown to an operator once")
		require.Equal(t, "grace", entries.GetEntries()[0].GetActor())
		storetest.RequireClean(t, h.Store)
	})
}

// Paying back by itself is for who may pay back.
func TestRefundsByPolicyTakeFinance(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 10, 1)
	claims := orderhubv1.NewClaimServiceClient(h.conn)
	set := func(ctx context.Context, perMonth int32) error {
		policy := &orderhubv1.ClaimPolicy{
			ClaimWithinHours: 24, AutomaticAnswer: orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND, AutomaticWithinHours: 24,
			AutomaticPerMonth: perMonth,
		}
		_, err := claims.SetClaimPolicy(ctx, &orderhubv1.SetClaimPolicyRequest{Product: "CODE", Policy: policy})
		return err
	}
	keeper, both := h.asOperator("kim", operator.Catalogue), h.asOperator("fay", operator.Catalogue, operator.Finance)
	refused(t, set(keeper, 1), codes.PermissionDenied, "ROLE_MISSING")
	require.NoError(t, set(both, 3))
	require.NoError(t, set(keeper, 2), "less than before")
	refused(t, set(keeper, 3), codes.PermissionDenied, "ROLE_MISSING")
}
