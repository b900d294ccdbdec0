package verification

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/server/job"
	"orderhub/server/store"
)

// leftBehindAfter is how long an open line may be nobody's: between the end of an
// attempt and the next one its order waits for a job.
const leftBehindAfter = 2 * time.Minute

// selectNobodys finds open lines for which no attempt is under way, or waits for
// its time or a person.
const selectNobodys = `SELECT l.id, o.id, o.number, l.updated_at FROM order_lines l JOIN orders o ON o.id = l.order_id
	WHERE l.status IN ('pending', 'processing') AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = l.id
	AND a.replacement_id IS NULL AND a.settled_at IS NULL
		AND (a.next_check_at IS NOT NULL OR a.status = 'parked'))`

// selectNobodysReplacing is the same of replacements, by their lines.
const selectNobodysReplacing = `SELECT l.id, o.id, o.number, r.updated_at FROM replacements r
	JOIN order_lines l ON l.id = r.line_id JOIN orders o ON o.id = r.order_id
	WHERE r.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.line_id = r.line_id
	AND a.replacement_id = r.id AND a.settled_at IS NULL AND (a.next_check_at IS NOT NULL OR a.status = 'parked'))`

// selectRouting finds the jobs that will route orders.
var selectRouting = store.Statement{
	Postgres: `SELECT args::text FROM river_job WHERE kind = 'fulfil' AND state IN ('available', 'pending', ` +
		`'retryable', 'running', 'scheduled')`,
	SQLite: `SELECT json(args) FROM river_job WHERE kind = 'fulfil' AND state IN ('available', 'pending', 'retryable', ` +
		`'running', 'scheduled')`,
}

// leftBehind checks that for every open line, and every replacement that goes on, something will happen: it has an
// attempt, or its order a job.
func (v *verification) leftBehind(ctx context.Context, now time.Time) error {
	v.summary.Rules++
	var lines []nobodysLine
	for _, query := range []string{selectNobodys, selectNobodysReplacing} {
		found, err := v.nobodys(ctx, query, now)
		if err != nil {
			return err
		}
		lines = append(lines, found...)
	}
	if len(lines) == 0 {
		return nil
	}
	routed, err := v.routed(ctx)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if !routed[l.order] {
			v.report(Finding{
				Invariant: 3, Rule: "line-left-behind", Row: fmt.Sprintf("line %d of order %s", l.id, l.number),
				Detail: "it is open, and neither an attempt nor a job is under way since " + l.since.UTC().Format(time.RFC3339),
			})
		}
	}
	return nil
}

// nobodysLine is a line that is open, or of which units are being replaced, without an attempt.
type nobodysLine struct {
	id, order int64
	number    string
	since     time.Time
}

func (v *verification) nobodys(ctx context.Context, query string, now time.Time) (lines []nobodysLine, err error) {
	err = v.rows(ctx, "line-left-behind", func(row store.Scanner) error {
		var l nobodysLine
		err := row.Scan(&l.id, &l.order, &l.number, &l.since)
		if now.Sub(l.since) > leftBehindAfter {
			lines = append(lines, l)
		}
		return err
	}, query)
	return lines, err
}

// routed are the orders that a job will route.
func (v *verification) routed(ctx context.Context) (map[int64]bool, error) {
	text := selectRouting.Postgres
	if v.dialect == dialect.SQLite {
		text = selectRouting.SQLite
	}
	routed := make(map[int64]bool)
	return routed, v.rows(ctx, "line-left-behind", func(row store.Scanner) error {
		var args []byte
		if err := row.Scan(&args); err != nil {
			return err
		}
		var orders job.FulfilArgs
		if err := json.Unmarshal(args, &orders); err != nil {
			return fmt.Errorf("a job: %w", err)
		}
		for _, id := range orders.OrderIDs {
			routed[id] = true
		}
		return nil
	}, text)
}
