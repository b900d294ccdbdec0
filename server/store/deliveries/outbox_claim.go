package deliveries

import (
	"cmp"
	"context"
	"slices"
	"time"

	"orderhub/ent"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	claimColumns = ` RETURNING id, merchant_id, endpoint_id, sealed_url, url, format, type, line_id, sequence,
		message_id, attempts, payload, happened_at,
			event_id, order_id`
	// Operators are told in order: what is not answered yet keeps what came later waiting. A test is of no event, and
	// comes before or after any.
	inOrder = `AND (format <> '` + webhook.FormatOperators + `' OR event_id = 0 OR sequence = (SELECT min(o.sequence)
				FROM webhook_deliveries o WHERE o.lane = $1 AND o.next_attempt_at IS NOT NULL AND o.event_id > 0))`
	// Nothing of a lane that is left alone or that another process has alone; one of a lane that was left alone.
	claimDue = store.Statement{
		Postgres: `UPDATE webhook_deliveries SET claimed_until = $4, next_attempt_at = $4 WHERE id IN (
				SELECT id FROM webhook_deliveries WHERE lane = $1 AND next_attempt_at <= $2 AND NOT EXISTS (` + laneTaken + `)
				` + inOrder + `
				ORDER BY next_attempt_at, id LIMIT CASE WHEN EXISTS (` + laneTripped + `) THEN 1 ELSE $3::bigint END
				FOR UPDATE SKIP LOCKED)` + claimColumns,
		SQLite: `UPDATE webhook_deliveries SET claimed_until = $4, next_attempt_at = $4 WHERE id IN (
				SELECT id FROM webhook_deliveries WHERE lane = $1 AND next_attempt_at <= $2 AND NOT EXISTS (` + laneTaken + `)
				` + inOrder + `
				ORDER BY next_attempt_at, id LIMIT CASE WHEN EXISTS (` + laneTripped + `) THEN 1 ELSE $3 END)` + claimColumns,
	}
	siblingColumns = `SELECT id, line_id, endpoint_id, sequence, status, claimed_until FROM webhook_deliveries `
	selectSiblings = store.Statement{
		Postgres: siblingColumns + `WHERE line_id = ANY($1::bigint[]) ORDER BY id`,
		SQLite:   siblingColumns + `WHERE line_id IN (SELECT value FROM json_each($1)) ORDER BY id`,
	}
	claimDelivery = &store.Change[fate]{
		Table: "webhook_deliveries", ID: func(r *fate) int64 { return r.DeliveryID }, Columns: []store.Column[fate]{
			store.Text("status", func(r *fate) webhook.DeliveryStatus { return r.Status }),
			store.Text("response_excerpt", func(r *fate) string { return r.Reason }),
			store.NullTime("next_attempt_at", func(r *fate) *time.Time { return r.NextAt }),
			store.NullTime("claimed_until", func(*fate) *time.Time { return nil }),
			store.Time("updated_at", func(r *fate) time.Time { return r.at }),
		},
	}
)

// fate is what becomes of a delivery that was claimed.
type fate struct {
	webhook.Fate

	at time.Time
}

// claimedDelivery is a delivery as it was claimed.
type claimedDelivery struct {
	webhook.Due

	endpointID int64
	eventID    int64
	sequence   int64
	unreadable bool // its body cannot be opened
}

// body is where what the delivery says stands, if it has none of its own.
func (t *claimedDelivery) body() bodyKey { return bodyKey{t.eventID, t.Endpoint.Format, t.LineID} }

// ClaimDeliveries implements webhook.Outbox.
func (s *Store) ClaimDeliveries(ctx context.Context, claims []webhook.Claim) (due [][]*webhook.Due, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		due, err = s.claimDeliveries(ctx, tx, claims)
		return err
	})
	return due, store.During("claim deliveries", err)
}

