package fulfil

import (
	"context"
	"log/slog"
	"time"
)

// Process is one process's throttles of all providers.
type Process struct{ throttles *throttles }

func NewProcess(sharer Sharer, timeout time.Duration) *Process {
	return &Process{newThrottles(timeout, noObserver{}, sharer, slog.New(slog.DiscardHandler))}
}

func (p *Process) Call(ctx context.Context, to *Provider, room time.Duration, do func(context.Context) error) error {
	return p.throttles.call(ctx, p.throttles.of(to), room, do)
}

func (p *Process) Close() { p.throttles.keepers.close() }

// ErrNoRoom is of a call that was not made.
var ErrNoRoom = errNoRoom

// Ask makes one call that buys nothing.
func (p *Process) Ask(ctx context.Context, to *Provider, do func(context.Context) error) error {
	return p.throttles.ask(ctx, p.throttles.of(to), do)
}

// Breaker is the state of the provider's breaker.
func (p *Process) Breaker(to *Provider) string { return p.throttles.of(to).breaker.State().String() }

// ErrLeftAlone is of a call to a provider that does not answer.
var ErrLeftAlone = errLeftAlone
