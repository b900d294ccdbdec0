package tlsfiles_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orderhub/server/logging/loggingtest"
	"orderhub/server/tlsfiles"
	"orderhub/server/tlsfiles/tlstest"
)

// fixture is a server whose certificates come from a folder.
type fixture struct {
	t         *testing.T
	folder    string
	authority *tlstest.Authority
	registry  *prometheus.Registry
	log       *loggingtest.Buffer
	address   string
}

// options are for what the folder has: a certificate that ends then and, with clients, their authority.
func (f *fixture) options(ends time.Time, clients *tlstest.Authority) tlsfiles.Options {
	f.registry, f.log = prometheus.NewRegistry(), &loggingtest.Buffer{}
	cert, key := f.authority.Issue("hub", ends)
	files := [][]byte{cert, key}
	if clients != nil {
		files = append(files, clients.PEM)
	}
	paths := append(tlstest.Write(f.t, f.folder, files...), "")
	return tlsfiles.Options{
		Cert: paths[0], Key: paths[1], ClientCA: paths[2], Log: slog.New(slog.NewTextHandler(f.log, nil)),
		Registry: f.registry, LookEvery: time.Millisecond,
	}
}

func newFixture(t *testing.T) *fixture {
	return &fixture{t: t, folder: t.TempDir(), authority: tlstest.NewAuthority(t, "authority")}
}

// serve answers each connection with a line.
func (f *fixture) serve(o tlsfiles.Options) {
	files, err := tlsfiles.Load(o)
	require.NoError(f.t, err)
	ctx, cancel := context.WithCancel(f.t.Context())
	var running sync.WaitGroup
	running.Go(func() { files.Run(ctx) })
	listener, err := tls.Listen("tcp", "127.0.0.1:0", files.Config("h2", "http/1.1"))
	require.NoError(f.t, err)
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, _ = io.WriteString(conn, "hello\n")
				_ = conn.Close()
			})
		}
	})
	f.t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		running.Wait()
	})
	f.address = listener.Addr().String()
}

// greet connects and reads the line. A server with TLS 1.3 refuses a client's certificate after the handshake only.
func (f *fixture) greet(config *tls.Config) (tls.ConnectionState, error) {
	config.RootCAs = f.authority.Pool()
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: config}
	conn, err := dialer.DialContext(f.t.Context(), "tcp", f.address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	_, err = io.ReadAll(conn)
	return conn.(*tls.Conn).ConnectionState(), err
}

// ends is when the certificate of a new connection does.
func (f *fixture) ends() time.Time {
	state, err := f.greet(&tls.Config{})
	require.NoError(f.t, err)
	return state.PeerCertificates[0].NotAfter
}

func (f *fixture) expiry() float64 {
	metrics, err := f.registry.Gather()
	require.NoError(f.t, err)
	for _, family := range metrics {
		if family.GetName() == "orderhub_tls_certificate_expiry_timestamp_seconds" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return 0
}

// soon are instants as certificates have them.
func soon(hours int) time.Time {
	return time.Now().UTC().Truncate(time.Second).Add(time.Duration(hours) * time.Hour)
}

// replace changes a file in one step.
func replace(t *testing.T, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", content, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, second := soon(1), soon(2)
	o := f.options(first, nil)
	f.serve(o)
	require.Equal(t, first, f.ends())
	require.InDelta(t, first.Unix(), f.expiry(), 0)

	// Half of a change is none: the certificate of another key.
	cert, key := f.authority.Issue("hub", second)
	replace(t, o.Cert, cert)
	require.Eventually(t, func() bool {
		return bytes.Contains([]byte(f.log.String()), []byte("certificates are not renewed"))
	}, time.Minute, time.Millisecond)
	require.Equal(t, first, f.ends())
	require.NotContains(t, f.log.String(), "PRIVATE KEY")
	count, err := testutil.GatherAndCount(f.registry, "orderhub_tls_reload_failures_total")
	require.NoError(t, err)
	require.Equal(t, 1, count)

	replace(t, o.Key, key)
	require.Eventually(t, func() bool { return f.ends().Equal(second) }, time.Minute, time.Millisecond)
	require.InDelta(t, second.Unix(), f.expiry(), 0)
	require.Equal(t, 1, bytes.Count([]byte(f.log.String()), []byte("not renewed")), "once is enough:\n%s", f.log)
}

func TestClients(t *testing.T) {
	t.Parallel()
	ours, theirs := tlstest.NewAuthority(t, "ours"), tlstest.NewAuthority(t, "theirs")
	for _, tt := range []struct {
		name     string
		optional bool
		shown    []tls.Certificate
		good     bool
	}{
		{"none", false, nil, false},
		{"none, and there need be none", true, nil, true},
		{"ours", false, []tls.Certificate{ours.Client("shop")}, true},
		{"another's", false, []tls.Certificate{theirs.Client("shop")}, false},
		{"another's, and there need be none", true, []tls.Certificate{theirs.Client("shop")}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			o := f.options(soon(1), ours)
			o.ClientOptional = tt.optional
			f.serve(o)
			_, err := f.greet(&tls.Config{
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					if tt.shown == nil {
						return &tls.Certificate{}, nil
					}
					return &tt.shown[0], nil
				},
			})
			require.Equal(t, tt.good, err == nil, "%v", err)
		})
	}
}

// Who was let in by an authority that is trusted no more is let in no more, a session that it kept or not.
func TestAuthorityReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	before, after := tlstest.NewAuthority(t, "before"), tlstest.NewAuthority(t, "after")
	o := f.options(soon(1), before)
	f.serve(o)
	client := &tls.Config{
		Certificates: []tls.Certificate{before.Client("shop")}, ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
	_, err := f.greet(client)
	require.NoError(t, err)
	replace(t, o.ClientCA, after.PEM)
	require.Eventually(t, func() bool {
		_, err := f.greet(client)
		return err != nil
	}, time.Minute, time.Millisecond)
}

func TestOldProtocolsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.serve(f.options(soon(1), nil))
	//nolint:gosec // a client that offers too little
	_, err := f.greet(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	require.Error(t, err)
	state, err := f.greet(&tls.Config{NextProtos: []string{"http/1.1", "h2"}})
	require.NoError(t, err)
	require.Equal(t, "h2", state.NegotiatedProtocol, "the server's choice")
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, o *tlsfiles.Options)
		flag   string
	}{
		{"no certificate", func(_ *testing.T, o *tlsfiles.Options) { o.Cert += ".none" }, "--tls-cert"},
		{"no key", func(_ *testing.T, o *tlsfiles.Options) { o.Key += ".none" }, "--tls-key"},
		{"a key for a certificate", func(_ *testing.T, o *tlsfiles.Options) { o.Cert = o.Key }, "--tls-cert"},
		{"no authority", func(_ *testing.T, o *tlsfiles.Options) { o.ClientCA += ".none" }, "--tls-client-ca"},
		{"an authority that is none", func(t *testing.T, o *tlsfiles.Options) {
			o.ClientCA = filepath.Join(t.TempDir(), "text")
			require.NoError(t, os.WriteFile(o.ClientCA, []byte("no PEM"), 0o600))
		}, "--tls-client-ca"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			o := f.options(soon(1), f.authority)
			tt.change(t, &o)
			_, err := tlsfiles.Load(o)
			var file *tlsfiles.FileError
			require.ErrorAs(t, err, &file)
			require.Equal(t, tt.flag, file.Flag)
			require.NotContains(t, err.Error(), "PRIVATE")
		})
	}
}
