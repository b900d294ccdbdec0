package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/ent"
	entattempt "orderhub/ent/attempt"
	entorder "orderhub/ent/order"
	"orderhub/ent/orderline"
	"orderhub/server/dialect"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/job"
	"orderhub/server/money"
	"orderhub/server/order"
)

// callBatch is how many attempts one job sees to.
const callBatch = 128

// callJobs are the jobs that see to the attempts, each in its provider's queue.
func callJobs(attempts []fulfil.Attempt, fresh bool) []queued {
	byProvider := make(map[int64][]int64)
	for i := range attempts {
		byProvider[attempts[i].ProviderID] = append(byProvider[attempts[i].ProviderID], attempts[i].ID)
	}
	var jobs []queued
	for provider, ids := range byProvider {
		for chunk := range slices.Chunk(ids, callBatch) {
			jobs = append(jobs, queued{args: job.CallArgs{AttemptIDs: chunk, Fresh: fresh}, queue: job.ProviderQueue(provider)})
		}
	}
	return jobs
}

// WakeCalls implements fulfil.Store.
func (s *Store) WakeCalls(ctx context.Context, attempts []fulfil.Attempt) error {
	return s.bulk(ctx, func(tx bulkTx) error { return tx.enqueue(ctx, callJobs(attempts, false)...) })
}

var (
	stepColumns = `SELECT a.id, a.order_id, a.line_id, a.merchant_id, a.provider_id, a.offer_id, a.provider_sku, a.cost_micros, a.currency,
			a.number, a.reference, a.quantity, a.status, a.provider_reference, a.failure_code, a.failure_message, a.checks, a.held, a.dispute,
			a.submitted_at, a.next_check_at, a.updated_at,
			o.currency, o.door, o.private, o.personal, o.recipient_user_id, o.recipient_server_id, o.recipient_character_id, o.created_at,
			l.private, l.use_date, l.unit_price_micros, p.fulfil_within_s
		FROM attempts a JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id JOIN products p ON p.id = l.product_id
		WHERE a.settled_at IS NULL AND a.id `
	selectSteps = statement{
		postgres: stepColumns + `= ANY($1::bigint[]) ORDER BY a.id`,
		sqlite:   stepColumns + `IN (SELECT value FROM json_each($1)) ORDER BY a.id`,
	}
	selectDue = statement{
		postgres: `SELECT next_check_at FROM attempts WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND next_check_at IS NOT NULL ORDER BY next_check_at LIMIT 1`,
		sqlite: `SELECT next_check_at FROM attempts WHERE id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL AND next_check_at IS NOT NULL
			ORDER BY next_check_at LIMIT 1`,
	}
)

// Steps implements fulfil.Store.
func (s *Store) Steps(ctx context.Context, attemptIDs []int64) ([]fulfil.Step, error) {
	if len(attemptIDs) == 0 {
		return nil, nil
	}
	var steps []fulfil.Step
	err := s.peek(ctx, read{selectSteps, []any{attemptIDs}, func(row scanner) error {
		step, err := s.scanStep(row)
		if isUnreadable(err) { // a person sees to it; the others go on
			s.setAside("attempt", step.Attempt.ID, err)
			return nil
		}
		steps = append(steps, step)
		return err
	}})
	return steps, during("read attempts", wrap(err, nil))
}

