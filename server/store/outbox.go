package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/ent"
	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

var (
	// The lanes with something planned are found one after the other in the index,
	// however many deliveries wait in each.
	selectDueLanes = same(`WITH RECURSIVE lanes(lane) AS (
			SELECT * FROM (SELECT lane FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY lane LIMIT 1) AS first
			UNION ALL
			SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.next_attempt_at IS NOT NULL AND d.lane > lanes.lane ORDER BY d.lane LIMIT 1)
			FROM lanes WHERE lanes.lane IS NOT NULL)
		SELECT lane FROM lanes WHERE lane IS NOT NULL
		AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.lane = lanes.lane AND d.next_attempt_at <= $1)`)

	claimColumns = ` RETURNING id, merchant_id, endpoint_id, sealed_url, url, format, type, line_id, sequence, message_id, attempts, payload, happened_at,
			event_id`
	claimDue = statement{
		postgres: `UPDATE webhook_deliveries SET claimed_until = $4, next_attempt_at = $4 WHERE id IN (
				SELECT id FROM webhook_deliveries WHERE lane = $1 AND next_attempt_at <= $2
				ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)` + claimColumns,
		sqlite: `UPDATE webhook_deliveries SET claimed_until = $4, next_attempt_at = $4 WHERE id IN (
				SELECT id FROM webhook_deliveries WHERE lane = $1 AND next_attempt_at <= $2
				ORDER BY next_attempt_at, id LIMIT $3)` + claimColumns,
	}
	siblingColumns = `SELECT id, line_id, endpoint_id, sequence, status, claimed_until FROM webhook_deliveries `
	selectSiblings = statement{
		postgres: siblingColumns + `WHERE line_id = ANY($1::bigint[]) ORDER BY id`,
		sqlite:   siblingColumns + `WHERE line_id IN (SELECT value FROM json_each($1)) ORDER BY id`,
	}
	claimDelivery = &change{table: "webhook_deliveries", columns: []column{
		{name: "status", kind: "text"},
		{name: "response_excerpt", kind: "text"},
		{name: "next_attempt_at", kind: "timestamptz"},
		{name: "claimed_until", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}

	selectDeliveries = statement{
		postgres: `SELECT id, status FROM webhook_deliveries WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
		sqlite:   `SELECT id, status FROM webhook_deliveries WHERE id IN (SELECT value FROM json_each($1))`,
	}
	settleDelivery = &change{table: "webhook_deliveries", columns: []column{
		{name: "status", kind: "text"},
		{name: "attempts", kind: "bigint"},
		{name: "response_status", kind: "bigint"},
		{name: "response_excerpt", kind: "text"},
		{name: "duration_ms", kind: "bigint"},
		{name: "next_attempt_at", kind: "timestamptz"},
		{name: "claimed_until", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	webhookAttemptsTable = &table{name: "webhook_attempts", columns: []column{
		{name: "delivery_id", kind: "bigint"},
		{name: "number", kind: "bigint"},
		{name: "request_id", kind: "text"},
		{name: "status", kind: "bigint"},
		{name: "excerpt", kind: "text"},
		{name: "duration_ms", kind: "bigint"},
		{name: "created_at", kind: "timestamptz"},
	}}
	endpointFails   = same(`UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL RETURNING id`)
	endpointAnswers = same(`UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL RETURNING id`)
	disableEndpoint = same(`UPDATE webhook_endpoints SET status = 'disabled', disable_reason = $2, updated_at = $3
			WHERE id = $1 AND status = 'active' AND merchant_id = $4 RETURNING id`)
	pauseDeliveries = same(`UPDATE webhook_deliveries SET next_attempt_at = NULL, claimed_until = NULL
			WHERE endpoint_id = $1 AND status = 'pending' RETURNING id`)
)

// ignoreRow is for statements whose rows say nothing new.
func ignoreRow(row scanner) error {
	var ignored any
	return row.Scan(&ignored)
}

// DueLanes implements webhook.Outbox.
func (s *Store) DueLanes(ctx context.Context, now time.Time) ([]string, error) {
	var lanes []string
	err := s.peek(ctx, read{selectDueLanes, []any{now.UTC()}, func(row scanner) error {
		var lane string
		err := row.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	}})
	return lanes, during("find lanes with deliveries due", wrap(err, nil))
}

// taken is a delivery as it was claimed.
type taken struct {
	webhook.Due

	endpointID int64
	eventID    int64
	sequence   int64
	unreadable bool // its body cannot be opened
}

// body is where what the delivery says stands, if it has none of its own.
func (t *taken) body() bodyKey { return bodyKey{t.eventID, t.Endpoint.Format, t.LineID} }

// ClaimDeliveries implements webhook.Outbox.
func (s *Store) ClaimDeliveries(ctx context.Context, claims []webhook.Claim) (due [][]*webhook.Due, err error) {
	err = s.bulk(ctx, func(tx bulkTx) error {
		due, err = s.claimDeliveries(ctx, tx, claims)
		return err
	})
	return due, during("claim deliveries", err)
}

func (s *Store) claimDeliveries(ctx context.Context, tx bulkTx, claims []webhook.Claim) ([][]*webhook.Due, error) {
	now := s.now()
	byLane := make([][]*taken, len(claims))
	var all []*taken
	reads := make([]read, len(claims))
	for i, c := range claims {
		until := c.Until.UTC().Truncate(time.Microsecond)
		reads[i] = read{claimDue, []any{c.Lane, now, c.Most, until}, func(row scanner) error {
			t, err := s.scanTaken(row, until)
			byLane[i], all = append(byLane[i], t), append(all, t)
			return err
		}}
	}
	if err := tx.read(ctx, reads...); err != nil {
		return nil, err
	}
	due := make([][]*webhook.Due, len(claims))
	if len(all) == 0 {
		return due, nil
	}
	ways, err := s.readWays(ctx, tx, all, now)
	if err != nil {
		return nil, err
	}
	if err := s.readBodies(ctx, tx, all); err != nil {
		return nil, err
	}
	written := update{change: claimDelivery}
	for i := range byLane {
		slices.SortFunc(byLane[i], func(a, b *taken) int { return cmp.Compare(a.ID, b.ID) })
		for _, t := range byLane[i] {
			if ways.let(t, &written) {
				due[i] = append(due[i], &t.Due)
			}
		}
	}
	byID(written.rows)
	return due, tx.seal(ctx, &written)
}

func (s *Store) scanTaken(row scanner, until time.Time) (*taken, error) {
	t := &taken{}
	t.Until = until
	var payload, sealedURL []byte
	var happened *time.Time
	e, p := &t.Endpoint, &t.Parcel
	err := row.Scan(&t.ID, &e.MerchantID, &t.endpointID, &sealedURL, &e.URL, &e.Format, &p.Type, &t.LineID, &t.sequence, &p.MessageID, &t.Attempts,
		&payload, &happened, &t.eventID)
	if err != nil {
		return t, err
	}
	e.MaxRetries = webhook.ByFormat
	if happened != nil {
		t.HappenedAt = utc(*happened)
	}
	if e.URL, err = s.openText(sealedURL, e.URL, deliveryURLs.atRow(p.MessageID)); err != nil {
		s.setAside("address of webhook delivery", t.ID, err)
		t.unreadable = true
	}
	if len(payload) == 0 {
		return t, nil // it says what others do: see readBodies
	}
	if p.Body, err = s.unseal(payload, deliveryBodies.atRow(p.MessageID)); err != nil {
		s.setAside("webhook delivery", t.ID, err)
		t.unreadable = true
	}
	return t, nil
}

// ways is where the deliveries of a claim go, and what stands in their way.
type ways struct {
	now       time.Time
	endpoints map[int64]*way
	keys      map[int64]string    // callback keys by merchant
	keyless   map[int64]bool      // merchants whose callback key cannot be opened
	siblings  map[int64][]sibling // deliveries about the same line, by line
	done      map[int64]bool      // deliveries of which the claim has written what becomes of them
}

type way struct {
	webhook.Endpoint

	secrets    []string
	unreadable bool // its address or some secret cannot be opened
}

// sibling is a delivery about a line.
type sibling struct {
	id, endpointID, sequence int64
	status                   webhook.DeliveryStatus
	claimed                  bool
}

func (s *Store) readWays(ctx context.Context, tx bulkTx, all []*taken, now time.Time) (*ways, error) {
	w := &ways{now: now, endpoints: make(map[int64]*way), siblings: make(map[int64][]sibling), done: make(map[int64]bool)}
	var endpointIDs, merchantIDs, lineIDs []int64
	for _, t := range all {
		if t.endpointID != webhook.OwnAddress {
			endpointIDs = append(endpointIDs, t.endpointID)
		}
		if t.endpointID == webhook.OwnAddress || t.Endpoint.Format == webhook.FormatBursaGB {
			merchantIDs = append(merchantIDs, t.Endpoint.MerchantID)
		}
		if t.LineID != 0 {
			lineIDs = append(lineIDs, t.LineID)
		}
	}
	var reads []read
	if len(endpointIDs) > 0 {
		reads = append(reads, read{selectWays, []any{distinct(endpointIDs)}, func(row scanner) error { return s.scanWay(row, w) }})
	}
	if len(lineIDs) > 0 {
		reads = append(reads, read{selectSiblings, []any{distinct(lineIDs)}, func(row scanner) error {
			var line int64
			var b sibling
			var until *time.Time
			err := row.Scan(&b.id, &line, &b.endpointID, &b.sequence, &b.status, &until)
			b.claimed = until != nil && until.After(now)
			w.siblings[line] = append(w.siblings[line], b)
			return err
		}})
	}
	var err error
	w.keys, w.keyless, err = s.callbackKeys(ctx, tx, merchantIDs, reads)
	return w, err
}

var (
	wayColumns = `SELECT id, merchant_id, sealed_url, url, format, status, settings, failing_since, secret, previous_secret, previous_secret_until,
			previous_secrets FROM webhook_endpoints `
	selectWays = statement{
		postgres: wayColumns + `WHERE id = ANY($1::bigint[])`,
		sqlite:   wayColumns + `WHERE id IN (SELECT value FROM json_each($1))`,
	}
	selectMerchantSettings = statement{
		postgres: `SELECT id, settings FROM merchants WHERE id = ANY($1::bigint[])`,
		sqlite:   `SELECT id, settings FROM merchants WHERE id IN (SELECT value FROM json_each($1))`,
	}
)

// callbackKeys reads the keys that merchants' receivers know, and more on the way. Those whose key cannot be opened are
// keyless.
func (s *Store) callbackKeys(
	ctx context.Context, tx bulkTx, merchantIDs []int64, more []read,
) (keys map[int64]string, keyless map[int64]bool, err error) {
	keys, keyless = make(map[int64]string), make(map[int64]bool)
	if len(merchantIDs) > 0 {
		more = append(more, read{selectMerchantSettings, []any{distinct(merchantIDs)}, func(row scanner) error {
			merchant := &ent.Merchant{}
			var text []byte
			if err := row.Scan(&merchant.ID, &text); err != nil {
				return err
			}
			merchant.Settings = text
			key, err := s.callbackKeyOf(merchant)
			if err != nil {
				s.setAside("callback key of merchant", merchant.ID, err)
				keyless[merchant.ID] = true
			}
			keys[merchant.ID] = key
			return nil
		}})
	}
	return keys, keyless, tx.read(ctx, more...)
}

func (s *Store) scanWay(row scanner, w *ways) error {
	r := &ent.WebhookEndpoint{}
	var settings []byte
	err := row.Scan(&r.ID, &r.MerchantID, &r.SealedURL, &r.URL, &r.Format, &r.Status, &settings, &r.FailingSince, &r.Secret, &r.PreviousSecret,
		&r.PreviousSecretUntil, &r.PreviousSecrets)
	if err != nil {
		return err
	}
	r.Settings = settings
	e, err := s.fromDBEndpoint(r)
	if err != nil {
		return err
	}
	found := &way{Endpoint: e}
	if found.secrets, err = s.signingSecrets(r, w.now); err != nil {
		s.setAside("webhook endpoint", r.ID, err)
	}
	found.unreadable = err != nil || e.URL == ""
	w.endpoints[r.ID] = found
	return nil
}

// let completes a delivery that may go its way, or writes what becomes of it.
func (w *ways) let(t *taken, written *update) bool {
	if w.done[t.ID] {
		return false
	}
	end := func(id int64, status webhook.DeliveryStatus, why string, next any) {
		w.done[id] = true
		written.add(id, string(status), why, next, nil, w.now)
	}
	if t.unreadable {
		end(t.ID, webhook.DeliveryFailed, unreadableBody, nil)
		return false
	}
	if t.Parcel.Body == nil {
		end(t.ID, webhook.DeliveryFailed, lostBody, nil)
		return false
	}
	if w.keyless[t.Endpoint.MerchantID] {
		end(t.ID, webhook.DeliveryPending, unreadableSecret, w.now.Add(unreadableWait))
		return false
	}
	if t.endpointID != webhook.OwnAddress {
		found := w.endpoints[t.endpointID]
		switch {
		case found == nil:
			end(t.ID, webhook.DeliveryFailed, goneEndpoint, nil)
			return false
		case found.Status != webhook.StatusActive && webhook.Waits(found.Format):
			end(t.ID, webhook.DeliveryPending, inactiveEndpoint, nil)
			return false
		case found.Status != webhook.StatusActive:
			end(t.ID, webhook.DeliveryFailed, inactiveEndpoint, nil)
			return false
		case found.unreadable: // a new secret can still be given
			end(t.ID, webhook.DeliveryPending, unreadableSecret, w.now.Add(unreadableWait))
			return false
		}
		t.Endpoint, t.Parcel.Secrets = found.Endpoint, found.secrets
	}
	t.Parcel.Key = w.keys[t.Endpoint.MerchantID]
	for _, b := range w.siblings[t.LineID] {
		if b.endpointID != t.endpointID || b.id == t.ID {
			continue
		}
		switch {
		case b.sequence > t.sequence:
			end(t.ID, webhook.DeliverySuperseded, "", nil)
			return false
		case b.claimed && !w.done[b.id]:
			// It must not arrive after this one.
			end(t.ID, webhook.DeliveryPending, "", w.now.Add(time.Second))
			return false
		case b.status == webhook.DeliveryPending && !w.done[b.id]:
			end(b.id, webhook.DeliverySuperseded, "", nil)
		}
	}
	return true
}

// SettleDeliveries implements webhook.Outbox.
func (s *Store) SettleDeliveries(ctx context.Context, outcomes []webhook.Outcome) error {
	ids := make([]int64, len(outcomes))
	for i := range outcomes {
		ids[i] = outcomes[i].Due.ID
	}
	err := s.bulk(ctx, func(tx bulkTx) error {
		statuses := make(map[int64]webhook.DeliveryStatus)
		// Endpoints before their deliveries, as whoever changes an endpoint does.
		err := tx.read(ctx, append(endpointHealth(outcomes), read{selectDeliveries, []any{distinct(ids)}, func(row scanner) error {
			var id int64
			var status webhook.DeliveryStatus
			err := row.Scan(&id, &status)
			statuses[id] = status
			return err
		}})...)
		if err != nil {
			return err
		}
		rows, attempts := update{change: settleDelivery}, insert{table: webhookAttemptsTable}
		now := s.now()
		for i := range outcomes {
			o := &outcomes[i]
			a := &o.Attempt
			took := a.Took.Milliseconds()
			attempts.add(o.Due.ID, a.Number, a.RequestID, a.Status, a.Excerpt, took, a.At.UTC().Truncate(time.Microsecond))
			// Another process that had claimed it too, when this one took too long, may
			// have delivered it.
			if statuses[o.Due.ID] != webhook.DeliveryPending && o.Status != webhook.DeliveryDelivered {
				continue
			}
			statuses[o.Due.ID] = o.Status
			var next any
			if o.NextAt != nil {
				next = o.NextAt.UTC().Truncate(time.Microsecond)
			}
			rows.add(o.Due.ID, string(o.Status), a.Number, a.Status, a.Excerpt, took, next, nil, now)
		}
		byID(rows.rows)
		return tx.seal(ctx, &rows, &attempts)
	})
	return during("settle deliveries", err)
}

// endpointHealth notes since when endpoints fail, and that they do not any more.
func endpointHealth(outcomes []webhook.Outcome) []read {
	health := make(map[int64]*webhook.Outcome) // the last success, else the first failure
	var ids []int64
	for i := range outcomes {
		o := &outcomes[i]
		id := o.Due.Endpoint.ID
		if id == webhook.OwnAddress {
			continue
		}
		if health[id] == nil {
			ids = append(ids, id)
		}
		if health[id] == nil || o.Attempt.OK() {
			health[id] = o
		}
	}
	slices.Sort(ids)
	var reads []read
	for _, id := range ids {
		o := health[id]
		switch failing := o.Due.Endpoint.FailingSince != nil; {
		case o.Attempt.OK() && failing:
			reads = append(reads, read{endpointAnswers, []any{id}, ignoreRow})
		case !o.Attempt.OK() && !failing:
			reads = append(reads, read{endpointFails, []any{id, o.Attempt.At.UTC().Truncate(time.Microsecond)}, ignoreRow})
		}
	}
	return reads
}

// DisableEndpoint implements webhook.Outbox.
func (s *Store) DisableEndpoint(ctx context.Context, merchantID, endpointID int64, reason string) error {
	err := s.bulk(ctx, func(tx bulkTx) error {
		wallets := make(map[int64]*order.WalletState)
		events := newEventRows()
		disabled := false
		err := tx.read(ctx, append(s.lockLogs([]int64{merchantID}),
			read{selectWallets.locked(lockAccounts), []any{[]int64{merchantID}}, func(row scanner) error { return scanWallet(row, wallets) }},
			read{disableEndpoint, []any{endpointID, reason, s.now(), merchantID}, func(row scanner) error {
				disabled = true
				return ignoreRow(row)
			}},
			events.readTargets([]int64{merchantID}),
		)...)
		wallet := wallets[merchantID]
		if err != nil || !disabled {
			return err
		}
		if wallet == nil {
			return account.ErrNoWallet
		}
		if err := tx.read(ctx, read{pauseDeliveries, []any{endpointID}, ignoreRow}); err != nil {
			return err
		}
		wallet.EventSequence++
		err = events.add([]event.Event{{
			MerchantID: merchantID, Sequence: wallet.EventSequence, Type: event.WebhookDisabled, CreatedAt: s.now(),
			Data: map[string]string{"endpoint": fmt.Sprint(endpointID), "reason": reason},
		}}, nil)
		if err != nil {
			return err
		}
		raised := update{change: changeWallets}
		raised.add(wallet.AccountID, int64(wallet.Balance), wallet.EventSequence, s.now())
		if err := tx.enqueue(ctx, events.jobs()...); err != nil {
			return err
		}
		tx.announce(merchantID)
		return tx.seal(ctx, &events, &raised)
	})
	return during("disable webhook endpoint", err)
}

// AddTest implements webhook.DeliveryStore.
func (s *Store) AddTest(ctx context.Context, d webhook.NewDelivery) (due *webhook.Due, err error) {
	err = s.bulk(ctx, func(tx bulkTx) error {
		t := &taken{endpointID: d.EndpointID}
		t.Endpoint = webhook.Endpoint{MerchantID: d.MerchantID, Format: d.Format}
		t.Parcel = webhook.Parcel{MessageID: d.MessageID, Type: d.Type, Body: d.Body}
		w, err := s.readWays(ctx, tx, []*taken{t}, s.now())
		if err != nil {
			return err
		}
		found := w.endpoints[d.EndpointID]
		if found == nil || found.MerchantID != d.MerchantID {
			return webhook.ErrEndpointNotFound
		}
		t.Endpoint, t.Parcel.Secrets, t.Parcel.Key = found.Endpoint, found.secrets, w.keys[d.MerchantID]
		rows := insert{table: testsTable, each: func(row scanner) error { return row.Scan(&t.ID) }}
		rows.add(s.deliveryRow(&d, webhook.StatusActive)...)
		due = &t.Due
		return tx.seal(ctx, &rows)
	})
	return due, during("send a test event", err)
}

var testsTable = &table{name: "webhook_deliveries", columns: deliveryColumns, suffix: "RETURNING id"}
