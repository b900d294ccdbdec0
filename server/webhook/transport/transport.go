// Package transport makes the HTTP requests of webhooks to addresses that merchants
// chose: never to private or local ones, whatever a name resolves to, never after
// a redirect, and never reading more of an answer than a little.
package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"code.dny.dev/ssrf"

	"orderhub/server/httpstatus"
	"orderhub/server/webhook"
)

const (
	maxAnswer      = 64 << 10 // bytes read of an answer's body
	maxHeaderBytes = 64 << 10
	maxExcerpt     = 1000 // characters
	idlePerHost    = 8
	idleConns      = 512
	idleTime       = 90 * time.Second
	dialTimeout    = 10 * time.Second
)

// errNotPublic: the address that a URL leads to is not of the public network.
var errNotPublic = errors.New("the address is private or local")

// unreachable is all that a merchant is told when no connection was made. Whether
// a name of the hub's own network exists, and what is there, is nobody's business.
const unreachable = "the address cannot be reached"

// even is what the time of an attempt without a connection is rounded up to,
// which else would tell what the text does not.
const even = time.Second

// Client posts. It is safe for concurrent use.
type Client struct {
	http       *http.Client
	allowLocal bool
	now        func() time.Time
	log        *slog.Logger
}

// Options make a Client. Zero fields have their usual values.
type Options struct {
	// AllowLocal lets plain http and private addresses be posted to.
	AllowLocal bool
	// Resolver looks names up.
	Resolver *net.Resolver
	// Roots are the certificate authorities to trust.
	TLS *tls.Config
	Now func() time.Time
	// Through is a transport around the usual one; nil for none.
	Through func(http.RoundTripper) http.RoundTripper
	// Log gets why an address could not be reached, for operators. Nil discards.
	Log *slog.Logger
}

var _ webhook.Poster = (*Client)(nil)

// New makes a client; Close ends its connections.
func New(o Options) *Client {
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: o.Resolver}
	if !o.AllowLocal {
		// Called with the very address of each connection: no name can lead
		// elsewhere after it was looked at.
		dialer.Control = onlyPublic(ssrf.New(ssrf.WithAnyPort()))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var through http.RoundTripper = &http.Transport{
		Proxy: nil, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSClientConfig: o.TLS,
		TLSHandshakeTimeout: dialTimeout, MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns: idleConns, MaxIdleConnsPerHost: idlePerHost, IdleConnTimeout: idleTime,
	}
	if o.Through != nil {
		through = o.Through(through)
	}
	return &Client{
		allowLocal: o.AllowLocal, now: o.Now, log: o.Log,
		http: &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     through,
		},
	}
}

// onlyPublic refuses addresses that the library or the hub's own rules do.
func onlyPublic(guardian *ssrf.Guardian) func(network, address string, conn syscall.RawConn) error {
	return func(network, address string, conn syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || guardian.Safe(network, address, conn) != nil || !webhook.PublicAddress(to.Addr()) {
			return errNotPublic
		}
		return nil
	}
}

// Close ends the connections that wait to be used again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Post implements webhook.Poster. The time that it may take is the context's.
func (c *Client) Post(ctx context.Context, address string, header map[string][]string, body []byte) webhook.Answer {
	began := c.now()
	answer, err := c.post(ctx, address, header, body)
	switch {
	case err != nil && notConnected(err):
		c.log.DebugContext(ctx, "a webhook's address cannot be reached", "host", hostOf(address), "error", cause(err))
		answer.Excerpt = unreachable
		c.roundUp(ctx, began)
	case err != nil:
		answer.Excerpt = excerpt(describe(err))
	}
	answer.Took = c.now().Sub(began)
	return answer
}

// roundUp waits until a whole number of seconds has passed. Where any address may
// be called there is nothing to hide.
func (c *Client) roundUp(ctx context.Context, began time.Time) {
	if c.allowLocal {
		return
	}
	took := c.now().Sub(began)
	rest := time.NewTimer(max(0, took.Truncate(even)+even-took))
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-ctx.Done():
	}
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// notConnected reports an error from before there was a connection: of looking
// the name up, of its address, or of dialling.
func notConnected(err error) bool {
	var network *net.OpError
	var name *net.DNSError
	return errors.Is(err, errNotPublic) || errors.As(err, &name) || errors.As(err, &network) && network.Op == "dial"
}

func (c *Client) post(ctx context.Context, address string, header map[string][]string, body []byte) (
	answer webhook.Answer, err error,
) {
	// What may be an address depends on the configuration: it was judged when it
	// was registered, and may not be one any more.
	target, err := webhook.TargetURL(address, c.allowLocal)
	if err != nil {
		return answer, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	request.Header = header
	response, err := c.http.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	answer.Status = response.StatusCode
	answer.RetryAfter = httpstatus.RetryAfter(response.Header.Get("Retry-After"), c.now())
	// A connection whose answer is too long to be read is closed with it.
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	answer.Excerpt = excerpt(string(text))
	if err != nil {
		answer.Status = 0 // its end is missing, and with it the answer
	}
	return answer, err
}

// describe says what went wrong with an address that was reached.
func describe(err error) string {
	var network *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.As(err, &network):
		return fmt.Sprintf("%s: %v", network.Op, network.Err)
	default:
		return cause(err).Error()
	}
}

// cause leaves the address out: its query may be a secret of the merchant's.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// excerpt is the beginning of a text that may be anything, fit to be stored and
// shown.
func excerpt(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n == maxExcerpt {
			break
		}
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t' {
			r = '\uFFFD'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