func (s *Store) claimDeliveries(ctx context.Context, tx store.BulkTx, claims []webhook.Claim) (
	[][]*webhook.Due, error,
) {
	now := s.db.Now()
	byLane := make([][]*claimedDelivery, len(claims))
	var all []*claimedDelivery
	failing := make(map[string]bool)
	reads := takeLanes(claims, now, failing)
	for _, c := range claims {
		i, until := len(reads)-1, c.Until.UTC().Truncate(time.Microsecond)
		args := []any{c.Lane, now, c.Most, until, c.Holder, webhook.TripAfter}
		reads = append(reads, store.NewQuery(claimDue, args, func(row store.Scanner) error {
			t, err := s.scanClaimed(row, until)
			t.Lane, t.Failing = c.Lane, failing[c.Lane]
			byLane[i], all = append(byLane[i], t), append(all, t)
			return err
		}))
	}
	if err := tx.Query(ctx, reads...); err != nil {
		return nil, err
	}
	due := make([][]*webhook.Due, len(claims))
	if len(all) == 0 {
		return due, nil
	}
	around, err := s.readSurroundings(ctx, tx, all, now)
	if err != nil {
		return nil, err
	}
	if err := s.readBodies(ctx, tx, all); err != nil {
		return nil, err
	}
	for i := range byLane {
		slices.SortFunc(byLane[i], func(a, b *claimedDelivery) int { return cmp.Compare(a.ID, b.ID) })
		for _, t := range byLane[i] {
			if around.posts(t) {
				due[i] = append(due[i], &t.Due)
			}
		}
	}
	written := claimDelivery.Update()
	for _, f := range around.Fates {
		written.Add(fate{f, now})
	}
	return due, tx.Commit(ctx, &written)
}

func (s *Store) scanClaimed(row store.Scanner, until time.Time) (*claimedDelivery, error) {
	t := &claimedDelivery{}
	t.Until = until
	var payload, sealedURL []byte
	var happened *time.Time
	e, p := &t.Endpoint, &t.Parcel
	err := row.Scan(
		&t.ID, &e.MerchantID, &t.endpointID, &sealedURL, &e.URL, &e.Format, &p.Type, &t.LineID, &t.sequence, &p.MessageID,
		&t.Attempts, &payload, &happened, &t.eventID, &t.OrderID,
	)
	if err != nil {
		return t, err
	}
	e.MaxRetries = webhook.ByFormat
	if happened != nil {
		t.HappenedAt = store.UTC(*happened)
	}
	if e.URL, err = s.db.Vault.OpenText(sealedURL, e.URL, store.DeliveryURLs.AtRow(p.MessageID)); err != nil {
		s.db.Vault.SetAside("address of webhook delivery", t.ID, err)
		t.unreadable = true
	}
	if len(payload) == 0 {
		return t, nil // it says what others do: see readBodies
	}
	if p.Body, err = s.db.Vault.Unseal(payload, store.DeliveryBodies.AtRow(p.MessageID)); err != nil {
		s.db.Vault.SetAside("webhook delivery", t.ID, err)
		t.unreadable = true
	}
	return t, nil
}

// surroundings are what decides where the deliveries of a claim go, and whether they do.
type surroundings struct {
	webhook.Claims

	endpoints map[int64]*receiver
	keys      map[int64]string // callback keys by merchant
	keyless   map[int64]bool   // merchants whose callback key cannot be opened
}

// receiver is an endpoint with what signs for it.
type receiver struct {
	webhook.Endpoint

	secrets    []string
	unreadable bool // its address or some secret cannot be opened
}

// posts completes a delivery that is to be posted.
func (a *surroundings) posts(t *claimedDelivery) bool {
	d := &webhook.Claimed{
		ID: t.ID, EndpointID: t.endpointID, LineID: t.LineID, Sequence: t.sequence,
		Unreadable: t.unreadable, Lost: t.Parcel.Body == nil, Unsigned: a.keyless[t.Endpoint.MerchantID],
	}
	to := a.endpoints[t.endpointID]
	if to != nil {
		d.Endpoint, d.Unsigned = &to.Endpoint, d.Unsigned || to.unreadable
	}
	if !a.Post(d) {
		return false
	}
	a.address(t, to)
	return true
}

// address says where the delivery goes and what signs it.
func (a *surroundings) address(t *claimedDelivery, to *receiver) {
	if to != nil {
		t.Endpoint, t.Parcel.Secrets = to.Endpoint, to.secrets
	}
	t.Parcel.Key = a.keys[t.Endpoint.MerchantID]
}

