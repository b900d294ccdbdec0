package fakepartner

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

const (
	mostStock   = 10_000 // units of an item
	stockedDays = 366    // on which a dated item has its stock, from yesterday on
	wholeLoss   = 10_000 // basis points: what the partner pays itself is no part of its script
)

// shelf is the partner's own catalogue while its script is put into it.
type shelf struct {
	*Partner

	dated      bool // what the partner sells is for a day
	dialect    string
	supplierID int64 // the provider that delivers what has no stock
	client     account.Merchant
}

// shelve has the partner sell what its script lists beside the demo's products, and those at the cost that it lists
// them with. What has a stock is sold until that is gone.
func (p *Partner) shelve(ctx context.Context, dialect string, items []sim.Item) error {
	if len(items) == 0 {
		return nil
	}
	supplier, err := p.supplier(ctx)
	if err != nil {
		return err
	}
	s := &shelf{Partner: p, dialect: dialect, dated: dialect == "axcloud", supplierID: supplier.ID}
	merchants, err := p.hub.Accounts.ListMerchants(ctx, 0, mostMerchants)
	if err != nil {
		return err
	}
	for i := range merchants {
		if merchants[i].Name == clientOf(dialect) {
			s.client = merchants[i]
		}
	}
	for i := range items {
		if err := s.put(ctx, &items[i]); err != nil {
			return fmt.Errorf("script: items[%d]: %w", i, err)
		}
	}
	return p.hub.Catalog.Refresh(ctx)
}

// clientOf is the demo's merchant that buys in a dialect.
func clientOf(dialect string) string {
	switch dialect {
	case bursagb.Name:
		return "reseller"
	case "axcloud":
		return "channel"
	default:
		return "demo"
	}
}

// put adds an item, or gives a product of the demo another price.
func (s *shelf) put(ctx context.Context, item *sim.Item) error {
	currency := s.client.Wallet.Currency
	if item.Currency != string(currency) {
		return fmt.Errorf("currency must be %s, that of the partner's clients", currency)
	}
	cost, err := money.Parse(item.Cost, currency)
	if err != nil {
		return fmt.Errorf("cost %w", err)
	}
	if item.Stock != nil && (*item.Stock < 0 || *item.Stock > mostStock) {
		return fmt.Errorf("stock must be from 0 to %d", mostStock)
	}
	if present := s.hub.Catalog.Snapshot().ProductBySKU(item.SKU); present != nil {
		if item.Stock != nil {
			return errors.New("stock cannot be given of what the demo sells; give it a SKU of its own")
		}
		changed := *present
		changed.Price, changed.MaxLoss = cost, wholeLoss
		_, err := s.hub.Catalog.UpdateProduct(ctx, changed)
		return err
	}
	made := catalog.Product{
		SKU: item.SKU, Name: item.Name, Currency: currency, Price: cost, Source: catalog.SourceProvider, Dated: s.dated,
		MaxLoss: wholeLoss,
	}
	if made.Category, err = s.category(ctx, item.Category); err != nil {
		return err
	}
	if item.Stock != nil {
		made.Source, made.MaxLoss = catalog.SourceStock, 0
	}
	if made, err = s.hub.Catalog.CreateProduct(ctx, made); err != nil {
		return err
	}
	if err := s.name(ctx, &made); err != nil {
		return err
	}
	if item.Stock != nil {
		return s.fill(ctx, &made, *item.Stock)
	}
	_, err = s.hub.Providers.CreateOffer(ctx, &made, fulfil.Offer{
		ProviderID: s.supplierID, ProviderSKU: made.SKU, Cost: cost, Currency: currency, Status: fulfil.StatusActive,
	})
	return err
}

// category finds one by its slug, or makes it; the first one of the demo for "".
func (s *shelf) category(ctx context.Context, slug string) (catalog.Category, error) {
	present := s.hub.Catalog.Snapshot().Categories()
	if slug == "" {
		return present[0], nil
	}
	for _, c := range present {
		if c.Slug == slug {
			return c, nil
		}
	}
	return s.hub.Catalog.CreateCategory(ctx, catalog.Category{Slug: slug, Name: slug})
}

// name gives a product the number that BursaGB's customers order it by: the next one.
func (s *shelf) name(ctx context.Context, p *catalog.Product) error {
	if s.dialect != bursagb.Name {
		return nil
	}
	listed, err := s.hub.Catalog.ListListings(ctx, s.client.ID, 0, mostStock)
	if err != nil {
		return err
	}
	_, err = s.hub.Catalog.CreateListing(ctx, catalog.Listing{
		MerchantID: s.client.ID, ProductID: p.ID, ExternalID: strconv.Itoa(len(listed) + 1),
	})
	return err
}

// fill gives a product its stock; of a dated one on each day of a year.
func (s *shelf) fill(ctx context.Context, p *catalog.Product, stock int64) error {
	if p.Dated {
		days := make([]catalog.Allotment, stockedDays)
		yesterday := time.Now().UTC().AddDate(0, 0, -1)
		for i := range days {
			days[i] = catalog.Allotment{
				ProductID: p.ID, UseDate: yesterday.AddDate(0, 0, i).Format(time.DateOnly), Capacity: stock,
			}
		}
		return s.hub.Catalog.SetAllotments(ctx, p.ID, days)
	}
	if stock == 0 {
		return nil
	}
	units := make([]catalog.ImportedUnit, stock)
	for i := range units {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: fmt.Sprintf("%s-%05d", p.SKU, i+1)}
	}
	_, err := s.hub.Catalog.ImportUnits(ctx, p, catalog.ImportOptions{Name: "script"}, units)
	return err
}
