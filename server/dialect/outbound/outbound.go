// Package outbound is how connectors call their providers over HTTP: bounded in
// time and size, without following redirects, and with errors that say whether
// the call can have arrived and nothing that is secret.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/httpstatus"
	"orderhub/server/weburl"
)

const maxAnswerBytes = 8 << 20

// Client calls one provider. Its zero value is of no use.
type Client struct {
	base   *url.URL
	header http.Header // of every call
	http   *http.Client
	now    func() time.Time
	shown  dialect.Shown
}

// Request is one call.
type Request struct {
	Method string
	Path   string // escaped, below the base address, beginning with "/"
	Query  url.Values
	Header http.Header // beside that of every call; may be nil
	Body   any         // what is sent as JSON, or []byte that are; nil for none
}

// Answer is what the provider answered, whatever its status.
type Answer struct {
	Status int
	Body   []byte
}

// OK reports a 2xx.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Client calls the provider. It checks the base address, such as
// "https://api.example.com": absolute, http or https, without user, query or
// fragment. Every call has the header. Shown is what of requests and answers may be
// kept for people to read. Calls are bounded by their contexts.
func (s *Setup) Client(base string, header http.Header, shown dialect.Shown) (*Client, error) {
	address, problem := weburl.Parse(base)
	if problem == "" && (address.RawQuery != "" || address.Fragment != "") {
		problem = "must have neither a query nor a fragment"
	}
	if problem != "" {
		return nil, errors.New("baseUrl " + problem)
	}
	address.Path = strings.TrimRight(address.Path, "/")
	return &Client{base: address, header: header, shown: shown, now: s.Now, http: &http.Client{
		Transport: s.Transport,
		// A purchase that is sent on somewhere else is not the provider's answer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Do makes one call, and has it recorded as what may be kept of it. An error wraps
// dialect.ErrNotSent when the request cannot
// have arrived. 429 is a *dialect.BusyError, and so is 503 with a Retry-After:
// the provider has not looked at it, and where the context has patience
// ([dialect.Patiently]) the call is made again. Every other status is an Answer.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	body, isJSON := r.Body.([]byte)
	if !isJSON && r.Body != nil {
		var err error
		if body, err = json.Marshal(r.Body); err != nil {
			return nil, fmt.Errorf("%w: %w", dialect.ErrNotSent, err)
		}
	}
	return dialect.Again(ctx, func() (*Answer, error) { return c.recorded(ctx, &r, body) })
}

// recorded makes one call, and has it recorded.
func (c *Client) recorded(ctx context.Context, r *Request, body []byte) (*Answer, error) {
	recorder := dialect.Recording(ctx)
	if recorder == nil {
		return c.do(ctx, r, body)
	}
	began := c.now()
	answer, err := c.do(ctx, r, body)
	kept := dialect.Exchange{
		At: began.UTC(), Took: c.now().Sub(began), Target: target(r), Request: c.shown.Mask(body),
	}
	switch {
	case err == nil:
		kept.Status, kept.Answer = strconv.Itoa(answer.Status), c.shown.Mask(answer.Body)
	case errors.As(err, new(*dialect.BusyError)):
		kept.Error = "turned away unread, as by 429"
	default:
		kept.Error = dialect.Clip(err.Error())
	}
	recorder.Add(kept)
	return answer, err
}

func (c *Client) do(ctx context.Context, r *Request, body []byte) (*Answer, error) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(
		ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }},
	)
	request, err := c.request(ctx, r, body)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		if !connected.Load() {
			return nil, fmt.Errorf("%w: %w", dialect.ErrNotSent, cause(err))
		}
		return nil, cause(err)
	}
	defer response.Body.Close()
	if busy, after := c.busy(response); busy {
		return nil, &dialect.BusyError{After: after}
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer: %w", cause(err))
	case len(text) > maxAnswerBytes:
		return nil, fmt.Errorf("an answer of more than %d bytes: %w", maxAnswerBytes, dialect.ErrMalformed)
	}
	return &Answer{Status: response.StatusCode, Body: text}, nil
}

func (c *Client) request(ctx context.Context, r *Request, body []byte) (*http.Request, error) {
	address := *c.base
	path, err := url.PathUnescape(r.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: path: %w", dialect.ErrNotSent, err)
	}
	address.Path, address.RawPath = c.base.Path+path, c.base.EscapedPath()+r.Path
	address.RawQuery = r.Query.Encode()
	request, err := http.NewRequestWithContext(ctx, r.Method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: the request has no form", dialect.ErrNotSent) // the error repeats the address
	}
	maps.Copy(request.Header, c.header)
	maps.Copy(request.Header, r.Header)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "orderhub/1")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

