// Package oidc has an OpenID provider say who somebody is: the authorization code flow with PKCE, state and nonce. What
// the provider says counts once its signature, audience, time and nonce are right. Whom that makes somebody here, and
// what they may do then, is package session's.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"orderhub/server/errs"
	"orderhub/server/operator"
	"orderhub/server/secret"
)

const (
	timeout = 10 * time.Second // of each call to the provider
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer   = 1 << 20
	randomBytes = 32
	maxClaim    = 254
)

// ErrRefused is the answer to whatever is wrong with what came back from the provider. What wraps it says more, for the
// log.
var ErrRefused = errors.New("the provider does not say who this is")

// Options wires a Party. All but Transport are required.
type Options struct {
	Issuer       string // https://…, as the provider's tokens have it
	ClientID     string
	ClientSecret secret.Redacted
	Redirect     string // where the provider leads back to, as it knows it
	Claim        string // that says who somebody is, such as [operator.EmailClaim]
	Transport    http.RoundTripper
}

// Party relies on a provider. Safe for concurrent use.
type Party struct {
	options Options
	client  *http.Client

	mu       sync.Mutex
	provider *oidc.Provider // nil until it was reached
}

// New asks nothing of the provider yet: a hub starts without it.
func New(o Options) *Party {
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	return &Party{options: o, client: &http.Client{Timeout: timeout, Transport: bounded{o.Transport}}}
}

// bounded reads no more of an answer than it may have.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}

// Name is the provider's, for people.
func (p *Party) Name() string {
	u, err := url.Parse(p.options.Issuer)
	if err != nil {
		return p.options.Issuer
	}
	return u.Host
}

// Attempt is what a browser keeps between leaving for the provider and coming back: nobody else can finish it.
type Attempt struct{ State, Nonce, Verifier string }

// String is what [ParseAttempt] reads.
func (a Attempt) String() string { return a.State + "." + a.Nonce + "." + a.Verifier }

// ParseAttempt reads what a browser has kept.
func ParseAttempt(text string) (a Attempt, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return a, false
	}
	return Attempt{State: parts[0], Nonce: parts[1], Verifier: parts[2]}, true
}

// Begin is where the browser goes, and what it keeps. errs.ErrUnavailable when the provider cannot be reached.
func (p *Party) Begin(ctx context.Context) (to string, a Attempt, err error) {
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := p.reach(ctx)
	if err != nil {
		return "", a, err
	}
	a = Attempt{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
	return p.oauth(provider).AuthCodeURL(
		a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier),
	), a, nil
}

func random() string {
	raw := make([]byte, randomBytes)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// reach asks the provider how it is spoken to, until it has said so once.
func (p *Party) reach(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.provider != nil {
		return p.provider, nil
	}
	found, err := oidc.NewProvider(ctx, p.options.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: OpenID provider: %w", errs.ErrUnavailable, err)
	}
	p.provider = found
	return found, nil
}

func (p *Party) oauth(provider *oidc.Provider) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID, "profile"}
	if p.options.Claim == operator.EmailClaim {
		scopes = []string{oidc.ScopeOpenID, "email"}
	}
	return &oauth2.Config{
		ClientID: p.options.ClientID, ClientSecret: p.options.ClientSecret.Reveal(), Endpoint: provider.Endpoint(),
		RedirectURL: p.options.Redirect, Scopes: scopes,
	}
}

// Finish is what the claim says of who came back with the attempt. Errors: ErrRefused, errs.ErrUnavailable.
func (p *Party) Finish(ctx context.Context, a Attempt, answer url.Values) (operator.Claimed, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.State)) != 1 {
		return operator.Claimed{}, fmt.Errorf("%w: another attempt's state", ErrRefused)
	}
	if code := answer.Get("error"); code != "" {
		return operator.Claimed{}, fmt.Errorf("%w: it answered %.100q", ErrRefused, code)
	}
	ctx = oidc.ClientContext(ctx, p.client)
	provider, err := p.reach(ctx)
	if err != nil {
		return operator.Claimed{}, err
	}
	tokens, err := p.oauth(provider).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return operator.Claimed{}, exchangeError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return operator.Claimed{}, fmt.Errorf("%w: no ID token", ErrRefused)
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: p.options.ClientID}).Verify(ctx, raw)
	if err != nil {
		return operator.Claimed{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1 {
		return operator.Claimed{}, fmt.Errorf("%w: another attempt's nonce", ErrRefused)
	}
	return p.claimOf(token)
}

// exchangeError tells a code that the provider refuses from a provider that does not answer. The text of the library
// may have what the provider answered, which is nobody's to read.
func exchangeError(err error) error {
	if answered, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("%w: it refused the code, %.100q", ErrRefused, answered.ErrorCode)
	}
	return fmt.Errorf("%w: OpenID provider: the code could not be exchanged", errs.ErrUnavailable)
}

func (p *Party) claimOf(token *oidc.IDToken) (operator.Claimed, error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return operator.Claimed{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	value, _ := claims[p.options.Claim].(string)
	if value == "" || len(value) > maxClaim {
		return operator.Claimed{}, fmt.Errorf("%w: no claim %q", ErrRefused, p.options.Claim)
	}
	// An address counts only where the provider says that it is verified. Some providers say it as a text.
	verified := claims["email_verified"] == true || claims["email_verified"] == "true"
	if p.options.Claim == operator.EmailClaim && !verified {
		return operator.Claimed{}, fmt.Errorf("%w: the e-mail address is not verified", ErrRefused)
	}
	return operator.Claimed{Claim: p.options.Claim, Value: value}, nil
}
