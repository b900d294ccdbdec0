package command

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// maxHealthBytes is more than either answer has.
const maxHealthBytes = 4 << 10

type healthCommand struct {
	HTTP    string        `env:"ORDERHUB_HTTP" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Where the hub serves REST (default: 127.0.0.1:8080)."`
	TLSCert string        `name:"tls-cert" env:"ORDERHUB_TLS_CERT" placeholder:"FILE" help:"The hub's certificate, where it speaks TLS: no other is taken for it."`
	TLSKey  string        `name:"tls-key" env:"ORDERHUB_TLS_KEY" placeholder:"FILE" help:"Its private key, to show it to a hub that wants clients to show one."`
	Live    bool          `help:"Ask whether the hub answers, not whether an order could be placed."`
	Timeout time.Duration `default:"5s" placeholder:"DURATION" help:"How long to wait (default: 5s)."`
}

func (*healthCommand) Help() string {
	return `For containers and service managers that know a program's exit code only: 0 when the hub of this machine is
ready, 1 when it is not or does not answer. It takes the hub's own settings from the environment.

Examples:

    orderhub health
    orderhub health --live --http 127.0.0.1:8080`
}

func (c *healthCommand) Run(ctx context.Context, std *Streams) error {
	address, err := ownAddress(c.HTTP)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
		if transport.TLSClientConfig, err = onlyCertificate(c.TLSCert, c.TLSKey); err != nil {
			return err
		}
	}
	path := "/readyz"
	if c.Live {
		path = "/healthz"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+address+path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealthBytes))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the hub answers %d: %s", response.StatusCode, bytes.TrimSpace(body))
	}
	fmt.Fprintf(std.Out, "%s\n", bytes.TrimSpace(body))
	return nil
}

// ownAddress is where this machine reaches what listens on the address.
func ownAddress(listening string) (string, error) {
	host, port, err := net.SplitHostPort(listening)
	if err != nil {
		return "", fmt.Errorf("--http: %w", err)
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}

// onlyCertificate trusts the one certificate that the hub was given, whatever names and authorities it has.
func onlyCertificate(cert, key string) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %w", err)
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		Certificates:       []tls.Certificate{own},
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection knows the one that it must be
		VerifyConnection: func(state tls.ConnectionState) error {
			if !bytes.Equal(state.PeerCertificates[0].Raw, own.Certificate[0]) {
				return errors.New("the hub shows another certificate than that of --tls-cert; it may not have read it yet")
			}
			return nil
		},
	}, nil
}
