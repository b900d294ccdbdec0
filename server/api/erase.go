package api

import (
	"cmp"
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/order"
)

// readByErasure is how many orders EraseRecipient reads unless it is told.
const readByErasure = 500

func (s *orderService) EraseOrder(ctx context.Context, r *orderhubv1.EraseOrderRequest) (
	*orderhubv1.EraseOrderResponse, error,
) {
	e := order.Erasure{Goods: r.GetGoods(), Dry: r.GetDryRun()}
	erased, err := s.Eraser.Erase(ctx, ownViewer(ctx), r.GetOrderNumber(), e)
	shown, err := converted(ctx, erased, err, s.toAPIOrderWithout)
	return &orderhubv1.EraseOrderResponse{Order: shown}, err
}

func (s *orderService) EraseRecipient(ctx context.Context, r *orderhubv1.EraseRecipientRequest) (
	*orderhubv1.EraseRecipientResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Eraser.EraseRecipient(ctx, order.Sought{
		Erasure:   order.Erasure{Goods: r.GetGoods(), Dry: r.GetDryRun()},
		Recipient: fromAPIRecipient(r.GetRecipient()), Value: r.GetValue(),
		Viewer: viewer, AfterID: p.key(0), Most: cmp.Or(int(r.GetPageSize()), readByErasure),
	})
	if err != nil {
		return nil, err
	}
	resp := &orderhubv1.EraseRecipientResponse{
		Read: found.Read, ErasedOrderNumbers: found.Erased, OpenOrderNumbers: found.Open, OpenHoldNumbers: found.Held,
	}
	if found.Next != 0 {
		resp.NextPageToken = p.token(found.Next)
	}
	return resp, nil
}
