package orders

import (
	"cmp"
	"context"
	"slices"
	"time"

	"orderhub/server/order"
	"orderhub/server/store"
)

var refusalsTable = &store.Table[order.Refusal]{
	Name: "refusals",
	Columns: []store.Column[order.Refusal]{
		store.Bigint("merchant_id", func(r *order.Refusal) int64 { return r.Key.MerchantID }),
		store.Text("reference", func(r *order.Refusal) string { return r.Key.Reference }),
		store.Text("kind", func(r *order.Refusal) string { return r.Kind }),
		store.JSON("facts", func(r *order.Refusal) string { return string(r.Facts) }),
		store.Time("refused_at", func(r *order.Refusal) time.Time { return r.At }),
	},
	Suffix: `ON CONFLICT (merchant_id, reference) DO UPDATE SET kind = excluded.kind, facts = excluded.facts,
		refused_at = excluded.refused_at WHERE refusals.refused_at <= excluded.refused_at`,
}

// refusalsOf are the refusals to be kept.
func refusalsOf(verdicts []order.Verdict) (kept []*order.Refusal) {
	for i := range verdicts {
		if r := verdicts[i].Refusal; r != nil {
			kept = append(kept, r)
		}
	}
	return kept
}

// refusalRows are refusals in an order in which no two transactions wait for each other, and of those of one
// reference only the last: a statement changes a row once.
func refusalRows(refused []*order.Refusal) store.Insert[order.Refusal] {
	rows := refusalsTable.Insert()
	if len(refused) == 0 {
		return rows
	}
	last := make(map[order.ReferenceKey]*order.Refusal, len(refused))
	for _, r := range refused {
		if known := last[r.Key]; known == nil || !r.At.Before(known.At) {
			last[r.Key] = r
		}
	}
	kept := make([]*order.Refusal, 0, len(last))
	for _, r := range last {
		kept = append(kept, r)
	}
	slices.SortFunc(kept, func(a, b *order.Refusal) int {
		return cmp.Or(cmp.Compare(a.Key.MerchantID, b.Key.MerchantID), cmp.Compare(a.Key.Reference, b.Key.Reference))
	})
	for _, r := range kept {
		rows.Add(*r)
	}
	return rows
}

func (s *Store) KeepRefusals(ctx context.Context, refused []*order.Refusal) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		rows := refusalRows(refused)
		return tx.Commit(ctx, &rows)
	})
	return store.During("keep why orders were refused", err)
}

var selectRefusal = store.Same(`SELECT kind, facts, refused_at FROM refusals WHERE merchant_id = $1 AND reference = $2`)

func (s *Store) Refusal(ctx context.Context, key order.ReferenceKey) (*order.Refusal, error) {
	r, found := &order.Refusal{Key: key}, false
	args := []any{key.MerchantID, key.Reference}
	err := s.db.Peek(ctx, store.NewQuery(selectRefusal, args, func(row store.Scanner) error {
		found = true
		err := row.Scan(&r.Kind, &r.Facts, &r.At)
		return err
	}))
	if err != nil {
		return nil, store.During("read why an order was refused", err)
	}
	if !found {
		return nil, order.ErrNotFound
	}
	return r, nil
}
