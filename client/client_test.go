package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// What the hub says of an error is in fields, for programs.
func TestTypedErrors(t *testing.T) {
	f := &fakeHub{failures: []error{refusal(t, codes.NotFound, ReasonProductNotFound, 0)}}
	_, err := over(t, f).CreateOrder(t.Context(), &orderhubv1.Order{ReferenceId: "r"})
	failed, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.Equal(t, codes.NotFound, failed.Code)
	require.Equal(t, ReasonProductNotFound, failed.Reason)
	require.Equal(t, "orderhub", failed.Domain)
	require.Equal(t, map[string]string{"lines": "1,3"}, failed.Metadata)
	require.Equal(t, []Violation{{"lines[0].sku", "no such product"}}, failed.Violations)
	require.Equal(t, "req_1", failed.RequestID)
	require.Equal(t, 1, failed.Attempts)
	require.Equal(t, "orderhub: PRODUCT_NOT_FOUND: for people (request req_1)", err.Error())
	require.Equal(t, codes.NotFound, status.Code(err), "it is a status of gRPC, too")
}

// A call is made again when it may pass by itself and may be made twice.
func TestRepeats(t *testing.T) {
	create := func(ctx context.Context, c *Client) error {
		_, err := c.CreateOrder(ctx, &orderhubv1.Order{})
		return err
	}
	read := func(ctx context.Context, c *Client) error {
		_, err := c.GetAccount(ctx)
		return err
	}
	makeKey := func(ctx context.Context, c *Client) error {
		_, err := orderhubv1.NewKeyServiceClient(c.Conn()).CreateOwnKey(ctx, &orderhubv1.CreateOwnKeyRequest{})
		return err
	}
	claim := func(reference string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := orderhubv1.NewClaimServiceClient(c.Conn()).CreateClaim(
				ctx, &orderhubv1.CreateClaimRequest{Reference: reference},
			)
			return err
		}
	}
	claimAsClient := func(ctx context.Context, c *Client) error {
		_, err := c.CreateClaim(ctx, &orderhubv1.CreateClaimRequest{})
		return err
	}
	for _, tt := range []struct {
		name   string
		call   func(context.Context, *Client) error
		code   codes.Code
		after  time.Duration
		repeat bool
	}{
		{"order, unavailable", create, codes.Unavailable, 0, true},
		{"order, unavailable, told when", create, codes.Unavailable, time.Millisecond, true},
		{"order, too many calls, told when", create, codes.ResourceExhausted, time.Millisecond, true},
		{"order, too large", create, codes.ResourceExhausted, 0, false},
		{"order, lost race, told when", create, codes.Aborted, time.Millisecond, true},
		{"order, stale", create, codes.Aborted, 0, false},
		{"order, refused", create, codes.FailedPrecondition, 0, false},
		{"order, a fault", create, codes.Internal, 0, false},
		{"a read", read, codes.Unavailable, 0, true},
		{"a claim with a reference", claim("complaint"), codes.Unavailable, 0, true},
		{"a claim without", claim(""), codes.Unavailable, time.Millisecond, false},
		{"a claim that is given one", claimAsClient, codes.Unavailable, 0, true},
		{"what may not be made twice", makeKey, codes.Unavailable, time.Millisecond, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			failure := refusal(t, tt.code, ReasonUnavailable, tt.after)
			f := &fakeHub{failures: []error{failure, failure}}
			err := tt.call(t.Context(), over(t, f))
			if tt.repeat {
				require.NoError(t, err)
				require.Equal(t, 3, f.calls)
				return
			}
			require.Error(t, err)
			require.Equal(t, 1, f.calls)
		})
	}
}

// In the end the last error stands.
func TestRepeatsEnd(t *testing.T) {
	first := refusal(t, codes.Unavailable, ReasonOverloaded, 0)
	f := &fakeHub{failures: []error{first, first, refusal(t, codes.Unavailable, ReasonUnavailable, 0)}}
	_, err := over(t, f, WithAttempts(3)).GetAccount(t.Context())
	failed, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.Equal(t, ReasonUnavailable, failed.Reason)
	require.Equal(t, 3, failed.Attempts)
}

