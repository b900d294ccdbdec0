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
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"orderhub/server/operator"
	"orderhub/server/secret"
)

const (
	timeout = 10 * time.Second // of all calls to the provider by which one page comes
	// maxAhead is how far another's clock may be ahead.
	maxAhead = time.Minute
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer   = 1 << 20
	randomBytes = 32
	maxClaim    = 254
)

// ErrRefused is the answer to whatever is wrong with what came back from the provider. What wraps it says more, for the
// log.
var ErrRefused = errors.New("the provider does not say who this is")

// Options wires a Party. All but Keys, Transport and Now are required.
type Options struct {
	Issuer       string // https://…, as the provider's tokens have it
	ClientID     string
	ClientSecret secret.Redacted
	Redirect     string // where the provider leads back to, as it knows it
	Claim        string // that says who somebody is, such as [operator.EmailClaim]
	// Keys sign what browsers keep; the first signs, each verifies. Every process of the hub has the same. Without any
	// the party makes one of its own.
	Keys      [][]byte
	Transport http.RoundTripper
	Now       func() time.Time // nil for time.Now
}

// Party relies on a provider. Safe for concurrent use.
type Party struct {
	options   Options
	client    *http.Client
	discovery discovery
}

// New asks nothing of the provider yet: a hub starts without it.
func New(o Options) *Party {
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Keys) == 0 {
		o.Keys = [][]byte{[]byte(rand.Text())}
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

// Begin is where the browser goes, and what it keeps until it is back, for AttemptAge at most: nobody else can finish
// it. ErrAway.
func (p *Party) Begin(ctx context.Context) (to, kept string, err error) {
	ctx, cancel := p.bound(ctx)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	a := attempt{
		State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Began: p.options.Now().UTC(),
	}
	return p.oauth(found).AuthCodeURL(
		a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier),
	), p.sign(a), nil
}

// bound ends whatever takes longer than it may, with all its calls.
func (p *Party) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(oidc.ClientContext(ctx, p.client), timeout)
}

func random() string {
	raw := make([]byte, randomBytes)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (p *Party) oauth(found *provider) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID, "profile"}
	if p.options.Claim == operator.EmailClaim {
		scopes = []string{oidc.ScopeOpenID, "email"}
	}
	endpoint := found.Endpoint()
	endpoint.AuthStyle = found.style
	return &oauth2.Config{
		ClientID: p.options.ClientID, ClientSecret: p.options.ClientSecret.Reveal(), Endpoint: endpoint,
		RedirectURL: p.options.Redirect, Scopes: scopes,
	}
}

// Finish is what the claim says of who came back, with what the browser kept. Errors: ErrNoAttempt, ErrRefused,
// ErrAway.
func (p *Party) Finish(ctx context.Context, kept string, answer url.Values) (operator.Claimed, error) {
	a, err := p.attemptOf(kept)
	if err != nil {
		return operator.Claimed{}, err
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.State)) != 1 {
		return operator.Claimed{}, fmt.Errorf("%w: another attempt's state", ErrRefused)
	}
	if code := answer.Get("error"); code != "" {
		return operator.Claimed{}, fmt.Errorf("%w: it answered %.100q", ErrRefused, code)
	}
	code := answer.Get("code")
	if code == "" {
		return operator.Claimed{}, fmt.Errorf("%w: no code", ErrRefused)
	}
	ctx, cancel := p.bound(ctx)
	defer cancel()
	found, err := p.discover(ctx)
	if err != nil {
		return operator.Claimed{}, err
	}
	tokens, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return operator.Claimed{}, exchangeError(err)
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return operator.Claimed{}, fmt.Errorf("%w: no ID token", ErrRefused)
	}
	token, err := found.Verifier(&oidc.Config{ClientID: p.options.ClientID, Now: p.options.Now}).Verify(ctx, raw)
	if err != nil {
		return operator.Claimed{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1 {
		return operator.Claimed{}, fmt.Errorf("%w: another attempt's nonce", ErrRefused)
	}
	return p.claimOf(token)
}

// checkParties refuses a token that was made for another client, or is not made yet. The library checks neither.
// Source: OpenID Connect Core 1.0, section 3.1.3.7, steps 4, 5 and 10.
func (p *Party) checkParties(token *oidc.IDToken, claims map[string]any) error {
	party, named := claims["azp"]
	switch {
	case named && party != p.options.ClientID:
		return fmt.Errorf("%w: another authorized party", ErrRefused)
	case !named && len(token.Audience) > 1:
		return fmt.Errorf("%w: several audiences and no authorized party", ErrRefused)
	case token.IssuedAt.After(p.options.Now().Add(maxAhead)):
		return fmt.Errorf("%w: issued ahead of now", ErrRefused)
	}
	return nil
}

// exchangeError tells a code that the provider refuses from a provider that does not answer. The text of the library
// may have what the provider answered, which is nobody's to read.
func exchangeError(err error) error {
	answered, ok := errors.AsType[*oauth2.RetrieveError](err)
	if ok && answered.Response.StatusCode < http.StatusInternalServerError {
		return fmt.Errorf("%w: it refused the code, %.100q", ErrRefused, answered.ErrorCode)
	}
	return fmt.Errorf("%w: the code could not be exchanged", ErrAway)
}

func (p *Party) claimOf(token *oidc.IDToken) (operator.Claimed, error) {
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return operator.Claimed{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := p.checkParties(token, claims); err != nil {
		return operator.Claimed{}, err
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
