package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/claim"
	"orderhub/server/export"
	"orderhub/server/gateway"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/webhooktest"
)

// hub is the real gateway over the real API and services on SQLite, reached
// over real HTTP.
type hub struct {
	*storetest.World
	tb       testing.TB
	url      string
	handler  http.Handler
	shop     account.Merchant // has THB 1,000
	shopKey  string
	adminKey string
	ready    error
}

func startHub(tb testing.TB, mounts ...gateway.Mount) *hub {
	tb.Helper()
	store := storetest.SQLite(tb)()
	h := &hub{tb: tb, World: storetest.NewWorld(tb, store, 1)}
	h.shop = h.Merchant("shop", 1000)
	h.shopKey = h.issueKey(h.shop.ID, account.ScopeMerchant)
	ops, err := h.Accounts.CreateMerchant(
		context.Background(), account.NewMerchant{Name: "operator", Role: account.RoleOperator},
	)
	require.NoError(tb, err)
	h.adminKey = h.issueKey(ops.ID, account.ScopeAdmin)
	log := slog.New(slog.DiscardHandler)
	hooks := webhooktest.Open(
		tb, store.Deliveries, store.Endpoints, map[string]webhook.Format{
			webhook.FormatStandard:  api.NewStandardFormat(h.Accounts),
			webhook.FormatOperators: api.NewOperatorFormat(h.Providers, h.Catalog),
		},
	)
	server, err := api.NewServer(api.Options{
		Orders: h.Orders, Events: h.Events, Catalog: h.Catalog, Accounts: h.Accounts, Providers: h.Providers,
		Operators: operator.NewService(h.Store.Operators), Records: h.Store.Records, Mark: h.Store.Vault.Mark,
		OperatorEvents: h.Store.OperatorEvents, Exchange: h.Exchange,
		Margins: report.NewMargins(h.Store.Reports, h.Exchange, time.Now), Supply: h.Supply,
		Sessions:   session.NewService(session.Options{Store: h.Store.Sessions, Guesses: h.Store.Guesses, Log: log}),
		Approvals:  approval.NewService(h.Store.Approvals, h.Accounts, approval.Limits{}, time.Hour),
		Finder:     order.NewFinder(h.Store.Orders, h.Store.Holds),
		Reports:    report.NewService(h.Store.Reports, h.Store.Reports, h.Store.Now),
		Purchases:  purchase.NewService(h.Store.Purchases, h.Engine, time.Now),
		Claims:     claim.NewService(h.Store.Claims, time.Now),
		Reconcile:  reconcile.NewService(h.Store.Reconciliations, h.Engine, time.Now).From(h.Providers),
		Recipients: h.Recipients, Exports: export.NewService(h.Store.Exports, time.Now).Aged(-time.Minute),
		Fulfilment: h.Engine, Webhooks: webhook.NewService(store.Endpoints, false),
		Deliveries: hooks.Deliveries, Replays: hooks.Replays,
		Auth: account.NewAuthenticator(store.Accounts, time.Now), Log: log,
	})
	require.NoError(tb, err)
	h.handler = gateway.New(gateway.Options{
		API: server.InProcess(), Entrance: server, Log: log, Mounts: mounts,
		Ready: func(context.Context) error { return h.ready },
	})
	listening := httptest.NewUnstartedServer(nil)
	listening.Config = gateway.NewHTTPServer("", h.handler)
	listening.Start()
	tb.Cleanup(listening.Close)
	h.url = listening.URL
	return h
}

func (h *hub) issueKey(merchantID int64, scope account.Scope) string {
	_, plain, err := h.Accounts.IssueKey(context.Background(), account.Key{MerchantID: merchantID, Scope: scope})
	require.NoError(h.tb, err)
	return plain
}

// answer is an HTTP response, its body decoded where it is an object.
type answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any
}

// call sends a request as the shop; headers are pairs and may replace the key.
func (h *hub) call(verb, path, body string, headers ...string) answer {
	h.tb.Helper()
	request, err := http.NewRequestWithContext(context.Background(), verb, h.url+path, strings.NewReader(body))
	require.NoError(h.tb, err)
	request.Header.Set("X-Api-Key", h.shopKey)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return h.do(request)
}

func (h *hub) asAdmin(verb, path, body string) answer {
	h.tb.Helper()
	return h.call(verb, path, body, "X-Api-Key", h.adminKey)
}

func (h *hub) do(request *http.Request) answer {
	h.tb.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(h.tb, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(h.tb, err)
	a := answer{Status: response.StatusCode, Header: response.Header, Text: string(text)}
	_ = json.Unmarshal(text, &a.Body)
	return a
}

// fields of the violations.
func (a answer) fields() []string {
	fields := []string{}
	for _, v := range a.list("violations") {
		fields = append(fields, v["field"].(string))
	}
	return fields
}

// list is a member of the body that is an array of objects.
func (a answer) list(name string) []map[string]any {
	var objects []map[string]any
	entries, _ := a.Body[name].([]any)
	for _, entry := range entries {
		objects = append(objects, entry.(map[string]any))
	}
	return objects
}

var errDown = errors.New("down")
