// Package recipients keeps checks of recipients: recipient.Store. Placing reads them itself, with the rest of what
// orders are judged by.
package recipients

import (
	"context"

	"orderhub/server/recipient"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ recipient.Store = (*Store)(nil)

// keep writes a check over an earlier one; of two that were asked at once the later one stays.
var keep = store.Same(`INSERT INTO recipient_checks (merchant_id, mark, found, checked_at, expires_at)
	VALUES ($1, $2, $3, $4, $5) ON CONFLICT (merchant_id, mark) DO UPDATE SET found = excluded.found,
	checked_at = excluded.checked_at, expires_at = excluded.expires_at
	WHERE excluded.checked_at >= recipient_checks.checked_at RETURNING id`)

// forgotten is how many checks go that count no more for each one that is kept.
const forgotten = 20

// forget never waits, and what waits above holds nothing yet: nobody deadlocks.
var forget = store.FromPostgres(`DELETE FROM recipient_checks WHERE id IN (SELECT id FROM recipient_checks WHERE
	expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`)

func (s *Store) Keep(ctx context.Context, k recipient.Kept) error {
	mark := s.db.Vault.RecipientMark(k.Mark)
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(
			ctx,
			store.NewQuery(keep, []any{k.MerchantID, mark, k.Found, k.At.UTC(), k.Until.UTC()}, store.IgnoreRow),
			store.NewQuery(forget, []any{s.db.Now(), forgotten}, store.IgnoreRow),
		)
	})
	return store.During("keep a check of a recipient", err)
}
