package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"google.golang.org/protobuf/encoding/protojson"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const (
	maxWebhookBytes  = 1 << 20
	webhookTolerance = 5 * time.Minute
	secretPrefix     = "whsec_"
)

// Why a webhook is refused.
var (
	ErrWebhookSignature = errors.New("orderhub: no signature of the webhook is right")
	ErrWebhookTime      = errors.New("orderhub: the webhook is too old, or from the future")
	ErrWebhookBody      = errors.New("orderhub: the webhook cannot be read")
)

// Webhook is a message that the hub posted, of the format "standard".
type Webhook struct {
	// ID is that of the delivery, the same each time that it is tried: ignore one that you have had.
	ID           string
	Type         string
	Time         time.Time
	Event        *orderhubv1.OrderEvent
	Order        *orderhubv1.Order // nil for an event about no order, and in a test; never with goods
	ChangedLines []int32           // positions of the lines that changed
}

// WebhookVerifier tells the hub's webhooks from others'. It may be used by many goroutines at once.
type WebhookVerifier struct {
	// Tolerance is how far a message's time may be from now, either way; 5 minutes.
	Tolerance time.Duration

	keys []*standardwebhooks.Webhook
	now  func() time.Time
}

// NewWebhookVerifier takes the endpoint's secret. While it is being changed it takes both: a message is right when it
// is signed with any of them. A secret that does not begin with whsec_ is used as it is.
func NewWebhookVerifier(secrets ...string) (*WebhookVerifier, error) {
	if len(secrets) == 0 {
		return nil, errors.New("orderhub: a secret is needed")
	}
	v := &WebhookVerifier{Tolerance: webhookTolerance, now: time.Now}
	for _, secret := range secrets {
		var key *standardwebhooks.Webhook
		var err error
		switch {
		case secret == "" || secret == secretPrefix:
			err = errors.New("it is empty")
		case strings.HasPrefix(secret, secretPrefix):
			key, err = standardwebhooks.NewWebhook(secret)
		default:
			key, err = standardwebhooks.NewWebhookRaw([]byte(secret))
		}
		if err != nil {
			return nil, errors.New("orderhub: a secret must have base64 after whsec_, and may not be empty") // not the secret
		}
		v.keys = append(v.keys, key)
	}
	return v, nil
}

// Read reads and verifies what came to an HTTP handler. It reads at most 1 MiB. Answer an error with a status of
// 400 to 499, and whatever is right with 2xx at once.
func (v *WebhookVerifier) Read(r *http.Request) (*Webhook, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxWebhookBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrWebhookBody, err)
	case len(body) > maxWebhookBytes:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrWebhookBody, maxWebhookBytes)
	}
	return v.Verify(r.Header, body)
}

// Verify checks a message whose body is given as it was received, byte for byte, and decodes it.
func (v *WebhookVerifier) Verify(header http.Header, body []byte) (*Webhook, error) {
	seconds, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: no time", ErrWebhookTime)
	}
	if age := v.now().Sub(time.Unix(seconds, 0)).Abs(); age > v.Tolerance {
		return nil, ErrWebhookTime
	}
	if !v.signed(header, body) {
		return nil, ErrWebhookSignature
	}
	webhook, err := decodeWebhook(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWebhookBody, err)
	}
	webhook.ID = header.Get(standardwebhooks.HeaderWebhookID)
	return webhook, nil
}

// signed tries every key, so that it takes as long whichever is right.
func (v *WebhookVerifier) signed(header http.Header, body []byte) (right bool) {
	for _, key := range v.keys {
		if key.VerifyIgnoringTimestamp(body, header) == nil { // which compares in constant time
			right = true
		}
	}
	return right
}

func decodeWebhook(body []byte) (*Webhook, error) {
	var parts struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			Event        json.RawMessage `json:"event"`
			Order        json.RawMessage `json:"order"`
			ChangedLines []int32         `json:"changedLines"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &parts); err != nil {
		return nil, err
	}
	webhook := &Webhook{Type: parts.Type, Time: parts.Timestamp, ChangedLines: parts.Data.ChangedLines}
	lenient := protojson.UnmarshalOptions{DiscardUnknown: true} // of a hub that is newer
	if parts.Data.Event != nil {
		webhook.Event = &orderhubv1.OrderEvent{}
		if err := lenient.Unmarshal(parts.Data.Event, webhook.Event); err != nil {
			return nil, err
		}
	}
	if parts.Data.Order != nil && string(parts.Data.Order) != "null" {
		webhook.Order = &orderhubv1.Order{}
		if err := lenient.Unmarshal(parts.Data.Order, webhook.Order); err != nil {
			return nil, err
		}
	}
	return webhook, nil
}
