package demo

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/session"
)

// Services are what the demo is loaded through.
type Services struct {
	Accounts  *account.Service
	Operators *operator.Service // nil for a demo without operators
	Sessions  *session.Service
	Catalog   *catalog.Service
	Providers *fulfil.Providers
	Exchange  *exchange.Service // nil for a demo without rates
}

// ErrNotDemo says that the database holds merchants that are not the demo's.
var ErrNotDemo = errors.New("the database is not a demo's: its merchants are others")

// Seed loads the demo into a database that is empty, or in part or as a whole a
// demo already: what is there is left as it is. ErrNotDemo.
func Seed(ctx context.Context, s Services) error {
	if err := CheckOwn(ctx, s.Accounts); err != nil {
		return err
	}
	for _, load := range []struct {
		what string
		load func(context.Context) error
	}{
		{"merchants", s.seedMerchants},
		{"operators", s.seedOperators},
		{"categories", s.seedCategories},
		{"products", s.seedProducts},
		{"stock", s.seedStock},
		{"coupons", s.seedCoupons},
		{"listings", s.seedListings},
		{"providers", s.seedProviders},
		{"exchange rates", s.seedRates},
	} {
		if err := load.load(ctx); err != nil {
			return fmt.Errorf("load the demo's %s: %w", load.what, err)
		}
	}
	return nil
}

// CheckOwn keeps public keys out of a database that serves real merchants: it
// returns ErrNotDemo unless there are none, or the demo's own.
func CheckOwn(ctx context.Context, accounts interface {
	ListMerchants(ctx context.Context, afterID int64, limit int) ([]account.Merchant, error)
},
) error {
	present, err := accounts.ListMerchants(ctx, 0, 1)
	if err != nil {
		return err
	}
	own := Merchants()[0]
	if len(present) > 0 && (present[0].ID != own.ID || present[0].Name != own.Name || present[0].Email != own.Email) {
		return ErrNotDemo
	}
	return nil
}

func (s Services) seedMerchants(ctx context.Context) error {
	for _, m := range Merchants() {
		_, err := s.Accounts.CreateMerchant(ctx, m.NewMerchant)
		if err != nil && !errors.As(err, new(*account.AlreadyExistsError)) {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		if err := s.seedKeys(ctx, &m); err != nil {
			return fmt.Errorf("keys of %s: %w", m.Name, err)
		}
		if err := s.seedCredentials(ctx, &m); err != nil {
			return fmt.Errorf("credentials of %s: %w", m.Name, err)
		}
		if err := s.seedWallet(ctx, &m); err != nil {
			return fmt.Errorf("wallet of %s: %w", m.Name, err)
		}
	}
	return nil
}

func (s Services) seedKeys(ctx context.Context, m *Merchant) error {
	scope := account.ScopeMerchant
	if m.Role == account.RoleOperator {
		scope = account.ScopeAdmin
	}
	for _, key := range m.Keys {
		_, err := s.Accounts.AddKey(ctx, account.Key{MerchantID: m.ID, Scope: scope, Label: "demo"}, key)
		if err != nil && !errors.As(err, new(*account.AlreadyExistsError)) {
			return err
		}
	}
	return nil
}

func (s Services) seedCredentials(ctx context.Context, m *Merchant) error {
	if m.Password != "" {
		if err := s.Accounts.SetPassword(ctx, m.ID, m.Password); err != nil {
			return err
		}
	}
	if m.CallbackKey != "" {
		if err := s.Accounts.SetCallbackKey(ctx, m.ID, m.CallbackKey); err != nil {
			return err
		}
	}
	if m.ChannelCode != "" {
		return s.Accounts.SetChannelCode(ctx, m.ID, m.ChannelCode)
	}
	return nil
}

func (s Services) seedWallet(ctx context.Context, m *Merchant) error {
	if m.Balance == "" {
		return nil
	}
	amount, err := money.Parse(m.Balance, m.Currency)
	if err != nil {
		return err
	}
	_, _, err = s.Accounts.Deposit(ctx, account.Deposit{
		MerchantID: m.ID, Amount: amount, Currency: m.Currency,
		Reference: "demo", Description: "Opening balance", // by its reference made once
	})
	return err
}

func (s Services) seedCategories(ctx context.Context) error {
	for _, c := range Categories() {
		if _, err := s.Catalog.CreateCategory(ctx, c); err != nil && !isPresent(err) {
			return fmt.Errorf("%s: %w", c.Slug, err)
		}
	}
	return nil
}

func (s Services) seedProducts(ctx context.Context) error {
	for _, p := range Products() {
		if err := s.seedProduct(ctx, &p); err != nil {
			return fmt.Errorf("%s: %w", p.SKU, err)
		}
	}
	return nil
}

func (s Services) seedProduct(ctx context.Context, p *Product) (err error) {
	product := p.Product
	if product.Price, err = money.Parse(p.Price, p.Currency); err != nil {
		return err
	}
	if _, err := s.Catalog.CreateProduct(ctx, product); err != nil && !isPresent(err) {
		return err
	}
	return nil
}

func (s Services) seedStock(ctx context.Context) error {
	for _, p := range Products() {
		if p.Units > 0 {
			// What was imported before is refused as a duplicate, sold or not.
			_, err := s.Catalog.ImportUnits(ctx, &p.Product, catalog.ImportOptions{Name: "demo"}, p.units())
			if err != nil {
				return fmt.Errorf("%s: %w", p.SKU, err)
			}
		}
		if p.PerDay == 0 {
			continue
		}
		days, err := p.allotments()
		if err == nil {
			err = s.Catalog.SetAllotments(ctx, p.ID, days)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.SKU, err)
		}
	}
	return nil
}

