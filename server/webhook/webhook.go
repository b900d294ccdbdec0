// Package webhook owns whom the hub tells of a merchant's events, and sees to it
// that they are told: the endpoints that merchants register, which addresses may
// be one, what becomes a delivery, and when it is posted. How a delivery looks
// belongs to the formats of the dialects. The hub's own operators are told in the same
// way of what only they should see (see [OperatorFanout]).
//
// An event names in its own transaction whom it is for. A job then makes one
// delivery of it for each of them (see [Fanout]), whose body never changes. The
// [Sender] posts deliveries, each endpoint's in a lane of its own, so that no
// endpoint waits for another.
package webhook

import (
	"errors"
	"fmt"
	"time"
)

// Status says whether an endpoint gets deliveries.
type Status string

// The states of endpoints.
const (
	StatusActive   Status = "active"
	StatusInactive Status = "inactive"
	StatusDisabled Status = "disabled" // by the hub: it failed for too long, or said that it is gone
)

// FormatStandard is the hub's own: its events, signed as in Standard Webhooks.
// Each other format has the name of the dialect that it is of.
const FormatStandard = "standard"

// ByFormat as the number of retries leaves them to the format.
const ByFormat = -1

// Endpoint is an address that gets a merchant's events, or those of operators where the
// merchant is the House. Its secret is kept
// beside it and never read back but to sign.
type Endpoint struct {
	ID            int64
	MerchantID    int64
	Format        string // of its deliveries; fixed
	URL           string
	EventTypes    []string // empty for all
	Status        Status
	MaxRetries    int           // after the first attempt, or ByFormat
	RetryDelay    time.Duration // between attempts, whole seconds; 0 leaves it to the format
	FailingSince  *time.Time    // first failure since the last success; nil while it answers
	HeldUntil     *time.Time    // until when nothing is posted to it, for it failed; nil while something may be
	DisableReason string        // "" unless disabled
	SecretHint    string        // the first characters of the secret and "..."; "" where the format does not sign
	Description   string        // the merchant's own note
	CreatedAt     time.Time
	UpdatedAt     time.Time // does not move when nothing changes
}

// Change is what to change of an endpoint; nil leaves a field as it is.
type Change struct {
	URL         *string
	Secret      *string
	EventTypes  *[]string
	Status      *Status
	MaxRetries  *int
	RetryDelay  *time.Duration
	Description *string
}

// New is a new endpoint with what the change has.
func (c *Change) New(merchantID int64, format string) Endpoint {
	e := Endpoint{MerchantID: merchantID, Format: format, Status: StatusActive, MaxRetries: ByFormat}
	c.apply(&e)
	return e
}

func (c *Change) apply(e *Endpoint) {
	setIf(&e.URL, c.URL)
	setIf(&e.EventTypes, c.EventTypes)
	setIf(&e.Status, c.Status)
	setIf(&e.MaxRetries, c.MaxRetries)
	setIf(&e.RetryDelay, c.RetryDelay)
	setIf(&e.Description, c.Description)
}

func setIf[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// ErrEndpointNotFound: no such endpoint of this merchant.
var ErrEndpointNotFound = errors.New("webhook endpoint not found")

// TooManyError: the merchant has as many endpoints as it may have.
type TooManyError struct{ Most int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("at most %d webhook endpoints are allowed", e.Most)
}