// A wait that the caller's deadline would end is not begun, and the cause is not lost.
func TestDeadline(t *testing.T) {
	f := &fakeHub{failures: []error{refusal(t, codes.Unavailable, ReasonOverloaded, time.Hour)}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := over(t, f).GetAccount(ctx)
	require.NoError(t, ctx.Err(), "it was not waited for")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	failed, ok := errors.AsType[*Error](err)
	require.True(t, ok)
	require.Equal(t, ReasonOverloaded, failed.Reason)
	require.Equal(t, time.Hour, failed.RetryAfter)

	gone, leave := context.WithCancel(t.Context())
	f = &fakeHub{failures: []error{refusal(t, codes.Unavailable, ReasonOverloaded, time.Hour)}}
	c := over(t, f)
	ended := make(chan error, 1)
	go func() {
		_, err := c.GetAccount(gone)
		ended <- err
	}()
	require.Eventually(t, func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.calls == 1 }, 10*time.Second,
		time.Millisecond)
	leave()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// An order without a reference gets one, the same in each attempt, that its caller can see.
func TestReferenceIsMadeOnce(t *testing.T) {
	f := &fakeHub{failures: []error{refusal(t, codes.Unavailable, ReasonUnavailable, 0)}}
	order := &orderhubv1.Order{}
	placed, err := over(t, f).CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, f.references, 2)
	require.Len(t, f.references[0], 26)
	require.Equal(t, f.references[0], f.references[1])
	require.Equal(t, f.references[0], order.GetReferenceId())
	require.Equal(t, f.references[0], placed.GetReferenceId())
}

// Without TLS nothing leaves this machine.
func TestPlaintext(t *testing.T) {
	for _, address := range []string{"hub.example:9090", "192.0.2.1:9090", "0.0.0.0:9090", "localhost.example:9090"} {
		_, err := New(address, "k", WithPlaintext())
		require.ErrorContains(t, err, "is not this machine", address)
	}
	for _, address := range []string{"localhost:9090", "127.0.0.1:9090", "[::1]:9090"} {
		c, err := New(address, "k", WithPlaintext())
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	for _, address := range []string{"", "hub", ":9090", "dns:///hub"} {
		_, err := New(address, "k")
		require.ErrorContains(t, err, "must be a host and a port", address)
	}
	_, err := New("localhost:9090", "")
	require.ErrorContains(t, err, "an API key is needed")

	// A hub that speaks no TLS is not spoken to, and does not see the key.
	f := &fakeHub{}
	c, err := New(f.serve(t), "the-key", WithAttempts(1))
	require.NoError(t, err)
	defer c.Close()
	_, err = c.GetAccount(t.Context())
	require.Error(t, err)
	require.Empty(t, f.keys)
}

// TLS is what is spoken by itself, and the key goes over it.
func TestTLS(t *testing.T) {
	made := httptest.NewTLSServer(nil) // for its certificate
	defer made.Close()
	f := &fakeHub{}
	address := f.serve(t, withTLS(credentials.NewServerTLSFromCert(&made.TLS.Certificates[0])))

	stranger, err := New(address, "the-key", WithAttempts(1))
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.GetAccount(t.Context())
	require.ErrorContains(t, err, "certificate")
	require.Empty(t, f.keys)

	roots := x509.NewCertPool()
	roots.AddCert(made.Certificate())
	c, err := New(address, "the-key", WithTLS(&tls.Config{RootCAs: roots}))
	require.NoError(t, err)
	defer c.Close()
	account, err := c.GetAccount(t.Context())
	require.NoError(t, err)
	require.Equal(t, "shop", account.GetName())
	require.Equal(t, []string{"the-key"}, f.keys)
}

// Who imports the client gets nothing of the server: neither its packages nor its databases.
func TestDependencies(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.Contains(t, packages, "orderhub/gen/orderhub/v1")
	for _, name := range packages {
		for _, heavy := range []string{
			"orderhub/server", "orderhub/ent", "entgo.io", "ariga.io", "modernc.org", "github.com/jackc",
			"github.com/riverqueue", "github.com/prometheus", "go.opentelemetry.io", "database/sql",
			"buf.build/go/protovalidate",
		} {
			require.False(t, strings.HasPrefix(name, heavy), name)
		}
	}
}