func (c *Client) busy(response *http.Response) (bool, time.Duration) {
	retryAfter := response.Header.Get("Retry-After")
	if response.StatusCode != http.StatusTooManyRequests && (response.StatusCode != http.StatusServiceUnavailable ||
		retryAfter == "") {
		return false, 0
	}
	return true, min(httpstatus.RetryAfter(retryAfter, c.now()), dialect.LongestWait)
}

// cause is why a call failed, without what was called, for addresses may hold
// keys, and without what was answered: the errors of package net/http repeat an
// answer that is no HTTP, which may be goods.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, new(net.Error)), // time-outs among them
		errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(tls.RecordHeaderError)),
		errors.As(err, new(tls.AlertError)):
		return err
	default:
		return fmt.Errorf("the answer is no HTTP: %w", dialect.ErrMalformed)
	}
}

// Setup is what a connector is made from.
type Setup struct {
	Settings    []byte            // the provider's, a JSON object; nothing secret
	Credentials map[string]string // what it signs in with
	Transport   http.RoundTripper // shared by all providers; nil for the usual one
	// Calls is around calls over gRPC, as Transport is for HTTP; nil for nothing.
	Calls grpc.UnaryClientInterceptor
	Now   func() time.Time
}

// Decode reads the settings into a connector's own; unknown names are an error.
func (s *Setup) Decode(into any) error {
	if len(s.Settings) == 0 {
		return nil
	}
	if err := DecodeSettings(s.Settings, into); err != nil {
		return fmt.Errorf("settings of the provider: %w", err)
	}
	return nil
}

var goName = regexp.MustCompile(`^[A-Z]\w*\.`)

// DecodeSettings reads one JSON object that an operator wrote, with none but known
// names. Its error is in words for people.
func DecodeSettings(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return errors.New("must be one JSON object and nothing after it")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		// What is embedded has the name of its Go type in front.
		name := goName.ReplaceAllString(wrong.Field, "")
		return fmt.Errorf("%s has a value of the wrong type", name)
	}
	// The package has no type for this one.
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		if plain, err := strconv.Unquote(name); err == nil {
			name = strconv.Quote(errs.Shown(plain))
		}
		return fmt.Errorf("%s is not a known name", name)
	}
	return errors.New("must be one JSON object")
}

// Needs is an error when one of the credentials is missing.
func (s *Setup) Needs(credentials ...string) error {
	for _, name := range credentials {
		if s.Credentials[name] == "" {
			return fmt.Errorf("the provider needs the credential %q", name)
		}
	}
	return nil
}

// Decode reads a JSON answer or message. dialect.ErrMalformed.
func Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		// The error's own text may repeat what was sent, which may be goods.
		return dialect.ErrMalformed
	}
	return nil
}

// Read reads what a call of [Client.Do] was answered with, which must be a 2xx.
func Read[T any](answer *Answer, err error) (value T, _ error) {
	switch {
	case err != nil:
		return value, err
	case !answer.OK():
		return value, fmt.Errorf("status %d", answer.Status)
	}
	err = Decode(answer.Body, &value)
	return value, err
}

// Get reads what there is at a path; see [Read].
func Get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	return Read[T](c.Do(ctx, Request{Method: http.MethodGet, Path: path, Query: query}))
}

// Refused is an outcome of which nothing was delivered.
func Refused(code, message string) dialect.Outcome {
	return dialect.Outcome{State: dialect.Refused, FailureCode: code, FailureMessage: message}
}

// NotNow is the outcome of a purchase that the provider refuses whatever is
// bought, because of our account there: it may be taken another time.
func NotNow() dialect.Outcome {
	return Refused(dialect.CodeProviderUnavailable, "The provider takes no orders at present")
}

// OutOfFunds is the outcome of a purchase that the provider refuses because our
// money there does not cover it.
func OutOfFunds() dialect.Outcome {
	return Refused(dialect.CodeOutOfFunds, "The hub's money at the provider does not cover the order")
}

// Failed is the outcome of a purchase that the provider refuses for a reason of
// which the merchant has no use.
func Failed() dialect.Outcome {
	return Refused(dialect.CodeProviderError, "The provider refused the order")
}
