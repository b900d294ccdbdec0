package orders_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
	"orderhub/server/store/orders"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Nobody's page reads or sorts what comes after it.
func TestPlanOfLists(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for who, viewer := range map[string]order.Viewer{"merchant": order.ByMerchant(1), "operator": order.ByOperator()} {
			for what, filter := range map[string]order.Filter{
				"first page": {Limit: 50}, "next page": {Limit: 50, BeforeTime: at, BeforeID: 10_000},
				"a day": {Limit: 50, From: at, To: at.AddDate(0, 0, 1)},
			} {
				statement, args := orders.PageOf(viewer, filter)
				for what, part := range orders.PartsOf(viewer, filter) {
					steps := strings.Join(storetest.Plan(t, s, part.Statement, part.Args...), "\n")
					require.NotRegexp(t, `Seq Scan|Sort|TEMP B-TREE`, steps, "%s, %s", who, what)
				}
				steps := strings.Join(storetest.Plan(t, s, statement, args...), "\n")
				require.NotRegexp(t, `Seq Scan|Sort|TEMP B-TREE`, steps, "%s, %s", who, what)
			}
		}
	})
}

// One order is read without looking at others.
func TestPlanOfOne(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		args := map[string][]any{
			"number": {"17", int64(1)}, "number alone": {"17"}, "reference": {int64(1), "17"}, "id": {int64(1), int64(17)},
			"line": {int64(1), int64(17)}, "code": {int64(1), "none"},
		}
		for by, statements := range orders.ReadsOfOne() {
			for _, statement := range statements {
				steps := strings.Join(storetest.Plan(t, s, statement, args[by]...), "\n")
				require.NotRegexp(t, `Seq Scan|(?m)^SCAN`, steps, "by %s", by)
			}
		}
	})
}

// What no index has is looked for among few orders, and what one has in no other way.
func TestPlanOfSearches(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		spread := []string{`UPDATE orders SET created_at = datetime('2026-01-01', '+' || id || ' seconds')`}
		if s.Pool() != nil {
			spread = []string{`UPDATE orders SET created_at = created_at + id * interval '1 second'`, `ANALYZE orders`}
		}
		for _, statement := range spread {
			_, err := s.WriteDB.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		last := order.Key{CreatedAt: time.Date(2026, 1, 1, 0, 0, 19_000, 0, time.UTC), ID: 19_000}
		for who, viewer := range map[string]order.Viewer{"merchant": order.ByMerchant(1), "operator": order.ByOperator()} {
			for what, filter := range map[string]order.Filter{
				"SKU": {SKU: "NONE", Last: last}, "door": {Door: "none", Last: last}, "number": {Number: "17"},
				"number prefix": {NumberPrefix: "17", Last: last}, "reference": {Reference: "17"},
				"open": {Statuses: []order.Status{order.StatusPending}, AmongOpen: true}, "ids": {IDs: []int64{1, 2}},
			} {
				filter.Limit = 50
				statement, args := orders.PageOf(viewer, filter)
				steps := strings.Join(storetest.Plan(t, s, statement, args...), "\n")
				if filter.AmongOpen { // those are read and sorted
					require.Regexp(t, `order_updated_at`, steps)
					continue
				}
				require.NotRegexp(t, `Seq Scan on (orders|order_lines)|(?m)^SCAN [ol]$`, steps, "%s, %s", who, what)
			}
		}
	})
}

// Units are taken and counted by one index, which has them in the order in which they are sold.
func TestPlanOfUnits(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		_, err := s.WriteDB.ExecContext(t.Context(), `INSERT INTO units (product_id, content, status, expires_s, created_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			SELECT 1 + i % 10, '', 'available', 1700000000 + (i * 7919) % 1000000, '2026-01-01' FROM n`)
		require.NoError(t, err)
		if s.Pool() != nil {
			_, err := s.WriteDB.ExecContext(t.Context(), `ANALYZE units`)
			require.NoError(t, err)
		}
		take, args := orders.UnitsOf(1, time.Unix(1_700_100_000, 0), 10)
		steps := strings.Join(storetest.Plan(t, s, take, args...), "\n")
		require.Contains(t, steps, "unit_product_id_expires_s_id")
		require.NotRegexp(t, `Seq Scan|Sort|TEMP B-TREE|Filter|(?m)^SCAN`, steps)
		count, args := orders.CountsOf(1, time.Unix(1_700_100_000, 0), 10)
		steps = strings.Join(storetest.Plan(t, s, count, args...), "\n")
		require.Regexp(t, `(Index (Only )?Scan using|COVERING INDEX) unit_product_id_expires_s_id`, steps)
	})
}

// However many holds have ended, and are open, a reference is looked for by the index that has it, and what is open
// without what has ended.
func TestPlanOfHolds(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		storetest.ManyOrders(t, s)
		for _, fill := range []string{
			`INSERT INTO holds (id, number, merchant_id, reference, fingerprint, currency, expires_at, created_at, updated_at)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
				SELECT i, concat('h', i), 1 + i % 3, concat('h', i), '', 'THB', '2026-01-01', '2026-01-01', '2026-01-01' FROM n`,
			`UPDATE holds SET status = 'confirmed', ended_at = expires_at WHERE id % 20 > 0`,
		} {
			_, err := s.WriteDB.ExecContext(t.Context(), fill)
			require.NoError(t, err)
		}
		check := func() {
			for what, read := range orders.ReadsOfHolds() {
				steps := strings.Join(storetest.Plan(t, s, read.Statement, read.Args...), "\n")
				require.NotRegexp(t, `Seq Scan on holds|(?m)^SCAN h(olds)?$`, steps, what)
				switch what {
				case "references", "repeats": // by both, not by the merchant alone
					require.NotRegexp(t, `Filter: .*reference`, steps, what)
					require.Regexp(t, `merchant_id = .*reference = |merchant_id=\? AND reference=\?`, steps, what)
				default:
					require.Regexp(t, `holds_open_(id|reference)|hold_expires_at`, steps, what)
				}
			}
		}
		check()
		if s.Pool() != nil {
			_, err := s.WriteDB.ExecContext(t.Context(), `ANALYZE holds`)
			require.NoError(t, err)
			check()
		}
	})
}
