package fakepartner_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/catalog"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/secret"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

var (
	orders  = flag.Int("orders", 40, "orders that go through each closed loop")
	verbose = flag.Bool("hublog", false, "show the hubs' logs")
)

func logger(t *testing.T) *slog.Logger {
	if !*verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// start runs a partner until the test ends.
func start(t *testing.T, dialect string, script fakepartner.Script) *fakepartner.Partner {
	t.Helper()
	p, err := fakepartner.Start(
		t.Context(),
		fakepartner.Options{Dialect: dialect, Listen: "127.0.0.1:0", Script: script, Dir: t.TempDir(), Log: logger(t)},
	)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// buyer is a hub whose provider is a partner.
type buyer struct {
	*app.App
	t        *testing.T
	cfg      config.Config
	merchant account.Merchant
	category catalog.Category
	currency money.Currency
	provider fulfil.Provider
}

func newBuyer(t *testing.T, cfg config.Config, currency money.Currency) *buyer {
	t.Helper()
	cfg.HTTP, cfg.GRPC, cfg.Metrics = "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.RescueAfter = 5 * time.Second // calls may take two
	hub, err := app.New(t.Context(), cfg, logger(t))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	b := &buyer{App: hub, t: t, cfg: cfg, currency: currency}
	b.merchant, err = hub.Accounts.CreateMerchant(t.Context(), account.NewMerchant{Name: "shop", Currency: currency})
	require.NoError(t, err)
	_, _, err = hub.Accounts.Deposit(
		t.Context(), account.Deposit{MerchantID: b.merchant.ID, Amount: 1_000_000_000 * money.Unit, Currency: currency},
	)
	require.NoError(t, err)
	b.category, err = hub.Catalog.CreateCategory(t.Context(), catalog.Category{Slug: "things", Name: "Things"})
	require.NoError(t, err)
	return b
}

// buysFrom makes the partner the buyer's provider.
func (b *buyer) buysFrom(connector, settings string, credentials map[string]string) {
	b.t.Helper()
	var err error
	b.provider, err = b.Providers.Create(
		b.t.Context(), fulfil.Provider{Name: "partner", Connector: connector, Config: json.RawMessage(settings)}, credentials,
	)
	require.NoError(b.t, err)
}

// sells adds a product that the partner delivers.
func (b *buyer) sells(sku, providerSKU string, cost string, dated bool) {
	b.t.Helper()
	price, err := money.Parse(cost, b.currency)
	require.NoError(b.t, err)
	p, err := b.Catalog.CreateProduct(b.t.Context(), catalog.Product{
		SKU: sku, Name: sku, Category: b.category, Currency: b.currency, Price: 2 * price, Source: catalog.SourceProvider,
		Dated: dated,
	})
	require.NoError(b.t, err)
	_, err = b.Providers.CreateOffer(b.t.Context(), &p, fulfil.Offer{
		ProductID: p.ID, ProviderID: b.provider.ID, ProviderSKU: providerSKU, Cost: price, Currency: b.currency,
		Status: fulfil.StatusActive,
	})
	require.NoError(b.t, err)
}

// place orders one line.
func (b *buyer) place(n int, sku string, quantity int64, useDate string) *order.Order {
	placed, err := b.Orders.Create(b.t.Context(), &order.Draft{
		MerchantID: b.merchant.ID, Currency: b.currency, Reference: fmt.Sprint("order-", n), Door: "hub",
		Recipient: order.Recipient{UserID: "player"},
		Lines:     []order.DraftLine{{SKU: sku, Quantity: quantity, UseDate: useDate}},
	})
	if err != nil {
		b.t.Errorf("order %d: %v", n, err)
		return nil
	}
	return placed.Order
}

// finished waits until every order is final, or waits for an operator.
func (b *buyer) finished(timeout time.Duration) []order.Order {
	b.t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		open, err := b.Orders.List(b.t.Context(), order.ByMerchant(b.merchant.ID), order.Filter{
			Statuses: []order.Status{order.StatusPending, order.StatusProcessing}, Limit: 100_000,
		})
		require.NoError(b.t, err)
		parked, err := b.Fulfilment.ListAttempts(
			b.t.Context(), fulfil.AttemptFilter{Status: fulfil.AttemptParked, Limit: 100_000},
		)
		require.NoError(b.t, err)
		if len(open) == len(parked) {
			break
		}
		require.True(b.t, time.Now().Before(deadline), "%d orders are open", len(open))
		time.Sleep(200 * time.Millisecond)
	}
	all, err := b.Orders.List(
		b.t.Context(), order.ByMerchant(b.merchant.ID), order.Filter{Limit: 100_000, WithGoods: true},
	)
	require.NoError(b.t, err)
	return all
}

// verified fails the test for every row that breaks an invariant.
func verified(t *testing.T, cfg *config.Config) {
	t.Helper()
	s, err := app.OpenStore(t.Context(), cfg, app.Anything, logger(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	_, err = s.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%v", f) })
	require.NoError(t, err)
}

// loop is a hub that buys from another one's door.
type loop struct {
	dialect  string
	currency money.Currency
	buyer    string // the partner's merchant that the hub is
	connect  func(b *buyer, address string)
	skus     []string // that the hub sells
	useDate  string
}

const parkDay = "af01c7c4-1637-46fb-b289-a090a9be0397/d96b2ed4-12c5-4fb5-ae94-4f39b11ee980"

var loops = []loop{
	{"gameso", "THB", "demo", func(b *buyer, address string) {
		b.buysFrom(
			"gameso", `{"baseUrl": "http://`+address+`"}`,
			map[string]string{"api_key": demo.MerchantKey, "webhook_secret": "a secret of theirs"},
		)
		b.sells("good", "DIAMOND_100", "100.00", false)
		b.sells("part", "DIAMOND_PARTIAL", "100.00", false)
		b.sells("bad", "DIAMOND_FAIL", "100.00", false)
	}, []string{"good", "part", "bad"}, ""},
	{"bursagb", "TRY", "reseller", func(b *buyer, address string) {
		b.buysFrom(
			"bursagb", `{"baseUrl": "http://`+address+`", "notifyUrl": "http://`+b.Addresses().HTTP+`/callbacks/partner"}`,
			map[string]string{"email": "reseller@example.com", "password": "demo-password", "api_key": demo.ResellerKey},
		)
		b.sells("good", "1", "19.90", false)
		b.sells("code", "2", "25.00", false)
		b.sells("bad", "5", "15.00", false)
	}, []string{"good", "code", "bad"}, ""},
	{"marketacc", "THB", "demo", func(b *buyer, address string) {
		b.buysFrom("marketacc", `{"baseUrl": "http://`+address+`"}`, map[string]string{"api_key": demo.MerchantKey})
		b.sells("good", "2", "100.00", false)
		b.sells("account", "1", "10.20", false)
		b.sells("part", "5", "100.00", false)
		b.sells("bad", "4", "100.00", false)
	}, []string{"good", "account", "part", "bad"}, ""},
	{"axcloud", "KRW", "channel", func(b *buyer, address string) {
		b.buysFrom(
			"axcloud",
			`{"baseUrl": "http://`+address+
				`", "purchaser": {"name": "Hub", "nationalCode": "82", "phone": "0100000000", "email": "hub@example.com"}}`,
			map[string]string{"api_key": demo.ChannelKey, "channel_code": demo.ChannelCode},
		)
		b.sells("good", parkDay, "2222", true)
		b.sells("bad", "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b03/5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c03", "1000", true)
	}, []string{"good", "bad"}, "2030-05-01"},
	{"orderhub", "THB", "demo", func(b *buyer, address string) {
		b.buysFrom("orderhub", `{"address": "`+address+`", "insecure": true}`, map[string]string{"api_key": demo.MerchantKey})
		b.sells("good", "DIAMOND_100", "100.00", false)
		b.sells("account", "EMAIL_BASIC", "10.20", false)
		b.sells("part", "DIAMOND_PARTIAL", "100.00", false)
		b.sells("bad", "DIAMOND_FAIL", "100.00", false)
	}, []string{"good", "account", "part", "bad"}, ""},
	{"http", "THB", "demo", func(b *buyer, address string) {
		b.buysFrom("http", `{"baseUrl": "http://`+address+`"}`, map[string]string{
			"api_key": demo.MerchantKey, "request_secret": nextSecret + " " + askSecret, "callback_secret": tellSecret,
		})
		b.sells("good", "DIAMOND_100", "100.00", false)
		b.sells("account", "EMAIL_BASIC", "10.20", false)
		b.sells("part", "DIAMOND_PARTIAL", "100.00", false)
		b.sells("bad", "DIAMOND_FAIL", "100.00", false)
	}, []string{"good", "account", "part", "bad"}, ""},
}

// What signs between the hub and a supplier over http. The hub knows the next secret
// already.
const (
	askSecret  = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyByZXF1ZXN0cw=="
	nextSecret = "whsec_dGhlIG5leHQgc2VjcmV0IG9mIHJlcXVlc3Rz"
	tellSecret = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyBjYWxsYmFja3M="
)

// troubles go wrong with calls without making the partner lie.
func troubles() []sim.Fault {
	return []sim.Fault{
		{On: sim.Place, Do: sim.TimeoutBefore, Share: 0.02},
		{On: sim.Place, Do: sim.TimeoutAfter, Share: 0.02},
		{On: sim.Place, Do: sim.StatusBefore, Status: 500, Share: 0.04},
		{On: sim.Place, Do: sim.StatusAfter, Status: 502, Share: 0.04},
		{On: sim.Place, Do: sim.StatusBefore, Status: 429, RetryAfterSeconds: 1, Share: 0.05},
		{On: sim.Place, Do: sim.Malformed, Share: 0.05},
		{On: sim.Place, Do: sim.Slow, DelayMS: 200, Share: 0.05},
		{On: sim.Inquire, Do: sim.StatusBefore, Status: 503, Share: 0.05},
		{On: sim.Inquire, Do: sim.Malformed, Share: 0.05},
		{On: sim.SignIn, Do: sim.StatusBefore, Status: 500, First: 1},
	}
}

// Whatever goes wrong between two hubs, in the end each has a clean database and
// both say the same of what was bought and what it cost.
func TestClosedLoop(t *testing.T) {
	for _, l := range loops {
		t.Run(l.dialect, func(t *testing.T) {
			for name, open := range map[string]func(t *testing.T) config.Config{
				"sqlite": sqliteConfig, "postgres": postgresConfig,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel() // most of it is waiting for calls that are not answered
					l.run(t, open(t))
				})
			}
		})
	}
}

func sqliteConfig(t *testing.T) config.Config {
	cfg := config.Default()
	cfg.Database = "sqlite:" + filepath.Join(t.TempDir(), "buyer.sqlite")
	return cfg
}

func postgresConfig(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Database, cfg.Key = storetest.PostgresURL(t), secret.Redacted(secret.GenerateKey())
	return cfg
}

func (l *loop) run(t *testing.T, cfg config.Config) {
	b := newBuyer(t, cfg, l.currency)
	partner := start(t, l.dialect, fakepartner.Script{
		Config:      sim.Config{DelayMS: 50, Faults: troubles(), Seed: 7, Callbacks: sim.Callbacks{Copies: 2, Shuffle: true}},
		CallbackURL: "http://" + b.Addresses().HTTP + "/callbacks/partner", CallbackSecret: l.callbackSecret(),
		RequestSecret: askSecret,
	})
	before := balanceOf(t, partner, l.buyer)
	l.connect(b, partner.Address())

	var placing sync.WaitGroup
	queue := make(chan int)
	for range 16 {
		placing.Go(func() {
			for n := range queue {
				b.place(n, l.skus[n%len(l.skus)], int64(1+n%2), l.useDate)
			}
		})
	}
	for n := range *orders {
		queue <- n
	}
	close(queue)
	placing.Wait()
	all := b.finished(time.Duration(*orders)*300*time.Millisecond + 3*time.Minute)
	require.Len(t, all, *orders)
	l.compare(t, b, partner, all, before)
	verified(t, &b.cfg)
	partnerConfig := config.Default()
	partnerConfig.Database, partnerConfig.Key = partner.Database(), secret.Redacted(demo.SealingKey)
	verified(t, &partnerConfig)
}

// compare finds what the hubs do not agree on.
func (l *loop) compare(t *testing.T, b *buyer, partner *fakepartner.Partner, all []order.Order, before money.Amount) {
	t.Helper()
	bought, err := partner.Hub().Orders.List(t.Context(), order.ByOperator(), order.Filter{Door: l.door(), Limit: 100_000})
	require.NoError(t, err)
	theirs := make(map[string]*order.Order)
	for i := range bought {
		reference := bought[i].Reference
		if l.dialect == "bursagb" {
			reference = bought[i].Lines[0].ExternalReference
		}
		require.Nil(t, theirs[reference], "bought twice under one reference")
		theirs[reference] = &bought[i]
	}
	attempts, err := b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 1_000_000})
	require.NoError(t, err)
	delivered := make(map[int64]int64) // by order
	var paid money.Amount
	for i := range attempts {
		a := &attempts[i]
		o := theirs[a.Reference]
		delete(theirs, a.Reference)
		require.NotEqual(t, fulfil.AttemptParked, a.Status, "%s: %s", a.Reference, a.FailureMessage)
		require.Empty(t, a.Dispute, a.Reference)
		switch {
		case a.Status == fulfil.AttemptDelivered:
			require.NotNil(t, o, "%s is delivered and they do not know it", a.Reference)
			delivered[a.OrderID] += o.Lines[0].Completed
			paid += a.Cost * money.Amount(o.Lines[0].Completed)
		case o != nil:
			require.Zero(t, o.Lines[0].Completed, "%s is %s and they delivered it", a.Reference, a.Status)
		}
	}
	require.Empty(t, theirs, "they delivered what was not ordered")
	for i := range all {
		require.Equal(t, delivered[all[i].ID], all[i].Lines[0].Completed, "order %s", all[i].Reference)
		require.Len(t, all[i].Lines[0].Goods, goodsOf(&all[i]))
	}
	require.Equal(t, paid, before-balanceOf(t, partner, l.buyer), "the books")
	t.Logf("%d orders, %d attempts, %s paid", len(all), len(attempts), paid.Format(l.currency))
}

// goodsOf is how many goods an order shows: tickets are there from the beginning.
func goodsOf(o *order.Order) int {
	if o.Lines[0].UseDate != "" {
		return int(o.Lines[0].Quantity)
	}
	return int(o.Lines[0].Completed)
}

func (l *loop) callbackSecret() string {
	if l.dialect == "http" {
		return tellSecret
	}
	return "a secret of theirs"
}

func (l *loop) door() string {
	if l.dialect == "orderhub" {
		return "hub"
	}
	return l.dialect
}

func balanceOf(t *testing.T, p *fakepartner.Partner, name string) money.Amount {
	t.Helper()
	merchants, err := p.Hub().Accounts.ListMerchants(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, m := range merchants {
		if m.Name == name {
			return m.Wallet.Balance
		}
	}
	require.Fail(t, "no merchant "+name)
	return 0
}
