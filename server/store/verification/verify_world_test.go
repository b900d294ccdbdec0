package verification_test

import (
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/report"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
	"orderhub/server/webhook"
)

// touchLines leaves every order without a job that routes it, and long after its
// lines were placed has them touched just now, however long the test takes.
func touchLines(t *testing.T, handle *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"DELETE FROM river_job WHERE kind = 'fulfil'",
		"UPDATE order_lines SET created_at = '2026-01-01 00:00:00+00:00', updated_at = '2199-01-01 00:00:00+00:00'",
	} {
		_, err := handle.Exec(statement)
		require.NoError(t, err)
	}
}

// verify returns what is wrong, without the details, which are for people.
func verify(t *testing.T, s *stores.All) ([]verification.Finding, verification.Summary) {
	t.Helper()
	var found []verification.Finding
	summary, err := s.Verification.Verify(t.Context(), func(f verification.Finding) {
		if f.Detail == "" {
			t.Errorf("no detail: %+v", f)
		}
		f.Detail = ""
		found = append(found, f)
	})
	require.NoError(t, err)
	require.Len(t, found, int(summary.Findings))
	return found, summary
}

// trade makes orders in every state there is, by their references.
func trade(t *testing.T, w *storetest.World) {
	t.Helper()
	buyer, other := w.Merchant("buyer", 10_000), w.Merchant("other", 1_000)
	w.Merchant("idle", 0)
	w.Stocked("CODE", 30, 9)
	w.Ticket("TICKET", 50, 5, "2026-12-24")
	w.Simulated("GOOD", 100, sim.Script{})
	w.Simulated("PARTLY", 99, sim.Script{FailLast: 1})
	w.Simulated(
		"BAD", 100, sim.Script{FailCode: "ITEM_NOT_FOUND", FailMessage: "Product SKU not found in provider system"},
	)
	w.Simulated("SLOW", 100, sim.Script{DelayMS: int64(time.Hour / time.Millisecond), Cancellable: true})
	down, err := sim.New([]byte(`{"down": true}`), time.Now)
	require.NoError(t, err)
	w.Supplied(w.Simulated("SECOND", 100, sim.Script{Tickets: true}), "down", down)
	w.Supplied(w.Simulated("PARKED", 100, sim.Script{}), "generous", generous{})
	_, err = w.Store.WriteDB.ExecContext(t.Context(), `UPDATE offers SET cost_micros = 40000000`)
	require.NoError(t, err)
	five, three := int64(5), int64(3)
	for _, c := range []catalog.Coupon{
		{
			Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &five,
			MaxUsesPerMerchant: &three,
		},
		{Code: "ALL", Kind: catalog.CouponPercent, PercentBasisPoints: 10_000},
	} {
		_, err := w.Catalog.CreateCoupon(t.Context(), c)
		require.NoError(t, err)
	}

	for _, of := range []struct {
		format string
		types  []string
	}{
		{webhook.FormatStandard, nil},
		{gameso.Name, nil},
		{bursagb.Name, nil},
		{gameso.Name, []string{"order.failed"}},
		{gameso.Name, []string{"order.failed", "order.completed"}},
	} {
		e := storetest.Endpoint(buyer)
		e.Format, e.EventTypes = of.format, of.types
		_, err := w.Store.Endpoints.CreateEndpoint(t.Context(), e, "", 20)
		require.NoError(t, err)
	}
	_, err = w.Store.WriteDB.ExecContext(
		t.Context(), `UPDATE webhook_endpoints SET updated_at = '2026-01-01 00:00:00+00:00'`,
	)
	require.NoError(t, err)

	place := func(m account.Merchant, reference, coupon string, lines ...any) *order.Order {
		d := storetest.Draft(m, reference, lines...)
		d.Coupon = coupon
		if reference == "day" {
			d.NotifyURL = "https://a.example/day"
		}
		for i := range d.Lines {
			if d.Lines[i].SKU == "TICKET" {
				d.Lines[i].UseDate = "2026-12-24"
			}
		}
		placement, err := w.Orders.Create(t.Context(), d)
		require.NoError(t, err)
		return placement.Order
	}
	advance := func(o *order.Order) {
		_, err := w.Advance(t.Context(), o.ID)
		require.NoError(t, err)
	}
	cancel := func(o *order.Order) {
		_, err := w.Orders.Cancel(t.Context(), order.ByOperator(), o.Number, order.Cancellation{})
		require.NoError(t, err)
	}

	place(buyer, "stock", "TEN", "CODE", 2)
	place(buyer, "day", "", "TICKET", 2)
	place(buyer, "free", "ALL", "CODE", 1)
	require.Equal(t, order.StatusFailed, w.Finish(place(buyer, "partly", "TEN", "GOOD", 2, "PARTLY", 3)).Status)
	require.Equal(t, order.StatusFailed, w.Finish(place(buyer, "bad", "", "BAD", 2)).Status)
	require.Equal(t, order.StatusCompleted, w.Finish(place(buyer, "second", "", "SECOND", 1)).Status)
	place(buyer, "pending", "", "GOOD", 1)
	place(buyer, "mixed", "", "CODE", 1, "SLOW", 1)
	advance(place(buyer, "open", "", "SLOW", 1))
	advance(place(buyer, "parked", "", "PARKED", 1))
	cancel(place(buyer, "cancelled", "", "SLOW", 2))
	withProvider := place(buyer, "cancelled-late", "", "CODE", 1, "SLOW", 2)
	advance(withProvider)
	cancel(withProvider)
	place(other, "theirs", "", "CODE", 1)
	approve(t, w, buyer)
	w.Tell(partnersFanout(t, w))
	count(t, w)
}

