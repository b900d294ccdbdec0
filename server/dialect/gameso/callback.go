package gameso

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// SignatureSettings are the names and numbers of section 5.2, which the partner
// does not publish; empty ones are the sheet's.
type SignatureSettings struct {
	SignatureHeader  string `json:"signatureHeader,omitempty"`
	TimestampHeader  string `json:"timestampHeader,omitempty"`
	DeliveryHeader   string `json:"deliveryHeader,omitempty"`
	EventHeader      string `json:"eventHeader,omitempty"`
	Prefix           string `json:"prefix,omitempty"`           // of the signature
	ToleranceSeconds int64  `json:"toleranceSeconds,omitempty"` // either way
}

// ParseSignatureSettings reads a JSON object; "" is the sheet's own.
func ParseSignatureSettings(text string) (s SignatureSettings, err error) {
	if text == "" {
		return s, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, errSignatureSettings
	}
	for _, header := range []string{s.SignatureHeader, s.TimestampHeader, s.DeliveryHeader, s.EventHeader} {
		if header != "" && !httpguts.ValidHeaderFieldName(header) {
			return s, errSignatureSettings
		}
	}
	if !httpguts.ValidHeaderFieldValue(s.Prefix) || s.ToleranceSeconds < 0 {
		return s, errSignatureSettings
	}
	return s, nil
}

var errSignatureSettings = errors.New(
	"the settings of GameSO's signature must be a JSON object with names of headers in " +
		"signatureHeader, timestampHeader, deliveryHeader and eventHeader, a prefix, and toleranceSeconds of 0 or more",
)

func (s SignatureSettings) withDefaults() SignatureSettings {
	return SignatureSettings{
		SignatureHeader:  cmp.Or(s.SignatureHeader, "X-Webhook-Signature"),
		TimestampHeader:  cmp.Or(s.TimestampHeader, "X-Webhook-Timestamp"),
		DeliveryHeader:   cmp.Or(s.DeliveryHeader, "X-Webhook-Delivery"),
		EventHeader:      cmp.Or(s.EventHeader, "X-Webhook-Event"),
		Prefix:           cmp.Or(s.Prefix, "sha256="),
		ToleranceSeconds: cmp.Or(s.ToleranceSeconds, 300),
	}
}

// sign is the signature over the timestamp's text and the exact body.
func (s SignatureSettings) sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return s.Prefix + hex.EncodeToString(mac.Sum(nil))
}

// Headers are those of one attempt to deliver the body.
func (s SignatureSettings) Headers(secret, delivery, event string, at time.Time, body []byte) http.Header {
	s = s.withDefaults()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	header := make(http.Header)
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "orderhub-webhook/1")
	header.Set(s.EventHeader, event)
	header.Set(s.DeliveryHeader, delivery)
	header.Set(s.TimestampHeader, timestamp)
	header.Set(s.SignatureHeader, s.sign(secret, timestamp, body))
	return header
}

// Payload is what is sent of an order that became final, section 5.1, and the
// event's name; "" for an order that is not.
func Payload(o *order.Order) (event string, body []byte, err error) {
	if !ended(o) {
		return "", nil, nil
	}
	seen := toOrder(o)
	event = nameOf(&seen)
	data := deliveryDataWire{
		OrderNumber: seen.OrderNumber, ReferenceID: seen.ReferenceID, UserID: seen.UserID, ServerID: seen.ServerID,
		CharacterID: seen.CharacterID, Status: seen.Status, FailureCode: seen.FailureCode,
		FailureMessage: seen.FailureMessage, SubtotalAmount: seen.SubtotalAmount, DiscountAmount: seen.DiscountAmount,
		TotalAmount: seen.TotalAmount, CreatedAt: seen.CreatedAt, UpdatedAt: seen.UpdatedAt,
		SourceType: seen.SourceType,
		CreatedBy:  seen.CreatedBy,
	}
	if seen.Status != statusFailed {
		data.CompletedAt = new(instant(*o.CompletedAt))
	}
	for _, i := range seen.Items {
		data.Items = append(data.Items, deliveryItemWire{
			SKU: i.SKU, Quantity: i.Quantity, CompletedQuantity: i.CompletedQuantity, FailedQuantity: i.FailedQuantity,
			SubtotalAmount: i.SubtotalAmount, DiscountAmount: i.DiscountAmount, TotalAmount: i.TotalAmount,
			Status:      i.Status,
			FailureCode: i.FailureCode, FailureMessage: i.FailureMessage,
		})
	}
	body, err = json.Marshal(deliveryWire{Event: event, Timestamp: o.CompletedAt.Unix(), Data: data})
	return event, body, err
}

