package claims

import (
	"context"

	"orderhub/server/claim"
	"orderhub/server/money"
	"orderhub/server/store"
)

// PageOf is the statement that reads a page.
func PageOf(merchantID int64, f claim.Filter) (store.Statement, []any) { return pageOf(merchantID, f) }

// ErrOtherBooks is for tests of this package.
var ErrOtherBooks = errOtherBooks

// EndSeen ends a dispute that was about a purchase of this provider when it was looked at.
func (s *Store) EndSeen(
	ctx context.Context, id int64, e claim.Ending, provider int64, currency money.Currency,
) (claim.Claim, error) {
	return s.endSeen(ctx, id, e, bookedAttempt{provider, money.Sum{Currency: currency}})
}
