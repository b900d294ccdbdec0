// Package webhook owns whom the hub tells of a merchant's events: the endpoints
// that merchants register, and which addresses may be one. What is sent when
// belongs to the events; how it looks belongs to the dialects.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"orderhub/server/fault"
)

// Status says whether an endpoint gets deliveries.
type Status string

// The states of endpoints.
const (
	StatusActive   Status = "active"
	StatusInactive Status = "inactive"
)

// Limits of what an endpoint may have.
const (
	MaxEndpoints  = 20 // of one merchant
	minSecret     = 10 // characters, so that the hint is never the whole of it
	maxSecret     = 255
	hintLength    = 8
	maxRetries    = 10
	maxRetryDelay = time.Hour
)

// Endpoint is an address that gets a merchant's events. Its secret is never read
// back but to sign.
type Endpoint struct {
	ID         int64
	MerchantID int64
	Format     string // name of the dialect whose deliveries it understands
	URL        string
	EventTypes []string // empty for all
	Status     Status
	SecretHint string // the first characters of the secret and three dots
	MaxRetries int    // after the first attempt
	RetryDelay time.Duration
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Change is what to change of an endpoint; nil leaves a field as it is.
type Change struct {
	URL        *string
	Secret     *string
	EventTypes *[]string
	Status     *Status
	MaxRetries *int
	RetryDelay *time.Duration
}

// ErrEndpointNotFound: no such endpoint of this merchant.
var ErrEndpointNotFound = errors.New("webhook endpoint not found")

// TooManyError: the merchant has as many endpoints as it may have.
type TooManyError struct{ Most int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("at most %d webhook endpoints are allowed", e.Most)
}

// Store keeps endpoints. The merchant is an argument of every method, and what
// belongs to another is ErrEndpointNotFound.
type Store interface {
	// CreateEndpoint assigns ID and keeps the secret encrypted. *TooManyError
	// when the merchant has most endpoints already, however many come at once.
	CreateEndpoint(ctx context.Context, e Endpoint, secret string, most int) (Endpoint, error)
	// Endpoint finds one.
	Endpoint(ctx context.Context, merchantID, id int64) (Endpoint, error)
	// ListEndpoints returns those of one format, "" for all, by ascending id.
	ListEndpoints(ctx context.Context, merchantID int64, format string) ([]Endpoint, error)
	// UpdateEndpoint writes e, and the secret when it is not nil.
	UpdateEndpoint(ctx context.Context, e Endpoint, secret *string) (Endpoint, error)
	// DeleteEndpoint returns the endpoint as it stood.
	DeleteEndpoint(ctx context.Context, merchantID, id int64) (Endpoint, error)
}

// Service checks endpoints and keeps them.
type Service struct {
	store      Store
	allowLocal bool
}

// NewService keeps endpoints in store. AllowLocal lets plain http and local
// addresses be one.
func NewService(store Store, allowLocal bool) *Service {
	return &Service{store: store, allowLocal: allowLocal}
}

// Create registers an endpoint. Errors: *fault.InvalidError, *TooManyError.
func (s *Service) Create(ctx context.Context, e Endpoint, secret string) (Endpoint, error) {
	if e.Status == "" {
		e.Status = StatusActive
	}
	bad := &fault.InvalidError{}
	s.check(bad, &e)
	checkSecret(bad, secret)
	if err := bad.OrNil(); err != nil {
		return Endpoint{}, err
	}
	e.SecretHint = hint(secret)
	return s.store.CreateEndpoint(ctx, e, secret, MaxEndpoints)
}

// Get finds an endpoint of one format. ErrEndpointNotFound.
func (s *Service) Get(ctx context.Context, merchantID, id int64, format string) (Endpoint, error) {
	e, err := s.store.Endpoint(ctx, merchantID, id)
	if err == nil && e.Format != format {
		return Endpoint{}, ErrEndpointNotFound
	}
	return e, err
}

// List returns a merchant's endpoints of one format by ascending id.
func (s *Service) List(ctx context.Context, merchantID int64, format string) ([]Endpoint, error) {
	return s.store.ListEndpoints(ctx, merchantID, format)
}

// Update changes an endpoint; when nothing would change, nothing is written.
// Errors: *fault.InvalidError, ErrEndpointNotFound.
func (s *Service) Update(ctx context.Context, merchantID, id int64, format string, c Change) (Endpoint, error) {
	e, err := s.Get(ctx, merchantID, id, format)
	if err != nil || c == (Change{}) {
		return e, err
	}
	bad := &fault.InvalidError{}
	c.apply(&e)
	s.check(bad, &e)
	if c.Secret != nil {
		checkSecret(bad, *c.Secret)
		e.SecretHint = hint(*c.Secret)
	}
	if err := bad.OrNil(); err != nil {
		return Endpoint{}, err
	}
	return s.store.UpdateEndpoint(ctx, e, c.Secret)
}

// Delete removes an endpoint and returns it as it stood. ErrEndpointNotFound.
func (s *Service) Delete(ctx context.Context, merchantID, id int64, format string) (Endpoint, error) {
	if _, err := s.Get(ctx, merchantID, id, format); err != nil {
		return Endpoint{}, err
	}
	return s.store.DeleteEndpoint(ctx, merchantID, id)
}

func (c *Change) apply(e *Endpoint) {
	if c.URL != nil {
		e.URL = *c.URL
	}
	if c.EventTypes != nil {
		e.EventTypes = *c.EventTypes
	}
	if c.Status != nil {
		e.Status = *c.Status
	}
	if c.MaxRetries != nil {
		e.MaxRetries = *c.MaxRetries
	}
	if c.RetryDelay != nil {
		e.RetryDelay = *c.RetryDelay
	}
}

func (s *Service) check(bad *fault.InvalidError, e *Endpoint) {
	if message := urlProblem(e.URL, s.allowLocal); message != "" {
		bad.Add("url", "%s", message)
	}
	sorted := slices.Sorted(slices.Values(e.EventTypes))
	if len(slices.Compact(sorted)) != len(e.EventTypes) {
		bad.Add("event_types", "must not be repeated")
	}
	if e.Status != StatusActive && e.Status != StatusInactive {
		bad.Add("status", "must be active or inactive")
	}
	if e.MaxRetries < 0 || e.MaxRetries > maxRetries {
		bad.Add("max_retries", "must be from 0 to %d", maxRetries)
	}
	if e.RetryDelay < time.Second || e.RetryDelay > maxRetryDelay {
		bad.Add("retry_delay", "must be from 1 to %d seconds", int(maxRetryDelay/time.Second))
	}
}

func checkSecret(bad *fault.InvalidError, secret string) {
	if n := utf8.RuneCountInString(secret); n < minSecret || n > maxSecret || hasControl(secret) {
		bad.Add("secret", "must have %d to %d characters, none of them a control character", minSecret, maxSecret)
	}
}

func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) {
			return true
		}
	}
	return false
}

// hint is what may be shown of a secret.
func hint(secret string) string {
	characters := []rune(secret)
	return string(characters[:min(hintLength, len(characters))]) + "..."
}