func ended(o *order.Order) bool { return o.Status.Final() && o.CompletedAt != nil }

// nameOf is what the end of an order is called.
func nameOf(o *orderWire) string { return "order." + o.Status }

// says is what Messages tells of, without its body.
func says(_ *event.Event, o *order.Order, _ map[int64]bool) []webhook.Message {
	if !ended(o) {
		return nil
	}
	seen := toOrder(o)
	return []webhook.Message{{Type: nameOf(&seen)}}
}

// Verify checks that a message was signed with the secret, and not long ago.
// dialect.ErrUnauthenticated.
func (s SignatureSettings) Verify(secret string, m dialect.Message) error {
	s = s.withDefaults()
	timestamp := m.Header(s.TimestampHeader)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if secret == "" || err != nil {
		return dialect.ErrUnauthenticated
	}
	if !hmac.Equal([]byte(s.sign(secret, timestamp, m.Body)), []byte(m.Header(s.SignatureHeader))) {
		return dialect.ErrUnauthenticated
	}
	tolerance := time.Duration(s.ToleranceSeconds) * time.Second
	if age := m.ReceivedAt.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return fmt.Errorf("sent %s ago: %w", age.Round(time.Second), dialect.ErrUnauthenticated)
	}
	return nil
}

// Format is what webhooks look like to this partner's clients, section 5.
type Format struct{ Signature SignatureSettings }

var _ webhook.Format = Format{}

func (f Format) Messages(_ context.Context, _ *event.Event, o *order.Order, _ map[int64]bool) (
	[]webhook.Message, error,
) {
	if o == nil {
		return nil, nil
	}
	name, body, err := Payload(o)
	if err != nil || name == "" {
		return nil, err
	}
	return []webhook.Message{{Type: name, Body: body}}, nil
}

// Test implements webhook.Format: an event that is no order's.
func (f Format) Test(at time.Time) (webhook.Message, error) {
	body, err := json.Marshal(struct {
		Event     string   `json:"event"`
		Timestamp int64    `json:"timestamp"`
		Data      struct{} `json:"data"`
	}{Event: webhook.TestType, Timestamp: at.Unix()})
	return webhook.Message{Type: webhook.TestType, Body: body}, err
}

func (f Format) Header(p *webhook.Parcel) map[string][]string {
	secret := ""
	if len(p.Secrets) > 0 {
		secret = p.Secrets[0]
	}
	return f.Signature.Headers(secret, p.MessageID, p.Type, p.At, p.Body)
}

// Receive checks the signature over the raw body before anything is read.
func (c *Connector) Receive(m dialect.Message) ([]dialect.Notice, error) {
	if err := c.signature.Verify(c.secret, m); err != nil {
		return nil, err
	}
	var d deliveryWire
	if err := outbound.Decode(m.Body, &d); err != nil {
		return nil, err
	}
	if d.Data.ReferenceID == "" || d.Event == "" {
		return nil, dialect.ErrMalformed
	}
	return []dialect.Notice{{
		// Of what is signed: the delivery's own id is not.
		ID:        fmt.Sprintf("%s %s %d", d.Event, d.Data.OrderNumber, d.Timestamp),
		Reference: d.Data.ReferenceID, ProviderReference: d.Data.OrderNumber,
	}}, nil
}

var acknowledgement = dialect.Acknowledgement{
	OK:        struct{}{},
	Malformed: errorWire{Status: http.StatusBadRequest, Code: "BAD_REQUEST", Message: "Invalid body"},
	Later: errorWire{
		Status: http.StatusServiceUnavailable, Code: "SERVICE_UNAVAILABLE", Message: "Service temporarily unavailable",
	},
}

// Acknowledge answers 200, or an error in the partner's own form.
func (c *Connector) Acknowledge(err error) dialect.Answer { return acknowledgement.Of(err) }
