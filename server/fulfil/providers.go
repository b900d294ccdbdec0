package fulfil

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// DirectOffers is what the service leaves to the store as it is.
type DirectOffers interface {
	// Offer finds by id. ErrOfferNotFound.
	Offer(ctx context.Context, id int64) (Offer, error)
	// DeleteOffer removes an offer; attempts made on it stay. ErrOfferNotFound.
	DeleteOffer(ctx context.Context, id int64) error
	// ListOffers returns a product's offers, by priority, cost, id; disabled
	// ones and those of disabled providers included.
	ListOffers(ctx context.Context, productID int64) ([]Offer, error)
}

// ProviderStore keeps providers and what they sell.
type ProviderStore interface {
	DirectOffers

	// ListProviders returns providers by ascending id.
	ListProviders(ctx context.Context) ([]Provider, error)
	// Provider finds by id. ErrProviderNotFound.
	Provider(ctx context.Context, id int64) (Provider, error)
	// ProviderCredentials are what the provider is signed in to with; nil for nothing.
	ProviderCredentials(ctx context.Context, providerID int64) (map[string]string, error)
	// CreateProvider assigns ID, and keeps the credentials with it; none for nothing.
	// *AlreadyExistsError on the name.
	CreateProvider(ctx context.Context, p Provider, credentials map[string]string) (Provider, error)
	// UpdateProvider writes status, configuration and limits and, unless nil, the
	// credentials in the place of those before; none removes them.
	// ErrProviderNotFound.
	UpdateProvider(ctx context.Context, p Provider, credentials map[string]string) (Provider, error)
	// CreateOffer assigns ID. *AlreadyExistsError, ErrProviderNotFound,
	// catalog.ErrProductNotFound.
	CreateOffer(ctx context.Context, o Offer) (Offer, error)
	// UpdateOffer has change write the offer as it is then, which nobody else changes
	// meanwhile; product and provider stay. It may run several times, and where it
	// returns an error nothing is changed. ErrOfferNotFound, *AlreadyExistsError, those of
	// change.
	UpdateOffer(ctx context.Context, id int64, change func(o *Offer) error) (Offer, error)
	// ProviderOffers returns everything a provider sells us, by provider SKU, id.
	ProviderOffers(ctx context.Context, providerID int64) ([]Offer, error)
	// ActiveOffers returns, for each product, the active offers of active
	// providers by priority, then cost, then id.
	ActiveOffers(ctx context.Context, productIDs []int64) (map[int64][]Offer, error)

	Sharer
}

// ProvidersOptions wires Providers.
type ProvidersOptions struct {
	Store     ProviderStore
	Directory Directory
	// CheckConnector returns an *errs.InvalidError on "connector" or "settings" when
	// no connector has the name or it does not take the settings and credentials. Nil
	// takes everything.
	CheckConnector func(name string, settings json.RawMessage, credentials map[string]string) error
	Log            *slog.Logger
	CallTimeout    time.Duration // of asking what a provider sells; 0 means 30 seconds
	Balances       *Balances     // what is known of our money there; nil for nothing
}

// Providers are who we buy from, as operators administer them.
type Providers struct {
	ProvidersOptions
	DirectOffers
}

// NewProviders returns the service.
func NewProviders(o ProvidersOptions) *Providers {
	o.CallTimeout = cmp.Or(o.CallTimeout, defaultCallTimeout)
	return &Providers{o, o.Store}
}

// List returns providers by ascending id.
func (s *Providers) List(ctx context.Context) ([]Provider, error) { return s.Store.ListProviders(ctx) }

// Get finds by id. ErrProviderNotFound.
func (s *Providers) Get(ctx context.Context, id int64) (Provider, error) {
	return s.Store.Provider(ctx, id)
}

// Find finds by id, else by name. ErrProviderNotFound.
func (s *Providers) Find(ctx context.Context, key string) (Provider, error) {
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		return s.Get(ctx, id)
	}
	all, err := s.List(ctx)
	if err != nil {
		return Provider{}, err
	}
	for _, p := range all {
		if p.Name == key {
			return p, nil
		}
	}
	return Provider{}, ErrProviderNotFound
}

