package verification

import (
	"bytes"
	"context"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/store"
)

// recordInvariant is the number of what must hold of the record of operators' acts.
const recordInvariant = 7

// record checks the chain of what operators did, which is beyond SQL: each entry's hash covers the one before, under a
// key that is not in the database. Without the key only the numbers are looked at.
func (v *verification) record(ctx context.Context, db *store.DB) error {
	const rules = 5 // record-gap, record-entry, record-broken, record-head, record-end
	v.summary.Rules += rules
	keyed := len(db.Sealer.KeyIDs()) > 0
	var last audit.Entry
	err := store.Rows(ctx, v.tx, func(row store.Scanner) error {
		var e audit.Entry
		if err := store.ScanAudit(row, &e); err != nil {
			return err
		}
		v.entry(db, keyed, &last, &e)
		v.summary.Acts++
		last = e
		return nil
	}, `SELECT `+store.AuditColumns+` FROM audit_entries ORDER BY id`)
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	return v.head(ctx, db, keyed, &last)
}

func (v *verification) entry(db *store.DB, keyed bool, last, e *audit.Entry) {
	row := fmt.Sprintf("audit entry %d", e.ID)
	find := func(rule, format string, args ...any) {
		v.report(Finding{Invariant: recordInvariant, Rule: rule, Row: row, Detail: fmt.Sprintf(format, args...)})
	}
	switch missing := e.ID - last.ID - 1; {
	case missing == 1:
		find("record-gap", "entry %d before it is gone", e.ID-1)
	case missing > 1:
		find("record-gap", "%d entries before it are gone, from %d on", missing, last.ID+1)
	case keyed && !bytes.Equal(e.Hash, db.Vault.AuditHash(e, last.Hash)):
		// After a gap nobody knows the hash that this one goes on from.
		find("record-entry", "it is not as the hub wrote it, or was not written by the hub")
	}
	if e.Broken {
		find("record-broken", "the end of the record had been changed when it was added")
	}
}

// head compares the end of the record with its last entry.
func (v *verification) head(ctx context.Context, db *store.DB, keyed bool, last *audit.Entry) error {
	var head audit.Head
	err := store.Rows(ctx, v.tx, store.Into(&head.EntryID, &head.Hash, &head.MAC),
		`SELECT entry_id, hash, mac FROM audit_heads WHERE id = 1`)
	if err != nil {
		return fmt.Errorf("read the end of the record: %w", err)
	}
	find := func(rule, format string, args ...any) {
		v.report(Finding{
			Invariant: recordInvariant, Rule: rule, Row: "audit head", Detail: fmt.Sprintf(format, args...),
		})
	}
	switch {
	case keyed && !db.Vault.IsAuditHead(&head):
		find("record-head", "it is not as the hub wrote it")
	case head.EntryID > last.ID:
		find("record-end", "entries after %d are gone, up to %d", last.ID, head.EntryID)
	case head.EntryID < last.ID:
		find("record-end", "entries after %d were put in, up to %d", head.EntryID, last.ID)
	case !bytes.Equal(head.Hash, last.Hash):
		find("record-end", "the last entry is not the one it was")
	}
	return nil
}
