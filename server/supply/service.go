package supply

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/clock"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
)

// Lister reads what providers list.
type Lister interface {
	// ReadList hands the provider's list to take, part by part. fulfil.ErrListsNothing,
	// fulfil.ErrProviderNotFound; every other error is the provider's.
	ReadList(ctx context.Context, providerID int64, take func([]dialect.Item) error) (unusable int, err error)
	// Get finds by id. fulfil.ErrProviderNotFound.
	Get(ctx context.Context, id int64) (fulfil.Provider, error)
}

// Catalogue is what is sold.
type Catalogue interface {
	Snapshot() *catalog.Snapshot
	Refresh(ctx context.Context) error
}

// Rates are what currencies are worth.
type Rates interface {
	Rates(ctx context.Context) (*exchange.Rates, error)
}

// Options wires a Service. Everything is required but for what says otherwise.
type Options struct {
	Store     Store
	Providers Lister
	Catalogue Catalogue
	Rates     Rates // nil for none
	Log       *slog.Logger
	Now       func() time.Time
	NewHolder func() string // another text each time
	// Ended is told what became of each sync; nil for nobody.
	Ended func(Status)
	// Patience is how long a part of a list may take, and how long a provider that is busy
	// is waited for; 0 for a minute.
	Patience time.Duration
	// Sleep waits; nil for the machine's clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Service follows lists, and lets operators see to it.
type Service struct {
	Direct

	store     Store
	providers Lister
	catalogue Catalogue
	rates     Rates
	log       *slog.Logger
	now       func() time.Time
	newHolder func() string
	ended     func(Status)
	patience  time.Duration
	sleep     func(ctx context.Context, d time.Duration) error

	asked *asked // what operators asked for
}

// NewService follows nothing by itself; see [Service.Run]. Close ends what was asked for.
func NewService(o Options) *Service {
	s := &Service{
		Direct: o.Store, store: o.Store, providers: o.Providers, catalogue: o.Catalogue, rates: o.Rates, log: o.Log,
		now:       o.Now,
		newHolder: o.NewHolder, ended: o.Ended, patience: o.Patience, sleep: o.Sleep, asked: newAsked(),
	}
	if s.ended == nil {
		s.ended = func(Status) {}
	}
	if s.sleep == nil {
		s.sleep = clock.Sleep
	}
	s.patience = cmp.Or(s.patience, time.Minute)
	return s
}

// SetPolicy replaces how a provider's list is followed. A list is read at once where one
// is read by itself. *errs.InvalidError.
func (s *Service) SetPolicy(ctx context.Context, p Policy) (Policy, error) {
	p.NewItems = cmp.Or(p.NewItems, Propose)
	if err := p.Check(); err != nil {
		return Policy{}, err
	}
	p.NextAt = nil
	if p.Interval > 0 {
		p.NextAt = new(s.now())
	}
	return s.store.SetPolicy(ctx, p)
}

// Changes returns what a sync changes, by ascending id. ErrNotFound.
func (s *Service) Changes(ctx context.Context, syncID, after int64, limit int) ([]Change, error) {
	if _, err := s.store.Sync(ctx, syncID); err != nil {
		return nil, err
	}
	return s.store.Changes(ctx, syncID, after, limit)
}

// Accept imports open proposals: as products by the terms, or as offers of the product
// where one is given. Those that cannot be are returned with the reason.
// *errs.InvalidError.
func (s *Service) Accept(ctx context.Context, ids []int64, terms *Terms, product *catalog.Product) (
	accepted int, refused []Proposal, err error,
) {
	bad := &errs.InvalidError{}
	switch {
	case (terms == nil) == (product == nil):
		bad.Add("terms", "must be given, or a product, and not both")
	case product != nil && product.Source != catalog.SourceProvider:
		bad.Add("product", "must be one whose goods come from a provider")
	case terms != nil:
		terms.check(bad, "terms")
	}
	if err := bad.OrNil(); err != nil {
		return 0, nil, err
	}
	found, err := s.store.FindProposals(ctx, ids)
	if err != nil {
		return 0, nil, err
	}
	taken, refused, err := s.acceptances(ctx, found, terms, product)
	if err != nil || len(taken) == 0 {
		return 0, refused, err
	}
	conflicts, err := s.store.Accept(ctx, taken)
	if err != nil {
		return 0, nil, err
	}
	for _, id := range conflicts {
		for i := range taken {
			if taken[i].ID == id {
				taken[i].Note = "there is such a product or offer"
				refused = append(refused, taken[i].Proposal)
			}
		}
	}
	return len(taken) - len(conflicts), refused, s.catalogue.Refresh(ctx)
}

func (s *Service) acceptances(ctx context.Context, found []Proposal, terms *Terms, product *catalog.Product) (
	taken []Acceptance, refused []Proposal, err error,
) {
	if err := s.catalogue.Refresh(ctx); err != nil {
		return nil, nil, err
	}
	convert, err := s.converter(ctx)
	if err != nil {
		return nil, nil, err
	}
	names, shelf := map[int64]string{}, shelfOf(s.catalogue.Snapshot())
	for _, p := range found {
		a := Acceptance{Proposal: p}
		if product != nil {
			a.ProductID = product.ID
			if p.Currency == "" {
				a.Currency = product.Currency
			}
			taken = append(taken, a)
			continue
		}
		if names[p.ProviderID] == "" {
			provider, err := s.providers.Get(ctx, p.ProviderID)
			if err != nil {
				return nil, nil, err
			}
			names[p.ProviderID] = provider.Name
		}
		item := dialect.Item{
			SKU: p.ProviderSKU, Name: p.Name, Cost: p.Cost, Currency: p.Currency, Available: true,
		}
		var why string
		if a.Product, why = terms.imported(&item, names[p.ProviderID], shelf, convert); why != "" {
			p.Note = why
			refused = append(refused, p)
			continue
		}
		taken = append(taken, a)
	}
	return taken, refused, nil
}

// converter goes by the rates of now.
func (s *Service) converter(ctx context.Context) (fulfil.Converter, error) {
	if s.rates == nil {
		return nil, nil
	}
	rates, err := s.rates.Rates(ctx)
	return fulfil.ConverterAt(rates, s.now()), err
}

// shelf is a snapshot as planning sees it.
type shelf struct{ *catalog.Snapshot }

func shelfOf(s *catalog.Snapshot) shelf { return shelf{s} }

func (s shelf) Taken(sku, slug string) bool {
	return s.ProductBySKU(sku) != nil || s.ProductBySlug(slug) != nil
}

func (s shelf) HasCategory(id int64) bool {
	return slices.ContainsFunc(s.Categories(), func(c catalog.Category) bool { return c.ID == id })
}

// event is what operators are told of a sync.
func (s *Sync) event(kind operatorevent.Kind, message string) *operatorevent.Event {
	return &operatorevent.Event{Kind: kind, ProviderID: s.ProviderID, Message: message, Data: map[string]any{
		"sync": s.ID, "listed": s.Listed, "changes": s.Changes, "proposed": s.Proposed, "skipped": s.Skipped,
		"reason": s.Reason,
	}}
}
