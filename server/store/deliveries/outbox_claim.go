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
	claimColumns = ` RETURNING ` + store.Selected((*readDelivery).fields)
	// Operators are told in order: what is not answered yet keeps what came later waiting. A test is of no event, and
	// comes before or after any.
	inOrder = `AND (format <> '` + webhook.FormatOperators + `' OR event_id = 0 OR sequence = (SELECT min(o.sequence)
				FROM webhook_deliveries o WHERE o.lane = $1 AND o.next_attempt_at IS NOT NULL AND o.event_id > 0))`
	// Nothing of a lane that is left alone or that another process has alone; one of a lane that was left alone.
	claimDue = store.FromPostgres(`UPDATE webhook_deliveries SET claimed_until = $4, next_attempt_at = $4 WHERE id IN (
			SELECT id FROM webhook_deliveries WHERE lane = $1 AND next_attempt_at <= $2
			AND NOT EXISTS (` + laneTaken + `)
			` + inOrder + `
			ORDER BY next_attempt_at, id LIMIT CASE WHEN EXISTS (` + laneTripped + `) THEN 1 ELSE CAST($3 AS bigint) END
			FOR UPDATE SKIP LOCKED)` + claimColumns)
	selectSiblings = store.FromPostgres(`SELECT id, line_id, endpoint_id, sequence, status, claimed_until
		FROM webhook_deliveries WHERE line_id = ANY($1::bigint[]) ORDER BY id`)
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

// readDelivery is the same as it is read.
type readDelivery struct {
	claimedDelivery

	payload, sealedURL []byte
	happened           *time.Time
}

func (r *readDelivery) fields() store.Fields {
	e, p := &r.Endpoint, &r.Parcel
	return store.Fields{
		"id", &r.ID, "merchant_id", &e.MerchantID, "endpoint_id", &r.endpointID, "sealed_url", &r.sealedURL,
		"url", &e.URL,
		"format", &e.Format, "type", &p.Type, "line_id", &r.LineID, "sequence", &r.sequence, "message_id", &p.MessageID,
		"attempts", &r.Attempts, "payload", &r.payload, "happened_at", &r.happened, "event_id", &r.eventID,
		"order_id", &r.OrderID,
	}
}

// body is where what the delivery says stands, if it has none of its own.
func (t *claimedDelivery) body() bodyKey { return bodyKey{t.eventID, t.Endpoint.Format, t.LineID} }

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
		each := store.EachOf((*readDelivery).fields, func(row *readDelivery) error {
			t := s.claimed(row)
			t.Lane, t.Failing, t.Until = c.Lane, failing[c.Lane], until
			byLane[i], all = append(byLane[i], t), append(all, t)
			return nil
		})
		reads = append(reads, store.NewQuery(claimDue, args, each))
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

func (s *Store) claimed(row *readDelivery) *claimedDelivery {
	delivery := row.claimedDelivery
	t := &delivery
	e, p := &t.Endpoint, &t.Parcel
	e.MaxRetries = webhook.ByFormat
	if row.happened != nil {
		t.HappenedAt = *row.happened
	}
	var err error
	if e.URL, err = s.db.Vault.OpenText(row.sealedURL, e.URL, store.DeliveryURLs.AtRow(p.MessageID)); err != nil {
		s.db.Vault.SetAside("address of webhook delivery", t.ID, err)
		t.unreadable = true
	}
	if len(row.payload) == 0 {
		return t // it says what others do: see readBodies
	}
	if p.Body, err = s.db.Vault.Unseal(row.payload, store.DeliveryBodies.AtRow(p.MessageID)); err != nil {
		s.db.Vault.SetAside("webhook delivery", t.ID, err)
		t.unreadable = true
	}
	return t
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
		Claims:    webhook.Claims{Now: now, Siblings: make(map[int64][]webhook.Sibling)},
		endpoints: make(map[int64]*receiver),
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
			selectReceivers, []any{store.Distinct(endpointIDs)},
			store.EachOf((*readReceiver).fields, func(row *readReceiver) error { return s.addReceiver(row, w) }),
		))
	}
	if len(lineIDs) > 0 {
		reads = append(reads, store.NewQuery(selectSiblings, []any{store.Distinct(lineIDs)},
			func(row store.Scanner) error {
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
	selectReceivers = store.FromPostgres(`SELECT ` + store.Selected((*readReceiver).fields) + ` FROM webhook_endpoints
		WHERE id = ANY($1::bigint[])`)
	selectMerchantSettings = store.FromPostgres(`SELECT id, settings FROM merchants WHERE id = ANY($1::bigint[])`)
)

// callbackKeys reads the keys that merchants' receivers know, and more on the way. Those whose key cannot be opened are
// keyless.
func (s *Store) callbackKeys(
	ctx context.Context, tx store.BulkTx, merchantIDs []int64, more []store.Query,
) (keys map[int64]string, keyless map[int64]bool, err error) {
	keys, keyless = make(map[int64]string), make(map[int64]bool)
	if len(merchantIDs) > 0 {
		more = append(
			more, store.NewQuery(selectMerchantSettings, []any{store.Distinct(merchantIDs)},
				func(row store.Scanner) error {
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

// readReceiver is an endpoint as it is read.
type readReceiver struct {
	ent.WebhookEndpoint

	settings []byte
}

func (r *readReceiver) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "merchant_id", &r.MerchantID, "sealed_url", &r.SealedURL, "url", &r.URL, "format", &r.Format,
		"status", &r.Status, "settings", &r.settings, "failing_since", &r.FailingSince, "secret", &r.Secret,
		"previous_secret", &r.PreviousSecret, "previous_secret_until", &r.PreviousSecretUntil,
		"previous_secrets", &r.PreviousSecrets,
	}
}

func (s *Store) addReceiver(row *readReceiver, w *surroundings) error {
	r := &row.WebhookEndpoint
	r.Settings = row.settings
	e, err := s.endpoints.FromDB(r)
	if err != nil {
		return err
	}
	found := &receiver{Endpoint: e}
	found.secrets, err = s.endpoints.SigningSecrets(r, w.Now)
	found.unreadable = err != nil || e.URL == ""
	w.endpoints[r.ID] = found
	return s.db.Vault.WithoutIt("webhook endpoint", r.ID, err)
}
