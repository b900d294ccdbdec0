package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"orderhub/server/admission"
	"orderhub/server/tlsfiles"
)

// listeners are where connections come in; metrics may be nil.
type listeners struct{ http, grpc, metrics net.Listener }

// AddressError says that a listener could not be opened.
type AddressError struct {
	Flag    string // that sets the address
	Address string
	Err     error
}

func (e *AddressError) Error() string {
	if errors.Is(e.Err, syscall.EADDRINUSE) {
		return fmt.Sprintf("%s is in use by another program; choose another address with %s", e.Address, e.Flag)
	}
	return fmt.Sprintf("%s: cannot listen on %s: %v", e.Flag, e.Address, e.Err)
}

func (e *AddressError) Unwrap() error { return e.Err }

// listen takes every address. Connections wait until they are served.
func (a *App) listen(ctx context.Context) (err error) {
	a.connections = admission.Connections{
		Most: a.config.ConnectionsEach(), Proxies: a.proxies, Log: a.log, Now: time.Now,
	}
	if err := a.connections.Register(a.metrics); err != nil {
		return err
	}
	if a.listeners.http, err = a.listenOn(ctx, "--http", a.config.HTTP); err != nil {
		return err
	}
	if a.listeners.grpc, err = a.listenOn(ctx, "--grpc", a.config.GRPC); err != nil {
		return err
	}
	if a.config.Metrics == "" {
		return nil
	}
	a.listeners.metrics, err = a.listenOn(ctx, "--metrics", a.config.Metrics)
	return err
}

// openTLS reads the certificates, which are followed from then on.
func (a *App) openTLS(ctx context.Context) (err error) {
	if a.config.TLSCert == "" {
		return nil
	}
	a.tls, err = tlsfiles.Load(tlsfiles.Options{
		Cert: a.config.TLSCert, Key: a.config.TLSKey, ClientCA: a.config.TLSClientCA,
		ClientOptional: a.config.TLSClientOptional, Log: a.log, Registry: a.metrics,
	})
	if err != nil {
		return err
	}
	a.closing.WhileOpen(ctx, "certificates", a.tls.Run)
	return nil
}

// tlsConfig is nil without TLS.
func (a *App) tlsConfig(protocols ...string) *tls.Config {
	if a.tls == nil {
		return nil
	}
	return a.tls.Config(protocols...)
}

func (a *App) listenOn(ctx context.Context, flag, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &AddressError{Flag: flag, Address: address, Err: err}
	}
	a.closing.OnClose(flag, func(context.Context) error {
		// What serves a listener closes it.
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return a.connections.Limit(strings.TrimPrefix(flag, "--"), listener), nil
}

func addressOf(listener net.Listener) string {
	if listener == nil {
		return ""
	}
	return listener.Addr().String()
}
