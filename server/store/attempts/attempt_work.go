package attempts

import (
	"context"
	"time"

	entattempt "orderhub/ent/attempt"
	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/job"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/trail"
)

var (
	selectToRoute = store.FromPostgres(`SELECT id, number, merchant_id, status, currency, created_at FROM orders
		WHERE status IN ('pending', 'processing') AND id = ANY($1::bigint[]) ORDER BY id`)
	selectToServe = store.FromPostgres(`SELECT ` + store.Selected((*lineToServe).fields) + ` FROM order_lines l
		JOIN products p ON p.id = l.product_id WHERE l.order_id = ANY($1::bigint[]) ORDER BY l.order_id, l.position`)
	selectTried = store.FromPostgres(`SELECT ` + store.Selected(triedFields) + ` FROM attempts
		WHERE order_id = ANY($1::bigint[]) ORDER BY line_id, number`)
	selectToReplace = store.FromPostgres(`SELECT ` + store.Selected((*lineToReplace).fields) + `
		FROM replacements r JOIN orders o ON o.id = r.order_id JOIN order_lines l ON l.id = r.line_id
		JOIN products p ON p.id = l.product_id WHERE r.ended_at IS NULL AND r.order_id = ANY($1::bigint[])
		ORDER BY r.id`)
)

// openWork is what is read of orders and replacements that go on.
type openWork struct {
	works        []fulfil.Work
	orders       map[int64]int // where each is among the works
	replacements map[int64]int
	tried        map[int64]int // by line: the highest number of its attempts
}

// of finds a work; nil where it does not go on.
func (w *openWork) of(orderID, replacementID int64) *fulfil.Work {
	i, found := w.orders[orderID]
	if replacementID != 0 {
		i, found = w.replacements[replacementID]
	}
	if !found {
		return nil
	}
	return &w.works[i]
}

func (w *openWork) add(o *order.Order, replacementID int64) {
	if replacementID != 0 {
		w.replacements[replacementID] = len(w.works)
	} else {
		w.orders[o.ID] = len(w.works)
	}
	w.works = append(w.works, fulfil.Work{
		Order: o, ReplacementID: replacementID, Attempts: make(map[int64][]fulfil.Attempt), Tried: w.tried,
	})
}

// OpenWork implements fulfil.Store. Orders, lines and attempts have what routing
// needs.
func (s *Store) OpenWork(ctx context.Context, orderIDs []int64) ([]fulfil.Work, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	w := &openWork{orders: make(map[int64]int), replacements: make(map[int64]int), tried: make(map[int64]int)}
	err := s.db.Peek(ctx,
		store.NewQuery(selectToRoute, []any{orderIDs}, func(row store.Scanner) error {
			o := &order.Order{}
			err := row.Scan(&o.ID, &o.Number, &o.MerchantID, &o.Status, &o.Currency, &o.CreatedAt)
			w.add(o, 0)
			return err
		}),
		store.NewQuery(selectToServe, []any{orderIDs}, store.EachOf((*lineToServe).fields, w.addLine)),
		store.NewQuery(selectToReplace, []any{orderIDs}, store.EachOf((*lineToReplace).fields, w.addReplacement)),
		store.NewQuery(selectTried, []any{orderIDs}, store.EachOf(triedFields, w.addTried)),
	)
	return w.works, store.During("read open orders", err)
}

// productRules is what holds for the purchases of a line's product.
type productRules struct {
	within int64 // seconds
	loss   fulfil.LossRule
	policy catalog.LossPolicy
}

// put adds a line to a work, with what holds for its product.
func (p *productRules) put(w *fulfil.Work, l *order.Line) {
	w.Order.Lines = append(w.Order.Lines, *l)
	if p.within > 0 {
		if w.Within == nil {
			w.Within = make(map[int64]time.Duration)
		}
		w.Within[l.ProductID] = time.Duration(p.within) * time.Second
	}
	if p.loss.Wait = p.policy == catalog.LossWaits; p.loss != (fulfil.LossRule{}) {
		if w.Loss == nil {
			w.Loss = make(map[int64]fulfil.LossRule)
		}
		w.Loss[l.ProductID] = p.loss
	}
}

// lineToServe is a line of an order that goes on.
type lineToServe struct {
	order.Line

	rules productRules
}

func (r *lineToServe) fields() store.Fields {
	return store.Fields{
		"l.id", &r.ID, "l.order_id", &r.OrderID, "l.position", &r.Position, "l.product_id", &r.ProductID,
		"l.quantity", &r.Quantity, "l.completed", &r.Completed, "l.failed", &r.Failed, "l.cancelled", &r.Cancelled,
		"l.status", &r.Status, "l.total_micros", &r.Total, "p.fulfil_within_s", &r.rules.within,
		"p.max_loss_bp", &r.rules.loss.Most, "p.loss_policy", &r.rules.policy,
	}
}

