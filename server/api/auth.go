package api

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionalphapb "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"orderhub/server/account"
	"orderhub/server/operator"
)

// errOutOfScope: the key is good, but not for this method.
var errOutOfScope = errors.New("the API key does not allow this call")

// needsKey is true of every method but those of the services that tools and
// load balancers use.
func needsKey(_ context.Context, meta interceptors.CallMeta) bool { return !isPublic(meta.Service) }

func isPublic(service string) bool {
	switch service {
	case healthpb.Health_ServiceDesc.ServiceName,
		reflectionpb.ServerReflection_ServiceDesc.ServiceName,
		reflectionalphapb.ServerReflection_ServiceDesc.ServiceName:
		return true
	}
	return false
}

// admit finds out who is calling and whether they may call this method.
func (g *guard) admit(ctx context.Context) (context.Context, error) {
	principal, err := g.authenticate(ctx)
	callOf(ctx).principal = principal
	if err != nil {
		return nil, err
	}
	if err := allowed(ctx, &principal); err != nil {
		return nil, err
	}
	return ctx, callOf(ctx).identified(ctx, &principal)
}

// allowed says whether the principal may call this method.
func allowed(ctx context.Context, p *account.Principal) error {
	method, _ := grpc.Method(ctx)
	return accesses[method].check(p)
}

// admitted looks again at who keeps a stream open. What is not the caller's own
// fault keeps nobody out.
func (g *guard) admitted(ctx context.Context) error {
	principal, err := g.authenticate(ctx)
	for _, refusal := range []error{
		account.ErrUnauthenticated, account.ErrSuspended, operator.ErrSuspended, account.ErrAddressNotAllowed,
	} {
		if errors.Is(err, refusal) {
			return err
		}
	}
	if err == nil {
		return allowed(ctx, &principal)
	}
	return nil
}

// authenticate goes by what the call shows, or what it was let in by before. The
// operator of this machine needs nothing.
func (g *guard) authenticate(ctx context.Context) (account.Principal, error) {
	if p, ok := localOperator(ctx); ok {
		return p, nil
	}
	c := callOf(ctx)
	if c.credential == (account.Credential{}) {
		var err error
		if c.credential, err = g.auth.One(ctx, g.shown(ctx)); err != nil {
			return account.Principal{}, err
		}
	}
	return g.auth.Authenticate(ctx, c.credential, c.address)
}

// shown is all that says who the call comes from, what counts first: API keys, the
// ticket of a stream, the certificate of the connection. A session is alone.
func (g *guard) shown(ctx context.Context) []account.Credential {
	if c, ok := markedSession(ctx); ok {
		return []account.Credential{c}
	}
	all := credentialsOf(sentKeys(ctx))
	if ticket := sentTicket(ctx); ticket != "" {
		if c, err := g.tickets.credential(ticket); err == nil {
			all = append(all, c)
		}
	}
	return withCertificate(all, certificateOf(ctx))
}

func credentialsOf(keys []string) []account.Credential {
	all := make([]account.Credential, len(keys), len(keys)+1)
	for i, key := range keys {
		all[i] = account.KeyCredential(key)
	}
	return all
}

func withCertificate(all []account.Credential, f account.Fingerprint) []account.Credential {
	if f == (account.Fingerprint{}) {
		return all
	}
	return append(all, account.CertificateCredential(f))
}

// certificateOf is that of the client's end of the connection, once an authority
// answers for it.
func certificateOf(ctx context.Context) account.Fingerprint {
	if client := inprocgrpc.ClientContext(ctx); client != nil {
		return requestPeer(client).certificate
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return account.Fingerprint{}
	}
	security, _ := p.AuthInfo.(credentials.TLSInfo)
	return fingerprint(&security.State)
}

func fingerprint(state *tls.ConnectionState) account.Fingerprint {
	if state == nil || len(state.VerifiedChains) == 0 {
		return account.Fingerprint{}
	}
	return account.FingerprintOf(state.VerifiedChains[0][0].Raw)
}

// sentKeys are the API keys that the call carries; the first of them counts.
func sentKeys(ctx context.Context) []string {
	return keysIn(
		metadata.ValueFromIncomingContext(ctx, "x-api-key"), metadata.ValueFromIncomingContext(ctx, "authorization"),
	)
}

// keysIn adds, to keys that there are, what comes in the form of another door: it
// lets nobody in, but two that are both somebody's leave open who is meant.
func keysIn(apiKeys, authorizations []string) (keys []string) {
	for _, key := range apiKeys {
		keys = append(keys, strings.TrimSpace(key))
	}
	keys = append(keys, account.SentBehind(authorizations, "Bearer")...)
	if keys = withoutBlank(keys); len(keys) == 0 {
		return nil
	}
	return withoutBlank(append(keys, account.SentBehind(authorizations, "Token")...))
}

func withoutBlank(keys []string) []string {
	return slices.DeleteFunc(keys, func(key string) bool { return key == "" })
}

// httpPeer is who sent the HTTP request behind a call through the gateway.
type httpPeer struct {
	addr        netip.Addr
	forwarded   []string
	certificate account.Fingerprint
}

type httpPeerKey struct{}

// WithHTTPPeer tells calls made with the context over [Server.InProcess] who sent
// the HTTP request behind them: the connection's remote address, what proxies say
// of it, and the certificate that the client has shown. It is a value of this
// process, which nothing that a client sends can set.
func WithHTTPPeer(ctx context.Context, r *http.Request) context.Context {
	return context.WithValue(ctx, httpPeerKey{}, httpPeer{
		addr: parseAddress(r.RemoteAddr), forwarded: r.Header.Values("X-Forwarded-For"), certificate: fingerprint(r.TLS),
	})
}

// resolve is where a call comes from: the connection's peer or, if that is a
// trusted proxy, the last hop before the trusted ones. The zero Addr, which is
// on no allowlist, when it is unknown.
func (g *guard) resolve(from httpPeer) netip.Addr {
	if !g.trusts(from.addr) {
		return from.addr
	}
	address := from.addr
	for _, hop := range slices.Backward(listOf(from.forwarded)) {
		parsed := parseAddress(hop)
		if !parsed.IsValid() {
			break
		}
		if address = parsed; !g.trusts(parsed) {
			break
		}
	}
	return address
}

func peerOf(ctx context.Context) httpPeer {
	if client := inprocgrpc.ClientContext(ctx); client != nil {
		return requestPeer(client)
	}
	from := httpPeer{forwarded: metadata.ValueFromIncomingContext(ctx, "x-forwarded-for")}
	if p, ok := peer.FromContext(ctx); ok {
		from.addr = addressOf(p.Addr)
	}
	return from
}

func addressOf(addr net.Addr) netip.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return parseAddress(addr.String())
}

// requestPeer is what [WithHTTPPeer] put into the context.
func requestPeer(ctx context.Context) httpPeer {
	from, _ := ctx.Value(httpPeerKey{}).(httpPeer)
	return from
}

func (g *guard) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(g.proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseAddress reads an address with or without a port.
func parseAddress(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap()
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}
