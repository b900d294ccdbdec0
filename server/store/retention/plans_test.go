package retention_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/store"
	"orderhub/server/store/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// manyRows is how many rows each of the large tables gets: so many that reading 200 of them by an index is cheaper than
// reading all.
const manyRows = 60_000

// fill makes a database in which nearly everything is old and done.
func fill(t *testing.T, s *stores.All) {
	t.Helper()
	n := fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `, manyRows)
	transaction := `i / 3`
	if s.Pool() == nil {
		transaction = `0`
	}
	now := s.Now()
	for _, insert := range []string{
		`INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency, created_at,
			updated_at, completed_at) ` + n + `SELECT i, concat(i), 1, concat(i), '', 'hub',
			CASE WHEN i % 1000 = 0 THEN 'pending' ELSE 'completed' END, 'THB', $1, $1, $1 FROM n`,
		`INSERT INTO events (merchant_id, sequence, order_id, type, created_at, transaction_id) ` + n + `
			SELECT 1, i, i, 'order.completed', $1, ` + transaction + ` FROM n`,
		`INSERT INTO webhook_deliveries (merchant_id, order_id, event_id, format, type, lane, message_id, payload, status,
			line_id, created_at, updated_at) ` + n + `SELECT 1, i, i, 'standard', 'order.completed', concat(i % 7), concat(i),
			'', CASE WHEN i % 1000 = 0 THEN 'pending' ELSE 'delivered' END, i, $1, $1 FROM n`,
		`INSERT INTO webhook_attempts (delivery_id, number, request_id, status, duration_ms, created_at) ` + n + `
			SELECT i, 1, 'request', 200, 1, $1 FROM n`,
		`INSERT INTO webhook_bodies (event_id, format, line_id, payload, created_at) ` + n + `SELECT i, 'standard', i, '', $1
			FROM n`,
		`INSERT INTO attempts (order_id, line_id, merchant_id, provider_id, offer_id, number, reference, quantity, status,
			failure_message, submitted_at, settled_at, created_at, updated_at) ` + n + `SELECT i, i, 1, 1, 1, 1, concat(i), 1,
			CASE WHEN i % 20 = 0 THEN 'refused' ELSE 'delivered' END, CASE WHEN i % 20 = 0 THEN 'no more' ELSE '' END,
			$1, $1, $1, $1 FROM n`,
		`INSERT INTO callbacks (provider_id, notice, attempt_id, created_at) ` + n + `SELECT 1, concat(i), i, $1 FROM n`,
		`INSERT INTO purchases (id, provider_id, state, created_at, updated_at) ` + n + `SELECT i, 1, 'delivered', $1, $1
			FROM n`,
		`INSERT INTO supply_syncs (provider_id, status, created_at, updated_at) ` + n + `SELECT 1,
			CASE WHEN i % 100 = 0 THEN 'held' ELSE 'applied' END, $1, $1 FROM n`,
		`INSERT INTO supply_changes (sync_id, kind, state, provider_sku, updated_at) ` + n + `SELECT i, 'cost', 'applied',
			concat(i), $1 FROM n`,
		`INSERT INTO refusals (merchant_id, reference, kind, refused_at) ` + n + `SELECT 1, concat(i), 'lines', $1 FROM n`,
		`INSERT INTO holds (id, number, merchant_id, reference, fingerprint, status, currency, expires_at, ended_at,
			created_at, updated_at) ` + n + `SELECT i, concat(i), 1, concat(i), '',
			CASE WHEN i % 100 = 0 THEN 'held' ELSE 'confirmed' END, 'THB', $1, CASE WHEN i % 100 > 0 THEN $1 END, $1, $1
			FROM n`,
		`INSERT INTO recipient_checks (merchant_id, mark, found, checked_at, expires_at) ` + n + `SELECT 1, concat(i), true,
			$1, $1 FROM n`,
		`INSERT INTO operator_events (kind, message, created_at) ` + n + `SELECT 'stock.low', '', $1 FROM n`,
		`INSERT INTO river_job (kind, max_attempts, queue, state, args, finalized_at) ` + n + `SELECT 'call', 1,
			CASE WHEN i % 3 = 0 THEN 'webhooks' ELSE concat(i % 7) END,
			CASE WHEN i % 1000 = 0 THEN 'available' WHEN i % 1001 = 0 THEN 'discarded' ELSE 'completed' END, '{}',
			CASE WHEN i % 1000 > 0 THEN $1 END FROM n`,
	} {
		if s.Pool() != nil {
			insert = regexp.MustCompile(`\$1\b`).ReplaceAllString(insert, `$$1::timestamptz`)
			insert = strings.Replace(insert, `ELSE 'completed' END, '{}'`, `ELSE 'completed' END::river_job_state, '{}'`, 1)
		}
		_, err := s.WriteDB.ExecContext(t.Context(), insert, now)
		require.NoError(t, err, insert)
	}
}

// given are the arguments of each statement, as a step gives them.
func given(now time.Time) map[string][]any {
	ids := make([]int64, 200)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	before := now.Add(time.Hour)
	rows := []any{int64(0), before, 200}
	return map[string][]any{
		"lookDeliveries": rows, "lookCallbacks": rows, "lookPayloads": rows, "lookPurchases": rows,
		"lookSyncs": rows, "deleteSyncChanges": {ids, before, 1000}, "deleteSyncs": {ids, before},
		"lookOperatorEvents": rows, "deleteOperatorEvents": {ids},
		"lookRestoredEvents": {int64(0), int64(manyRows / 2), before, 200},
		"lookEvents":         {int64(0), int64(0), before, 200, int64(0)},
		"deleteDeliveries":   {ids, before}, "deleteAttempts": {ids}, "deleteBodies": {ids, before},
		"deleteCallbacks": {ids}, "deletePurchases": {ids}, "emptyAttempts": {ids, now}, "deleteEvents": {ids},
		// Counting reads as much as there is to count: here nothing.
		"count doneJobs": {now.Add(-time.Hour).Unix()}, "count failedJobs": {now.Add(-time.Hour).Unix()},
		"remove doneJobs": {before.Unix(), 200}, "remove failedJobs": {before.Unix(), 200},
		"count refusals": {now.Add(-time.Hour)}, "count recipientChecks": {now.Add(-time.Hour)},
		"count holds": {now.Add(-time.Hour)}, "remove holds": {before, 200},
		"remove refusals": {before, 200}, "remove recipientChecks": {before, 200},
	}
}

var (
	seqScan   = regexp.MustCompile(`Seq Scan on (\w+)`)
	indexScan = regexp.MustCompile(`(Index Scan|Index Only Scan|Bitmap Index Scan)`)
	scan      = regexp.MustCompile(`^SCAN (\w+)`)
	// Reading the end of an index is not reading all of it; the others are no tables, or have a row for each process.
	harmless = regexp.MustCompile(`Scan Backward using events_pkey|^SCAN (json_each|counted|old|r|event_logs|CONSTANT)\b`)
)

// wholes are the steps that read all of a table or of an index.
func wholes(steps []string) (found []string) {
	for i, step := range steps {
		bounded := i+1 < len(steps) && strings.Contains(steps[i+1], "Index Cond")
		table := seqScan.FindStringSubmatch(step)
		if harmless.MatchString(step) || table != nil && table[1] == "event_logs" {
			continue
		}
		if table != nil || indexScan.MatchString(step) && !bounded || scan.MatchString(step) {
			found = append(found, step)
		}
	}
	return found
}

// No step reads all of a table that grows, however far the sweep is.
func TestPlans(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		fill(t, s)
		require.NotEmpty(t, wholes(storetest.Plan(t, s, store.Same(`SELECT count(*) FROM orders WHERE door = 'x'`))))
		check := func() {
			for name, statement := range retention.Statements {
				steps := storetest.Plan(t, s, statement, given(s.Now())[name]...)
				assert.Empty(t, wholes(steps), "%s:\n%s", name, strings.Join(steps, "\n"))
			}
		}
		if s.Pool() == nil {
			check() // a hub on SQLite has no statistics unless somebody makes them
		}
		_, err := s.WriteDB.ExecContext(t.Context(), `ANALYZE`)
		require.NoError(t, err)
		check()
	})
}

// Whatever statement a step gets, its plan is looked at.
func TestPlansOfAllStatements(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^(?:\t|var )(\w+)\s+= store\.(?:Statement\{|Same\()`)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range declared.FindAllStringSubmatch(string(source), -1) {
			require.Contains(t, retention.Statements, name[1], file)
			found++
		}
	}
	require.Greater(t, found, 10)
}
