package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// operatorWords are operators' events as the contract has them.
type operatorWords struct {
	providers *fulfil.Providers
	catalog   *catalog.Service
}

// withNames converts events with the names of what they are about.
func (w operatorWords) withNames(ctx context.Context, events []operatorevent.Event) (
	[]*orderhubv1.OperatorEvent, error,
) {
	if len(events) == 0 {
		return nil, nil
	}
	names, err := allNames(ctx, w.providers)
	if err != nil {
		return nil, err
	}
	if err := w.catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	products := w.catalog.Snapshot()
	converted := make([]*orderhubv1.OperatorEvent, len(events))
	for i := range events {
		e := &events[i]
		data, err := structpb.NewStruct(e.Data)
		if err != nil {
			return nil, fmt.Errorf("data of operators' event %d: %w", e.ID, err)
		}
		converted[i] = &orderhubv1.OperatorEvent{
			Id: e.ID, Kind: string(e.Kind), Provider: names[e.ProviderID], Message: e.Message, Data: data,
			CreateTime: toAPITime(e.At),
		}
		if product := products.ProductByID(e.ProductID); product != nil {
			converted[i].Product = product.SKU
		}
	}
	return converted, nil
}

// OperatorFormat is the format of operators' endpoints: their events as in REST, signed
// as Standard Webhooks say.
type OperatorFormat struct {
	StandardFormat

	words operatorWords
}

// NewOperatorFormat names providers and products as these know them.
func NewOperatorFormat(providers *fulfil.Providers, products *catalog.Service) *OperatorFormat {
	return &OperatorFormat{words: operatorWords{providers, products}}
}

var (
	_ webhook.Format        = (*OperatorFormat)(nil)
	_ webhook.OperatorWords = (*OperatorFormat)(nil)
)

// Messages implements webhook.Format: there are none of merchants' events.
func (*OperatorFormat) Messages(context.Context, *event.Event, *order.Order, map[int64]bool) (
	[]webhook.Message, error,
) {
	return nil, nil
}

func (f *OperatorFormat) OperatorMessages(ctx context.Context, events []operatorevent.Event) (
	[]webhook.Message, error,
) {
	told, err := f.words.withNames(ctx, events)
	if err != nil {
		return nil, err
	}
	messages := make([]webhook.Message, len(told))
	for i, e := range told {
		body := standardBody{Type: e.GetKind(), Timestamp: events[i].At.Format(time.RFC3339Nano)}
		if body.Data.Event, err = asInREST(e); err != nil {
			return nil, err
		}
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode operators' event %d: %w", e.GetId(), err)
		}
		messages[i] = webhook.Message{Type: e.GetKind(), Body: text}
	}
	return messages, nil
}
