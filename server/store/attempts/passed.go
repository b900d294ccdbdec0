package attempts

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

var (
	// One that says the same as before is not written again, however often its line is looked at.
	passesTable = &store.Table[passRow]{
		Name: "line_passes", Suffix: `ON CONFLICT (id) DO UPDATE SET reasons = excluded.reasons,
			updated_at = excluded.updated_at WHERE line_passes.reasons <> excluded.reasons`,
		Columns: []store.Column[passRow]{
			store.Bigint("id", func(r *passRow) int64 { return r.LineID }),
			store.Bigint("order_id", func(r *passRow) int64 { return r.OrderID }),
			store.Text("reasons", func(r *passRow) string { return r.reasons }),
			store.Time("created_at", func(r *passRow) time.Time { return r.At }),
			store.Time("updated_at", func(r *passRow) time.Time { return r.At }),
		},
	}
	selectPasses = store.Same(`SELECT id, reasons, updated_at FROM line_passes WHERE order_id = $1 ORDER BY id`)
)

// passRow is what was passed over for a line, as it is written.
type passRow struct {
	*fulfil.Passed

	reasons string // JSON
}

func (s *Store) KeepPassed(ctx context.Context, passed []fulfil.Passed, told []operatorevent.Event) error {
	rows := passesTable.Insert()
	for i := range passed {
		text, err := json.Marshal(passed[i].Reasons)
		if err != nil {
			return fmt.Errorf("encode what line %d passed over: %w", passed[i].LineID, err)
		}
		rows.Add(passRow{&passed[i], string(text)})
	}
	events := store.OperatorEvents(s.db.Now(), told...)
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error { return tx.Commit(ctx, &rows, events) })
	return store.During("keep what was passed over", err)
}

func (s *Store) PassedOver(ctx context.Context, orderID int64) (passed []fulfil.Passed, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectPasses, []any{orderID}, func(row store.Scanner) error {
		p := fulfil.Passed{OrderID: orderID}
		var reasons string
		if err := row.Scan(&p.LineID, &reasons, &p.At); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(reasons), &p.Reasons); err != nil {
			return fmt.Errorf("what line %d passed over: %w", p.LineID, err)
		}
		passed = append(passed, p)
		return nil
	}))
	return passed, store.During("read what was passed over", err)
}
