package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/directory"
	"orderhub/server/door"
	"orderhub/server/event"
	"orderhub/server/exchange"
	"orderhub/server/export"
	"orderhub/server/fulfil"
	"orderhub/server/ident"
	"orderhub/server/job"
	"orderhub/server/logging"
	"orderhub/server/metrics"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/recipient"
	"orderhub/server/reconcile"
	"orderhub/server/session"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

// Services are the domain as the doors use it.
type Services struct {
	Orders    *order.Service
	Events    *event.Log
	Catalog   *catalog.Service
	Accounts  *account.Service
	Approvals *approval.Service
	Operators *operator.Service
	Sessions  *session.Service // of operators who have signed in
	Providers *fulfil.Providers
	Exchange  *exchange.Service // what currencies are worth in one another
	Supply    *supply.Service
	Reconcile *reconcile.Service
	Webhooks  *webhook.Service
	// Deliveries and Replays are what becomes of events at the webhooks.
	Deliveries *webhook.Deliveries
	Replays    *webhook.Replays
	Fulfilment *fulfil.Engine
	Purchases  *purchase.Service
	Recipients *recipient.Service
	Exports    *export.Service
	Claims     *claim.Service
	Doors      door.Services // what partners' doors stand in front of

	balances  *fulfil.Balances
	fanout    *webhook.Fanout
	directory *directory.Directory
}

// Placements in flight at once. Two committers per process beat one and four on
// PostgreSQL; SQLite has one writer.
const (
	committersPostgres = 2
	committersSQLite   = 1
)

func (a *App) newServices(ctx context.Context) (err error) {
	a.Accounts = account.NewService(a.store.Accounts, a.store.Guesses)
	limits, err := a.config.Approvals()
	if err != nil {
		return err
	}
	a.Approvals = approval.NewService(a.store.Approvals, a.Accounts, limits, a.config.ApproveWithin)
	a.Operators = operator.NewService(a.store.Operators)
	a.Exchange = exchange.NewService(a.store.Rates, a.now)
	a.Sessions = session.NewService(session.Options{
		Store: a.store.Sessions, Guesses: a.store.Guesses, Log: a.log, Now: a.now,
		Keys:                 a.store.Vault.Keys("known browser"),
		SecondFactorOptional: a.config.SecondFactorOptional, Count: metrics.NewSignIns(a.metrics),
	})
	a.Events = event.NewLog(a.store.Events, a.bell)
	a.directory = directory.New(
		Connectors, a.store.Providers, directory.Ours{Units: a.store.Units, Purchases: a.store.Purchases}, a.now,
	)
	if a.tracing != nil {
		a.directory.Through(a.tracing.Transport, a.tracing.Calls)
	}
	a.closing.OnEnd("connections to providers", a.directory.Close)
	a.balances = fulfil.NewBalances(fulfil.BalancesOptions{
		Store: a.store.Providers, Directory: a.directory, Log: a.log, Now: a.now, Rates: a.Exchange,
		Every: a.config.BalanceEvery, CallTimeout: a.callTimeout(),
	})
	metrics.RegisterFunds(a.balances, a.log, a.metrics)
	a.Providers = fulfil.NewProviders(fulfil.ProvidersOptions{
		Store: a.store.Providers, Directory: a.directory, CheckConnector: Connectors.Check, Log: a.log,
		CallTimeout: a.callTimeout(), Balances: a.balances,
	})
	a.Fulfilment = fulfil.NewEngine(fulfil.Options{
		Store: a.tracedAttempts(), Providers: a.store.Providers, Directory: a.directory,
		Observer: metrics.NewProviders(a.metrics), Tracer: a.tracer(),
		Rates: a.Exchange, Log: a.log, Now: a.now,
		CallTimeout: a.callTimeout(), Committers: a.committers(), Balances: a.balances,
	})
	a.Recipients = recipient.NewService(recipient.Options{
		Store: a.store.Recipients, Asker: a.Fulfilment, Observer: metrics.NewRecipients(a.metrics), Now: a.store.Now,
	})
	a.closing.WhileOpen(ctx, "answers about recipients", a.Recipients.Run)
	a.Exports = export.NewService(a.store.Exports, a.store.Now)
	a.Purchases = purchase.NewService(a.store.Purchases, a.Fulfilment, a.now)
	a.Claims = claim.NewService(a.store.Claims, a.now).Bounded(limits.Above)
	a.Reconcile = reconcile.NewService(a.store.Reconciliations, a.Fulfilment, a.now).From(a.Providers)
	a.closing.OnEnd("settlement", a.Fulfilment.Close)
	if a.Catalog, err = catalog.NewService(ctx, a.store.Products, a.store.Units, a.log, a.now); err != nil {
		return err
	}
	a.Supply = supply.NewService(supply.Options{
		Store: a.store.Supplies, Providers: a.Providers, Catalogue: a.Catalog, Rates: a.Exchange, Log: a.log,
		Now:       a.now,
		NewHolder: rand.Text,
		Ended:     metrics.NewSyncs(a.metrics),
	})
	a.closing.OnEnd("lists that operators have read", a.Supply.Close)
	return nil
}

