package attempts

import (
	"context"
	"strings"
	"time"

	entattempt "orderhub/ent/attempt"
	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/trail"
)

var (
	openOrderColumns = `SELECT id, number, merchant_id, status, currency, created_at FROM orders
		WHERE status IN ('pending', 'processing') AND id `
	openLineColumns = `SELECT l.id, l.order_id, l.position, l.product_id, l.quantity, l.completed, l.failed, l.cancelled,
		l.status, l.total_micros, p.fulfil_within_s, p.max_loss_bp, p.loss_policy
		FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id `
	attemptColumns = `SELECT id, order_id, line_id, merchant_id, provider_id, offer_id, number, reference, quantity,
		status, failure_code, failure_message,
		checks, submitted_at, next_check_at, settled_at, updated_at FROM attempts WHERE order_id `
	inPostgres    = `= ANY($1::bigint[]) `
	inSQLite      = `IN (SELECT value FROM json_each($1)) `
	selectToRoute = store.Statement{
		Postgres: openOrderColumns + inPostgres + `ORDER BY id`, SQLite: openOrderColumns + inSQLite + `ORDER BY id`,
	}
	selectToServe = store.Statement{
		Postgres: openLineColumns + inPostgres + `ORDER BY l.order_id, l.position`,
		SQLite:   openLineColumns + inSQLite + `ORDER BY l.order_id, l.position`,
	}
	selectTried = store.Statement{
		Postgres: attemptColumns + inPostgres + `ORDER BY line_id, number`,
		SQLite:   attemptColumns + inSQLite + `ORDER BY line_id, number`,
	}
)

// OpenWork implements fulfil.Store. Orders, lines and attempts have what routing
// needs.
func (s *Store) OpenWork(ctx context.Context, orderIDs []int64) ([]fulfil.Work, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	var works []fulfil.Work
	index := make(map[int64]int)
	of := func(orderID int64) *fulfil.Work {
		if i, found := index[orderID]; found {
			return &works[i]
		}
		return nil
	}
	err := s.db.Peek(ctx,
		store.NewQuery(selectToRoute, []any{orderIDs}, func(row store.Scanner) error {
			o := &order.Order{}
			err := row.Scan(&o.ID, &o.Number, &o.MerchantID, &o.Status, &o.Currency, &o.CreatedAt)
			o.CreatedAt = store.UTC(o.CreatedAt)
			index[o.ID] = len(works)
			works = append(works, fulfil.Work{Order: o, Attempts: make(map[int64][]fulfil.Attempt)})
			return err
		}),
		store.NewQuery(selectToServe, []any{orderIDs}, func(row store.Scanner) error { return scanOpenLine(row, of) }),
		store.NewQuery(selectTried, []any{orderIDs}, func(row store.Scanner) error { return scanTried(row, of) }),
	)
	return works, store.During("read open orders", store.Unavailable(err))
}

func scanOpenLine(row store.Scanner, of func(orderID int64) *fulfil.Work) error {
	var l order.Line
	var within int64
	var loss fulfil.LossRule
	var policy catalog.LossPolicy
	err := row.Scan(
		&l.ID, &l.OrderID, &l.Position, &l.ProductID, &l.Quantity, &l.Completed, &l.Failed, &l.Cancelled, &l.Status,
		&l.Total, &within, &loss.Most, &policy,
	)
	w := of(l.OrderID)
	if err != nil || w == nil {
		return err
	}
	w.Order.Lines = append(w.Order.Lines, l)
	if within > 0 {
		if w.Within == nil {
			w.Within = make(map[int64]time.Duration)
		}
		w.Within[l.ProductID] = time.Duration(within) * time.Second
	}
	if loss.Wait = policy == catalog.LossWaits; loss != (fulfil.LossRule{}) {
		if w.Loss == nil {
			w.Loss = make(map[int64]fulfil.LossRule)
		}
		w.Loss[l.ProductID] = loss
	}
	return nil
}

func scanTried(row store.Scanner, of func(orderID int64) *fulfil.Work) error {
	var a fulfil.Attempt
	var next, settled *time.Time
	err := row.Scan(
		&a.ID, &a.OrderID, &a.LineID, &a.MerchantID, &a.ProviderID, &a.OfferID, &a.Number, &a.Reference, &a.Quantity,
		&a.Status, &a.FailureCode, &a.FailureMessage, &a.Checks, &a.SubmittedAt, &next, &settled, &a.UpdatedAt,
	)
	w := of(a.OrderID)
	if err != nil || w == nil {
		return err
	}
	a.SubmittedAt = store.UTC(a.SubmittedAt)
	a.NextCheckAt = store.UTCOrNil(next)
	a.SettledAt = store.UTCOrNil(settled)
	a.UpdatedAt = store.UTC(a.UpdatedAt)
	w.Attempts[a.LineID] = append(w.Attempts[a.LineID], a)
	return nil
}

// Attempts implements fulfil.Store.
func (s *Store) Attempts(ctx context.Context, orderIDs []int64) (map[int64]map[int64][]fulfil.Attempt, error) {
	rows, err := s.db.Reader.Attempt.Query().Where(entattempt.OrderIDIn(orderIDs...)).
		Order(entattempt.ByLineID(), entattempt.ByNumber()).All(ctx)
	if err != nil {
		return nil, store.During("read attempts", store.Unavailable(err))
	}
	attempts, err := s.fromDBAttempts(rows)
	if err != nil {
		return nil, err
	}
	byOrder := make(map[int64]map[int64][]fulfil.Attempt)
	for i := range attempts {
		a := attempts[i]
		if byOrder[a.OrderID] == nil {
			byOrder[a.OrderID] = make(map[int64][]fulfil.Attempt)
		}
		byOrder[a.OrderID][a.LineID] = append(byOrder[a.OrderID][a.LineID], a)
	}
	return byOrder, nil
}

// Stalled implements fulfil.Store.
func (s *Store) Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	query := store.Same(strings.TrimSpace(`
		SELECT o.id FROM orders o WHERE o.status IN ('pending', 'processing') AND o.created_at < $1
			AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.status IN ('pending', 'processing')
			AND l.updated_at < $1
				AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = l.id AND a.settled_at IS NULL
				AND (a.next_check_at > $1 OR a.status = 'parked')))
			ORDER BY o.updated_at LIMIT $2`))
	var ids []int64
	err := s.db.Peek(ctx, store.NewQuery(query, []any{before.UTC(), limit}, func(row store.Scanner) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}))
	return ids, store.During("find stalled orders", store.Unavailable(err))
}

// WakeFulfilment inserts a job that routes the orders at the given moment; the
// zero time for now.
func (s *Store) WakeFulfilment(ctx context.Context, orderIDs []int64, at time.Time) error {
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Enqueue(ctx, store.Queued{
			Args: job.FulfilArgs{OrderIDs: orderIDs, Trails: trail.In(ctx).Of(orderIDs)}, At: at,
		})
	})
}

var selectLineContents = store.Same(`SELECT id, content FROM units WHERE line_id = $1 ORDER BY id`)

// LineContents implements fulfil.Store.
func (s *Store) LineContents(ctx context.Context, lineID int64) (contents []string, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectLineContents, []any{lineID}, func(row store.Scanner) error {
		id, content, err := store.ScanContent(row, s.db.Vault.OpenUnit)
		contents = append(contents, content)
		return s.db.Vault.WithoutIt("unit", id, err)
	}))
	return contents, store.During("read goods of a line", store.Unavailable(err))
}
