// Package fuzz_test sends anything at all to the REST surface: whatever it is,
// the fault is the caller's. It has a folder of its own because fuzzing compiles
// what it links a second time, so it must not link the databases.
package fuzz_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/exchange"
	"orderhub/server/export"
	"orderhub/server/fulfil"
	"orderhub/server/gateway"
	"orderhub/server/ident"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/recipient"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

const thb = money.Currency("THB")

// finds is a store without orders, as far as lists look into it.
type finds struct{ order.FindStore }

func (finds) KeyOfNth(context.Context, order.Viewer, order.Filter, int) (last order.Key, ok bool, err error) {
	return last, false, nil
}

func (finds) OpenOrders(context.Context, int) (int, error) { return 0, nil }

// orders judges drafts like a database would, and forgets them.
type orders struct{ order.Store }

func (orders) Place(_ context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	id := int64(0)
	next := func() int64 { id++; return id }
	state := &order.State{
		Now:        time.Now(),
		Wallets:    map[int64]*order.WalletState{1: {AccountID: 1, Currency: thb, Balance: 1000 * money.Unit}},
		References: map[order.ReferenceKey]*order.ExistingOrder{},
		Versions:   map[int64]int64{1: 1, 2: 1},
		Units: map[int64]*order.UnitPool{
			1: {Units: []order.Unit{{ID: 1, Sealed: []byte("a")}, {ID: 2, Sealed: []byte("b")}}},
		},
		Open:          func(u order.Unit) (string, error) { return string(u.Sealed), nil },
		NewOrderID:    next,
		NewLineID:     next,
		NewTicketCode: func() string { return "ticket" },
	}
	placed := make([]order.Placed, len(candidates))
	verdicts, err := judge(state, candidates)
	for i := range placed {
		if err != nil {
			placed[i].Err = err
			continue
		}
		verdict := verdicts[i]
		placed[i].Err = verdict.Err
		if verdict.Accepted != nil {
			placed[i].Order = &verdict.Accepted.Order
		}
	}
	return placed
}

func (orders) Reference(context.Context, order.ReferenceKey) (*order.ExistingOrder, error) {
	return nil, order.ErrNotFound
}

func (orders) ListOrders(_ context.Context, _ order.Viewer, f order.Filter) ([]order.Order, error) {
	found := make([]order.Order, f.Limit)
	for i := range found {
		found[i] = order.Order{ID: int64(i + 1), MerchantID: 1, Currency: thb, Status: order.StatusPending}
	}
	return found, nil
}

// shelf has a product in stock and one from a provider.
type shelf struct{ catalog.Store }

func (shelf) CatalogVersion(context.Context) (int64, error) { return 1, nil }

func (shelf) LoadSnapshot(context.Context) (*catalog.Snapshot, error) {
	code := &catalog.Product{
		ID: 1, SKU: "CODE", Slug: "code", Name: "Code", Currency: thb, Price: money.Unit, Source: catalog.SourceStock,
		Status: catalog.StatusActive, MinQuantity: 1, MaxQuantity: 10, Version: 1,
	}
	gold := &catalog.Product{
		ID: 2, SKU: "GOLD", Slug: "gold", Name: "Gold", Currency: thb, Price: money.Unit,
		Source: catalog.SourceProvider,
		Status: catalog.StatusActive, MinQuantity: 1, MaxQuantity: 1_000_000, Version: 1,
		Fields: []catalog.Field{{ID: 1, Identifier: "userid", Required: true}},
	}
	return catalog.NewSnapshot(1, nil, []*catalog.Product{code, gold}, nil), nil
}

// accounts takes every key for the shop's.
type accounts struct{ account.Store }

func (accounts) PrincipalByCredential(context.Context, account.Credential) (account.Principal, error) {
	return account.Principal{
		KeyID: 1, Scope: account.ScopeMerchant, MerchantID: 1, MerchantName: "shop", Status: account.StatusActive,
		Currency: thb,
	}, nil
}

type providers struct{ fulfil.ProviderStore }

type records struct{ audit.Store }

type operatorEvents struct{ operatorevent.Store }

