package storetest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/ident"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/recipient"
	"orderhub/server/store/stores"
	"orderhub/server/store/verification"
	"orderhub/server/supply"
)

// THB is the currency of every world unless a test says otherwise.
const THB = money.Currency("THB")

// World is the domain's real services over one store, with short ways to fill
// it. Every failure ends the test.
type World struct {
	tb         testing.TB
	Store      *stores.All
	Catalog    *catalog.Service
	Accounts   *account.Service
	Orders     *order.Service
	Events     *event.Log
	Engine     *fulfil.Engine
	Providers  *fulfil.Providers
	Exchange   *exchange.Service
	Supply     *supply.Service
	Recipients *recipient.Service

	// Connectors by provider id; a provider that is not here is the simulator.
	Connectors map[int64]dialect.Connector

	category catalog.Category
	sim      sim.Config
	simID    int64
}

// Committers is more than a process has on either database, so that transactions
// really meet.
const Committers = 4

// RunWorld is Run with the real services over the store.
func RunWorld(t *testing.T, body func(t *testing.T, w *World)) {
	t.Helper()
	Run(t, func(t *testing.T, open func() *stores.All) { body(t, NewWorld(t, open(), Committers)) })
}

// RequireClean checks that verify finds nothing.
func RequireClean(t *testing.T, s *stores.All) verification.Summary {
	t.Helper()
	summary, err := s.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%+v", f) })
	require.NoError(t, err)
	require.Zero(t, summary.Findings)
	return summary
}

// Together runs n calls at the same time and counts the outcomes.
func Together(n int, call func(i int) error) (placed int, refused []error) {
	errs := make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			errs[i] = call(i)
		})
	}
	start.Done()
	done.Wait()
	for _, err := range errs {
		if err == nil {
			placed++
		} else {
			refused = append(refused, err)
		}
	}
	return placed, refused
}

// Contents are the goods of a line.
func Contents(l order.Line) []string {
	var all []string
	for _, g := range l.Goods {
		all = append(all, g.Content)
	}
	return all
}

// NewWorld starts services over s, with the given number of committers of placements.
// The test's end stops them.
func NewWorld(tb testing.TB, s *stores.All, committers int) *World {
	tb.Helper()
	ctx := context.Background()
	w := &World{
		tb: tb, Store: s, Accounts: account.NewService(s.Accounts, s.Guesses),
		Exchange: exchange.NewService(s.Rates, time.Now),
	}
	bell := event.NewBell()
	w.Events = event.NewLog(s.Events, bell)
	tb.Cleanup(s.Announce(bell))
	var err error
	w.Catalog, err = catalog.NewService(ctx, s.Products, s.Units, slog.New(slog.DiscardHandler), time.Now)
	w.must(err)
	balances := fulfil.NewBalances(fulfil.BalancesOptions{
		Store: s.Providers, Directory: w, Log: slog.New(slog.DiscardHandler), Every: time.Minute, Rates: w.Exchange,
		Now: func() time.Time { return time.Now().UTC() },
	})
	w.Providers = fulfil.NewProviders(fulfil.ProvidersOptions{
		Store: s.Providers, Directory: w, Log: slog.New(slog.DiscardHandler), Balances: balances,
	})
	w.Supply = supply.NewService(supply.Options{
		Store: s.Supplies, Providers: w.Providers, Catalogue: w.Catalog, Log: slog.New(slog.DiscardHandler), Now: s.Now,
		NewHolder: rand.Text, Rates: w.Exchange,
	})
	tb.Cleanup(w.Supply.Close)
	w.Engine = fulfil.NewEngine(fulfil.Options{
		Store: s.Attempts, Providers: s.Providers, Directory: w, Log: slog.New(slog.DiscardHandler), Rates: w.Exchange,
		Balances: balances,
		Now:      func() time.Time { return time.Now().UTC() },
	})
	tb.Cleanup(w.Engine.Close)
	w.Recipients = recipient.NewService(recipient.Options{Store: s.Recipients, Asker: w.Engine, Now: s.Now})
	w.Orders = order.NewService(order.Options{
		Store: s.Orders, Holds: s.Holds, Catalog: w.Catalog, Canceller: w.Engine, NewNumber: NewNumber,
		Committers: committers,
	})
	tb.Cleanup(w.Orders.Close)
	return w
}