func (s *Store) scanStep(row scanner) (step fulfil.Step, err error) {
	a, p := &step.Attempt, &step.Purchase
	var held, private, sealed, fields []byte
	var clear personal
	var next *time.Time
	var ordered time.Time
	var within int64
	err = row.Scan(&a.ID, &a.OrderID, &a.LineID, &a.MerchantID, &a.ProviderID, &a.OfferID, &a.ProviderSKU, &a.Cost, &a.Currency,
		&a.Number, &a.Reference, &a.Quantity, &a.Status, &a.ProviderReference, &a.FailureCode, &a.FailureMessage, &a.Checks, &held, &a.Dispute,
		&a.SubmittedAt, &next, &a.UpdatedAt,
		&p.PriceCurrency, &p.Door, &private, &sealed, &clear.UserID, &clear.ServerID, &clear.CharacterID, &ordered,
		&fields, &p.UseDate, &p.UnitPrice, &within)
	if err != nil {
		return step, err
	}
	a.SubmittedAt, a.NextCheckAt, a.UpdatedAt = utc(a.SubmittedAt), utcOrNil(next), utc(a.UpdatedAt)
	step.OrderedAt = utc(ordered)
	if within > 0 {
		step.Deadline = step.OrderedAt.Add(time.Duration(within) * time.Second)
	}
	if a.Held, err = s.openHeld(a.ID, held); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	if p.Private, err = s.openPrivate(a.OrderID, private); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	if p.Fields, err = s.openFields(a.LineID, fields); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	whose, err := s.openPersonal(a.OrderID, sealed, clear)
	if err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	p.Recipient = dialect.Recipient(whose.recipient())
	p.Reference, p.ProviderReference, p.SKU, p.Quantity = a.Reference, a.ProviderReference, a.ProviderSKU, a.Quantity
	p.UnitCost, p.Currency, p.SubmittedAt, p.Held = a.Cost, a.Currency, a.SubmittedAt, a.Held
	return step, nil
}

// Due implements fulfil.Store.
func (s *Store) Due(ctx context.Context, attemptIDs []int64) (due *time.Time, err error) {
	err = s.peek(ctx, read{selectDue, []any{someIfNil(attemptIDs)}, func(row scanner) error {
		var at time.Time
		err := row.Scan(&at)
		due = utcOrNil(&at)
		return err
	}})
	return due, during("find what is due", wrap(err, nil))
}

// claims are the two halves of Claim, submissions first: what one of them takes
// is no longer due for the other.
var (
	claimUnsent = statement{
		postgres: `UPDATE attempts SET status = 'submitting', submitted_at = $2, next_check_at = $3, updated_at = $2
			WHERE id = ANY($1::bigint[]) AND settled_at IS NULL
			AND ((status = 'waiting' AND next_check_at <= $2) OR ($4 AND status = 'submitting' AND checks = 0)) RETURNING id`,
		sqlite: `UPDATE attempts SET status = 'submitting', submitted_at = $2, next_check_at = $3, updated_at = $2
			WHERE id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL
			AND ((status = 'waiting' AND next_check_at <= $2) OR ($4 AND status = 'submitting' AND checks = 0)) RETURNING id`,
	}
	claimSent = statement{
		postgres: `UPDATE attempts SET next_check_at = $3, updated_at = $2
			WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND status IN ('submitting', 'accepted', 'unknown') AND next_check_at <= $2 RETURNING id`,
		sqlite: `UPDATE attempts SET next_check_at = $3, updated_at = $2
			WHERE id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL AND status IN ('submitting', 'accepted', 'unknown') AND next_check_at <= $2 RETURNING id`,
	}
)

// Claim implements fulfil.Store.
func (s *Store) Claim(ctx context.Context, attemptIDs []int64, fresh bool, until time.Time) (submit, ask []int64, err error) {
	if len(attemptIDs) == 0 {
		return nil, nil, nil
	}
	collect := func(into *[]int64) func(row scanner) error {
		return func(row scanner) error {
			var id int64
			err := row.Scan(&id)
			*into = append(*into, id)
			return err
		}
	}
	err = s.bulk(ctx, func(tx bulkTx) error {
		submit, ask = nil, nil
		now := s.now()
		return tx.read(ctx,
			read{claimUnsent, []any{attemptIDs, now, until.UTC(), fresh}, collect(&submit)},
			read{claimSent, []any{attemptIDs, now, until.UTC()}, collect(&ask)})
	})
	return submit, ask, during("claim attempts", err)
}