func (s *Store) readSurroundings(ctx context.Context, tx store.BulkTx, all []*claimedDelivery, now time.Time) (
	*surroundings, error,
) {
	w := &surroundings{
		Claims: webhook.Claims{Now: now, Siblings: make(map[int64][]webhook.Sibling)}, endpoints: make(map[int64]*receiver),
	}
	var endpointIDs, merchantIDs, lineIDs []int64
	for _, t := range all {
		if t.endpointID != webhook.OwnAddress {
			endpointIDs = append(endpointIDs, t.endpointID)
		}
		if t.endpointID == webhook.OwnAddress || webhook.TraitsOf(t.Endpoint.Format).Keyed {
			merchantIDs = append(merchantIDs, t.Endpoint.MerchantID)
		}
		if t.LineID != 0 {
			lineIDs = append(lineIDs, t.LineID)
		}
	}
	var reads []store.Query
	if len(endpointIDs) > 0 {
		reads = append(reads, store.NewQuery(
			selectReceivers, []any{store.Distinct(endpointIDs)}, func(row store.Scanner) error { return s.scanReceiver(row, w) },
		))
	}
	if len(lineIDs) > 0 {
		reads = append(reads, store.NewQuery(selectSiblings, []any{store.Distinct(lineIDs)}, func(row store.Scanner) error {
			var line int64
			var b webhook.Sibling
			var until *time.Time
			err := row.Scan(&b.ID, &line, &b.EndpointID, &b.Sequence, &b.Status, &until)
			b.Claimed = until != nil && until.After(now)
			w.Siblings[line] = append(w.Siblings[line], b)
			return err
		}))
	}
	var err error
	w.keys, w.keyless, err = s.callbackKeys(ctx, tx, merchantIDs, reads)
	return w, err
}

var (
	receiverColumns = `SELECT id, merchant_id, sealed_url, url, format, status, settings, failing_since, secret,
		previous_secret, previous_secret_until,
			previous_secrets FROM webhook_endpoints `
	selectReceivers = store.Statement{
		Postgres: receiverColumns + `WHERE id = ANY($1::bigint[])`,
		SQLite:   receiverColumns + `WHERE id IN (SELECT value FROM json_each($1))`,
	}
	selectMerchantSettings = store.Statement{
		Postgres: `SELECT id, settings FROM merchants WHERE id = ANY($1::bigint[])`,
		SQLite:   `SELECT id, settings FROM merchants WHERE id IN (SELECT value FROM json_each($1))`,
	}
)

// callbackKeys reads the keys that merchants' receivers know, and more on the way. Those whose key cannot be opened are
// keyless.
func (s *Store) callbackKeys(
	ctx context.Context, tx store.BulkTx, merchantIDs []int64, more []store.Query,
) (keys map[int64]string, keyless map[int64]bool, err error) {
	keys, keyless = make(map[int64]string), make(map[int64]bool)
	if len(merchantIDs) > 0 {
		more = append(
			more, store.NewQuery(selectMerchantSettings, []any{store.Distinct(merchantIDs)}, func(row store.Scanner) error {
				merchant := &ent.Merchant{}
				var text []byte
				if err := row.Scan(&merchant.ID, &text); err != nil {
					return err
				}
				merchant.Settings = text
				key, err := s.db.Vault.CallbackKeyOf(merchant)
				if err != nil {
					s.db.Vault.SetAside("callback key of merchant", merchant.ID, err)
					keyless[merchant.ID] = true
				}
				keys[merchant.ID] = key
				return nil
			}),
		)
	}
	return keys, keyless, tx.Query(ctx, more...)
}

func (s *Store) scanReceiver(row store.Scanner, w *surroundings) error {
	r := &ent.WebhookEndpoint{}
	var settings []byte
	err := row.Scan(
		&r.ID, &r.MerchantID, &r.SealedURL, &r.URL, &r.Format, &r.Status, &settings, &r.FailingSince, &r.Secret,
		&r.PreviousSecret, &r.PreviousSecretUntil, &r.PreviousSecrets,
	)
	if err != nil {
		return err
	}
	r.Settings = settings
	e, err := s.fromDBEndpoint(r)
	if err != nil {
		return err
	}
	found := &receiver{Endpoint: e}
	found.secrets, err = s.signingSecrets(r, w.Now)
	found.unreadable = err != nil || e.URL == ""
	w.endpoints[r.ID] = found
	return s.db.Vault.WithoutIt("webhook endpoint", r.ID, err)
}
