package orders

import (
	"context"
	"errors"
	"strings"

	"orderhub/server/order"
	"orderhub/server/store"
)

// UnitReads runs the reads of a placement transaction of the candidates and undoes it: how many pipelines they were,
// and how many units each of them read.
func (s *Store) UnitReads(ctx context.Context, candidates []*order.Candidate) (units []int, err error) {
	undo := errors.New("undo")
	undone := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		units = nil
		_, err = s.loadState(ctx, func(ctx context.Context, reads ...store.Query) error {
			found := 0
			for i, r := range reads {
				if strings.Contains(r.Statement.SQLite, "FROM units") {
					reads[i].Each = func(row store.Scanner) error { found++; return r.Each(row) }
				}
			}
			units = append(units, 0)
			err := tx.Query(ctx, reads...)
			units[len(units)-1] = found
			return err
		}, candidates)
		return undo
	})
	if !errors.Is(undone, undo) {
		return nil, undone
	}
	return units, err
}
