// Package stores puts the store together: an open database and the stores of the
// domain over it.
package stores

import (
	"context"

	"orderhub/server/store"
	"orderhub/server/store/accounts"
	"orderhub/server/store/approvals"
	"orderhub/server/store/attempts"
	"orderhub/server/store/backlog"
	"orderhub/server/store/claims"
	"orderhub/server/store/deliveries"
	"orderhub/server/store/endpoints"
	"orderhub/server/store/erasure"
	"orderhub/server/store/eventlog"
	"orderhub/server/store/exports"
	"orderhub/server/store/guesses"
	"orderhub/server/store/operatorevents"
	"orderhub/server/store/operators"
	"orderhub/server/store/orders"
	"orderhub/server/store/products"
	"orderhub/server/store/providers"
	"orderhub/server/store/purchases"
	"orderhub/server/store/ratelimits"
	"orderhub/server/store/rates"
	"orderhub/server/store/recipients"
	"orderhub/server/store/reconciliations"
	"orderhub/server/store/records"
	"orderhub/server/store/reports"
	"orderhub/server/store/reseal"
	"orderhub/server/store/retention"
	"orderhub/server/store/sessions"
	"orderhub/server/store/supplies"
	"orderhub/server/store/units"
	"orderhub/server/store/verification"
)

// All is an open database and every store over it.
type All struct {
	*store.DB
	Accounts     *accounts.Store
	Guesses      *guesses.Store
	Approvals    *approvals.Store
	Operators    *operators.Store
	Sessions     *sessions.Store
	Products     *products.Store
	Units        *units.Store
	Orders       *orders.Store
	Holds        *orders.Holds
	Attempts     *attempts.Store
	Providers    *providers.Store
	Purchases    *purchases.Store
	Exports      *exports.Store
	Claims       *claims.Store
	Endpoints    *endpoints.Store
	Deliveries   *deliveries.Store
	Events       *eventlog.Store
	Verification *verification.Store
	Reseal       *reseal.Store
	Backlog      *backlog.Store
	Retention    *retention.Store
	Erasure      *erasure.Store
	RateLimits   *ratelimits.Store
	Records      *records.Store
	Reports      *reports.Store

	OperatorEvents *operatorevents.Store
	Rates          *rates.Store
	Supplies       *supplies.Store
	Recipients     *recipients.Store

	Reconciliations *reconciliations.Store
}

// Open opens the database, as [store.Open] does.
func Open(ctx context.Context, o store.Options) (*All, error) {
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return over(db), nil
}

// over are the stores over an open database.
func over(db *store.DB) *All {
	o, a := orders.New(db), accounts.New(db)
	b, bought, told := backlog.New(db), attempts.New(db), endpoints.New(db)
	return &All{
		DB: db, Accounts: a, Guesses: guesses.New(db), Approvals: approvals.New(db, a),
		Operators: operators.New(db), Sessions: sessions.New(db),
		Products: products.New(db), Units: units.New(db), Orders: o, Holds: orders.NewHolds(db),
		Attempts: bought, Providers: providers.New(db), Purchases: purchases.New(db, bought),
		Exports: exports.New(db), Claims: claims.New(db, bought),
		Endpoints: told, Deliveries: deliveries.New(db, o, told), Events: eventlog.New(db),
		Verification: verification.New(db), Reseal: reseal.New(db), Backlog: b, Retention: retention.New(db),
		Erasure: erasure.New(db, o), RateLimits: ratelimits.New(db),
		Records: records.New(db), Reports: reports.New(db, b), OperatorEvents: operatorevents.New(db),
		Rates: rates.New(db), Supplies: supplies.New(db), Recipients: recipients.New(db),
		Reconciliations: reconciliations.New(db),
	}
}
