package webhook

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"

	"orderhub/server/errs"
	"orderhub/server/weburl"
)

// Store keeps endpoints. The merchant is an argument of every method, and what
// belongs to another is ErrEndpointNotFound. No method returns a secret.
type Store interface {
	// CreateEndpoint assigns ID, CreatedAt and UpdatedAt and keeps the secret,
	// "" for none, encrypted. *TooManyError when the merchant has most endpoints
	// already, however many come at once; account.ErrMerchantNotFound.
	CreateEndpoint(ctx context.Context, e Endpoint, secret string, most int) (Endpoint, error)
	// Endpoint finds one.
	Endpoint(ctx context.Context, merchantID, id int64) (Endpoint, error)
	// ListEndpoints returns those of one format, "" for all, by ascending id.
	ListEndpoints(ctx context.Context, merchantID int64, format string) ([]Endpoint, error)
	// UpdateEndpoint writes what edit makes of the endpoint, and a new secret
	// unless edit returns "", while nobody else changes it. It writes nothing,
	// UpdatedAt neither, when edit changes nothing, and returns edit's error as
	// it is. Edit may run several times. ID, MerchantID and Format are fixed.
	UpdateEndpoint(
		ctx context.Context, merchantID, id int64, edit func(*Endpoint) (secret string, err error),
	) (Endpoint, error)
	// DeleteEndpoint returns the endpoint as it stood.
	DeleteEndpoint(ctx context.Context, merchantID, id int64) (Endpoint, error)
}

// Receivers are endpoints as they are told.
type Receivers interface {
	// Endpoint and ListEndpoints are those of [Store].
	Endpoint(ctx context.Context, merchantID, id int64) (Endpoint, error)
	ListEndpoints(ctx context.Context, merchantID int64, format string) ([]Endpoint, error)
	// EndpointsByID returns those that exist, by id.
	EndpointsByID(ctx context.Context, ids []int64) (map[int64]Endpoint, error)
	// CallbackURLs returns the account-wide addresses of merchants that have one.
	CallbackURLs(ctx context.Context, merchantIDs []int64) (map[int64]string, error)
}

// Service checks endpoints and keeps them. Where it takes a format, endpoints of
// another do not exist; "" takes any.
type Service struct {
	store      Store
	allowLocal bool
}

// NewService keeps endpoints in store. AllowLocal lets plain http and local
// addresses be one.
func NewService(store Store, allowLocal bool) *Service {
	return &Service{store: store, allowLocal: allowLocal}
}

// Create registers an endpoint, active unless it says otherwise. Without a
// secret it gets a new one, if its format signs. The secret is returned here and
// never again. Errors: *errs.InvalidError, *TooManyError,
// account.ErrMerchantNotFound.
func (s *Service) Create(ctx context.Context, e Endpoint, secret string) (created Endpoint, used string, err error) {
	e.Status = cmp.Or(e.Status, StatusActive)
	if secret == "" && formats[e.Format].Signed {
		secret = NewSecret()
	}
	if err := s.checkNew(&e, secret); err != nil {
		return Endpoint{}, "", err
	}
	e.URL = weburl.Normalize(e.URL)
	e.SecretHint = hint(secret)
	created, err = s.store.CreateEndpoint(ctx, e, secret, MaxEndpoints)
	return created, secret, err
}

// CheckAddress returns an *errs.InvalidError on field unless what is to be told
// may be sent to the address; "" is none.
func (s *Service) CheckAddress(field, address string) error {
	if address == "" {
		return nil
	}
	if message := urlProblem(address, s.allowLocal); message != "" {
		return errs.Invalid(field, "%s", message)
	}
	return nil
}

// Get finds an endpoint. ErrEndpointNotFound.
func (s *Service) Get(ctx context.Context, merchantID, id int64, format string) (Endpoint, error) {
	e, err := s.store.Endpoint(ctx, merchantID, id)
	if err == nil && !e.is(format) {
		return Endpoint{}, ErrEndpointNotFound
	}
	return e, err
}

// List returns a merchant's endpoints by ascending id.
func (s *Service) List(ctx context.Context, merchantID int64, format string) ([]Endpoint, error) {
	return s.store.ListEndpoints(ctx, merchantID, format)
}

// Twins are the ids of other active endpoints of the merchant that tell the same
// address of the same events in the same format: whoever listens there hears everything twice.
func (s *Service) Twins(ctx context.Context, e *Endpoint) (ids []int64, err error) {
	if e.Status != StatusActive {
		return nil, nil
	}
	all, err := s.store.ListEndpoints(ctx, e.MerchantID, "")
	wanted := slices.Sorted(slices.Values(e.EventTypes))
	for i := range all {
		other := &all[i]
		if other.ID != e.ID && other.Status == StatusActive && other.URL == e.URL && other.Format == e.Format &&
			slices.Equal(wanted, slices.Sorted(slices.Values(other.EventTypes))) {
			ids = append(ids, other.ID)
		}
	}
	return ids, err
}

// Update changes an endpoint; when nothing would change, nothing is written.
// Errors: *errs.InvalidError, ErrEndpointNotFound.
func (s *Service) Update(ctx context.Context, merchantID, id int64, format string, c Change) (Endpoint, error) {
	return s.store.UpdateEndpoint(ctx, merchantID, id, func(e *Endpoint) (string, error) {
		if !e.is(format) {
			return "", ErrEndpointNotFound
		}
		return s.edit(e, &c)
	})
}

// edit changes e and returns the new secret, "" for none. An address that stays
// is not judged again: what may be one depends on the configuration, and an
// endpoint must remain one that can be switched off.
func (s *Service) edit(e *Endpoint, c *Change) (secret string, err error) {
	bad, url := &errs.InvalidError{}, e.URL
	c.apply(e)
	if e.URL != url {
		s.checkURL(bad, e.URL)
		e.URL = weburl.Normalize(e.URL)
	}
	if c.Secret != nil {
		secret = *c.Secret
		checkSecret(bad, e, secret)
		e.SecretHint = hint(secret)
	}
	checkSettings(bad, e)
	return secret, bad.OrNil()
}

// Delete removes an endpoint and returns it as it stood. ErrEndpointNotFound.
func (s *Service) Delete(ctx context.Context, merchantID, id int64, format string) (Endpoint, error) {
	if _, err := s.Get(ctx, merchantID, id, format); err != nil {
		return Endpoint{}, err
	}
	return s.store.DeleteEndpoint(ctx, merchantID, id)
}

func (e *Endpoint) is(format string) bool { return format == "" || e.Format == format }

// NewSecret is a secret in the form of Standard Webhooks: "whsec_" and the
// base64 of 32 random bytes.
func NewSecret() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the program instead
	return "whsec_" + base64.StdEncoding.EncodeToString(key[:])
}

// hint is what may be shown of a secret: never more than a quarter of it.
func hint(secret string) string {
	if secret == "" {
		return ""
	}
	characters := []rune(secret)
	return string(characters[:min(hintLength, len(characters)/4)]) + "..."
}

// ShortHint is a hint that was made when hints were longer, as it would be made now.
func ShortHint(hint string) string {
	characters := []rune(strings.TrimSuffix(hint, "..."))
	if len(characters) <= hintLength {
		return hint
	}
	return string(characters[:hintLength]) + "..."
}
