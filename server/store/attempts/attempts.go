package attempts

import (
	"context"
	"fmt"
	"slices"
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
	"orderhub/server/store"
	"orderhub/server/trail"
)

// callBatch is how many attempts one job sees to.
const callBatch = 128

// callJobs are the jobs that see to the attempts, each in its provider's queue.
func callJobs(attempts []fulfil.Attempt, fresh bool, trails trail.Orders) []store.Queued {
	byProvider, orders := make(map[int64][]int64), make(map[int64]int64)
	for i := range attempts {
		byProvider[attempts[i].ProviderID] = append(byProvider[attempts[i].ProviderID], attempts[i].ID)
		orders[attempts[i].ID] = attempts[i].OrderID
	}
	var jobs []store.Queued
	for provider, ids := range byProvider {
		for chunk := range slices.Chunk(ids, callBatch) {
			args := job.CallArgs{AttemptIDs: chunk, Fresh: fresh}
			for _, id := range chunk {
				args.Trails.Add(orders[id], trails[orders[id]])
			}
			jobs = append(jobs, store.Queued{Args: args, Queue: job.ProviderQueue(provider)})
		}
	}
	return jobs
}

func (s *Store) WakeCalls(ctx context.Context, attempts []fulfil.Attempt) error {
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Enqueue(ctx, callJobs(attempts, false, trail.In(ctx))...)
	})
}

var (
	selectSteps = store.FromPostgres(`SELECT ` + store.Selected((*readStep).fields) + `
		FROM attempts a JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id
		JOIN products p ON p.id = l.product_id LEFT JOIN replacements r ON r.id = a.replacement_id
		WHERE a.settled_at IS NULL AND a.id = ANY($1::bigint[]) ORDER BY a.id`)
	selectDue = store.FromPostgres(`SELECT next_check_at FROM attempts WHERE id = ANY($1::bigint[])
		AND settled_at IS NULL
		AND next_check_at IS NOT NULL ORDER BY next_check_at LIMIT 1`)
)

func (s *Store) Steps(ctx context.Context, attemptIDs []int64) ([]fulfil.Step, error) {
	if len(attemptIDs) == 0 {
		return nil, nil
	}
	var steps []fulfil.Step
	each := store.EachOf((*readStep).fields, func(row *readStep) error {
		step, err := s.fromDBStep(row)
		if store.IsUnreadable(err) { // a person sees to it; the others go on
			s.db.Vault.SetAside("attempt", step.Attempt.ID, err)
			return nil
		}
		steps = append(steps, step)
		return err
	})
	err := s.db.Peek(ctx, store.NewQuery(selectSteps, []any{attemptIDs}, each))
	return steps, store.During("read attempts", err)
}

// readStep is a step as it is read.
type readStep struct {
	fulfil.Step

	ordered   time.Time
	replaced  *time.Time
	within    int64 // seconds
	charged   *int64
	held      []byte // sealed
	exchanges []byte
	private   []byte // what a door keeps of the customer, sealed
	customer  []byte // the customer's fields, sealed
	personal  []byte // who is served, sealed, or
	inClear   store.Personal
}

func (r *readStep) fields() store.Fields {
	a, p := &r.Attempt, &r.Purchase
	return store.Fields{
		"a.id", &a.ID, "a.order_id", &a.OrderID, "a.line_id", &a.LineID,
		"coalesce(a.replacement_id, 0)", &a.ReplacementID,
		"a.merchant_id", &a.MerchantID, "a.provider_id", &a.ProviderID, "a.offer_id", &a.OfferID,
		"a.provider_sku", &a.ProviderSKU, "a.cost_micros", &a.Cost, "a.currency", &a.Currency, "a.number", &a.Number,
		"a.reference", &a.Reference, "a.quantity", &a.Quantity, "a.status", &a.Status,
		"a.provider_reference", &a.ProviderReference, "a.failure_code", &a.FailureCode,
		"a.failure_message", &a.FailureMessage, "a.checks", &a.Checks, "a.held", &r.held, "a.exchanges", &r.exchanges,
		"a.dispute", &a.Dispute, "a.charged_micros", &r.charged, "a.charged_currency", &a.Charged.Currency,
		"a.submitted_at", &a.SubmittedAt, "a.next_check_at", &a.NextCheckAt, "a.updated_at", &a.UpdatedAt,
		"o.currency", &p.PriceCurrency, "o.door", &p.Door, "o.private", &r.private, "o.personal", &r.personal,
		"o.recipient_user_id", &r.inClear.UserID, "o.recipient_server_id", &r.inClear.ServerID,
		"o.recipient_character_id", &r.inClear.CharacterID, "o.created_at", &r.ordered, "r.created_at", &r.replaced,
		"l.private", &r.customer, "l.use_date", &p.UseDate, "l.unit_price_micros", &p.UnitPrice,
		"p.fulfil_within_s", &r.within,
	}
}

