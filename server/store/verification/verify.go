package verification

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/server/money"
	"orderhub/server/store"
)

// Finding is a row that breaks an invariant.
type Finding struct {
	Invariant int    // 1 to 7, as Verify numbers them
	Rule      string // stable name of what does not hold, such as "wallet-sum"
	Row       string // "order ord_…", "account 17", "transfer 4" and the like
	Detail    string // for people; amounts in micro-units; never goods or personal data
}

// Summary is how much was checked.
type Summary struct {
	Rules      int   // how many things are checked of the rows below
	Findings   int64 // how often report was called
	Accounts   int64
	Transfers  int64
	Orders     int64
	Lines      int64
	Units      int64
	Attempts   int64
	Events     int64
	Coupons    int64
	Allotments int64
	Acts       int64 // of operators
}

// Verify checks the whole database and calls report, one after the other, with everything that is wrong:
//
//  1. All transfers of a currency sum to zero, every wallet's balance is the sum of its transfers, after each of
//
// them, and every provider's account is what was bought from it, attempt by attempt.
//  2. Charged less given back is the price of the units that are delivered and not cancelled. It is checked in steps:
//     transfers against the order, the order against its lines, each line against its units' price.
//  3. Counters, statuses and instants of lines and orders agree with each other, for every open line something is
//
// under way, and what is kept for reports is what the orders add up to.
//  4. A unit belongs to at most one line, or one hold, and every line has the goods its counters say; days are not
//
// oversold. What is held is what open holds have, each becomes one order at most, and none outlives its time.
//  5. References and numbers are unique, no more is bought for a line than was ordered, and the address that a merchant
//
// signs in with is kept in one way.
//  6. Each merchant's log has no gaps, each change of an order has its event, and each use of a coupon its order.
//  7. The record of what operators did is as the hub wrote it: no entry is changed, gone or put in. What two of them
//
// had to agree about was approved in time by another than the one who asked, and done exactly once.
//
// All of it is about one moment, and nobody waits for it: Verify takes no locks. While it runs SQLite's write-ahead
// log cannot be truncated and PostgreSQL's vacuum keeps what it reads. It needs little memory, whatever the database's
// size, but temporary disk space for sorting.
//
// A finding is no error; an error means that not everything was checked.
func (s *Store) Verify(ctx context.Context, report func(Finding)) (Summary, error) {
	v := verification{dialect: s.db.Dialect()}
	v.report = func(f Finding) {
		v.summary.Findings++
		report(f)
	}
	if err := s.verify(ctx, &v); err != nil {
		return v.summary, store.Unavailable(fmt.Errorf("verify: %w", err))
	}
	return v.summary, nil
}