var withhold = statement{
	postgres: `UPDATE attempts SET next_check_at = $3, updated_at = $2 WHERE id = $1 AND settled_at IS NULL AND status = 'waiting' RETURNING id`,
	sqlite:   `UPDATE attempts SET next_check_at = $3, updated_at = $2 WHERE id = $1 AND settled_at IS NULL AND status = 'waiting' RETURNING id`,
}

// Withhold implements fulfil.Store.
func (s *Store) Withhold(ctx context.Context, attemptID int64, until time.Time) (held bool, err error) {
	err = s.bulk(ctx, func(tx bulkTx) error {
		held = false
		return tx.read(ctx, read{withhold, []any{attemptID, s.now(), until.UTC()}, func(row scanner) error {
			held = true
			return row.Scan(new(int64))
		}})
	})
	return held, during("withhold attempt", err)
}

// Attempt implements fulfil.Store.
func (s *Store) Attempt(ctx context.Context, id int64) (fulfil.Attempt, error) {
	row, err := s.reader.Attempt.Get(ctx, id)
	if err != nil {
		return fulfil.Attempt{}, during("find attempt", wrap(err, fulfil.ErrAttemptNotFound))
	}
	found, err := s.named(ctx, []*ent.Attempt{row})
	if err != nil {
		return fulfil.Attempt{}, err
	}
	return found[0], nil
}

// named are attempts with what people call their orders and lines.
func (s *Store) named(ctx context.Context, rows []*ent.Attempt) ([]fulfil.Attempt, error) {
	attempts, err := s.fromDBAttempts(rows)
	if err != nil || len(attempts) == 0 {
		return attempts, err
	}
	orderIDs, lineIDs := make([]int64, len(attempts)), make([]int64, len(attempts))
	for i := range attempts {
		orderIDs[i], lineIDs[i] = attempts[i].OrderID, attempts[i].LineID
	}
	orders, err := s.reader.Order.Query().Where(entorder.IDIn(distinct(orderIDs)...)).Select(entorder.FieldID, entorder.FieldNumber).All(ctx)
	if err != nil {
		return nil, during("find the orders of attempts", wrap(err, nil))
	}
	lines, err := s.reader.OrderLine.Query().Where(orderline.IDIn(distinct(lineIDs)...)).Select(orderline.FieldID, orderline.FieldPosition).All(ctx)
	if err != nil {
		return nil, during("find the lines of attempts", wrap(err, nil))
	}
	numbers, positions := make(map[int64]string, len(orders)), make(map[int64]int, len(lines))
	for _, o := range orders {
		numbers[o.ID] = o.Number
	}
	for _, l := range lines {
		positions[l.ID] = l.Position
	}
	for i := range attempts {
		attempts[i].OrderNumber, attempts[i].Position = numbers[attempts[i].OrderID], positions[attempts[i].LineID]
	}
	return attempts, nil
}

// ListAttempts implements fulfil.Store.
func (s *Store) ListAttempts(ctx context.Context, f fulfil.AttemptFilter) ([]fulfil.Attempt, error) {
	query := s.reader.Attempt.Query()
	if f.Status != "" {
		query.Where(entattempt.Status(string(f.Status)))
	}
	if f.Disputed {
		query.Where(entattempt.DisputeNEQ(""))
	}
	if f.ProviderID != 0 {
		query.Where(entattempt.ProviderID(f.ProviderID))
	}
	if f.OrderID != 0 {
		query.Where(entattempt.OrderID(f.OrderID))
	}
	if f.BeforeID != 0 {
		query.Where(entattempt.IDLT(f.BeforeID))
	}
	rows, err := query.Order(ent.Desc(entattempt.FieldID)).Limit(f.Limit).All(ctx)
	if err != nil {
		return nil, during("list attempts", wrap(err, nil))
	}
	return s.named(ctx, rows)
}

func (s *Store) fromDBAttempts(rows []*ent.Attempt) ([]fulfil.Attempt, error) {
	attempts := make([]fulfil.Attempt, len(rows))
	for i, row := range rows {
		var err error
		if attempts[i], err = s.fromDBAttempt(row); err != nil {
			return nil, err
		}
	}
	return attempts, nil
}

