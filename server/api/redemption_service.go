package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/errs"
)

// redemptionService is for the doors of venues.
type redemptionService struct {
	orderhubv1.UnimplementedRedemptionServiceServer
	*services
}

func (s *redemptionService) RedeemTicket(ctx context.Context, r *orderhubv1.RedeemTicketRequest) (
	*orderhubv1.RedeemTicketResponse, error,
) {
	bad := &errs.InvalidError{}
	at := fromAPITime(bad, "redeem_time", r.GetRedeemTime())
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	redeemed, err := s.Claims.Redeem(ctx, claim.Redemption{
		Viewer: ownViewer(ctx), Code: r.GetTicketCode(), Reference: r.GetReference(), Place: r.GetPlace(), At: at,
		By: byOf(ctx),
	})
	shown, err := converted(ctx, &redeemed, err, s.ticket)
	return &orderhubv1.RedeemTicketResponse{Ticket: shown}, err
}

func (s *redemptionService) ListTickets(ctx context.Context, r *orderhubv1.ListTicketsRequest) (
	*orderhubv1.ListTicketsResponse, error,
) {
	product, err := s.product(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	if callOf(ctx).principal.Admin() {
		of := audit.Target{Kind: "product", Name: product.SKU}
		if err := s.recordLook(ctx, ticketsShown, of, nil); err != nil {
			return nil, err
		}
	}
	found, err := s.Claims.Tickets(ctx, claim.TicketFilter{
		Viewer: ownViewer(ctx), ProductID: product.ID, UseDate: r.GetUseDate(), AfterID: p.key(0), Limit: p.limit(),
	})
	shown, next, err := pageOrError(ctx, &p, found, err, func(t *claim.Ticket) int64 { return t.UnitID }, s.ticket)
	return &orderhubv1.ListTicketsResponse{Tickets: shown, NextPageToken: next}, err
}

func (s *redemptionService) ticket(ctx context.Context, t *claim.Ticket) (*orderhubv1.Ticket, error) {
	name, err := s.merchantName(ctx, t.MerchantID)
	return &orderhubv1.Ticket{
		Unit: t.UnitID, TicketCode: t.Code, Status: toAPIGoodsStatus[t.Status], UseDate: t.UseDate,
		Product: t.ProductID, Merchant: name, OrderNumber: t.OrderNumber, RedeemTime: toAPIOptionalTime(t.RedeemedAt),
		Place: t.Place,
	}, err
}
