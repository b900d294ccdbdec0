package api

import (
	"context"
	"maps"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/order"
)

// maxBatchAnswer is how large the answer to a batch may grow with goods: gRPC's clients
// take four megabytes by default.
const maxBatchAnswer = 3 << 20

// batchService places many orders with one call.
type batchService struct {
	orderhubv1.UnimplementedBatchServiceServer
	*services
	guard *guard
}

// BatchCreateOrders checks each row by itself.
func (s *batchService) BatchCreateOrders(ctx context.Context, r *orderhubv1.BatchCreateOrdersRequest) (
	*orderhubv1.BatchCreateOrdersResponse, error,
) {
	if r.GetAtomic() {
		return s.together(ctx, r.GetOrders())
	}
	drafts, wrong := make([]*order.Draft, len(r.GetOrders())), make([]error, len(r.GetOrders()))
	for i, o := range r.GetOrders() {
		drafts[i], wrong[i] = s.draft(ctx, o)
	}
	let, refusal := s.guard.auth.Count(ctx, &callOf(ctx).principal, len(drafts)-1) // the call is one
	for i := let + 1; i < len(drafts); i++ {
		if drafts[i] != nil {
			drafts[i], wrong[i] = nil, refusal
		}
	}
	rows, err := s.Orders.CreateEach(ctx, drafts)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if wrong[i] != nil {
			rows[i].Err = wrong[i]
		}
	}
	return s.answer(ctx, r.GetOrders(), rows), nil
}

func (s *batchService) together(ctx context.Context, orders []*orderhubv1.Order) (
	*orderhubv1.BatchCreateOrdersResponse, error,
) {
	// More than one call is ever let in with: to send them again is in vain.
	if most := s.guard.auth.MostRows(&callOf(ctx).principal); most > 0 && len(orders) > most {
		return nil, errs.Invalid(
			"orders", "must have at most %d entries to be atomic: your rate limit allows no more in a minute", most,
		)
	}
	drafts := make([]*order.Draft, len(orders))
	for i, o := range orders {
		var err error
		if drafts[i], err = s.draft(ctx, o); err != nil {
			return nil, s.ofRow(ctx, orders, &order.RowError{Row: i, Err: err})
		}
	}
	if err := s.guard.auth.CountAll(ctx, &callOf(ctx).principal, len(drafts)-1); err != nil { // the call is one
		return nil, err
	}
	rows, err := s.Orders.CreateTogether(ctx, drafts)
	if failed, ok := err.(*order.RowError); ok { //nolint:errorlint // it is said of nothing within
		return nil, s.ofRow(ctx, orders, failed)
	}
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, orders, rows), nil
}

// draft is a row as CreateOrder would read it.
func (s *batchService) draft(ctx context.Context, o *orderhubv1.Order) (*order.Draft, error) {
	if err := s.guard.validator.check(&orderhubv1.CreateOrderRequest{Order: o}); err != nil {
		return nil, err
	}
	draft, err := fromAPIOrder(&callOf(ctx).principal, o)
	if err != nil {
		return nil, err
	}
	if err := s.Webhooks.CheckAddress("notify_url", draft.NotifyURL); err != nil {
		return nil, err
	}
	return draft, nil
}

// answer has the rows, with goods as far as there is room for them.
func (s *batchService) answer(
	ctx context.Context, orders []*orderhubv1.Order, rows []order.Row,
) *orderhubv1.BatchCreateOrdersResponse {
	resp, size := &orderhubv1.BatchCreateOrdersResponse{Rows: make([]*orderhubv1.BatchRow, len(rows))}, 0
	for i := range rows {
		row := &orderhubv1.BatchRow{ReferenceId: orders[i].GetReferenceId()}
		resp.Rows[i] = row
		if rows[i].Err != nil {
			row.Error = s.guard.orderError(ctx, rows[i].Err)
			resp.ErrorCount++
			continue
		}
		row.Order = toAPIOrder(rows[i].Order, callOf(ctx).principal.MerchantName)
		resp.OrderCount++
		if size += proto.Size(row.GetOrder()); size <= maxBatchAnswer {
			continue
		}
		for _, line := range row.GetOrder().GetLines() {
			row.GoodsLeftOut = row.GetGoodsLeftOut() || len(line.GetGoods()) > 0
			line.Goods = nil
		}
	}
	return resp
}

// ofRow is the error of an atomic batch: that of a row, with which it is.
func (s *batchService) ofRow(ctx context.Context, orders []*orderhubv1.Order, e *order.RowError) error {
	explained := status.Convert(s.guard.explain(ctx, e.Err))
	row := strconv.Itoa(e.Row + 1)
	named := status.New(explained.Code(), clip("row "+row+": "+explained.Message(), maxMessageBytes))
	var details []protoadapt.MessageV1
	for _, detail := range explained.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			metadata := facts{
				"row": row, "reference_id": clip(errs.Shown(orders[e.Row].GetReferenceId()), maxFieldBytes),
			}
			maps.Copy(metadata, d.GetMetadata())
			details = append(details, &errdetails.ErrorInfo{
				Domain: d.GetDomain(), Reason: d.GetReason(), Metadata: metadata,
			})
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				v.Field = "orders[" + strconv.Itoa(e.Row) + "]." + v.GetField()
			}
			details = append(details, d)
		case protoadapt.MessageV1:
			details = append(details, d)
		}
	}
	if detailed, err := named.WithDetails(details...); err == nil {
		return detailed.Err()
	}
	return named.Err()
}