func (s *Store) fromDBStep(row *readStep) (step fulfil.Step, err error) {
	step = row.Step
	a, p := &step.Attempt, &step.Purchase
	a.Charged.Amount = money.Amount(store.Value(row.charged))
	step.OrderedAt = row.ordered
	if row.replaced != nil {
		step.OrderedAt = *row.replaced
	}
	if row.within > 0 {
		step.Deadline = step.OrderedAt.Add(time.Duration(row.within) * time.Second)
	}
	if a.Held, err = s.db.Vault.OpenHeld(a.ID, row.held); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	if a.Exchanges, err = exchangesFromDB(a.ID, row.exchanges); err != nil {
		return step, err
	}
	if p.Private, err = s.db.Vault.OpenPrivate(a.OrderID, row.private); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	if p.Fields, err = s.db.Vault.OpenFields(a.LineID, row.customer); err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	whose, err := s.db.Vault.OpenPersonal(a.OrderID, row.personal, row.inClear)
	if err != nil {
		return step, fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	p.Recipient = dialect.Recipient(whose.Recipient())
	p.Reference = a.Reference
	p.ProviderReference = a.ProviderReference
	p.SKU = a.ProviderSKU
	p.Quantity = a.Quantity
	p.UnitCost = a.Cost
	p.Currency = a.Currency
	p.SubmittedAt = a.SubmittedAt
	p.Held = a.Held
	return step, nil
}

func (s *Store) Due(ctx context.Context, attemptIDs []int64) (due *time.Time, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectDue, []any{store.SomeIfNil(attemptIDs)}, store.Into(&due)))
	return due, store.During("find what is due", err)
}

// claims are the two halves of Claim, submissions first: what one of them takes
// is no longer due for the other.
var (
	claimUnsent = store.FromPostgres(`UPDATE attempts SET status = 'submitting', submitted_at = $2, next_check_at = $3,
		updated_at = $2 WHERE id = ANY($1::bigint[]) AND settled_at IS NULL
		AND ((status = 'waiting' AND next_check_at <= $2) OR ($4 AND status = 'submitting' AND checks = 0))
		RETURNING id`)
	claimSent = store.FromPostgres(`UPDATE attempts SET next_check_at = $3, updated_at = $2
		WHERE id = ANY($1::bigint[]) AND settled_at IS NULL AND status IN ('submitting', 'accepted', 'unknown')
		AND next_check_at <= $2 RETURNING id`)
)

func (s *Store) Claim(ctx context.Context, attemptIDs []int64, fresh bool, until time.Time) (
	submit, ask []int64, err error,
) {
	if len(attemptIDs) == 0 {
		return nil, nil, nil
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		submit, ask = nil, nil
		now := s.db.Now()
		return tx.Query(ctx,
			store.NewQuery(claimUnsent, []any{attemptIDs, now, until.UTC(), fresh}, store.Gather(&submit)),
			store.NewQuery(claimSent, []any{attemptIDs, now, until.UTC()}, store.Gather(&ask)))
	})
	return submit, ask, store.During("claim attempts", err)
}

var withhold = store.Same(`UPDATE attempts SET next_check_at = $3, updated_at = $2
	WHERE id = $1 AND settled_at IS NULL AND status = 'waiting' RETURNING id`)

func (s *Store) Withhold(ctx context.Context, attemptID int64, until time.Time) (held bool, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		held = false
		args := []any{attemptID, s.db.Now(), until.UTC()}
		return tx.Query(ctx, store.NewQuery(withhold, args, store.Found(&held)))
	})
	return held, store.During("withhold attempt", err)
}

func (s *Store) Attempt(ctx context.Context, id int64) (fulfil.Attempt, error) {
	row, err := s.db.Reader.Attempt.Get(ctx, id)
	if err != nil {
		return fulfil.Attempt{}, store.During("find attempt", store.Translate(err, fulfil.ErrAttemptNotFound))
	}
	found, err := s.withNames(ctx, []*ent.Attempt{row})
	if err != nil {
		return fulfil.Attempt{}, err
	}
	return found[0], nil
}