func (s Services) seedCoupons(ctx context.Context) error {
	for _, c := range Coupons() {
		if _, err := s.Catalog.CreateCoupon(ctx, c); err != nil && !isPresent(err) {
			return fmt.Errorf("%s: %w", c.Code, err)
		}
	}
	return nil
}

func (s Services) seedListings(ctx context.Context) error {
	for _, l := range Listings() {
		if _, err := s.Catalog.CreateListing(ctx, l); err != nil && !isPresent(err) {
			return fmt.Errorf("%s of merchant %d: %w", l.ExternalID, l.MerchantID, err)
		}
	}
	return nil
}

func isPresent(err error) bool {
	return errors.As(err, new(*catalog.AlreadyExistsError))
}

func (s Services) seedProviders(ctx context.Context) error {
	return s.seedSupply(ctx, Providers(), Products())
}

// SeedTour adds what the tour needs beside the demo's data: a product whose provider leaves open what became of a
// purchase, so that a person has to decide, and an offer in another currency. None of it changes what partners see of
// the demo's products.
func SeedTour(ctx context.Context, s Services) error {
	product, provider := unclearProduct()
	if err := s.seedProduct(ctx, &product); err != nil {
		return fmt.Errorf("load the tour's product: %w", err)
	}
	if err := s.seedSupply(ctx, []Provider{provider}, []Product{product}); err != nil {
		return fmt.Errorf("load the tour's provider: %w", err)
	}
	if err := s.seedAbroad(ctx); err != nil {
		return fmt.Errorf("load the tour's offer: %w", err)
	}
	return nil
}

// seedSupply makes providers, and has them sell products.
func (s Services) seedSupply(ctx context.Context, providers []Provider, products []Product) error {
	for _, p := range providers {
		_, err := s.Providers.Create(ctx, fulfil.Provider{Name: p.Name, Connector: "sim", Config: p.stored()}, nil)
		if err != nil && !errors.As(err, new(*fulfil.AlreadyExistsError)) {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	present, err := s.Providers.List(ctx)
	if err != nil {
		return err
	}
	ids := make(map[string]int64, len(present))
	for _, p := range present {
		ids[p.Name] = p.ID
	}
	for _, p := range products {
		if err := s.seedOffers(ctx, &p, ids); err != nil {
			return fmt.Errorf("offers of %s: %w", p.SKU, err)
		}
	}
	return nil
}

// seedOffers lets every provider of a product sell it for its own price.
func (s Services) seedOffers(ctx context.Context, p *Product, providerIDs map[string]int64) error {
	price, err := money.Parse(p.Price, p.Currency)
	if err != nil {
		return err
	}
	// Less than what coupons and merchants' own prices leave of it: nothing sells at a loss.
	cost, err := money.Percent(price, costPercent*100, p.Currency)
	if err != nil {
		return err
	}
	if len(p.Providers) == 0 {
		return nil
	}
	product, err := s.Catalog.FindProduct(p.SKU)
	if err != nil {
		return err
	}
	for i, name := range p.Providers {
		_, err := s.Providers.CreateOffer(ctx, product, fulfil.Offer{
			ProviderID: providerIDs[name], ProviderSKU: p.SKU, Cost: cost, Currency: p.Currency, Priority: i + 1,
		})
		if err != nil && !errors.As(err, new(*fulfil.AlreadyExistsError)) {
			return err
		}
	}
	return nil
}