func (w *openWork) addLine(row *lineToServe) error {
	if work := w.of(row.OrderID, 0); work != nil {
		row.rules.put(work, &row.Line)
	}
	return nil
}

// lineToReplace is a line some of whose units are replaced, with its order.
type lineToReplace struct {
	order order.Order
	line  order.Line
	rules productRules

	id    int64 // of the replacement
	sold  int64
	total money.Amount
}

func (r *lineToReplace) fields() store.Fields {
	o, l := &r.order, &r.line
	return store.Fields{
		"r.id", &r.id, "o.id", &o.ID, "o.number", &o.Number, "o.merchant_id", &o.MerchantID, "o.currency", &o.Currency,
		"r.created_at", &o.CreatedAt, "l.id", &l.ID, "l.position", &l.Position, "l.product_id", &l.ProductID,
		"r.quantity", &l.Quantity, "r.completed", &l.Completed, "r.failed", &l.Failed, "l.quantity", &r.sold,
		"l.total_micros", &r.total, "p.fulfil_within_s", &r.rules.within, "p.max_loss_bp", &r.rules.loss.Most,
		"p.loss_policy", &r.rules.policy,
	}
}

// addReplacement makes a work of a replacement: its units were sold for their part of the line's price.
func (w *openWork) addReplacement(row *lineToReplace) error {
	o, l := row.order, &row.line
	o.Status, l.Status = order.StatusProcessing, order.StatusProcessing
	l.OrderID = o.ID
	parts := []money.Amount{money.Amount(l.Quantity), money.Amount(row.sold - l.Quantity)}
	l.Total = money.ShareOut(row.total, parts, o.Currency)[0]
	w.add(&o, row.id)
	row.rules.put(&w.works[len(w.works)-1], l)
	return nil
}

func triedFields(a *fulfil.Attempt) store.Fields {
	return store.Fields{
		"id", &a.ID, "order_id", &a.OrderID, "line_id", &a.LineID, "coalesce(replacement_id, 0)", &a.ReplacementID,
		"merchant_id", &a.MerchantID, "provider_id", &a.ProviderID, "offer_id", &a.OfferID, "number", &a.Number,
		"reference", &a.Reference, "quantity", &a.Quantity, "status", &a.Status, "failure_code", &a.FailureCode,
		"failure_message", &a.FailureMessage, "checks", &a.Checks, "submitted_at", &a.SubmittedAt,
		"next_check_at", &a.NextCheckAt, "settled_at", &a.SettledAt, "updated_at", &a.UpdatedAt,
	}
}

func (w *openWork) addTried(a *fulfil.Attempt) error {
	w.tried[a.LineID] = max(w.tried[a.LineID], a.Number)
	work := w.of(a.OrderID, a.ReplacementID)
	if work == nil {
		return nil
	}
	work.Attempts[a.LineID] = append(work.Attempts[a.LineID], *a)
	return nil
}

func (s *Store) Attempts(ctx context.Context, orderIDs []int64) (map[int64]map[int64][]fulfil.Attempt, error) {
	rows, err := s.db.Reader.Attempt.Query().Where(entattempt.OrderIDIn(orderIDs...)).
		Order(entattempt.ByLineID(), entattempt.ByNumber()).All(ctx)
	if err != nil {
		return nil, store.During("read attempts", err)
	}
	attempts, err := store.Converted(rows, s.fromDBAttempt)
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

var (
	selectStalled = store.Same(`SELECT o.id FROM orders o WHERE o.status IN ('pending', 'processing')
		AND o.created_at < $1
		AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.status IN ('pending', 'processing')
			AND l.updated_at < $1
			AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = l.id AND a.replacement_id IS NULL
				AND a.settled_at IS NULL AND (a.next_check_at > $1 OR a.status = 'parked')))
		ORDER BY o.updated_at LIMIT $2`)
	selectStalledReplacing = store.Same(`SELECT r.order_id FROM replacements r
		WHERE r.ended_at IS NULL AND r.updated_at < $1
			AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = r.line_id AND a.replacement_id = r.id
				AND a.settled_at IS NULL AND (a.next_check_at > $1 OR a.status = 'parked'))
		ORDER BY r.id LIMIT $2`)
)

func (s *Store) Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error) {
	var ids []int64
	args := []any{before.UTC(), limit}
	err := s.db.Peek(ctx, store.NewQuery(selectStalled, args, store.Gather(&ids)),
		store.NewQuery(selectStalledReplacing, args, store.Gather(&ids)))
	return ids, store.During("find stalled orders", err)
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

func (s *Store) LineContents(ctx context.Context, lineID int64) (contents []string, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectLineContents, []any{lineID}, func(row store.Scanner) error {
		id, content, err := store.ScanContent(row, s.db.Vault.OpenUnit)
		contents = append(contents, content)
		return s.db.Vault.WithoutIt("unit", id, err)
	}))
	return contents, store.During("read goods of a line", err)
}