func (s *Store) fromDBAttempt(row *ent.Attempt) (fulfil.Attempt, error) {
	held, err := s.openHeld(row.ID, row.Held)
	if err = s.withoutIt("goods held by attempt", row.ID, err); err != nil {
		return fulfil.Attempt{}, fmt.Errorf("attempt %s: %w", row.Reference, err)
	}
	return fulfil.Attempt{
		ID: row.ID, OrderID: row.OrderID, LineID: row.LineID, MerchantID: row.MerchantID, ProviderID: row.ProviderID, OfferID: row.OfferID,
		ProviderSKU: row.ProviderSku, Cost: money.Amount(row.CostMicros), Currency: money.Currency(row.Currency),
		Number: row.Number, Reference: row.Reference, Quantity: int64(row.Quantity), Status: fulfil.AttemptStatus(row.Status),
		ProviderReference: row.ProviderReference, FailureCode: row.FailureCode, FailureMessage: row.FailureMessage, Checks: row.Checks,
		SubmittedAt: row.SubmittedAt.UTC(), NextCheckAt: utcOrNil(row.NextCheckAt), Held: held, Dispute: row.Dispute,
		SettledAt: utcOrNil(row.SettledAt), UpdatedAt: row.UpdatedAt.UTC(),
	}, nil
}

var (
	noticesTable = &table{name: "callbacks", suffix: "ON CONFLICT (provider_id, notice) DO NOTHING RETURNING notice, attempt_id", columns: []column{
		{name: "provider_id", kind: "bigint"}, {name: "notice", kind: "text"}, {name: "attempt_id", kind: "bigint"}, {name: "created_at", kind: "timestamptz"},
	}}
	selectTold = statement{
		postgres: `SELECT id, reference, provider_reference, settled_at IS NOT NULL FROM attempts WHERE provider_id = $1
			AND (reference = ANY($2::text[]) OR (provider_reference <> '' AND provider_reference = ANY($3::text[])))`,
		sqlite: `SELECT id, reference, provider_reference, settled_at IS NOT NULL FROM attempts WHERE provider_id = $1
			AND (reference IN (SELECT value FROM json_each($2)) OR (provider_reference <> '' AND provider_reference IN (SELECT value FROM json_each($3))))`,
	}
	// A waiting attempt is not with the provider: nothing about it is due.
	hasten = statement{
		postgres: `UPDATE attempts SET next_check_at = $2, updated_at = $2
			WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND status IN ('submitting', 'accepted', 'unknown') RETURNING id`,
		sqlite: `UPDATE attempts SET next_check_at = $2, updated_at = $2
			WHERE id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL AND status IN ('submitting', 'accepted', 'unknown') RETURNING id`,
	}
)

// told is the attempts that notices are about.
type told struct {
	byReference, byTheirs map[string]int64
	settled               map[int64]bool
}

// attempt finds what the notice is about, or 0.
func (t *told) attempt(n *dialect.Notice) int64 {
	if id := t.byReference[n.Reference]; n.Reference != "" && id != 0 {
		return id
	}
	if n.ProviderReference == "" {
		return 0
	}
	return t.byTheirs[n.ProviderReference]
}

