package api

import (
	"context"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// toAPIOrderError is a status of ours as a part of an answer.
func toAPIOrderError(err error) *orderhubv1.OrderError {
	s := status.Convert(err)
	e := &orderhubv1.OrderError{Code: code.Code(s.Code()).String(), Message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Violations = append(e.Violations, &orderhubv1.OrderErrorViolation{
					Field: v.GetField(), Description: v.GetDescription(),
				})
			}
		}
	}
	return e
}

// orderError is why an order was not placed, in the words of a single call.
func (g *guard) orderError(ctx context.Context, err error) *orderhubv1.OrderError {
	return toAPIOrderError(g.explain(ctx, err))
}
