package api

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"orderhub/server/audit"
)

const ticketsShown = "tickets shown"

// looks are on record though they change nothing: by them an operator sees what is a customer's, or may find out what
// exists.
var looks = []string{
	"OrderService.FindGoods", "OrderService.GetOrder " + ShowGoods, "OrderService.GetOrderByReference " + ShowGoods,
	// Keys of admin scope are shown goods by whatever answers one order.
	"OrderService.CancelOrder " + ShowGoods, "OrderService.EraseOrder " + ShowGoods,
	"RecipientService.CheckRecipient", "RedemptionService.ListTickets " + ticketsShown,
}

// recordLook records that an operator looks by this call, before anything is shown. what tells it from looks by the
// same method that are not recorded, and request is recorded where it says something; "" and nil otherwise.
func (h *services) recordLook(ctx context.Context, what string, target audit.Target, request proto.Message) error {
	called, _ := grpc.Method(ctx)
	service, name := split(called)
	method := service + "." + name
	if what != "" {
		method += " " + what
	}
	entry := audit.Entry{
		Actor: actorOf(ctx, &callOf(ctx).principal), Address: addressIn(ctx), Via: via(ctx),
		RequestID: callOf(ctx).requestID, Method: method, Target: target,
	}
	if request != nil {
		text, err := json.Marshal(masked(request.ProtoReflect(), h.Mark))
		if err != nil {
			return err
		}
		entry.Request = string(text)
	}
	return h.Records.Record(ctx, audit.New(entry))
}
