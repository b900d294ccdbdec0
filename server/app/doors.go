package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/door"
	"orderhub/server/gateway"
	"orderhub/server/ident"
	"orderhub/server/order"
	"orderhub/server/report"
	"orderhub/server/shutdown"
)

func (a *App) newAPI(context.Context) (err error) {
	auth := account.NewAuthenticator(a.store.Accounts, a.now)
	auth.SetDefaultLimit(a.config.RateLimit)
	auth.LimitChecks(a.config.RecipientChecks)
	if a.limiter != nil {
		auth.CountBy(a.limiter)
	}
	a.api, err = api.NewServer(api.Options{
		Orders: a.Orders, Events: a.Events, Catalog: a.Catalog, Accounts: a.Accounts, Providers: a.Providers,
		Operators: a.Operators, Sessions: a.Sessions, Approvals: a.Approvals, Purchases: a.Purchases,
		Exports:        a.Exports,
		Claims:         a.Claims,
		Reconcile:      a.Reconcile,
		Records:        a.store.Records,
		OperatorEvents: a.store.OperatorEvents, Exchange: a.Exchange, Supply: a.Supply,
		Recipients: a.Recipients,
		Mark:       a.store.Vault.Mark,
		Eraser:     order.NewEraser(a.store.Erasure, a.store.Holds, a.Recipients.Forget),
		Finder:     order.NewFinder(a.store.Orders, a.store.Holds),
		Reports:    report.NewService(a.store.Reports, a.store.Reports, a.now),
		Margins:    report.NewMargins(a.store.Reports, a.Exchange, a.now),
		Fulfilment: a.Fulfilment, Webhooks: a.Webhooks, Deliveries: a.Deliveries, Replays: a.Replays, Auth: auth,
		TicketKeys: a.store.Vault.Keys("watch ticket"), TrustedProxies: a.proxies, MaxInFlight: a.config.MaxInFlight,
		MaxRequestBytes: a.config.MaxRequestBytes, Log: a.log, Registry: a.metrics, Now: a.now, TLS: a.tlsConfig("h2"),
		Tracer: a.callTracer(),
	})
	a.Doors = door.Services{
		Orders: a.Orders, Catalog: a.Catalog, Accounts: a.Accounts, Gate: door.NewGate(auth, a.api),
		Recipients: a.Recipients,
		IDs:        ident.New(a.now, nil), Log: a.log, Now: a.now, AllowLocalTargets: a.config.AllowLocalTargets,
	}
	return err
}

func (a *App) serveGRPC(context.Context) error {
	server := a.api.GRPC()
	go func() {
		if err := server.Serve(a.listeners.grpc); err != nil {
			a.fail(fmt.Errorf("serve gRPC: %w", err))
		}
	}()
	a.closing.OnClose("gRPC", func(ctx context.Context) error {
		shutdown.GRPC(ctx, server)
		return nil
	})
	return nil
}

func (a *App) serveHTTP(context.Context) error {
	mounts := a.mounts()
	handler := gateway.New(gateway.Options{
		API: a.api.InProcess(), Ready: a.ready.Check, Entrance: a.api, Log: a.log, Mounts: mounts,
		CORSOrigins: a.config.CORSOrigins, OverTLS: a.api.OverTLS,
	})
	server := gateway.NewHTTPServer(a.config.HTTP, a.tracedHTTP(handler, mounts))
	a.serve("HTTP", server, a.listeners.http)
	a.closing.OnCloseTogether("HTTP", func(ctx context.Context) error { return shutdown.HTTP(ctx, server) })
	return nil
}

func (a *App) serve(name string, server *http.Server, listener net.Listener) {
	serve := server.Serve
	if server.TLSConfig = a.tlsConfig("h2", "http/1.1"); server.TLSConfig != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	go func() {
		if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.fail(fmt.Errorf("serve %s: %w", name, err))
		}
	}()
}
