package deliveries

import (
	"context"
	"fmt"

	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// bodyKey names a body: what is told of an event is the same to all who are told
// in a format, one message for each line where the format speaks of lines.
type bodyKey struct {
	eventID int64
	format  string
	lineID  int64
}

// at is where the body is sealed.
func (k bodyKey) at() secret.Place {
	return store.SharedBodies.AtRow(fmt.Sprintf("%d:%s:%d", k.eventID, k.format, k.lineID))
}

var (
	bodiesTable = &store.Table{Name: "webhook_bodies", Columns: []store.Column{
		{Name: "event_id", Kind: "bigint"},
		{Name: "format", Kind: "text"},
		{Name: "line_id", Kind: "bigint"},
		{Name: "payload", Kind: "bytea"},
		{Name: "created_at", Kind: "timestamptz"},
	}, Suffix: "ON CONFLICT (event_id, format, line_id) DO NOTHING"}
	bodyColumns  = `SELECT event_id, format, line_id, payload FROM webhook_bodies `
	selectBodies = store.Statement{
		Postgres: bodyColumns + `WHERE event_id = ANY($1::bigint[])`,
		SQLite:   bodyColumns + `WHERE event_id IN (SELECT value FROM json_each($1))`,
	}
)

// bodies gathers what deliveries say. A body that is there already stays: a
// message never changes.
type bodies struct {
	store.Insert

	store *Store
	added map[bodyKey]bool
}

func (s *Store) newBodies() *bodies {
	return &bodies{Insert: store.Insert{Table: bodiesTable}, store: s, added: make(map[bodyKey]bool)}
}

// share adds what the delivery says, unless it tells of no event.
func (b *bodies) share(d *webhook.NewDelivery) {
	key := bodyKey{d.EventID, d.Format, d.LineID}
	if d.EventID == 0 || b.added[key] {
		return
	}
	b.added[key] = true
	b.Add(d.EventID, d.Format, d.LineID, b.store.db.Sealer.Seal(d.Body, key.at()), b.store.db.Now())
}

// readBodies fills in what deliveries say that have no body of their own.
func (s *Store) readBodies(ctx context.Context, tx store.BulkTx, all []*claimedDelivery) error {
	wanted := make(map[bodyKey][]*claimedDelivery)
	var eventIDs []int64
	for _, t := range all {
		if t.Parcel.Body == nil && !t.unreadable {
			wanted[t.body()] = append(wanted[t.body()], t)
			eventIDs = append(eventIDs, t.eventID)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return tx.Read(ctx, store.NewRead(selectBodies, []any{store.Distinct(eventIDs)}, func(row store.Scanner) error {
		var key bodyKey
		var payload []byte
		if err := row.Scan(&key.eventID, &key.format, &key.lineID, &payload); err != nil || wanted[key] == nil {
			return err
		}
		body, err := s.db.Vault.Unseal(payload, key.at())
		if err != nil {
			s.db.Vault.SetAside("webhook body of event", key.eventID, err)
		}
		for _, t := range wanted[key] {
			t.Parcel.Body, t.unreadable = body, t.unreadable || err != nil
		}
		return nil
	}))
}