// RecordNotices implements fulfil.Store.
func (s *Store) RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (fresh, unknown int, err error) {
	if len(notices) == 0 {
		return 0, 0, nil
	}
	var references, theirs []string
	for i := range notices {
		references, theirs = append(references, notices[i].Reference), append(theirs, notices[i].ProviderReference)
	}
	err = s.bulk(ctx, func(tx bulkTx) error {
		fresh, unknown = 0, 0
		t := &told{byReference: make(map[string]int64), byTheirs: make(map[string]int64), settled: make(map[int64]bool)}
		err := tx.read(ctx, read{selectTold, []any{providerID, references, theirs}, func(row scanner) error {
			var id int64
			var reference, provider string
			var settled bool
			err := row.Scan(&id, &reference, &provider, &settled)
			t.byReference[reference], t.byTheirs[provider], t.settled[id] = id, id, settled
			return err
		}})
		if err != nil {
			return err
		}
		rows := insert{table: noticesTable}
		var open, settled []int64
		rows.each = func(row scanner) error {
			var notice string
			var attempt *int64
			if err := row.Scan(&notice, &attempt); err != nil {
				return err
			}
			fresh++
			switch {
			case attempt == nil:
				unknown++
			case t.settled[*attempt]:
				settled = append(settled, *attempt)
			default:
				open = append(open, *attempt)
			}
			return nil
		}
		seen := make(map[string]bool)
		for i := range notices {
			if n := &notices[i]; !seen[n.ID] {
				seen[n.ID] = true
				var attempt any
				if id := t.attempt(n); id != 0 {
					attempt = id
				}
				rows.add(providerID, n.ID, attempt, s.now())
			}
		}
		if err := tx.write(ctx, &rows); err != nil {
			return err
		}
		return s.wakeTold(ctx, tx, providerID, open, settled)
	})
	return fresh, unknown, during("record callbacks", err)
}

// wakeTold makes open attempts due, and inserts the jobs that see to all of them.
func (s *Store) wakeTold(ctx context.Context, tx bulkTx, providerID int64, open, settled []int64) error {
	var hastened []int64
	if len(open) > 0 {
		err := tx.read(ctx, read{hasten, []any{distinct(open), s.now()}, func(row scanner) error {
			var id int64
			err := row.Scan(&id)
			hastened = append(hastened, id)
			return err
		}})
		if err != nil {
			return err
		}
	}
	var jobs []queued
	if len(hastened) > 0 {
		jobs = append(jobs, queued{args: job.CallArgs{AttemptIDs: hastened}, queue: job.ProviderQueue(providerID)})
	}
	if len(settled) > 0 {
		jobs = append(jobs, queued{args: job.NoticeArgs{AttemptIDs: distinct(settled)}, queue: job.ProviderQueue(providerID)})
	}
	return tx.enqueue(ctx, jobs...)
}

var markDispute = statement{
	postgres: `UPDATE attempts SET dispute = $2, updated_at = $3 WHERE id = $1 AND dispute = '' RETURNING id`,
	sqlite:   `UPDATE attempts SET dispute = $2, updated_at = $3 WHERE id = $1 AND dispute = '' RETURNING id`,
}

// Dispute implements fulfil.Store.
func (s *Store) Dispute(ctx context.Context, a fulfil.Attempt, how string) (marked bool, err error) {
	note := order.Settlement{
		MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID,
		Notes: []order.Note{{Type: event.AttemptDisputed, Data: map[string]string{"reason": how, "attempt": a.Reference}}},
	}
	err = s.bulk(ctx, func(tx bulkTx) error {
		marked = false
		t, err := s.loadSettlement(ctx, tx, []order.Settlement{note})
		if err != nil {
			return err
		}
		err = tx.read(ctx, read{markDispute, []any{a.ID, how, s.now()}, func(row scanner) error {
			marked = true
			return row.Scan(new(int64))
		}})
		if err != nil || !marked {
			return err
		}
		if err := t.settle(ctx, note); err != nil {
			return err
		}
		return t.write(ctx, tx.seal)
	})
	return marked, during("dispute attempt", err)
}

