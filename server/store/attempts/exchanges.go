package attempts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"orderhub/server/dialect"
	"orderhub/server/store"
)

// exchangesToDB is nil without exchanges.
func exchangesToDB(exchanges []dialect.Exchange) ([]byte, error) {
	if len(exchanges) == 0 {
		return nil, nil
	}
	return json.Marshal(dialect.Latest(exchanges))
}

func exchangesFromDB(attemptID int64, kept []byte) (exchanges []dialect.Exchange, err error) {
	if len(kept) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(kept, &exchanges); err != nil {
		return nil, fmt.Errorf("exchanges of attempt %d: %w", attemptID, err)
	}
	return exchanges, nil
}

var (
	// Of what was emptied nothing new is kept either.
	selectExchanges = store.Same(`SELECT exchanges FROM attempts WHERE id = $1 AND payload_removed_at IS NULL`)
	writeExchanges  = store.Same(`UPDATE attempts SET exchanges = $2 WHERE id = $1 RETURNING id`)
)

func (s *Store) KeepExchanges(ctx context.Context, attemptID int64, exchanges []dialect.Exchange) error {
	if len(exchanges) == 0 {
		return nil
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		var before []dialect.Exchange
		found := false
		read := store.NewQuery(selectExchanges.Locked(store.LockRows), []any{attemptID}, func(row store.Scanner) error {
			var kept []byte
			if err := row.Scan(&kept); err != nil {
				return err
			}
			var err error
			found = true
			before, err = exchangesFromDB(attemptID, kept)
			return err
		})
		if err := tx.Query(ctx, read); err != nil || !found {
			return err
		}
		kept, err := exchangesToDB(slices.Concat(before, exchanges))
		if err != nil {
			return err
		}
		if err := tx.Query(ctx, store.NewQuery(writeExchanges, []any{attemptID, kept}, store.IgnoreRow)); err != nil {
			return err
		}
		return tx.Commit(ctx)
	})
	return store.During("keep exchanges", err)
}
