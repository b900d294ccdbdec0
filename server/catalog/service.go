package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"orderhub/server/clock"
	"orderhub/server/money"
)

// How stale what a reader sees may be. Placement does not depend on either: it
// checks versions and claims units inside its transaction.
const (
	snapshotCheckInterval = time.Second
	stockLevelMaxAge      = time.Second
)

// Service serves the catalogue from memory and changes it in the store.
type Service struct {
	Direct
	DirectUnits

	store Store
	units UnitStore

	log      *slog.Logger
	now      func() time.Time
	snapshot atomic.Pointer[Snapshot]

	reloading sync.Mutex

	stockMu sync.Mutex
	stock   map[int64]int64
	stockAt time.Time
}

// NewService loads the first snapshot, so that a service that exists can sell.
func NewService(
	ctx context.Context, store Store, units UnitStore, log *slog.Logger, now func() time.Time,
) (*Service, error) {
	s := &Service{Direct: store, DirectUnits: units, store: store, units: units, log: log, now: now}
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Snapshot is the newest catalogue this process has read. Never nil.
func (s *Service) Snapshot() *Snapshot { return s.snapshot.Load() }

// Reload reads the catalogue again, whether it changed or not.
func (s *Service) Reload(ctx context.Context) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	return s.reload(ctx)
}

// Refresh reads the catalogue again if its version moved.
func (s *Service) Refresh(ctx context.Context) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	version, err := s.store.CatalogVersion(ctx)
	if err != nil {
		return fmt.Errorf("read catalogue version: %w", err)
	}
	current := s.Snapshot()
	if version == current.Version && (current.pricesUntil.IsZero() || s.now().Before(current.pricesUntil)) {
		return nil
	}
	return s.reload(ctx)
}

func (s *Service) reload(ctx context.Context) error {
	snapshot, err := s.store.LoadSnapshot(ctx)
	if err != nil {
		return fmt.Errorf("load catalogue: %w", err)
	}
	s.snapshot.Store(snapshot)
	return nil
}

// Run keeps the snapshot fresh until ctx ends. Changes made by other processes
// are seen within about a second.
func (s *Service) Run(ctx context.Context) {
	clock.Every(ctx, snapshotCheckInterval, func() {
		if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("catalogue not refreshed; serving the last one", "error", err)
		}
	})
}

// Stock is how many units of p a reader is told can be sold: exact up to a
// second for our own stock, [UnlimitedStock] for a provider's.
func (s *Service) Stock(ctx context.Context, p *Product) (int64, error) {
	if !p.UsesUnits() {
		return UnlimitedStock, nil
	}
	s.stockMu.Lock()
	defer s.stockMu.Unlock()
	if s.stock == nil || s.now().Sub(s.stockAt) >= stockLevelMaxAge {
		levels, err := s.store.StockLevels(ctx)
		if err != nil {
			return 0, fmt.Errorf("count stock: %w", err)
		}
		s.stock, s.stockAt = maps.Clone(levels), s.now()
	}
	return s.stock[p.ID], nil
}

// ProductFilter narrows a merchant's product list. The zero value of a field
// does not narrow.
type ProductFilter struct {
	Query    string // part of the name or SKU, without regard to case
	Category string // slug
	MinStock int64
	MinPrice *money.Amount
	MaxPrice *money.Amount
	Archived bool // also archived products; for operators
	Currency money.Currency
	AfterID  int64
	Limit    int
}

// ListedProduct is a product as one merchant sees it.
type ListedProduct struct {
	*Product
	Price money.Amount
	Stock int64
}

// ListProducts returns the products in f.Currency by ascending id, priced for
// the merchant; merchantID 0 sees the plain prices. An empty currency lists all.
func (s *Service) ListProducts(ctx context.Context, merchantID int64, f ProductFilter) ([]ListedProduct, error) {
	snapshot := s.Snapshot()
	query := sought(f.Query)
	var listed []ListedProduct
	for _, p := range snapshot.Products() {
		if p.ID <= f.AfterID || !matches(p, f, query) {
			continue
		}
		item, err := s.Listed(ctx, merchantID, p)
		if err != nil {
			return nil, err
		}
		if item.Stock < f.MinStock || outside(item.Price, f.MinPrice, f.MaxPrice) {
			continue
		}
		if listed = append(listed, item); len(listed) == f.Limit {
			break
		}
	}
	return listed, nil
}

// Listed is p with its price and stock for the merchant.
func (s *Service) Listed(ctx context.Context, merchantID int64, p *Product) (ListedProduct, error) {
	stock, err := s.Stock(ctx, p)
	if err != nil {
		return ListedProduct{}, err
	}
	return ListedProduct{Product: p, Price: s.Snapshot().PriceFor(merchantID, p, s.now()).Amount, Stock: stock}, nil
}

// sought is a text as a search compares it: in lower case, both of Turkish's
// letters i as one, since I is the capital of either.
func sought(text string) string { return strings.ReplaceAll(strings.ToLower(text), "ı", "i") }

func matches(p *Product, f ProductFilter, query string) bool {
	if f.Currency != "" && p.Currency != f.Currency {
		return false
	}
	if f.Category != "" && p.Category.Slug != f.Category {
		return false
	}
	if !p.Active() && !f.Archived {
		return false
	}
	return query == "" || strings.Contains(sought(p.Name), query) || strings.Contains(sought(p.SKU), query)
}

func outside(price money.Amount, low, high *money.Amount) bool {
	return (low != nil && price < *low) || (high != nil && price > *high)
}
