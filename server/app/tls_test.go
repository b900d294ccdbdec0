package app_test

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/tlsfiles/tlstest"
)

// secured is a hub with the demo's data that speaks TLS.
type secured struct {
	*hub

	authority, clients *tlstest.Authority
}

// startSecured takes clients of an authority, and those without a certificate.
func startSecured(t *testing.T, cfg config.Config) *secured {
	t.Helper()
	s := &secured{authority: tlstest.NewAuthority(t, "hub's"), clients: tlstest.NewAuthority(t, "clients'")}
	cert, key := s.authority.Issue("hub", time.Now().Add(time.Hour))
	files := tlstest.Write(t, t.TempDir(), cert, key, s.clients.PEM)
	cfg.TLSCert, cfg.TLSKey = files[0], files[1]
	cfg.TLSClientCA, cfg.TLSClientOptional = files[2], true
	s.hub = startDemo(t, cfg)
	return s
}

// as is what a client needs that shows these certificates.
func (s *secured) as(shown ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: s.authority.Pool(), Certificates: shown}
}

func (s *secured) dial(t *testing.T, security credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.Addresses().GRPC, grpc.WithTransportCredentials(security))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// answer is what was read.
type answer struct {
	status, protocol int
	body             string
}

// get reads one address of the hub, with a key or "" for none.
func (s *secured) get(t *testing.T, security *tls.Config, address, key string) answer {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: security, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, http.NoBody)
	require.NoError(t, err)
	if key != "" {
		request.Header.Set("X-Api-Key", key)
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return answer{response.StatusCode, response.ProtoMajor, string(body)}
}

// Every listener speaks TLS, and nothing else.
func TestTLSEverywhere(t *testing.T) {
	t.Parallel()
	s := startSecured(t, sqliteConfig(t))
	at := s.Addresses()
	read := s.get(t, s.as(), at.HTTP+"/hub/v1/account", demo.MerchantKey)
	require.Equal(t, http.StatusOK, read.status, read.body)
	require.Equal(t, 2, read.protocol)
	read = s.get(t, s.as(), at.Metrics+"/metrics", "")
	require.Equal(t, http.StatusOK, read.status)
	require.Contains(t, read.body, `orderhub_tls_certificate_expiry_timestamp_seconds{certificate="server"}`)
	require.Contains(t, read.body, `orderhub_tls_certificate_expiry_timestamp_seconds{certificate="client_ca"}`)

	account := orderhubv1.NewAccountServiceClient(s.dial(t, credentials.NewTLS(s.as())))
	_, err := account.GetAccount(withKey(t.Context(), demo.MerchantKey), &orderhubv1.GetAccountRequest{})
	require.NoError(t, err)

	plain, err := http.Get("http://" + at.HTTP + "/hub/v1/account")
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, plain.StatusCode)
	require.NoError(t, plain.Body.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	account = orderhubv1.NewAccountServiceClient(s.grpc())
	_, err = account.GetAccount(withKey(ctx, demo.MerchantKey), &orderhubv1.GetAccountRequest{})
	require.Equal(t, codes.Unavailable, status.Code(err), "%v", err)
}

// fingerprint is a certificate's as people copy it from openssl.
// A browser that came over TLS comes over nothing else from then on, also behind a proxy that ends it; not for the
// machine's own name, which others use as well.
func TestInsistsOnTLS(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.TrustedProxies = []string{"127.0.0.1"}
	plain, over := startDemo(t, cfg), startSecured(t, sqliteConfig(t))
	ask := func(client http.Client, base, host, proto string) string {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/healthz", nil)
		require.NoError(t, err)
		request.Host = host
		if proto != "" {
			request.Header.Set("X-Forwarded-Proto", proto)
		}
		response, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.Header.Get("Strict-Transport-Security")
	}
	const year = "max-age=31536000"
	require.Empty(t, ask(http.Client{}, plain.base, "hub.example", ""))
	require.Equal(t, year, ask(http.Client{}, plain.base, "hub.example", "https"))
	require.Empty(t, ask(http.Client{}, plain.base, "hub.example", "https, http"))
	tlsClient := http.Client{Transport: &http.Transport{TLSClientConfig: over.as()}}
	base := "https://" + over.Addresses().HTTP
	require.Equal(t, year, ask(tlsClient, base, "hub.example:8443", ""))
	require.Empty(t, ask(tlsClient, base, "localhost:8443", ""))
}

