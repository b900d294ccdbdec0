package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/server/audit"
)

// What the keyed hashes of the record are for.
const (
	entryPurpose = "audit entry"
	headPurpose  = "audit head"
	markPurpose  = "audit text"
)

// errNoKeyToRecord is for a process that may read without the key.
var errNoKeyToRecord = errors.New(
	"what operators change is recorded under the key of the database: give it with --key or --key-file",
)

var (
	// The head is locked until the end of the transaction: entries are numbered in the order of their commits.
	lockAuditHead = Same(`INSERT INTO audit_heads (id, entry_id, hash, mac) VALUES (1, 0, $1, $1)
		ON CONFLICT (id) DO UPDATE SET entry_id = audit_heads.entry_id RETURNING entry_id, hash, mac`)
	moveAuditHead = Same(`UPDATE audit_heads SET entry_id = $1, hash = $2, mac = $3 WHERE id = 1 RETURNING id`)
	// AuditColumns are those of an entry.
	AuditColumns = Selected(auditFields)
	insertAudit  = Same(`INSERT INTO audit_entries (` + AuditColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) RETURNING id`)
)

func auditFields(e *audit.Entry) Fields {
	return Fields{
		"id", &e.ID, "at", &e.At, "actor_kind", &e.Actor.Kind, "actor_id", &e.Actor.ID, "actor_name", &e.Actor.Name,
		"key_id", &e.Actor.KeyID, "address", &e.Address, "via", &e.Via, "request_id", &e.RequestID, "method", &e.Method,
		"target_kind", &e.Target.Kind, "target", &e.Target.Name, "reason", &e.Reason, "request", &e.Request,
		"before", &e.Before, "after", &e.After, "broken", &e.Broken, "hash", &e.Hash,
	}
}

// ScanAudit reads an entry.
func ScanAudit(row Scanner, e *audit.Entry) error {
	err := auditFields(e).Scan(row)
	return err
}

// AuditHash is the hash that an entry has after that of the one before.
func (v *Vault) AuditHash(e *audit.Entry, previous []byte) []byte {
	return v.db.Sealer.Fingerprint(e.Content(previous), entryPurpose)
}

// Mark stands in the record for a text that may be secret or personal: equal for equal texts, and without a key the
// same for all.
func (v *Vault) Mark(text string) string {
	const shown = 8 // bytes
	if text == "" || len(v.db.Sealer.KeyIDs()) == 0 {
		return "#"
	}
	return "#" + hex.EncodeToString(v.db.Sealer.Fingerprint([]byte(text), markPurpose)[:shown])
}

// IsAuditHead says whether the head is as the hub left it.
func (v *Vault) IsAuditHead(h *audit.Head) bool {
	if h.EntryID == 0 {
		return len(h.MAC) == 0
	}
	return bytes.Equal(h.MAC, v.db.Sealer.Fingerprint(h.Content(), headPurpose))
}

// record adds the entry of an act to the transaction, right before its end: others who record wait from here on.
func (v *Vault) record(ctx context.Context, a *audit.Act, run Runner) error {
	if v.hasNoKey() {
		return errNoKeyToRecord
	}
	var head audit.Head
	err := run(ctx, NewQuery(lockAuditHead, []any{[]byte{}}, Into(&head.EntryID, &head.Hash, &head.MAC)))
	if err != nil {
		return During("lock the end of the record", err)
	}
	e := a.Entry()
	// One who changed the head cannot hide it by waiting for the next entry.
	e.ID, e.At, e.Broken = head.EntryID+1, v.db.Now(), !v.IsAuditHead(&head)
	e.Hash = v.AuditHash(&e, head.Hash)
	head = audit.Head{EntryID: e.ID, Hash: e.Hash}
	head.MAC = v.db.Sealer.Fingerprint(head.Content(), headPurpose)
	return During("record the act", run(
		ctx, NewQuery(insertAudit, auditFields(&e).Places(), IgnoreRow),
		NewQuery(moveAuditHead, []any{head.EntryID, head.Hash, head.MAC}, IgnoreRow),
	))
}

// Record writes an act that changes nothing by itself, in a transaction of its own, which is no part of the act that
// the context may be part of.
func (s *DB) Record(ctx context.Context, a *audit.Act) error {
	ctx = audit.With(ctx, nil)
	err := s.Bulk(ctx, func(tx BulkTx) error { return s.Vault.record(ctx, a, tx.Query) })
	if err == nil {
		a.Recorded()
	}
	return Unavailable(err)
}

// onSQL are the queries of a transaction of database/sql, in a dialect.
func onSQL(name string, tx *sql.Tx) Runner {
	if name == dialect.SQLite {
		return (&sqliteTx{queryer: tx}).Query
	}
	return func(ctx context.Context, all ...Query) error {
		for _, q := range all {
			if err := Rows(ctx, tx, q.Each, q.Statement.Postgres, q.Args...); err != nil {
				return err
			}
		}
		return nil
	}
}

// changes is what a transaction under an act has done so far.
type changes struct {
	act   *audit.Act // nil outside of one
	wrote bool
}

// begun is the same for a transaction that begins.
func begun(ctx context.Context) changes {
	act := audit.In(ctx)
	if act != nil {
		act.Begin()
	}
	return changes{act: act}
}

// runs notes a statement.
func (c *changes) runs(statement string) {
	if c.act != nil && !isRead(statement) {
		c.wrote = true
	}
}

// recorded says that what is due is committed.
func (c *changes) recorded() {
	if c.due() {
		c.act.Recorded()
	}
}

// due says whether the transaction has to be recorded.
func (c *changes) due() bool { return c.act != nil && c.wrote }

// isRead is sure of what it says yes to.
func isRead(statement string) bool {
	statement = strings.TrimLeft(statement, " \t\n")
	return len(statement) >= 6 && strings.EqualFold(statement[:6], "SELECT")
}
