package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/order"
)

// mayShow says whether the caller is shown goods: a merchant its own, a key of admin
// scope as ever, and an operator who asks for them, also that of this machine. The error
// is an *operator.MissingRoleError.
func mayShow(ctx context.Context, asked bool) (bool, error) {
	p := &callOf(ctx).principal
	_, local := localOperator(ctx)
	switch {
	case p.OperatorID == 0 && !local:
		return true, nil
	case asked && !p.Allowed(parts[ShowGoods]):
		return false, &operator.MissingRoleError{Role: parts[ShowGoods]}
	default:
		return asked, nil
	}
}

// toAPIOrderWithout is toAPIOrder for a caller who did not ask for goods.
func (s *orderService) toAPIOrderWithout(ctx context.Context, o *order.Order) (*orderhubv1.Order, error) {
	return s.toAPIOrderShown(ctx, o, false)
}

// toAPIOrderShown is toAPIOrder, without goods where the caller may not be shown them.
func (s *orderService) toAPIOrderShown(ctx context.Context, o *order.Order, asked bool) (*orderhubv1.Order, error) {
	show, err := mayShow(ctx, asked)
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIOrder(ctx, o)
	switch {
	case err != nil:
		return nil, err
	case !show:
		withhold(converted)
	case callOf(ctx).principal.Admin() && hasGoods(converted):
		if err := s.recordLook(ctx, ShowGoods, audit.Target{Kind: "order", Name: o.Number}, nil); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// hasGoods reports whether there is something to be seen that is worth money.
func hasGoods(o *orderhubv1.Order) bool {
	for _, line := range o.GetLines() {
		for _, g := range line.GetGoods() {
			if g.GetContent() != "" || g.GetTicketCode() != "" {
				return true
			}
		}
	}
	return false
}

// withhold leaves out what was delivered, and what a door keeps of it.
func withhold(o *orderhubv1.Order) {
	for _, line := range o.GetLines() {
		line.DoorState = ""
		for _, g := range line.GetGoods() {
			g.Withheld = g.GetContent() != "" || g.GetTicketCode() != ""
			g.Content, g.TicketCode = "", ""
		}
	}
}
