package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

// StandardFormat is the hub's own format of webhooks: the contract's messages as
// in REST, signed as Standard Webhooks say.
type StandardFormat struct {
	accounts *account.Service
}

// NewStandardFormat names merchants as accounts knows them.
func NewStandardFormat(accounts *account.Service) *StandardFormat {
	return &StandardFormat{accounts: accounts}
}

var _ webhook.Format = (*StandardFormat)(nil)

// standardBody is the body of a message. Keys are part of the contract: see
// docs/webhooks.md.
type standardBody struct {
	Type      string       `json:"type"`
	Timestamp string       `json:"timestamp"` // RFC 3339, when it happened
	Data      standardData `json:"data"`
}

type standardData struct {
	Event json.RawMessage `json:"event,omitempty"`
	// Order is as it stood, without goods and customer fields; of an event about
	// one line it has that line only. Absent of an event about no order.
	Order json.RawMessage `json:"order,omitempty"`
	// ChangedLines are the positions of the lines that changed with the event.
	ChangedLines []int `json:"changedLines,omitempty"`
}

func (f *StandardFormat) Messages(ctx context.Context, e *event.Event, o *order.Order, changed map[int64]bool) (
	[]webhook.Message, error,
) {
	m, err := f.accounts.Merchant(ctx, e.MerchantID)
	if err != nil {
		return nil, err
	}
	body := standardBody{Type: string(e.Type), Timestamp: e.CreatedAt.Format(time.RFC3339Nano)}
	told := &orderhubv1.OrderEvent{
		Sequence: e.Sequence, Type: string(e.Type), Merchant: m.Name, Data: e.Data, CreateTime: toAPITime(e.CreatedAt),
	}
	if o != nil {
		told = toAPIEvent(e, o, m.Name)
		converted := toAPIOrder(o, m.Name)
		converted.DoorData = ""
		converted.Lines = nil
		for i := range o.Lines {
			l := o.Lines[i]
			if e.LineID != 0 && e.LineID != l.ID {
				continue
			}
			if changed[l.ID] {
				body.Data.ChangedLines = append(body.Data.ChangedLines, l.Position)
			}
			l.Goods, l.Fields, l.DoorState = nil, nil, ""
			converted.Lines = append(converted.Lines, toAPILine(&l, amountsOf(o.Currency)))
		}
		if body.Data.Order, err = asInREST(converted); err != nil {
			return nil, err
		}
	}
	if body.Data.Event, err = asInREST(told); err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	return []webhook.Message{{Type: string(e.Type), Body: text}}, err
}

// asInREST is a message as the REST door writes it, but for blanks.
func asInREST(m proto.Message) (json.RawMessage, error) {
	text, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	var compact bytes.Buffer // protojson puts blanks at random
	err = json.Compact(&compact, text)
	return compact.Bytes(), err
}

func (f *StandardFormat) Test(at time.Time) (webhook.Message, error) {
	text, err := json.Marshal(standardBody{Type: webhook.TestType, Timestamp: at.UTC().Format(time.RFC3339Nano)})
	return webhook.Message{Type: webhook.TestType, Body: text}, err
}

// Header implements webhook.Format. A message that nothing signs, because an
// order named its address and its merchant has no callback key, has no signature.
func (f *StandardFormat) Header(p *webhook.Parcel) map[string][]string {
	header := map[string][]string{
		"Content-Type": {"application/json"}, "User-Agent": {webhook.UserAgent},
		standard.HeaderID: {p.MessageID}, standard.HeaderTimestamp: {strconv.FormatInt(p.At.Unix(), 10)},
	}
	secrets := p.Secrets
	if len(secrets) == 0 && p.Key != "" {
		secrets = []string{p.Key}
	}
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signatures[i] = standard.Sign(secret, p.MessageID, p.At, p.Body)
	}
	if len(signatures) > 0 {
		header[standard.HeaderSignature] = []string{strings.Join(signatures, " ")}
	}
	return header
}
