package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// ErrAway says that the provider cannot be asked just now. What wraps it says more, for the log.
var ErrAway = errors.New("the OpenID provider does not answer")

// awayFor is how long a provider that could not be reached is not asked again, whoever comes.
const awayFor = 3 * time.Second

// mostSaid is how much of what went wrong is said, in characters: there may be a whole page in it.
const mostSaid = 300

// provider is one that has said how it is spoken to.
type provider struct {
	*oidc.Provider

	style oauth2.AuthStyle // in which it is told the secret
}

// discovery is what is known of how the provider is spoken to. It is asked by one caller at a time, for all.
type discovery struct {
	asking singleflight.Group

	mu     sync.Mutex // never held while the provider is asked
	found  *provider  // nil until it was reached
	failed error      // by which it was not reached last
	until  time.Time  // until when that holds
}

// known is what it said, or why it is not asked just now; neither where it is to be asked.
func (d *discovery) known(now time.Time) (*provider, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found == nil && now.Before(d.until) {
		return nil, d.failed
	}
	return d.found, nil
}

// discover asks the provider how it is spoken to, until it has said so once. ErrAway, also when ctx ends before.
func (p *Party) discover(ctx context.Context) (*provider, error) {
	if found, err := p.discovery.known(p.options.Now()); found != nil || err != nil {
		return found, err
	}
	// Whoever leaves takes nothing from those who wait. What asks ends by itself, within timeout.
	asked := p.discovery.asking.DoChan("", func() (any, error) { return p.askOnce(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrAway, ctx.Err())
	case answer := <-asked:
		if answer.Err != nil {
			return nil, answer.Err
		}
		return answer.Val.(*provider), nil
	}
}

// askOnce asks, unless somebody has just done so.
func (p *Party) askOnce(ctx context.Context) (*provider, error) {
	if found, err := p.discovery.known(p.options.Now()); found != nil || err != nil {
		return found, err
	}
	ctx, cancel := p.bound(ctx)
	defer cancel()
	found, err := p.ask(ctx)
	p.discovery.mu.Lock()
	defer p.discovery.mu.Unlock()
	p.discovery.found, p.discovery.failed, p.discovery.until = found, err, p.options.Now().Add(awayFor)
	return found, err
}

func (p *Party) ask(ctx context.Context) (*provider, error) {
	described, err := oidc.NewProvider(ctx, p.options.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %.*q", ErrAway, mostSaid, err.Error())
	}
	style, err := styleOf(described)
	if err != nil {
		return nil, fmt.Errorf("%w: %.*q", ErrAway, mostSaid, err.Error())
	}
	return &provider{described, style}, nil
}

// styleOf is how the provider wants to be told the secret. Without it the library tries one way after the other, and
// the provider is asked twice. Source: OpenID Connect Discovery 1.0, section 3.
func styleOf(described *oidc.Provider) (oauth2.AuthStyle, error) {
	var says struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := described.Claims(&says); err != nil {
		return 0, err
	}
	if slices.Contains(says.Methods, "client_secret_post") && !slices.Contains(says.Methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams, nil
	}
	return oauth2.AuthStyleInHeader, nil
}