// withNames are attempts with what people call their orders and lines.
func (s *Store) withNames(ctx context.Context, rows []*ent.Attempt) ([]fulfil.Attempt, error) {
	attempts, err := store.Converted(rows, s.fromDBAttempt)
	if err != nil || len(attempts) == 0 {
		return attempts, err
	}
	orderIDs, lineIDs := make([]int64, len(attempts)), make([]int64, len(attempts))
	for i := range attempts {
		orderIDs[i], lineIDs[i] = attempts[i].OrderID, attempts[i].LineID
	}
	orders, err := s.db.Reader.Order.Query().Where(entorder.IDIn(store.Distinct(orderIDs)...)).
		Select(entorder.FieldID, entorder.FieldNumber).All(ctx)
	if err != nil {
		return nil, store.During("find the orders of attempts", err)
	}
	lines, err := s.db.Reader.OrderLine.Query().Where(orderline.IDIn(store.Distinct(lineIDs)...)).
		Select(orderline.FieldID, orderline.FieldPosition).All(ctx)
	if err != nil {
		return nil, store.During("find the lines of attempts", err)
	}
	claims, err := s.claimsOf(ctx, attempts)
	if err != nil {
		return nil, err
	}
	numbers, positions := make(map[int64]string, len(orders)), make(map[int64]int, len(lines))
	for _, o := range orders {
		numbers[o.ID] = o.Number
	}
	for _, l := range lines {
		positions[l.ID] = l.Position
	}
	for i := range attempts {
		a := &attempts[i]
		a.OrderNumber, a.Position, a.ClaimID = numbers[a.OrderID], positions[a.LineID], claims[a.ReplacementID]
	}
	return attempts, nil
}

func (s *Store) ListAttempts(ctx context.Context, f fulfil.AttemptFilter) ([]fulfil.Attempt, error) {
	query := s.db.Reader.Attempt.Query().Where(
		store.Given(entattempt.Status, string(f.Status)), store.Given(entattempt.ProviderID, f.ProviderID),
		store.Given(entattempt.OrderID, f.OrderID), store.Given(entattempt.IDLT, f.BeforeID),
	)
	if f.Disputed {
		query.Where(entattempt.DisputeNEQ(""))
	}
	rows, err := query.Order(ent.Desc(entattempt.FieldID)).Limit(f.Limit).All(ctx)
	if err != nil {
		return nil, store.During("list attempts", err)
	}
	return s.withNames(ctx, rows)
}

func (s *Store) fromDBAttempt(row *ent.Attempt) (fulfil.Attempt, error) {
	held, err := s.db.Vault.OpenHeld(row.ID, row.Held)
	if err = s.db.Vault.WithoutIt("goods held by attempt", row.ID, err); err != nil {
		return fulfil.Attempt{}, fmt.Errorf("attempt %s: %w", row.Reference, err)
	}
	exchanges, err := exchangesFromDB(row.ID, row.Exchanges)
	if err != nil {
		return fulfil.Attempt{}, err
	}
	return fulfil.Attempt{
		ID: row.ID, OrderID: row.OrderID, LineID: row.LineID, ReplacementID: store.Value(row.ReplacementID),
		MerchantID: row.MerchantID, ProviderID: row.ProviderID,
		OfferID: row.OfferID, ProviderSKU: row.ProviderSku, Cost: money.Amount(row.CostMicros),
		Currency: money.Currency(row.Currency), Number: row.Number, Reference: row.Reference,
		Quantity: int64(row.Quantity),
		Status:   fulfil.AttemptStatus(row.Status), ProviderReference: row.ProviderReference,
		FailureCode:    row.FailureCode,
		FailureMessage: row.FailureMessage, Checks: row.Checks, SubmittedAt: row.SubmittedAt,
		NextCheckAt: row.NextCheckAt, Held: held, Exchanges: exchanges, Dispute: row.Dispute,
		SettledAt: row.SettledAt, PayloadRemovedAt: row.PayloadRemovedAt,
		UpdatedAt: row.UpdatedAt,
		Charged:   store.SumOf(row.ChargedMicros, row.ChargedCurrency),
		Booked:    store.SumOf(row.BookedMicros, row.BookedCurrency),
	}, nil
}

var markDispute = store.Same(`UPDATE attempts SET dispute = $2, updated_at = $3 WHERE id = $1 AND dispute = ''
	RETURNING id`)

func (s *Store) Dispute(ctx context.Context, a fulfil.Attempt, how string) (marked bool, err error) {
	note := order.Settlement{
		MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID,
		Notes: []order.Note{{Type: event.AttemptDisputed, Data: map[string]string{
			"reason":  how,
			"attempt": a.Reference,
		}}},
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		marked = false
		t, err := s.loadSettlement(ctx, tx, []order.Settlement{note})
		if err != nil {
			return err
		}
		err = tx.Query(ctx, store.NewQuery(markDispute, []any{a.ID, how, s.db.Now()}, store.Found(&marked)))
		if err != nil || !marked {
			return err
		}
		if err := t.settle(ctx, note); err != nil {
			return err
		}
		return t.write(ctx, tx.Commit)
	})
	return marked, store.During("dispute attempt", err)
}
