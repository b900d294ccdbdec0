package demo_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/demo"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func services(t *testing.T, s *stores.All) demo.Services {
	t.Helper()
	products, err := catalog.NewService(t.Context(), s.Products, s.Units, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return demo.Services{
		Accounts: account.NewService(s.Accounts, s.Guesses), Catalog: products,
		Operators: operator.NewService(s.Operators),
		Sessions: session.NewService(session.Options{
			Store: s.Sessions, Guesses: s.Guesses, Log: slog.New(slog.DiscardHandler), SecondFactorOptional: true,
		}),
		Providers: fulfil.NewProviders(fulfil.ProvidersOptions{Store: s.Providers}),
		Exchange:  exchange.NewService(s.Rates, time.Now),
	}
}

// contents is what can be counted of a demo.
type contents struct {
	merchants, keys, transfers, categories, products, coupons, listings, providers, offers, days int
	stock                                                                                        map[string]int64
	balances                                                                                     map[string]string
}

func count(t *testing.T, s *stores.All) contents {
	t.Helper()
	ctx, services := t.Context(), services(t, s)
	c := contents{stock: map[string]int64{}, balances: map[string]string{}}
	merchants, err := s.Accounts.ListMerchants(ctx, 0, 1000)
	check(t, err)
	c.merchants = len(merchants)
	for _, m := range merchants {
		keys, err := s.Accounts.ListKeys(ctx, m.ID)
		check(t, err)
		transfers, err := s.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{Limit: 1000})
		check(t, err)
		listings, err := s.Products.ListListings(ctx, m.ID, 0, 1000)
		check(t, err)
		c.keys, c.transfers, c.listings = c.keys+len(keys), c.transfers+len(transfers), c.listings+len(listings)
		if m.Wallet != nil {
			c.balances[m.Name] = string(m.Wallet.Currency) + " " + m.Wallet.Balance.Format(m.Wallet.Currency)
		}
	}
	snapshot := services.Catalog.Snapshot()
	c.categories, c.products = len(snapshot.Categories()), len(snapshot.Products())
	for _, p := range snapshot.Products() {
		if c.stock[p.SKU], err = services.Catalog.Stock(ctx, p); err != nil {
			t.Fatal(err)
		}
		offers, err := s.Providers.ListOffers(ctx, p.ID)
		check(t, err)
		days, err := s.Products.ListAllotments(ctx, p.ID, "", "", 10_000)
		check(t, err)
		c.offers, c.days = c.offers+len(offers), c.days+len(days)
	}
	coupons, err := s.Products.ListCoupons(ctx, catalog.CouponFilter{Limit: 1000})
	check(t, err)
	providers, err := s.Providers.ListProviders(ctx)
	check(t, err)
	c.coupons, c.providers = len(coupons), len(providers)
	return c
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSeed(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		start := time.Now()
		check(t, demo.Seed(t.Context(), services(t, s)))
		t.Logf("loaded in %s", time.Since(start))
		first := count(t, s)
		checkContents(t, first)

		start = time.Now()
		check(t, demo.Seed(t.Context(), services(t, s)))
		t.Logf("loaded again in %s", time.Since(start))
		checkContents(t, count(t, s))
	})
}

func checkContents(t *testing.T, c contents) {
	t.Helper()
	for _, number := range []struct {
		what      string
		got, want int
	}{
		{"merchants", c.merchants, 9},
		{"keys", c.keys, 11},
		{"transfers", c.transfers, 6},
		{"categories", c.categories, 5},
		{"products", c.products, 18},
		{"coupons", c.coupons, 3},
		{"listings", c.listings, 9},
		{"providers", c.providers, 2},
		{"offers", c.offers, 12},
		{"days", c.days, 6939},
	} {
		if number.got != number.want {
			t.Errorf("%d %s, want %d", number.got, number.what, number.want)
		}
	}
	for sku, want := range map[string]int64{
		"EMAIL_BASIC": 5000, "EMAIL_2FA": 500, "EMAIL_RARE": 3, "EMAIL_GONE": 0, "EPIN_25": 1000, "EPIN_GONE": 0,
		"DIAMOND_100": 1_000_000, "PARK_FEW": 1_000_000,
	} {
		if c.stock[sku] != want {
			t.Errorf("stock of %s is %d, want %d", sku, c.stock[sku], want)
		}
	}
	for merchant, want := range map[string]string{
		"demo": "THB 1000000.00", "poor": "THB 10.00", "suspended": "THB 1000.00", "fenced": "THB 1000.00",
		"reseller": "TRY 50000.00", "channel": "KRW 0", "channel-two": "KRW 0", "reseller-suspended": "TRY 100.00",
	} {
		if c.balances[merchant] != want {
			t.Errorf("balance of %s is %s, want %s", merchant, c.balances[merchant], want)
		}
	}
}

