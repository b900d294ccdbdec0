package app

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"orderhub/server/console"
)

// openConsole makes the pages of operators, where they are wanted.
func (a *App) openConsole(context.Context) (err error) {
	if !a.config.Console {
		return nil
	}
	a.console, err = console.New(console.Options{
		API: a.api.InProcess(), Sessions: a.Sessions, Entrance: a.api, Secure: a.overTLS, Log: a.log,
	})
	return err
}

// overTLS reports whether a browser speaks TLS, with this process or with a proxy that is trusted to say so.
func (a *App) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return false
	}
	address := peer.Addr().Unmap()
	return slices.ContainsFunc(a.proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}
