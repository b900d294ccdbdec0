package bursagb

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// headerAPIKey carries the key of the account that a callback goes to.
const headerAPIKey = "Apikey"

// Callback is what is sent of a line's present state, section 6.
func Callback(l *order.Line) ([]byte, error) { return json.Marshal(toDelivery(l)) }

// CallbackHeaders go with a callback to the account that has the key.
func CallbackHeaders(apiKey string) http.Header {
	header := make(http.Header)
	header.Set("Content-Type", "application/json")
	header.Set(headerAPIKey, apiKey)
	return header
}

// Format is what webhooks look like to this partner's clients, section 6.
type Format struct{}

var _ webhook.Format = Format{}

// Messages implements webhook.Format: one for each line that changed. There is
// none for goods of which some are still to come.
func (Format) Messages(_ context.Context, e *event.Event, o *order.Order, changed map[int64]bool) (
	[]webhook.Message, error,
) {
	var messages []webhook.Message
	if o == nil {
		return nil, nil
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if !hasNews(l, changed) {
			continue
		}
		body, err := Callback(l)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", l.ID, err)
		}
		messages = append(messages, webhook.Message{LineID: l.ID, Type: string(e.Type), Body: body})
	}
	return messages, nil
}

// hasNews reports whether there is something to say of a line.
func hasNews(l *order.Line, changed map[int64]bool) bool {
	return changed[l.ID] && l.Status != order.StatusPending
}

// says is what Messages tells of, without its bodies.
func says(e *event.Event, o *order.Order, changed map[int64]bool) (messages []webhook.Message) {
	for i := range o.Lines {
		if l := &o.Lines[i]; hasNews(l, changed) {
			messages = append(messages, webhook.Message{LineID: l.ID, Type: string(e.Type)})
		}
	}
	return messages
}

// Test implements webhook.Format: a line that is no order's.
func (Format) Test(time.Time) (webhook.Message, error) {
	body, err := json.Marshal(deliveryWire{DeliverID: "webhook.test", Status: statusProcessing})
	return webhook.Message{Type: webhook.TestType, Body: body}, err
}

func (Format) Header(p *webhook.Parcel) map[string][]string { return CallbackHeaders(p.Key) }

// Verify checks that a callback carries the account's key.
// dialect.ErrUnauthenticated.
func Verify(key string, header func(name string) string) error {
	if !sameKey(key, header(headerAPIKey)) {
		return dialect.ErrUnauthenticated
	}
	return nil
}

// sameKey compares in constant time, whatever the lengths; no key is nobody's.
func sameKey(want, got string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	return want != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