var (
	openOrderColumns = `SELECT id, number, merchant_id, status, created_at FROM orders WHERE status IN ('pending', 'processing') AND id `
	openLineColumns  = `SELECT l.id, l.order_id, l.position, l.product_id, l.quantity, l.completed, l.failed, l.cancelled, l.status, p.fulfil_within_s
		FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id `
	attemptColumns = `SELECT id, order_id, line_id, merchant_id, provider_id, offer_id, number, reference, quantity, status, failure_code, failure_message,
		checks, submitted_at, next_check_at, settled_at, updated_at FROM attempts WHERE order_id `
	inPostgres    = `= ANY($1::bigint[]) `
	inSQLite      = `IN (SELECT value FROM json_each($1)) `
	selectToRoute = statement{postgres: openOrderColumns + inPostgres + `ORDER BY id`, sqlite: openOrderColumns + inSQLite + `ORDER BY id`}
	selectToServe = statement{
		postgres: openLineColumns + inPostgres + `ORDER BY l.order_id, l.position`, sqlite: openLineColumns + inSQLite + `ORDER BY l.order_id, l.position`,
	}
	selectTried = statement{
		postgres: attemptColumns + inPostgres + `ORDER BY line_id, number`, sqlite: attemptColumns + inSQLite + `ORDER BY line_id, number`,
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
	err := s.peek(ctx,
		read{selectToRoute, []any{orderIDs}, func(row scanner) error {
			o := &order.Order{}
			err := row.Scan(&o.ID, &o.Number, &o.MerchantID, &o.Status, &o.CreatedAt)
			o.CreatedAt = utc(o.CreatedAt)
			index[o.ID] = len(works)
			works = append(works, fulfil.Work{Order: o, Attempts: make(map[int64][]fulfil.Attempt)})
			return err
		}},
		read{selectToServe, []any{orderIDs}, func(row scanner) error { return scanOpenLine(row, of) }},
		read{selectTried, []any{orderIDs}, func(row scanner) error { return scanTried(row, of) }},
	)
	return works, during("read open orders", wrap(err, nil))
}

func scanOpenLine(row scanner, of func(orderID int64) *fulfil.Work) error {
	var l order.Line
	var within int64
	err := row.Scan(&l.ID, &l.OrderID, &l.Position, &l.ProductID, &l.Quantity, &l.Completed, &l.Failed, &l.Cancelled, &l.Status, &within)
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
	return nil
}

func scanTried(row scanner, of func(orderID int64) *fulfil.Work) error {
	var a fulfil.Attempt
	var next, settled *time.Time
	err := row.Scan(&a.ID, &a.OrderID, &a.LineID, &a.MerchantID, &a.ProviderID, &a.OfferID, &a.Number, &a.Reference, &a.Quantity, &a.Status,
		&a.FailureCode, &a.FailureMessage, &a.Checks, &a.SubmittedAt, &next, &settled, &a.UpdatedAt)
	w := of(a.OrderID)
	if err != nil || w == nil {
		return err
	}
	a.SubmittedAt, a.NextCheckAt, a.SettledAt, a.UpdatedAt = utc(a.SubmittedAt), utcOrNil(next), utcOrNil(settled), utc(a.UpdatedAt)
	w.Attempts[a.LineID] = append(w.Attempts[a.LineID], a)
	return nil
}

// Attempts implements fulfil.Store.
func (s *Store) Attempts(ctx context.Context, orderIDs []int64) (map[int64]map[int64][]fulfil.Attempt, error) {
	rows, err := s.reader.Attempt.Query().Where(entattempt.OrderIDIn(orderIDs...)).Order(entattempt.ByLineID(), entattempt.ByNumber()).All(ctx)
	if err != nil {
		return nil, during("read attempts", wrap(err, nil))
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
	query := same(strings.TrimSpace(`
		SELECT o.id FROM orders o WHERE o.status IN ('pending', 'processing') AND o.created_at < $1
			AND EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id AND l.status IN ('pending', 'processing') AND l.updated_at < $1
				AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = l.id AND a.settled_at IS NULL AND (a.next_check_at > $1 OR a.status = 'parked')))
			ORDER BY o.updated_at LIMIT $2`))
	var ids []int64
	err := s.peek(ctx, read{query, []any{before.UTC(), limit}, func(row scanner) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	}})
	return ids, during("find stalled orders", wrap(err, nil))
}