// partnersFanout makes deliveries in plain words, but in partners' own for their formats.
func partnersFanout(t *testing.T, w *storetest.World) *webhook.Fanout {
	t.Helper()
	formats := storetest.PlainFormats()
	formats[gameso.Name], formats[bursagb.Name] = gameso.Format{}, bursagb.Format{}
	f := webhook.NewFanout(
		w.Store.Deliveries, w.Store.Endpoints, formats, storetest.NewNumber, func(...string) {}, time.Now,
		slog.New(slog.DiscardHandler),
	)
	t.Cleanup(f.Close)
	return f
}

// count keeps figures of everything, as long after it as it takes for nothing to change by itself any more.
func count(t *testing.T, w *storetest.World) {
	t.Helper()
	to := time.Now().UTC().Truncate(report.Slot).Add(report.Slot)
	from := to.Add(-time.Hour)
	slots, err := w.Store.Reports.Count(t.Context(), from, to)
	require.NoError(t, err)
	require.NotEmpty(t, slots.Orders)
	require.NoError(t, w.Store.Reports.Keep(t.Context(), report.Keeping{
		Slots: slots, Counted: to.Add(time.Hour), From: from, To: to, Span: report.Span{From: from, To: to},
	}))
}

// approve has two operators agree about a deposit and a correction, and leaves another deposit to wait.
func approve(t *testing.T, w *storetest.World, m account.Merchant) {
	t.Helper()
	limits, err := approval.ParseLimits([]string{"0"})
	require.NoError(t, err)
	desk := approval.NewService(w.Store.Approvals, w.Accounts, limits, time.Hour)
	ada := audit.Actor{Kind: audit.KindOperator, ID: 1, Name: "ada"}
	for _, reference := range []string{"agreed", "waiting"} {
		asked, err := desk.Deposit(t.Context(), ada, account.Deposit{
			MerchantID: m.ID, Amount: storetest.Baht(5), Currency: storetest.THB, Reference: reference,
		})
		require.NoError(t, err)
		if reference == "waiting" {
			continue
		}
		corrected, err := desk.Adjust(t.Context(), ada, account.Adjustment{
			MerchantID: m.ID, Amount: storetest.Baht(-5), Currency: storetest.THB, Reason: "back",
		})
		require.NoError(t, err)
		for _, r := range []*approval.Request{asked.Request, corrected.Request} {
			_, err = desk.Decide(t.Context(), r.ID, approval.Decision{
				Verdict: approval.Approved, By: audit.Actor{Kind: audit.KindOperator, ID: 2, Name: "grace"},
			})
			require.NoError(t, err)
		}
	}
}

// generous delivers more than was bought, which only an operator can sort out.
type generous struct{}

func (generous) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Delivered, Goods: make([]dialect.Goods, p.Quantity+1)}, nil
}

func (generous) Idempotent() bool { return true }