// However often it is loaded, the tour's extras are there once, and the demo's own products are as they were.
func TestSeedTour(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		for range 2 {
			check(t, demo.Seed(t.Context(), services(t, s)))
			check(t, demo.SeedTour(t.Context(), services(t, s)))
		}
		rates, err := s.Rates.Entries(t.Context(), exchange.Filter{Limit: 100})
		check(t, err)
		if len(rates) != len(demo.Rates()) {
			t.Errorf("%d rates, want %d", len(rates), len(demo.Rates()))
		}
		product, err := services(t, s).Catalog.FindProduct("DIAMOND_500")
		check(t, err)
		offers, err := s.Providers.ListOffers(t.Context(), product.ID)
		check(t, err)
		if len(offers) != 2 || offers[0].Currency != "USD" || product.Price.Format(product.Currency) != "450.00" {
			t.Errorf("DIAMOND_500 at %s has the offers %+v", product.Price.Format(product.Currency), offers)
		}
	})
}

// The demo's ids are fixed; what comes later must get others.
func TestSeedLeavesRoomForMore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		services := services(t, open())
		check(t, demo.Seed(t.Context(), services))
		merchant, err := services.Accounts.CreateMerchant(t.Context(),
			account.NewMerchant{Name: "another", Currency: "THB"})
		check(t, err)
		if merchant.ID <= 9 {
			t.Errorf("the merchant after the demo's has id %d", merchant.ID)
		}
		category, err := services.Catalog.CreateCategory(t.Context(),
			catalog.Category{Slug: "another", Name: "Another"})
		check(t, err)
		product, err := services.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "ANOTHER", Name: "Another", Category: category, Currency: "THB", Source: catalog.SourceStock,
		})
		check(t, err)
		if category.ID <= 5 || product.ID <= 503 {
			t.Errorf("the category and the product after the demo's have ids %d and %d", category.ID, product.ID)
		}
	})
}

func TestSeedRefusesOtherDatabases(t *testing.T) {
	services := services(t, storetest.SQLite(t)())
	_, err := services.Accounts.CreateMerchant(context.Background(), account.NewMerchant{Name: "shop", Currency: "THB"})
	check(t, err)
	if err := demo.Seed(t.Context(), services); !errors.Is(err, demo.ErrNotDemo) {
		t.Errorf("Seed of a real database: %v, want ErrNotDemo", err)
	}
}

// The operators of the demo sign in with their public passwords, however often it is loaded.
func TestOperatorsSignIn(t *testing.T) {
	s := storetest.SQLite(t)()
	services := services(t, s)
	for range 2 {
		check(t, demo.Seed(t.Context(), services))
	}
	for _, o := range demo.Operators() {
		in, _, err := services.Sessions.SignIn(t.Context(), session.SignIn{Name: o.Name, Password: o.Password})
		check(t, err)
		if in.Stage != session.Whole || in.Roles != o.Roles {
			t.Errorf("%s is in a session %s with %s", o.Name, in.Stage, in.Roles)
		}
		open, err := services.Sessions.List(t.Context(), in.OperatorID)
		check(t, err)
		if len(open) != 1 {
			t.Errorf("%s has %d sessions, of which loading left some", o.Name, len(open))
		}
	}
}
