package deliveries

import (
	"context"
	"fmt"
	"time"

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

// place is where the body is sealed.
func (k bodyKey) place() secret.Place {
	return store.SharedBodies.AtRow(fmt.Sprintf("%d:%s:%d", k.eventID, k.format, k.lineID))
}

var (
	columnsOfBodies = []store.Column[body]{
		store.Bigint("event_id", func(r *body) int64 { return r.eventID }),
		store.Text("format", func(r *body) string { return r.format }),
		store.Bigint("line_id", func(r *body) int64 { return r.lineID }),
		store.Bytes("payload", func(r *body) []byte { return r.sealed }),
		store.Time("created_at", func(r *body) time.Time { return r.at }),
	}
	oncePerMessage = "ON CONFLICT (event_id, format, line_id) DO "
	bodiesTable    = &store.Table[body]{
		Name: "webhook_bodies", Columns: columnsOfBodies, Suffix: oncePerMessage + "NOTHING",
	}
	// What is told again is as old as that: what is no longer kept goes by it, and waits for who dates it anew.
	repeatedBodiesTable = &store.Table[body]{
		Name: "webhook_bodies", Columns: columnsOfBodies,
		Suffix: oncePerMessage + "UPDATE SET created_at = excluded.created_at",
	}
	selectBodies = store.FromPostgres(`SELECT event_id, format, line_id, payload FROM webhook_bodies
		WHERE event_id = ANY($1::bigint[])`)
)

// body is what deliveries say, as it is written.
type body struct {
	bodyKey

	sealed []byte
	at     time.Time
}

// bodies gathers what deliveries say. A body that is there already stays: a
// message never changes.
type bodies struct {
	store.Insert[body]

	store *Store
	added map[bodyKey]bool
}

// newBodies gathers them for one of the tables of bodies.
func (s *Store) newBodies(into *store.Table[body]) *bodies {
	return &bodies{Insert: into.Insert(), store: s, added: make(map[bodyKey]bool)}
}

// share adds what the delivery says, unless it tells of no event.
func (b *bodies) share(d *webhook.NewDelivery) {
	key := bodyKey{d.EventID, d.Format, d.LineID}
	if d.EventID == 0 || b.added[key] {
		return
	}
	b.added[key] = true
	b.Add(body{key, b.store.db.Sealer.Seal(d.Body, key.place()), b.store.db.Now()})
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
	return tx.Query(ctx, store.NewQuery(selectBodies, []any{store.Distinct(eventIDs)}, func(row store.Scanner) error {
		var key bodyKey
		var payload []byte
		if err := row.Scan(&key.eventID, &key.format, &key.lineID, &payload); err != nil || wanted[key] == nil {
			return err
		}
		body, err := s.db.Vault.Unseal(payload, key.place())
		if err != nil {
			s.db.Vault.SetAside("webhook body of event", key.eventID, err)
		}
		for _, t := range wanted[key] {
			t.Parcel.Body, t.unreadable = body, t.unreadable || err != nil
		}
		return nil
	}))
}