// watch sees to what is due by itself for as long as the hub runs: it notices changes of the catalogue that other
// processes make, reads providers' lists, tells operators of claims and purchases that wait too long, and ends holds
// whose time is over.
func (a *App) watch(ctx context.Context) error {
	a.closing.WhileOpen(ctx, "catalogue", a.Catalog.Run)
	a.closing.WhileOpen(ctx, "providers' lists", a.Supply.Run)
	for _, w := range []struct {
		what, failure string
		run           func(ctx context.Context, failed func(error))
	}{
		{"claims", "claims that wait too long are not told of", a.Claims.Run},
		{"purchases", "purchases that wait too long are not told of", a.Purchases.Run},
		{"holds", "holds that have expired are not ended", a.Orders.WatchHolds},
	} {
		failed := func(err error) { a.log.Error(w.failure, "error", err) }
		a.closing.WhileOpen(ctx, w.what, func(ctx context.Context) { w.run(ctx, failed) })
	}
	return nil
}

// announce wakes who waits for events, here and in other processes.
func (a *App) announce(context.Context) error {
	a.closing.OnEnd("announcements", a.store.Announce(a.bell))
	return nil
}

// startJobs works what is left to do after placement, until everything that
// inserts jobs has ended.
func (a *App) startJobs(ctx context.Context) error {
	runner, err := job.NewRunner(job.Options{
		Postgres: a.store.Pool(), Listen: a.store.Direct(), TxSettings: a.store.TxSettings(),
		SQLite: a.store.SQLite(), SQLiteVersion: a.store.SQLiteVersion, Engine: a.Fulfilment,
		Orders: a.tracedAttempts(), Fanout: a.fanout, Replays: a.store.Deliveries, Providers: a.directory.IDs,
		Log: slog.New(logging.WithoutCancellations(a.log.Handler())), Now: a.now, Ahead: a.store.Clock.Ahead,
		RescueAfter: a.config.RescueAfter, Tracer: a.tracer(),
	})
	if err != nil {
		return err
	}
	if err := runner.Start(ctx); err != nil {
		return err
	}
	a.store.OnJobs(runner.Wake)
	a.closing.OnClose("jobs", runner.Stop)
	return nil
}

// callTimeout is 30 s of 75 s: a job has time for a call and its wait.
func (a *App) callTimeout() time.Duration { return a.config.RescueAfter * 2 / 5 }

// readBalances reads what the hub has at providers for as long as it runs.
func (a *App) readBalances(ctx context.Context) error {
	a.closing.WhileOpen(ctx, "balances at providers", a.balances.Run)
	return nil
}

func (a *App) committers() int {
	if a.config.Postgres() {
		return committersPostgres
	}
	return committersSQLite
}

func (a *App) serveOrders(context.Context) error {
	total, err := money.Unit.Mul(a.config.MaxOrderTotal)
	if err != nil {
		return fmt.Errorf("largest total of an order: %w", err)
	}
	a.Orders = order.NewService(order.Options{
		Store:      a.tracing.Placements(metrics.NewPlacements(a.store.Orders, a.metrics)),
		Holds:      a.store.Holds,
		Catalog:    a.Catalog,
		Canceller:  a.tracing.Canceller(a.Fulfilment, a.store.Orders),
		NewNumber:  ident.New(a.now, nil).OrderNumber,
		Committers: a.committers(),
		Alone:      !a.config.Postgres(),
		Now:        a.store.Now,
		Limits:     order.Limits{Units: a.config.MaxOrderUnits, Total: total},
		TrailOf:    a.trailOf(),
	})
	a.closing.OnEnd("placement", a.Orders.Close)
	return nil
}