// NewNumber is a fresh order number, as the hub makes them.
var NewNumber = ident.New(nil, nil).OrderNumber

// Connect implements fulfil.Directory.
func (w *World) Connect(ctx context.Context, providerID int64) (*fulfil.Provider, dialect.Connector, error) {
	provider, err := w.Store.Providers.Provider(ctx, providerID)
	if err != nil {
		return nil, nil, err
	}
	if c := w.Connectors[providerID]; c != nil {
		return &provider, c, nil
	}
	config, err := json.Marshal(w.sim)
	if err != nil {
		return nil, nil, err
	}
	connector, err := sim.New(config, func() time.Time { return time.Now().UTC() })
	return &provider, connector, err
}

// Merchant creates a merchant with a THB wallet and deposits whole THB.
func (w *World) Merchant(name string, deposit int64) account.Merchant {
	w.tb.Helper()
	ctx := context.Background()
	m, err := w.Accounts.CreateMerchant(ctx, account.NewMerchant{Name: name, Currency: THB})
	w.must(err)
	if deposit > 0 {
		_, _, err = w.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: Baht(deposit), Currency: THB})
		w.must(err)
	}
	return m
}

// Baht is an amount of whole THB.
func Baht(n int64) money.Amount {
	amount, err := money.Unit.Mul(n)
	if err != nil {
		panic(err)
	}
	return amount
}

// Product creates a product at a price in whole THB; change may alter it first.
func (w *World) Product(sku string, price int64, change func(*catalog.Product)) catalog.Product {
	w.tb.Helper()
	ctx := context.Background()
	if w.category.ID == 0 {
		var err error
		w.category, err = w.Catalog.CreateCategory(ctx, catalog.Category{Slug: "things", Name: "Things"})
		w.must(err)
	}
	p := catalog.Product{
		SKU: sku, Name: sku, Category: w.category, Currency: THB, Price: Baht(price), Source: catalog.SourceStock,
	}
	if change != nil {
		change(&p)
	}
	created, err := w.Catalog.CreateProduct(ctx, p)
	w.must(err)
	return created
}

// Stocked creates a product with so many units, "SKU-1" and on.
func (w *World) Stocked(sku string, price int64, units int) catalog.Product {
	w.tb.Helper()
	p := w.Product(sku, price, nil)
	contents := make([]catalog.ImportedUnit, units)
	for i := range contents {
		contents[i] = catalog.ImportedUnit{Line: i + 1, Content: sku + "-" + strconv.Itoa(i+1)}
	}
	report, err := w.Catalog.ImportUnits(context.Background(), &p, catalog.ImportOptions{Name: "test"}, contents)
	w.must(err)
	if report.Imported != units {
		w.tb.Fatalf("imported %d of %d units", report.Imported, units)
	}
	return p
}

// Ticket creates a dated stock product with capacity on the given days.
func (w *World) Ticket(sku string, price, capacity int64, days ...string) catalog.Product {
	w.tb.Helper()
	p := w.Product(sku, price, func(p *catalog.Product) { p.Dated = true })
	allotments := make([]catalog.Allotment, len(days))
	for i, day := range days {
		allotments[i] = catalog.Allotment{ProductID: p.ID, UseDate: day, Capacity: capacity}
	}
	w.must(w.Catalog.SetAllotments(context.Background(), p.ID, allotments))
	return p
}

