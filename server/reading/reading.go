// Package reading marks a call that only reads: what it is answered with may come from a server that follows the
// database's. Whoever decides about money or stock by what it reads leaves its context unmarked.
package reading

import "context"

type onlyKey struct{}

// Only marks what is done with the context as reading alone.
func Only(ctx context.Context) context.Context { return context.WithValue(ctx, onlyKey{}, true) }

// IsOnly reports a context that is marked.
func IsOnly(ctx context.Context) bool {
	only, _ := ctx.Value(onlyKey{}).(bool)
	return only
}