func fingerprint(shown tls.Certificate) string {
	sum := account.FingerprintOf(shown.Certificate[0])
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// A certificate stands for the key that it is bound to, over gRPC and REST, until the key is revoked.
func TestCertificateStandsForKey(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			s := startSecured(t, database.new(t))
			ctx := t.Context()
			admin := orderhubv1.NewAdminServiceClient(s.dial(t, credentials.NewTLS(s.as())))
			create := func(shown tls.Certificate) (*orderhubv1.CreateKeyResponse, error) {
				return admin.CreateKey(withKey(ctx, demo.OperatorKey), &orderhubv1.CreateKeyRequest{
					Merchant: "demo", Key: &orderhubv1.ApiKey{Label: "till", CertificateSha256: fingerprint(shown)},
				})
			}
			bound, unbound := s.clients.Client("till"), s.clients.Client("proxy")
			created, err := create(bound)
			require.NoError(t, err)
			digits := strings.ToLower(strings.ReplaceAll(fingerprint(bound), ":", ""))
			require.Equal(t, digits, created.GetKey().GetCertificateSha256())
			_, err = create(bound)
			require.Equal(t, codes.AlreadyExists, status.Code(err), "one certificate, one key: %v", err)

			for _, tt := range []struct {
				name  string
				shown []tls.Certificate
				key   string
				want  codes.Code
			}{
				{"the certificate alone", []tls.Certificate{bound}, "", codes.OK},
				{"with its key", []tls.Certificate{bound}, created.GetSecret(), codes.OK},
				{"with another key of its merchant", []tls.Certificate{bound}, demo.MerchantKey, codes.Unauthenticated},
				{"with a key that is nobody's", []tls.Certificate{bound}, "nobody", codes.Unauthenticated},
				{"one that stands for nobody", []tls.Certificate{unbound}, "", codes.Unauthenticated},
				{"one that stands for nobody, with a key", []tls.Certificate{unbound}, demo.MerchantKey, codes.OK},
				{"none", nil, "", codes.Unauthenticated},
			} {
				require.Equal(t, tt.want, s.overGRPC(t, tt.key, tt.shown...), "gRPC, %s", tt.name)
				require.Equal(t, tt.want, s.overREST(t, tt.key, tt.shown...), "REST, %s", tt.name)
			}

			_, err = admin.RevokeKey(
				withKey(ctx, demo.OperatorKey), &orderhubv1.RevokeKeyRequest{Merchant: "demo", Key: created.GetKey().GetId()},
			)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				return s.overGRPC(t, "", bound) == codes.Unauthenticated && s.overREST(t, "", bound) == codes.Unauthenticated
			}, time.Minute, 10*time.Millisecond)
			_, err = create(bound)
			require.NoError(t, err, "its key is no more")
		})
	}
}

func (s *secured) overGRPC(t *testing.T, key string, shown ...tls.Certificate) codes.Code {
	t.Helper()
	ctx := t.Context()
	if key != "" {
		ctx = withKey(ctx, key)
	}
	conn := s.dial(t, credentials.NewTLS(s.as(shown...)))
	_, err := orderhubv1.NewAccountServiceClient(conn).GetAccount(ctx, &orderhubv1.GetAccountRequest{})
	return status.Code(err)
}

func (s *secured) overREST(t *testing.T, key string, shown ...tls.Certificate) codes.Code {
	t.Helper()
	read := s.get(t, s.as(shown...), s.Addresses().HTTP+"/hub/v1/account", key)
	switch read.status {
	case http.StatusOK:
		return codes.OK
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	}
	require.Fail(t, "unexpected status", "%+v", read)
	return codes.Unknown
}

// A ticket that was asked for with a certificate opens a stream without one.
func TestTicketOfCertificate(t *testing.T) {
	t.Parallel()
	s := startSecured(t, sqliteConfig(t))
	shown := s.clients.Client("browser")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	admin := orderhubv1.NewAdminServiceClient(s.dial(t, credentials.NewTLS(s.as())))
	_, err := admin.CreateKey(withKey(ctx, demo.OperatorKey), &orderhubv1.CreateKeyRequest{
		Merchant: "demo", Key: &orderhubv1.ApiKey{CertificateSha256: fingerprint(shown)},
	})
	require.NoError(t, err)
	orders := orderhubv1.NewOrderServiceClient(s.dial(t, credentials.NewTLS(s.as(shown))))
	ticket, err := orders.CreateWatchTicket(ctx, &orderhubv1.CreateWatchTicketRequest{})
	require.NoError(t, err)

	transport := &http.Transport{TLSClientConfig: s.as(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(
		ctx, http.MethodGet, "https://"+s.Addresses().HTTP+"/hub/v1/orders:watch?ticket="+ticket.GetTicket(), http.NoBody,
	)
	require.NoError(t, err)
	request.Header.Set("Accept", "text/event-stream")
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
}