// Simulated creates a product that the simulator delivers as script says.
func (w *World) Simulated(sku string, price int64, script sim.Script) catalog.Product {
	w.tb.Helper()
	ctx := context.Background()
	p := w.Product(sku, price, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	if w.simID == 0 {
		provider, err := w.Store.Providers.CreateProvider(
			ctx, fulfil.Provider{
				Name: "sim", Connector: "sim", Status: fulfil.StatusActive,
				Config: json.RawMessage(`{}`),
			},
			nil,
		)
		w.must(err)
		w.simID = provider.ID
		w.sim.Scripts = make(map[string]sim.Script)
	}
	w.sim.Scripts[sku] = script
	_, err := w.Store.Providers.CreateOffer(ctx, fulfil.Offer{
		ProductID: p.ID, ProviderID: w.simID, ProviderSKU: sku, Currency: THB, Status: fulfil.StatusActive, Priority: 5,
	})
	w.must(err)
	return p
}

// Funded says what buyers have at the simulator.
func (w *World) Funded(b sim.Balance) { w.sim.Balance = &b }

// Players says who exists at the simulator.
func (w *World) Players(known map[string]string) { w.sim.Players = known }

// Supplied lets connector sell the product before any simulator is asked.
func (w *World) Supplied(p catalog.Product, name string, connector dialect.Connector) {
	w.tb.Helper()
	ctx := context.Background()
	provider, err := w.Store.Providers.CreateProvider(
		ctx, fulfil.Provider{Name: name, Connector: name, Status: fulfil.StatusActive, Config: json.RawMessage(`{}`)},
		nil,
	)
	w.must(err)
	_, err = w.Store.Providers.CreateOffer(ctx, fulfil.Offer{
		ProductID: p.ID, ProviderID: provider.ID, ProviderSKU: p.SKU, Currency: THB, Status: fulfil.StatusActive,
	})
	w.must(err)
	if w.Connectors == nil {
		w.Connectors = make(map[int64]dialect.Connector)
	}
	w.Connectors[provider.ID] = connector
}

// Draft asks for units of products: pairs of SKU and quantity.
func Draft(m account.Merchant, reference string, skuAndQuantity ...any) *order.Draft {
	d := &order.Draft{
		MerchantID: m.ID, Currency: THB, Reference: reference, Door: "hub",
		Recipient: order.Recipient{UserID: "player"},
	}
	for i := 0; i < len(skuAndQuantity); i += 2 {
		d.Lines = append(
			d.Lines, order.DraftLine{SKU: skuAndQuantity[i].(string), Quantity: int64(skuAndQuantity[i+1].(int))},
		)
	}
	return d
}

// Advance does everything that can be done for the orders now, as the jobs would,
// and returns when there is more to do; the zero time for never.
func (w *World) Advance(ctx context.Context, orderIDs ...int64) (next time.Time, err error) {
	for {
		if next, err = w.Engine.Route(ctx, orderIDs); err != nil {
			return next, err
		}
		called, err := w.call(ctx, orderIDs, &next)
		if err != nil || !called {
			return next, err
		}
	}
}

// call sees to the orders' attempts that are due, and reports whether there were
// any.
func (w *World) call(ctx context.Context, orderIDs []int64, next *time.Time) (called bool, err error) {
	attempts, err := w.Store.Attempts.Attempts(ctx, orderIDs)
	if err != nil {
		return false, err
	}
	for _, lines := range attempts { // of settled ones nothing is due
		for _, a := range slices.Concat(slices.Collect(maps.Values(lines))...) {
			fresh := a.Status == fulfil.AttemptSubmitting && a.Checks == 0
			switch {
			case a.NextCheckAt == nil:
			case fresh, !a.NextCheckAt.After(time.Now()):
				called = true
				if _, err := w.Engine.Call(ctx, []int64{a.ID}, fresh); err != nil {
					return called, err
				}
			case next.IsZero() || a.NextCheckAt.Before(*next):
				*next = *a.NextCheckAt
			}
		}
	}
	return called, nil
}

// Finish advances the order until it is final and returns it.
func (w *World) Finish(o *order.Order) *order.Order {
	w.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		next, err := w.Advance(ctx, o.ID)
		w.must(err)
		if next.IsZero() {
			break
		}
		time.Sleep(max(time.Until(next), time.Millisecond))
	}
	finished, err := w.Orders.Get(ctx, order.ByMerchant(o.MerchantID), o.Number)
	w.must(err)
	return finished
}

// Balance is what the merchant's wallet holds.
func (w *World) Balance(m account.Merchant) money.Amount {
	w.tb.Helper()
	found, err := w.Accounts.Merchant(context.Background(), m.ID)
	w.must(err)
	return found.Wallet.Balance
}

func (w *World) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}