// Funds are what is known of our money, by provider.
func (s *Providers) Funds(ctx context.Context) (map[int64]*Funds, error) {
	if s.Balances == nil {
		return nil, nil
	}
	return s.Balances.Of(ctx)
}

// ReadBalance asks the provider for our balance there. Errors: as of Balances.Read.
func (s *Providers) ReadBalance(ctx context.Context, providerID int64) (Funds, error) {
	if s.Balances == nil {
		return Funds{}, ErrTellsNoBalance
	}
	return s.Balances.Read(ctx, providerID)
}

// Reserved is what purchases under way may take of a balance.
func (s *Providers) Reserved(ctx context.Context, f *Funds) (money.Amount, error) {
	x, err := s.Balances.converter(ctx)
	if err != nil {
		return 0, err
	}
	return f.Reserved(x), nil
}

// Create stores a provider, active unless it says otherwise, with what it is signed
// in to with; nil for nothing. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Providers) Create(ctx context.Context, p Provider, credentials map[string]string) (Provider, error) {
	p.Status = cmp.Or(p.Status, StatusActive)
	if len(p.Config) == 0 {
		p.Config = json.RawMessage("{}")
	}
	if err := s.check(ctx, &p, credentials); err != nil {
		return Provider{}, err
	}
	return s.Store.CreateProvider(ctx, p, credentials)
}

// Update writes status, settings and limits and, unless nil, credentials, of which
// an empty map removes what there is. The connector is asked about settings and
// credentials when one of them changes. Errors: *errs.InvalidError,
// ErrProviderNotFound.
func (s *Providers) Update(ctx context.Context, p Provider, credentials map[string]string) (Provider, error) {
	before, err := s.Get(ctx, p.ID)
	if err != nil {
		return Provider{}, err
	}
	if credentials == nil && bytes.Equal(before.Config, p.Config) {
		err = p.Check()
	} else {
		err = s.check(ctx, &p, credentials)
	}
	if err != nil {
		return Provider{}, err
	}
	if credentials != nil {
		// Those that cannot be read are no reason to keep others from being written.
		if present, err := s.Store.ProviderCredentials(ctx, p.ID); err == nil && maps.Equal(present, credentials) {
			credentials = nil
		}
	}
	return s.Store.UpdateProvider(ctx, p, credentials)
}

// check asks the domain about what is given, and the connector about the settings
// together with the credentials that the provider will have.
func (s *Providers) check(ctx context.Context, p *Provider, credentials map[string]string) error {
	if err := p.Check(); err != nil {
		return err
	}
	if err := CheckCredentials(credentials); err != nil || s.CheckConnector == nil {
		return err
	}
	if credentials == nil && p.HasCredentials {
		var err error
		if credentials, err = s.Store.ProviderCredentials(ctx, p.ID); err != nil {
			return err
		}
	}
	return s.CheckConnector(p.Connector, p.Config, credentials)
}

// CreateOffer stores what a provider sells the product for: in its currency and
// active unless the offer says otherwise. Errors: *errs.InvalidError,
// *AlreadyExistsError, ErrProviderNotFound, catalog.ErrProductNotFound.
func (s *Providers) CreateOffer(ctx context.Context, p *catalog.Product, o Offer) (Offer, error) {
	o.ProductID, o.Status = p.ID, cmp.Or(o.Status, StatusActive)
	o.Currency = cmp.Or(o.Currency, p.Currency)
	if err := o.Check(p.Source == catalog.SourceProvider); err != nil {
		return Offer{}, err
	}
	return s.Store.CreateOffer(ctx, o)
}

// UpdateOffer changes what new attempts are made by, from what the offer is then:
// change may run several times. An offer that there is may stay, whatever its product
// has become. Errors: *errs.InvalidError, ErrOfferNotFound, *AlreadyExistsError, those
// of change.
func (s *Providers) UpdateOffer(ctx context.Context, id int64, change func(o *Offer) error) (Offer, error) {
	return s.Store.UpdateOffer(ctx, id, func(o *Offer) error {
		if err := change(o); err != nil {
			return err
		}
		return o.Check(true)
	})
}