func (s *Store) verify(ctx context.Context, v *verification) (err error) {
	options := &sql.TxOptions{ReadOnly: true}
	if s.db.Dialect() == dialect.Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	if v.tx, err = s.db.ReadDB.BeginTx(ctx, options); err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer func() { _ = v.tx.Rollback() }() // nothing was written
	if s.db.Dialect() == dialect.Postgres {
		// The session's limits are for requests; these statements are long by nature.
		_, err := v.tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
			SET LOCAL work_mem = '64MB'; SET LOCAL jit = off`)
		if err != nil {
			return fmt.Errorf("settings: %w", err)
		}
	}
	if err := v.count(ctx); err != nil {
		return err
	}
	for _, p := range slices.Concat(passes, fanOutPasses()) {
		if err := v.pass(ctx, &p); err != nil {
			return err
		}
	}
	if err := v.undelivered(ctx); err != nil {
		return err
	}
	if err := v.refunds(ctx); err != nil {
		return err
	}
	if err := v.record(ctx, s.db); err != nil {
		return err
	}
	if err := v.untold(ctx); err != nil {
		return err
	}
	if err := v.overdueHolds(ctx, s.db.Now()); err != nil {
		return err
	}
	return v.leftBehind(ctx, s.db.Now())
}

// verification is one run of Verify.
type verification struct {
	tx      *sql.Tx
	dialect string
	report  func(Finding)
	summary Summary
}

func (v *verification) count(ctx context.Context) error {
	for table, count := range map[string]*int64{
		"accounts": &v.summary.Accounts, "transfers": &v.summary.Transfers, "orders": &v.summary.Orders,
		"order_lines": &v.summary.Lines, "units": &v.summary.Units, "attempts": &v.summary.Attempts,
		"events": &v.summary.Events, "coupons": &v.summary.Coupons, "allotments": &v.summary.Allotments,
	} {
		if err := v.tx.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(count); err != nil {
			return fmt.Errorf("count %s: %w", table, err)
		}
	}
	return nil
}

// pass is one reading of a table, or of a table with what belongs to its rows, and the rules that can be checked on
// the way. The SQL is the same for both databases but for the name of wideSum, and what NULL makes unknown is not
// broken.
type pass struct {
	from  string
	where string // "" for every row
	group string // "" unless the rules are about groups of rows
	row   string // names the row, as arguments of concat
	rules []rule
}

type rule struct {
	invariant int
	name      string
	broken    string // a condition
	detail    string // arguments of concat, which takes NULL for ''
}

// query returns a row for each row that breaks any rule: its name, then a detail for each rule, NULL where the rule
// holds.
func (p *pass) query() string {
	columns, conditions := []string{"concat(" + p.row + ")"}, make([]string, len(p.rules))
	for i, r := range p.rules {
		columns = append(columns, "CASE WHEN "+r.broken+" THEN concat("+r.detail+") END")
		conditions[i] = "(" + r.broken + ")"
	}
	broken := strings.Join(conditions, " OR ")
	text := "SELECT " + strings.Join(columns, ", ") + " FROM " + p.from + " WHERE (" + cmp.Or(p.where, "TRUE") + ")"
	if p.group == "" {
		return text + " AND (" + broken + ")"
	}
	return text + " GROUP BY " + p.group + " HAVING " + broken
}

func (v *verification) pass(ctx context.Context, p *pass) error {
	v.summary.Rules += len(p.rules)
	var name string
	details := make([]sql.NullString, len(p.rules))
	columns := []any{&name}
	for i := range details {
		columns = append(columns, &details[i])
	}
	err := store.Rows(ctx, v.tx, func(row store.Scanner) error {
		if err := row.Scan(columns...); err != nil {
			return err
		}
		for i, detail := range details {
			if detail.Valid {
				v.report(Finding{Invariant: p.rules[i].invariant, Rule: p.rules[i].name, Row: name, Detail: detail.String})
			}
		}
		return nil
	}, inDialect(p.query(), v.dialect))
	return store.During(fmt.Sprintf("rule %s and others", p.rules[0].name), err)
}

// refunds checks that exactly the price of the units that failed or were cancelled was given back, which is beyond
// SQL: the line's discount is shared out to the last minor unit.
func (v *verification) refunds(ctx context.Context) error {
	v.summary.Rules++
	return v.rows(ctx, "line-refunded", func(row store.Scanner) error {
		var line, quantity, lost int64
		var number string
		var currency money.Currency
		var price, discount, total, refunded money.Amount
		if err := row.Scan(&line, &number, &currency, &quantity, &lost, &price, &discount, &total, &refunded); err != nil {
			return err
		}
		if owed := total.SubCapped(money.Kept(price, discount, quantity, quantity-lost, currency)); refunded != owed {
			v.report(Finding{
				Invariant: 2, Rule: "line-refunded", Row: fmt.Sprintf("line %d of order %s", line, number),
				Detail: fmt.Sprintf("%d given back for %d of %d units, which is worth %d", refunded, lost, quantity, owed),
			})
		}
		return nil
	}, `SELECT l.id, o.number, o.currency, l.quantity, l.failed + l.cancelled, l.unit_price_micros,
			l.discount_micros, l.total_micros, l.refunded_micros
		FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.refunded_micros <> 0 OR l.failed + l.cancelled <> 0`)
}

// rows gives each row that a rule looks at to each.
func (v *verification) rows(ctx context.Context, rule string, each func(row store.Scanner) error, text string) error {
	return store.During("rule "+rule, store.Rows(ctx, v.tx, each, text))
}

// What a transfer does to the wallet a.
const walletChange = `CASE a.id WHEN t.credit_account_id THEN CAST(t.amount_micros AS numeric)
	WHEN t.debit_account_id THEN -CAST(t.amount_micros AS numeric) ELSE 0 END`

const (
	finalStatuses = `('completed', 'failed', 'cancelled')`

	doneUnits = `(l.completed + l.failed + l.cancelled)`
	lineRow   = `'line ', l.id, ' of order ', (SELECT number FROM orders WHERE id = l.order_id)`
	counters  = `l.status, ': ', l.completed, ' completed, ', l.failed, ' failed, ', l.cancelled, ' cancelled of ', ` +
		`l.quantity`
)

// lineStatusFits is what package order derives a line's status from.
const lineStatusFits = `CASE
	WHEN ` + doneUnits + ` < l.quantity THEN l.status = 'processing' OR (l.status = 'pending' AND ` + doneUnits + ` = 0)
	WHEN l.failed > 0 THEN l.status = 'failed'
	WHEN l.cancelled = l.quantity THEN l.status = 'cancelled'
	ELSE l.status = 'completed' END`

// orderStatus is the status that package order derives from an order's lines.
var orderStatus = `CASE
	WHEN ` + tally(`l.status IN ('pending', 'processing')`) + ` > 0 THEN
		CASE WHEN ` + tally(`l.status NOT IN ('pending', 'cancelled')`) + ` > 0 THEN 'processing' ELSE 'pending' END
	WHEN ` + tally(`l.status = 'failed'`) + ` > 0 THEN 'failed'
	WHEN ` + tally(`l.status <> 'cancelled'`) + ` = 0 THEN 'cancelled'
	ELSE 'completed' END`

// What the events of an order are about: its status, an end, the end that it has.
const statusEvent = `e.type = 'order.created' OR e.type = 'order.processing'
	OR e.type = 'order.completed' OR e.type = 'order.failed' OR e.type = 'order.cancelled'`

var (
	finalEvents = `(` + eventCount("completed") + ` + ` + eventCount("failed") + ` + ` + eventCount("cancelled") + `)`
	ownEvents   = `CASE o.status WHEN 'completed' THEN ` + eventCount("completed") + ` WHEN 'failed' THEN ` +
		eventCount("failed") +
		` ELSE ` + eventCount("cancelled") + ` END`
)

// eventCount counts an order's events that say that it has a status, or was created.
func eventCount(status string) string { return tally("e.type = 'order." + status + "'") }

// tally counts the rows of a group that meet a condition.
func tally(condition string) string { return "count(*) FILTER (WHERE " + condition + ")" }

// moved adds up the transfers of a group that meet a condition.
func moved(condition string) string {
	return "coalesce(wide_sum(t.amount_micros) FILTER (WHERE " + condition + "), 0)"
}

// lastEvent is the number of the last event of a group that meets a condition.
func lastEvent(condition string) string {
	return "max(e.sequence) FILTER (WHERE " + condition + ")"
}

// passes are all rules but line-refunded, hold-overdue, line-left-behind and those of fan-out, by what they read.
var passes = slices.Concat(
	moneyPasses, costPasses, orderPasses, stockPasses, attemptPasses, eventPasses, deliveryPasses,
	operatorDeliveryPasses, accountPasses,
	approvalPasses, figurePasses, claimPasses, replacementPasses, purchasePasses, findingPasses, holdPasses,
)
