package console_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/claim"
	"orderhub/server/console"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/export"
	"orderhub/server/gateway"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/webhooktest"
)

// hub is the console over the contract and its services, as browsers see it.
type hub struct {
	*storetest.World
	t       *testing.T
	server  *httptest.Server
	options console.Options
	signIns *session.Service
	staff   *operator.Service
	log     *loggingtest.Buffer
	secure  atomic.Bool // whether browsers speak TLS
	hooks   *webhooktest.Services

	shop account.Merchant // has THB 100,000
}

// eachHub runs a test with a hub on every database.
func eachHub(t *testing.T, test func(t *testing.T, h *hub)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) { test(t, startHub(t, open(), true)) })
}

// startSQLite is for what no database can be different in.
func startSQLite(t *testing.T) *hub {
	t.Helper()
	return startHub(t, storetest.SQLite(t)(), true)
}

// startHub starts one where operators need a second factor, as everywhere but in the demo, or do not.
func startHub(t *testing.T, store *stores.All, withoutFactor bool) *hub {
	t.Helper()
	h := &hub{t: t, World: storetest.NewWorld(t, store, 1), log: &loggingtest.Buffer{}}
	h.shop = h.Merchant("shop", 100_000)
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.hooks = webhooktest.Open(t, store.Deliveries, store.Endpoints, map[string]webhook.Format{
		webhook.FormatStandard:  api.NewStandardFormat(h.Accounts),
		webhook.FormatOperators: api.NewOperatorFormat(h.Providers, h.Catalog), gameso.Name: gameso.Format{},
		bursagb.Name: bursagb.Format{},
	})
	h.staff = operator.NewService(store.Operators)
	h.signIns = session.NewService(session.Options{
		Store: store.Sessions, Guesses: store.Guesses, Log: log, Now: time.Now, SecondFactorOptional: withoutFactor,
	})
	limits, err := approval.ParseLimits([]string{"10000"})
	require.NoError(t, err)
	server, err := api.NewServer(api.Options{
		Orders: h.Orders, Events: h.Events, Catalog: h.Catalog, Accounts: h.Accounts, Providers: h.Providers,
		Reports:   report.NewService(store.Reports, store.Reports, store.Now),
		Operators: h.staff, Sessions: h.signIns, Records: store.Records, Mark: store.Vault.Mark,
		OperatorEvents: store.OperatorEvents, Exchange: h.Exchange,
		Margins: report.NewMargins(store.Reports, h.Exchange, time.Now), Supply: h.Supply,
		Approvals:  approval.NewService(store.Approvals, h.Accounts, limits, time.Hour),
		Purchases:  purchase.NewService(store.Purchases, h.Engine, time.Now),
		Recipients: h.Recipients,
		Claims:     claim.NewService(store.Claims, time.Now),
		Reconcile:  reconcile.NewService(store.Reconciliations, h.Engine, time.Now).From(h.Providers),
		Exports:    export.NewService(store.Exports, time.Now).Aged(-time.Minute),
		Eraser:     order.NewEraser(store.Erasure, store.Holds, h.Recipients.Forget),
		Fulfilment: h.Engine, Finder: order.NewFinder(store.Orders, store.Holds),
		Webhooks: webhook.NewService(store.Endpoints, true), Deliveries: h.hooks.Deliveries, Replays: h.hooks.Replays,
		Auth: account.NewAuthenticator(store.Accounts, time.Now), Log: log,
	})
	require.NoError(t, err)
	h.options = console.Options{
		API: server.InProcess(), Sessions: h.signIns, Entrance: server, Log: log,
		Secure: func(*http.Request) bool { return h.secure.Load() },
	}
	pages, err := console.New(h.options)
	require.NoError(t, err)
	h.server = httptest.NewServer(gateway.New(gateway.Options{
		API: server.InProcess(), Entrance: server, Log: log,
		Mounts: []gateway.Mount{{Name: "console", Path: console.Path, Handler: pages, Matches: console.Matches}},
	}))
	t.Cleanup(h.server.Close)
	return h
}

// operator makes one with these roles, and a password.
func (h *hub) operator(name string, roles ...operator.Role) {
	h.t.Helper()
	invitation := h.invited(name, roles...)
	_, _, err := h.signIns.Join(h.t.Context(), invitation, passwordOf(name), session.Browser{})
	require.NoError(h.t, err)
}

// invited makes an operator who has only an invitation.
func (h *hub) invited(name string, roles ...operator.Role) string {
	h.t.Helper()
	o, err := h.staff.Create(h.t.Context(), operator.New{Name: name, Roles: operator.RolesOf(roles...)})
	require.NoError(h.t, err)
	invitation, _, err := h.signIns.Invite(h.t.Context(), o.ID)
	require.NoError(h.t, err)
	return invitation
}

// passwordOf is that of an operator of these tests.
func passwordOf(name string) string { return "the password of " + name }

// browser is somebody's, without script.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

// browser is one that is signed in, as somebody with these roles.
func (h *hub) browser(name string, roles ...operator.Role) *browser {
	h.t.Helper()
	h.operator(name, roles...)
	b := h.stranger()
	answer := b.post("/console/sign-in", url.Values{"name": {name}, "password": {passwordOf(name)}})
	require.Equal(h.t, http.StatusOK, answer.StatusCode, answer.body)
	return b
}

// stranger is one that is not signed in.
func (h *hub) stranger() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &browser{t: h.t, base: h.server.URL, client: &http.Client{Jar: jar}}
}

// answer is what a browser got in the end.
type answer struct {
	*http.Response
	body string
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.do(b.request(path))
}

func (b *browser) request(path string) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	require.NoError(b.t, err)
	return request
}

// post posts a form of the console's own page.
func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	return b.do(b.form(path, form, "same-origin"))
}

// form is a form that a page of some site posts.
func (b *browser) form(path string, form url.Values, site string) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(
		b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()),
	)
	require.NoError(b.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", site)
	return request
}

func (b *browser) do(request *http.Request) answer {
	b.t.Helper()
	response, err := b.client.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answer{response, string(body)}
}