func newGateway(f *testing.F) http.Handler {
	f.Helper()
	log := slog.New(slog.DiscardHandler)
	products, err := catalog.NewService(f.Context(), shelf{}, nil, log, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	placement := order.NewService(
		order.Options{Store: orders{}, Catalog: products, NewNumber: ident.New(nil, nil).OrderNumber},
	)
	f.Cleanup(placement.Close)
	server, err := api.NewServer(api.Options{
		Orders: placement, Finder: order.NewFinder(finds{}, nil), Reports: report.NewService(nil, nil, time.Now),
		Events: event.NewLog(nil, event.NewBell()), Catalog: products,
		Accounts: account.NewService(accounts{}, nil), Operators: operator.NewService(nil),
		Sessions:   session.NewService(session.Options{}),
		Approvals:  approval.NewService(nil, account.NewService(accounts{}, nil), approval.Limits{}, time.Hour),
		Purchases:  purchase.NewService(nil, nil, time.Now),
		Recipients: recipient.NewService(recipient.Options{Now: time.Now}),
		Claims:     claim.NewService(nil, time.Now),
		Reconcile:  reconcile.NewService(nil, nil, time.Now).From(nil),
		Exports:    export.NewService(nil, time.Now),
		Records:    records{}, Mark: func(string) string { return "#" }, OperatorEvents: operatorEvents{},
		Exchange:   exchange.NewService(nil, time.Now),
		Margins:    report.NewMargins(nil, nil, time.Now),
		Supply:     supply.NewService(supply.Options{}),
		Providers:  fulfil.NewProviders(fulfil.ProvidersOptions{Store: providers{}}),
		Webhooks:   webhook.NewService(nil, false),
		Deliveries: new(webhook.Deliveries), Replays: new(webhook.Replays),
		Auth: account.NewAuthenticator(accounts{}, time.Now), Log: log,
	})
	if err != nil {
		f.Fatal(err)
	}
	return gateway.New(gateway.Options{API: server.InProcess(), Log: log})
}

func serve(handler http.Handler, verb, path, query, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(verb, path, strings.NewReader(body))
	request.URL.RawQuery = query
	request.Header.Set("X-Api-Key", "key")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func FuzzCreateOrder(f *testing.F) {
	handler := newGateway(f)
	for _, body := range []string{
		`{"referenceId": "x", "lines": [{"sku": "CODE", "quantity": 1}]}`,
		`{"referenceId": "y", "lines": [{"sku": "GOLD", "quantity": 2, "fields": {"UserID": "player"}}], ` +
			`"recipient": ` +
			`{"userId": "player"}}`,
		`{"lines": [{"quantity": 1e999999999}]}`, `{"referenceId": "\ud800"}`, `{"a": `, `[[[[`,
		`{"referenceId": "a", "referenceId": "b"}`,
		`{"expectedTotalAmount": "1.00", "metadata": {"a": "b"}, "coupon": "X", "notifyUrl": "http://x"}`, "\xff",
		`null`, ``,
		`{"lines": [{"sku": "CODE", "quantity": 1, "useDate": "2030-01-01"}], "createTime": "2030-01-01T00:00:00Z"}`,
		`{"lines": [{"sku": "CODE"}, {"é": {"b c": [true]}}]}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if a := serve(handler, "POST", "/hub/v1/orders", "", body); a.Code >= 500 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	})
}

func FuzzListOrders(f *testing.F) {
	handler := newGateway(f)
	for _, query := range []string{
		"pageSize=1", "status=ORDER_STATUS_FAILED&status=1", "createTimeFrom=2030-01-01T00:00:00Z", "a[b]=c", "%00=1",
		"pageToken=x", "x.y=z",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if a := serve(handler, "GET", "/hub/v1/orders", query, ""); a.Code >= 500 {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	})
}

// A token is good for its own list only, and nobody can make one up.
func FuzzPageToken(f *testing.F) {
	handler := newGateway(f)
	var first struct{ NextPageToken string }
	if err := json.Unmarshal(serve(handler, "GET", "/hub/v1/orders", "", "").Body.Bytes(), &first); err != nil ||
		first.NextPageToken == "" {
		f.Fatal("no token", err)
	}
	f.Add(first.NextPageToken)
	f.Add(first.NextPageToken + "A")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		want := http.StatusBadRequest
		if token == "" || token == first.NextPageToken {
			want = http.StatusOK
		}
		if a := serve(handler, "GET", "/hub/v1/orders", url.Values{"pageToken": {token}}.Encode(), ""); a.Code != want {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	})
}