// idsOf replaces words in braces. Of the order with reference R: {R} is its id, {R #} its number, {R 2} the id of its
// second line, {R unit 1}, {R attempt 1}, {R charge}, {R refund} and {R use} those of what belongs to it. {M} and {M
// wallet} are a merchant's. {event 3} is the buyer's third event, {deposit} the first of all. {F 2 delivery} is the
// last one of the second endpoint with format F, {F 2 event} what it tells of.
func idsOf(t *testing.T, handle *sql.DB) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, query := range []string{
		`SELECT reference, concat(id) FROM orders`,
		`SELECT concat(reference, ' #'), number FROM orders`,
		`SELECT concat(o.reference, ' ', l.position), concat(l.id)
			FROM order_lines l JOIN orders o ON o.id = l.order_id`,
		`SELECT concat(o.reference, ' unit ', row_number() OVER (PARTITION BY o.id ORDER BY u.id)), concat(u.id)
			FROM units u JOIN orders o ON o.id = u.order_id`,
		`SELECT concat(o.reference, ' attempt ', row_number() OVER (PARTITION BY o.id ORDER BY a.id)), concat(a.id)
			FROM attempts a JOIN orders o ON o.id = a.order_id`,
		`SELECT concat(o.reference, ' ', t.kind), concat(max(t.id))
			FROM transfers t JOIN orders o ON o.id = t.order_id ` +
			`GROUP BY o.reference, t.kind`,
		`SELECT concat(o.reference, ' use'), concat(u.id) FROM coupon_uses u JOIN orders o ON o.id = u.order_id`,
		`SELECT name, concat(id) FROM merchants`,
		`SELECT concat(m.name, ' wallet'), concat(a.id) FROM accounts a JOIN merchants m ON m.id = a.merchant_id`,
		`SELECT kind, concat(id) FROM accounts WHERE merchant_id IS NULL`,
		`SELECT concat('event ', e.sequence), concat(e.id)
			FROM events e JOIN merchants m ON m.id = e.merchant_id WHERE ` +
			`m.name = 'buyer'`,
		`SELECT 'deposit', concat(min(id)) FROM transfers WHERE kind = 'deposit'`,
		`SELECT concat('approval ', coalesce(reference, reason)), concat(id) FROM approval_requests`,
		`SELECT 'agreed', concat(id) FROM transfers WHERE reference = 'agreed'`,
		`SELECT 'allotment', concat(id) FROM allotments`,
		`SELECT 'import', concat(id) FROM unit_imports`,
		`SELECT 'figures', concat(min(id)) FROM order_figures`,
		`SELECT 'delivery', concat(min(id)) FROM webhook_deliveries`,
		`SELECT concat(w.format, ' ', w.n, ' delivery'), concat(d.id) ` + lastDeliveries,
		`SELECT concat(w.format, ' ', w.n, ' event'), concat(d.event_id) ` + lastDeliveries,
	} {
		pairs = append(pairs, wordsOf(t, handle, query)...)
	}
	return strings.NewReplacer(pairs...)
}

// lastDeliveries are the newest of each endpoint, with its number among those of its format.
const lastDeliveries = `FROM webhook_deliveries d JOIN (
		SELECT id, format, row_number() OVER (PARTITION BY format ORDER BY id) AS n FROM webhook_endpoints
	) AS w ON w.id = d.endpoint_id
	WHERE d.id IN (SELECT max(id) FROM webhook_deliveries GROUP BY endpoint_id)`

func wordsOf(t *testing.T, handle *sql.DB, query string) (pairs []string) {
	t.Helper()
	rows, err := handle.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var word, id string
		require.NoError(t, rows.Scan(&word, &id))
		pairs = append(pairs, "{"+word+"}", id)
	}
	require.NoError(t, rows.Err())
	return pairs
}

// backup brings a small database back to what it was.
type backup struct {
	handle   *sql.DB
	indexSQL string // finds what makes an index
	index    string // what makes the index that was dropped
}

var backedUp = []string{
	"accounts", "transfers", "orders", "order_lines", "units", "attempts", "purchases", "events", "coupons",
	"coupon_uses",
	"reconciliation_findings",
	"allotments", "webhook_deliveries", "webhook_bodies", "unit_imports", "approval_requests", "api_keys",
	"order_figures",
	"claims", "claimed_units", "replacements", "redemptions", "holds", "hold_parts",
}

func newBackup(t *testing.T, s *stores.All) *backup {
	t.Helper()
	b := &backup{indexSQL: "SELECT indexdef FROM pg_indexes WHERE indexname = $1"}
	if s.SQLite() != nil {
		b.indexSQL = "SELECT sql FROM sqlite_master WHERE name = $1"
	}
	b.handle = s.WriteDB
	for _, table := range backedUp {
		_, err := b.handle.Exec("CREATE TABLE backup_" + table + " AS SELECT * FROM " + table)
		require.NoError(t, err)
	}
	return b
}

// exec changes something, without the index if one is named.
func (b *backup) exec(t *testing.T, statement, index string) {
	t.Helper()
	if index != "" {
		require.NoError(t, b.handle.QueryRow(b.indexSQL, index).Scan(&b.index))
		_, err := b.handle.Exec("DROP INDEX " + index)
		require.NoError(t, err)
	}
	result, err := b.handle.Exec(statement)
	require.NoError(t, err)
	changed, err := result.RowsAffected()
	require.NoError(t, err)
	require.NotZero(t, changed, "nothing was broken: %s", statement)
}

func (b *backup) restore(t *testing.T, index string) {
	t.Helper()
	tx, err := b.handle.Begin()
	require.NoError(t, err)
	for _, table := range backedUp {
		_, err := tx.Exec("DELETE FROM " + table)
		require.NoError(t, err)
		_, err = tx.Exec("INSERT INTO " + table + " SELECT * FROM backup_" + table)
		require.NoError(t, err)
	}
	_, err = tx.Exec("UPDATE merchants SET email_hash = NULL") // other tables refer to them, and none had one
	require.NoError(t, err)
	if index != "" {
		_, err := tx.Exec(b.index)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
}
