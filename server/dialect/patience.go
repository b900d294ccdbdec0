package dialect

import (
	"context"
	"errors"
	"time"
)

// Patience is for calls that nobody waits for, such as those that read a list: where the
// provider turns one away unread, it is made again when the provider wants it.
type Patience struct {
	Most time.Duration // how long one call waits in all
	// Wait waits for so long; its error ends the call.
	Wait func(ctx context.Context, d time.Duration) error
}

type patienceKey struct{}

// Patiently has patience with the calls of the context.
func Patiently(ctx context.Context, p Patience) context.Context {
	return context.WithValue(ctx, patienceKey{}, p)
}

// firstPause is how long is waited where the provider does not say, and twice as long
// each time after that.
const firstPause = time.Second

// Again makes a call, and makes it again while the provider turns it away unread and the
// context has patience. The error is a *BusyError where it has not, or no more.
func Again[T any](ctx context.Context, call func() (T, error)) (T, error) {
	p, patient := ctx.Value(patienceKey{}).(Patience)
	waited, least := time.Duration(0), firstPause
	for {
		answer, err := call()
		busy, turnedAway := errors.AsType[*BusyError](err)
		if !patient || !turnedAway {
			return answer, err
		}
		pause := max(busy.After, least)
		if waited, least = waited+pause, 2*least; waited > p.Most {
			return answer, err
		}
		if stopped := p.Wait(ctx, pause); stopped != nil {
			return answer, stopped
		}
	}
}
