package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/server/money"
)

// Finding is a row that breaks an invariant.
type Finding struct {
	Invariant int    // 1 to 6, as Verify numbers them
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
}

// Verify checks the whole database and calls report, one after the other, with everything that is wrong:
//
//  1. All transfers of a currency sum to zero, and every wallet's balance is the sum of its transfers, after each of them.
//  2. Charged less given back is the price of the units that are delivered and not cancelled. It is checked in steps:
//     transfers against the order, the order against its lines, each line against its units' price.
//  3. Counters, statuses and instants of lines and orders agree with each other, and for every open line something is under way.
//  4. A unit belongs to at most one line, and every line has the goods its counters say; days are not oversold.
//  5. References and numbers are unique, and no more is bought for a line than was ordered.
//  6. Each merchant's log has no gaps, each change of an order has its event, and each use of a coupon its order.
//
// All of it is about one moment, and nobody waits for it: Verify takes no locks. While it runs SQLite's write-ahead log cannot
// be truncated and PostgreSQL's vacuum keeps what it reads. It needs little memory, whatever the database's size, but
// temporary disk space for sorting.
//
// A finding is no error; an error means that not everything was checked.
func (s *Store) Verify(ctx context.Context, report func(Finding)) (Summary, error) {
	v := verification{dialect: s.dialect}
	v.report = func(f Finding) {
		v.summary.Findings++
		report(f)
	}
	if err := s.verify(ctx, &v); err != nil {
		return v.summary, wrap(fmt.Errorf("verify: %w", err), nil)
	}
	return v.summary, nil
}

func (s *Store) verify(ctx context.Context, v *verification) (err error) {
	options := &sql.TxOptions{ReadOnly: true}
	if s.dialect == dialect.Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	if v.tx, err = s.readDB.BeginTx(ctx, options); err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer func() { _ = v.tx.Rollback() }() // nothing was written
	if s.dialect == dialect.Postgres {
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
	for i := range passes {
		if err := v.pass(ctx, &passes[i]); err != nil {
			return err
		}
	}
	if err := v.refunds(ctx); err != nil {
		return err
	}
	return v.leftBehind(ctx, s.now())
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

// pass is one reading of a table, or of a table with what belongs to its rows, and the rules that can be checked on the way.
// The SQL is the same for both databases but for the name of wideSum, and what NULL makes unknown is not broken.
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

// query returns a row for each row that breaks any rule: its name, then a detail for each rule, NULL where the rule holds.
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
	text := p.query()
	if v.dialect == dialect.Postgres {
		text = strings.ReplaceAll(text, wideSum+"(", "sum(")
	}
	rows, err := v.tx.QueryContext(ctx, text)
	if err != nil {
		return fmt.Errorf("rule %s and others: %w", p.rules[0].name, err)
	}
	defer rows.Close()
	var row string
	details := make([]sql.NullString, len(p.rules))
	columns := []any{&row}
	for i := range details {
		columns = append(columns, &details[i])
	}
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return err
		}
		for i, detail := range details {
			if detail.Valid {
				v.report(Finding{Invariant: p.rules[i].invariant, Rule: p.rules[i].name, Row: row, Detail: detail.String})
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("rule %s and others: %w", p.rules[0].name, err)
	}
	return nil
}

// refunds checks that exactly the price of the units that failed or were cancelled was given back, which is beyond SQL: the
// line's discount is shared out to the last minor unit.
func (v *verification) refunds(ctx context.Context) error {
	v.summary.Rules++
	rows, err := v.tx.QueryContext(ctx, `SELECT l.id, o.number, o.currency, l.quantity, l.failed + l.cancelled, l.unit_price_micros,
			l.discount_micros, l.total_micros, l.refunded_micros
		FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.refunded_micros <> 0 OR l.failed + l.cancelled <> 0`)
	if err != nil {
		return fmt.Errorf("rule line-refunded: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var line, quantity, lost int64
		var number string
		var currency money.Currency
		var price, discount, total, refunded money.Amount
		if err := rows.Scan(&line, &number, &currency, &quantity, &lost, &price, &discount, &total, &refunded); err != nil {
			return err
		}
		if owed := total.SubCapped(money.Kept(price, discount, quantity, quantity-lost, currency)); refunded != owed {
			v.report(Finding{
				Invariant: 2, Rule: "line-refunded", Row: fmt.Sprintf("line %d of order %s", line, number),
				Detail: fmt.Sprintf("%d given back for %d of %d units, which is worth %d", refunded, lost, quantity, owed),
			})
		}
	}
	return rows.Err()
}

// What a transfer does to the wallet a.
const walletChange = `CASE a.id WHEN t.credit_account_id THEN CAST(t.amount_micros AS numeric)
	WHEN t.debit_account_id THEN -CAST(t.amount_micros AS numeric) ELSE 0 END`

const (
	finalStatuses = `('completed', 'failed', 'cancelled')`

	doneUnits = `(l.completed + l.failed + l.cancelled)`
	lineRow   = `'line ', l.id, ' of order ', (SELECT number FROM orders WHERE id = l.order_id)`
	counters  = `l.status, ': ', l.completed, ' completed, ', l.failed, ' failed, ', l.cancelled, ' cancelled of ', l.quantity`
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
	ownEvents   = `CASE o.status WHEN 'completed' THEN ` + eventCount("completed") + ` WHEN 'failed' THEN ` + eventCount("failed") +
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

// passes are all rules but line-refunded and line-left-behind, by what they read.
var passes = []pass{
	{
		from: `transfers t LEFT JOIN accounts d ON d.id = t.debit_account_id LEFT JOIN accounts c ON c.id = t.credit_account_id
			LEFT JOIN orders o ON o.id = t.order_id`,
		row: `'transfer ', t.id`,
		rules: []rule{
			{1, "transfer-amount", `t.amount_micros <= 0`, `'amount ', t.amount_micros`},
			{
				1, "transfer-accounts", `d.id IS NULL OR c.id IS NULL OR d.id = c.id`,
				`'from account ', t.debit_account_id, ' to account ', t.credit_account_id`,
			},
			{
				1, "transfer-currency", `d.currency <> t.currency OR c.currency <> t.currency`,
				`t.currency, ' from an account in ', d.currency, ' to one in ', c.currency`,
			},
			{
				1, "transfer-kind", `NOT CASE t.kind
					WHEN 'deposit' THEN d.kind = 'funding' AND c.kind = 'wallet'
					WHEN 'charge' THEN d.kind = 'wallet' AND c.kind = 'revenue'
					WHEN 'refund' THEN d.kind = 'revenue' AND c.kind = 'wallet'
					WHEN 'adjustment' THEN (d.kind = 'wallet') <> (c.kind = 'wallet')
					ELSE FALSE END`,
				`t.kind, ' from ', d.kind, ' to ', c.kind`,
			},
			{
				1, "transfer-merchant", `CASE d.kind WHEN 'wallet' THEN d.merchant_id ELSE c.merchant_id END <> t.merchant_id`,
				`'of merchant ', t.merchant_id, ', but the wallet is that of merchant ', coalesce(d.merchant_id, c.merchant_id)`,
			},
			{
				2, "transfer-order", `(t.kind IN ('charge', 'refund')) <> (t.order_id IS NOT NULL) OR (t.order_id IS NOT NULL AND
					(o.id IS NULL OR o.merchant_id <> t.merchant_id OR o.currency <> t.currency))`,
				`t.kind, ' for order ', coalesce(o.number, concat(t.order_id))`,
			},
		},
	},
	{
		// What moves within a currency cancels out, so only the rest has to be added up.
		from: `transfers t JOIN accounts d ON d.id = t.debit_account_id JOIN accounts c ON c.id = t.credit_account_id
			JOIN (SELECT DISTINCT currency FROM accounts) AS z ON (z.currency = d.currency) <> (z.currency = c.currency)`,
		where: `d.currency <> c.currency`,
		group: `z.currency`,
		row:   `'currency ', z.currency`,
		rules: []rule{{
			1, "currency-sum", `wide_sum(CASE z.currency WHEN c.currency THEN CAST(t.amount_micros AS numeric) ELSE -CAST(t.amount_micros AS numeric) END) <> 0`,
			`'the accounts sum to ', wide_sum(CASE z.currency WHEN c.currency THEN CAST(t.amount_micros AS numeric) ELSE -CAST(t.amount_micros AS numeric) END)`,
		}},
	},
	{
		from:  `accounts a LEFT JOIN transfers t ON t.merchant_id = a.merchant_id`,
		group: `a.id`,
		row:   `'account ', a.id`,
		rules: []rule{
			{
				1, "account-kind", `a.kind NOT IN ('wallet', 'funding', 'revenue') OR (a.kind = 'wallet') <> (a.merchant_id IS NOT NULL)`,
				`'kind ', a.kind, ' of merchant ', coalesce(concat(a.merchant_id), 'none')`,
			},
			{1, "hub-balance", `a.kind <> 'wallet' AND a.balance_micros <> 0`, `'a balance of ', a.balance_micros, ' is kept'`},
			{
				1, "wallet-sum", `a.kind = 'wallet' AND a.balance_micros <> coalesce(wide_sum(` + walletChange + `), 0)`,
				`'balance ', a.balance_micros, ', the transfers sum to ', coalesce(wide_sum(` + walletChange + `), 0)`,
			},
			{
				1, "wallet-newest", `a.kind = 'wallet' AND a.balance_micros <>
					coalesce((SELECT n.balance_micros FROM transfers n WHERE n.merchant_id = a.merchant_id ORDER BY n.id DESC LIMIT 1), 0)`,
				`'balance ', a.balance_micros, ', not that after its newest transfer'`,
			},
		},
	},
	{
		from: `(SELECT t.id, t.balance_micros, ` + walletChange + ` AS amount,
				coalesce(lag(t.balance_micros) OVER (PARTITION BY t.merchant_id ORDER BY t.id), 0) AS previous
			FROM transfers t JOIN accounts a ON a.merchant_id = t.merchant_id) AS t`,
		row: `'transfer ', t.id`,
		rules: []rule{{
			1, "transfer-balance", `t.balance_micros <> t.previous + t.amount`,
			`'balance ', t.balance_micros, ' after it, ', t.previous, ' before it, and it moves ', t.amount`,
		}},
	},
	{
		from:  `orders o LEFT JOIN transfers t ON t.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				2, "order-charged", moved(`t.kind = 'charge'`) + ` <> o.total_micros OR ` + tally(`t.kind = 'charge'`) + ` > 1`,
				`'total ', o.total_micros, ', ', ` + tally(`t.kind = 'charge'`) + `, ' charges of ', ` + moved(`t.kind = 'charge'`),
			},
			{
				2, "order-refunded", moved(`t.kind = 'refund'`) + ` <> o.refunded_micros`,
				`'refunded ', o.refunded_micros, ', refunds of ', ` + moved(`t.kind = 'refund'`),
			},
		},
	},
	{
		from:  `orders o LEFT JOIN order_lines l ON l.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				2, "order-amounts", `o.subtotal_micros <> coalesce(wide_sum(l.subtotal_micros), 0)
					OR o.discount_micros <> coalesce(wide_sum(l.discount_micros), 0) OR o.total_micros <> coalesce(wide_sum(l.total_micros), 0)`,
				`'subtotal ', o.subtotal_micros, ', discount ', o.discount_micros, ', total ', o.total_micros,
					', but its lines have ', wide_sum(l.subtotal_micros), ', ', wide_sum(l.discount_micros), ', ', wide_sum(l.total_micros)`,
			},
			{
				2, "order-lines-refunded", `o.refunded_micros <> coalesce(wide_sum(l.refunded_micros), 0)`,
				`'refunded ', o.refunded_micros, ', its lines ', wide_sum(l.refunded_micros)`,
			},
			{
				3, "order-lines", `count(l.id) = 0 OR min(l.position) <> 1 OR max(l.position) <> count(l.id)`,
				`count(l.id), ' lines at positions ', min(l.position), ' to ', max(l.position)`,
			},
			{
				3, "order-final", `(o.status IN ` + finalStatuses + `) <> (` + tally(`l.status NOT IN `+finalStatuses) + ` = 0)`,
				`o.status, ' with ', ` + tally(`l.status NOT IN `+finalStatuses) + `, ' open lines'`,
			},
			{3, "order-status", `o.status <> ` + orderStatus, `o.status, ', its lines make it ', ` + orderStatus},
			{
				3, "order-completed-at", `(o.completed_at IS NULL) = (o.status IN ` + finalStatuses + `)`,
				`o.status, CASE WHEN o.completed_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of completion'`,
			},
		},
	},
	{
		from: `order_lines l LEFT JOIN orders o ON o.id = l.order_id`,
		row:  `'line ', l.id, ' of order ', coalesce(o.number, concat(l.order_id))`,
		rules: []rule{
			{
				2, "line-subtotal", `l.subtotal_micros <> CAST(l.unit_price_micros AS numeric) * l.quantity`,
				`'subtotal ', l.subtotal_micros, ' for ', l.quantity, ' at ', l.unit_price_micros`,
			},
			{
				2, "line-total", `l.total_micros <> CAST(l.subtotal_micros AS numeric) - l.discount_micros OR l.discount_micros < 0 OR l.total_micros < 0`,
				`'total ', l.total_micros, ' of subtotal ', l.subtotal_micros, ' less discount ', l.discount_micros`,
			},
			{
				3, "line-order", `o.id IS NULL OR o.merchant_id <> l.merchant_id`,
				`'of merchant ', l.merchant_id, ', its order of merchant ', coalesce(concat(o.merchant_id), 'none')`,
			},
			{
				3, "line-counters", `l.quantity < 1 OR l.completed < 0 OR l.failed < 0 OR l.cancelled < 0 OR ` + doneUnits + ` > l.quantity`,
				counters,
			},
			{3, "line-final", `(` + doneUnits + ` = l.quantity) <> (l.status IN ` + finalStatuses + `)`, counters},
			{3, "line-status", `NOT ` + lineStatusFits, counters},
			{
				4, "line-allotment", `l.use_date <> '' AND l.source = 'stock'
					AND NOT EXISTS (SELECT 1 FROM allotments a WHERE a.product_id = l.product_id AND a.use_date = l.use_date)`,
				`'sold from stock for ', l.use_date, ', which has no allotment of product ', l.product_id`,
			},
		},
	},
	{
		from:  `order_lines l LEFT JOIN units u ON u.line_id = l.id`,
		group: `l.id`,
		row:   lineRow,
		rules: []rule{
			{
				4, "line-goods", tally(`u.status IN ('delivered', 'used')`) + ` <> l.completed`,
				tally(`u.status IN ('delivered', 'used')`) + `, ' units delivered, ', l.completed, ' completed'`,
			},
			{
				4, "line-tickets", `l.use_date <> '' AND (count(u.id) <> l.quantity OR ` + tally(`u.status = 'pending'`) + ` <> l.quantity - ` + doneUnits + `)`,
				`count(u.id), ' tickets, ', ` + tally(`u.status = 'pending'`) + `, ' of them pending, for ', ` + counters,
			},
			{
				4, "line-goods-cancelled", tally(`u.status = 'cancelled'`) + ` > l.cancelled`,
				tally(`u.status = 'cancelled'`) + `, ' units cancelled, ', l.cancelled, ' on the line'`,
			},
		},
	},
	{
		from: `units u LEFT JOIN order_lines l ON l.id = u.line_id`,
		row:  `'unit ', u.id`,
		rules: []rule{
			{
				4, "unit-status", `u.status NOT IN ('available', 'withdrawn', 'void', 'pending', 'delivered', 'used', 'cancelled', 'failed')
					OR (u.status IN ('available', 'withdrawn', 'void')) <> (u.line_id IS NULL)`,
				`u.status, CASE WHEN u.line_id IS NULL THEN ' without' ELSE ' with' END, ' a line'`,
			},
			{
				4, "unit-delivered-at", `CASE WHEN u.status IN ('delivered', 'used') THEN u.delivered_at IS NULL
					WHEN u.status IN ('available', 'withdrawn', 'void', 'pending', 'failed') THEN u.delivered_at IS NOT NULL ELSE false END`,
				`u.status, CASE WHEN u.delivered_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of delivery'`,
			},
			{
				4, "unit-withdrawn", `(u.status = 'withdrawn') <> (u.withdrawn_for <> '')
					OR (u.status = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.reference = u.withdrawn_for))`,
				`u.status, ' for attempt ', u.withdrawn_for`,
			},
			{
				4, "unit-line", `(u.line_id IS NULL) <> (u.order_id IS NULL) OR (u.line_id IS NOT NULL AND
					(l.id IS NULL OR l.order_id <> u.order_id OR l.product_id <> u.product_id OR l.use_date <> u.use_date))`,
				`'order ', u.order_id, ', line ', u.line_id, ', product ', u.product_id, ', day ', u.use_date,
					'; the line has order ', l.order_id, ', product ', l.product_id, ', day ', l.use_date`,
			},
		},
	},
	{
		from:  `unit_imports i JOIN units u ON u.product_id = i.product_id AND u.status = 'available' AND u.import_id = i.id`,
		where: `i.withdrawn_at IS NOT NULL`,
		group: `i.id`,
		row:   `'import ', i.id`,
		rules: []rule{{4, "import-withdrawn", `count(*) > 0`, `'was withdrawn, but ', count(*), ' of its units are still to be sold'`}},
	},
	{
		from:  `units u`,
		where: `u.fingerprint IS NOT NULL`,
		group: `u.product_id, u.fingerprint`,
		row:   `'unit ', max(u.id)`,
		rules: []rule{{4, "unit-content", `count(*) > 1`, `'has the content of unit ', min(u.id)`}},
	},
	{
		from:  `units u`,
		where: `u.ticket_code IS NOT NULL`,
		group: `u.ticket_code`,
		row:   `'unit ', max(u.id)`,
		rules: []rule{{4, "unit-ticket-code", `count(*) > 1`, `'has the ticket code of unit ', min(u.id)`}},
	},
	{
		from: `allotments a JOIN products p ON p.id = a.product_id LEFT JOIN
			(SELECT l.product_id, l.use_date, wide_sum(l.quantity - l.failed - l.cancelled) AS sold, ` + tally(`l.source <> 'stock'`) + ` AS bought
			FROM order_lines l WHERE l.use_date <> '' GROUP BY l.product_id, l.use_date) AS s
			ON s.product_id = a.product_id AND s.use_date = a.use_date`,
		row: `'allotment ', a.id`,
		rules: []rule{
			{
				4, "allotment-capacity", `a.sold < 0 OR a.sold > a.capacity`,
				`a.sold, ' sold of ', a.capacity, ' of product ', a.product_id, ' on ', a.use_date`,
			},
			{
				// Days of a provider's product may have been sold before there was an allotment.
				4, "allotment-sold", `p.source = 'stock' AND coalesce(s.bought, 0) = 0 AND a.sold <> coalesce(s.sold, 0)`,
				`a.sold, ' sold, lines have ', coalesce(s.sold, 0), ' of product ', a.product_id, ' on ', a.use_date`,
			},
		},
	},
	{
		from:  `orders o`,
		group: `o.merchant_id, o.reference`,
		row:   `'order ', (SELECT max(n.number) FROM orders n WHERE n.merchant_id = o.merchant_id AND n.reference = o.reference)`,
		rules: []rule{{5, "order-reference", `count(*) > 1`, `'is one of ', count(*), ' orders with its reference'`}},
	},
	{
		from:  `orders o`,
		group: `o.number`,
		row:   `'order ', o.number`,
		rules: []rule{{5, "order-number", `count(*) > 1`, `'is the number of orders ', min(o.id), ' and ', max(o.id)`}},
	},
	{
		from: `attempts a LEFT JOIN order_lines l ON l.id = a.line_id`,
		row:  `'attempt ', a.id`,
		rules: []rule{
			{
				5, "attempt-line", `l.id IS NULL OR l.order_id <> a.order_id OR l.merchant_id <> a.merchant_id`,
				`'order ', a.order_id, ' of merchant ', a.merchant_id, '; its line ', a.line_id, ' has order ', l.order_id, ' of merchant ', l.merchant_id`,
			},
			{5, "attempt-quantity", `a.quantity < 1 OR a.quantity > l.quantity`, `a.quantity, ' units for a line of ', l.quantity`},
			{
				5, "attempt-delivered", `a.delivered < 0 OR a.delivered > a.quantity OR (a.delivered > 0) <> (a.status = 'delivered')`,
				`a.status, ' with ', a.delivered, ' of ', a.quantity, ' units delivered'`,
			},
			{
				5, "attempt-settled", `a.status NOT IN ('waiting', 'submitting', 'accepted', 'unknown', 'parked', 'delivered', 'refused', 'cancelled')
					OR (a.status IN ('delivered', 'refused', 'cancelled')) <> (a.settled_at IS NOT NULL)`,
				`a.status, CASE WHEN a.settled_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of settlement'`,
			},
			{5, "attempt-open", `a.settled_at IS NULL AND l.status IN ` + finalStatuses, `a.status, ' for a line that is ', l.status`},
		},
	},
	{
		from:  `order_lines l LEFT JOIN attempts a ON a.line_id = l.id`,
		group: `l.id`,
		row:   lineRow,
		rules: []rule{
			{
				5, "line-attempts", `count(DISTINCT a.number) <> count(a.id) OR min(a.number) <> 1 OR max(a.number) <> count(a.id)`,
				`count(a.id), ' attempts numbered ', min(a.number), ' to ', max(a.number)`,
			},
			{
				5, "line-unsettled", tally(`a.id IS NOT NULL AND a.settled_at IS NULL`) + ` > 1`,
				tally(`a.id IS NOT NULL AND a.settled_at IS NULL`) + `, ' attempts are not settled'`,
			},
			{
				5, "line-bought", `coalesce(wide_sum(a.delivered), 0) > l.quantity`,
				`wide_sum(a.delivered), ' units bought for a line of ', l.quantity`,
			},
			{
				// Tickets may be taken back after they were delivered.
				5, "line-not-bought", `l.source = 'provider' AND (coalesce(wide_sum(a.delivered), 0) < l.completed
					OR (l.use_date = '' AND coalesce(wide_sum(a.delivered), 0) > l.completed))`,
				`l.completed, ' units completed, ', coalesce(wide_sum(a.delivered), 0), ' bought'`,
			},
		},
	},
	{
		from:  `attempts a`,
		group: `a.reference`,
		row:   `'attempt ', max(a.id)`,
		rules: []rule{{5, "attempt-reference", `count(*) > 1`, `'has the reference of attempt ', min(a.id)`}},
	},
	{
		from:  `accounts a LEFT JOIN events e ON e.merchant_id = a.merchant_id`,
		group: `a.id`,
		row:   `'account ', a.id`,
		rules: []rule{
			{
				6, "event-sequence", `a.event_sequence <> coalesce(max(e.sequence), 0)`,
				`'event sequence ', a.event_sequence, ', the last event is ', coalesce(max(e.sequence), 0)`,
			},
			{
				6, "event-gap", `min(e.sequence) <> 1 OR max(e.sequence) <> count(e.sequence)`,
				`count(e.sequence), ' events numbered ', min(e.sequence), ' to ', max(e.sequence), '; the first gap is after ',
					(SELECT min(x.sequence) FROM events x WHERE x.merchant_id = a.merchant_id AND NOT EXISTS
						(SELECT 1 FROM events y WHERE y.merchant_id = x.merchant_id AND y.sequence = x.sequence + 1))`,
			},
		},
	},
	{
		from:  `events e`,
		group: `e.merchant_id, e.sequence`,
		row:   `'event ', max(e.id)`,
		rules: []rule{{6, "event-number", `count(*) > 1`, `'has the number of event ', min(e.id)`}},
	},
	{
		from: `events e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN order_lines l ON l.id = e.line_id`,
		row:  `'event ', e.id`,
		rules: []rule{{
			6, "event-order", `(e.order_id IS NOT NULL AND (o.id IS NULL OR o.merchant_id <> e.merchant_id))
				OR (e.line_id IS NOT NULL AND (l.id IS NULL OR e.order_id IS NULL OR l.order_id <> e.order_id))`,
			`e.type, ' of merchant ', e.merchant_id, ' about order ', coalesce(o.number, concat(e.order_id)), ', line ', e.line_id`,
		}},
	},
	{
		from:  `orders o LEFT JOIN events e ON e.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				6, "order-created-event", eventCount("created") + ` <> 1 OR min(e.sequence) <> ` + lastEvent(`e.type = 'order.created'`),
				eventCount("created") + `, ' events of its creation, or not the first'`,
			},
			{
				6, "order-processing-event", eventCount("processing") + ` > 1 OR (o.status = 'processing' AND ` + eventCount("processing") + ` = 0)`,
				`o.status, ' with ', ` + eventCount("processing") + `, ' events of that'`,
			},
			{
				// Units cancelled after delivery may take a completed order to cancelled.
				6, "order-final-event", `CASE
					WHEN o.status NOT IN ` + finalStatuses + ` THEN ` + finalEvents + ` > 0
					ELSE ` + ownEvents + ` <> 1 OR ` + finalEvents + ` > CASE o.status WHEN 'cancelled' THEN 1 + ` + eventCount("completed") + ` ELSE 1 END
						OR ` + lastEvent(`e.type = 'order.' || o.status`) + ` <> ` + lastEvent(statusEvent) + ` END`,
				`o.status, ' with ', ` + ownEvents + `, ' events of that among ', ` + finalEvents + `, ' of an end, or not as the last'`,
			},
		},
	},
	{
		from:  `coupons c LEFT JOIN coupon_uses u ON u.coupon_id = c.id`,
		where: `c.max_uses IS NOT NULL`, // of the others the number is not kept
		group: `c.id`,
		row:   `'coupon ', c.code`,
		rules: []rule{
			{6, "coupon-uses", `c.uses <> count(u.id)`, `'uses ', c.uses, ', orders that used it ', count(u.id)`},
			{6, "coupon-limit", `count(u.id) > c.max_uses`, `count(u.id), ' uses of ', c.max_uses`},
		},
	},
	{
		from:  `coupons c JOIN coupon_uses u ON u.coupon_id = c.id`,
		where: `c.max_uses_per_merchant IS NOT NULL`,
		group: `c.id, u.merchant_id`,
		row:   `'coupon ', c.code`,
		rules: []rule{{
			6, "coupon-merchant-limit", `count(*) > c.max_uses_per_merchant`,
			`count(*), ' uses of ', c.max_uses_per_merchant, ' by merchant ', u.merchant_id`,
		}},
	},
	{
		from: `coupon_uses u LEFT JOIN orders o ON o.id = u.order_id LEFT JOIN coupons c ON c.id = u.coupon_id`,
		row:  `'coupon use ', u.id`,
		rules: []rule{{
			6, "coupon-use", `o.id IS NULL OR c.id IS NULL OR o.coupon_id IS NULL OR o.coupon_id <> u.coupon_id OR o.merchant_id <> u.merchant_id`,
			`'coupon ', u.coupon_id, ' for order ', coalesce(o.number, concat(u.order_id)), ' of merchant ', u.merchant_id`,
		}},
	},
	{
		from:  `orders o`,
		where: `o.coupon_id IS NOT NULL OR o.coupon_code <> '' OR o.discount_micros <> 0`,
		row:   `'order ', o.number`,
		rules: []rule{{
			6, "order-coupon", `o.coupon_id IS NULL OR o.coupon_code = ''
				OR (SELECT count(*) FROM coupon_uses u WHERE u.order_id = o.id AND u.coupon_id = o.coupon_id) <> 1`,
			`'discount ', o.discount_micros, ' without one use of one coupon'`,
		}},
	},
	{
		// BursaGB's format speaks of lines only, and of what GameSO's calls an event not everybody has to want it.
		from: `events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id
				AND (w.format = 'standard' OR (w.format = 'gameso' AND CAST(w.event_types AS text) LIKE '%completed%failed%'))
			LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = w.id`,
		where: fannedOut + ` AND ` + targetsName("w.id"),
		row:   `'event ', e.id`,
		rules: []rule{{6, "event-delivery", `d.id IS NULL`, `e.type, ' has no delivery to endpoint ', w.id, ', which was active'`}},
	},
	{
		from: `events e JOIN orders o ON o.id = e.order_id AND o.door <> 'bursagb'
			LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = 0`,
		where: fannedOut + ` AND ` + targetsName("0"),
		row:   `'event ', e.id`,
		rules: []rule{{6, "event-own-delivery", `d.id IS NULL`, `e.type, ' has no delivery to the address that its order names'`}},
	},
	{
		from:  `webhook_deliveries d LEFT JOIN events e ON e.id = d.event_id`,
		where: `d.event_id > 0`,
		row:   `'delivery ', d.id`,
		rules: []rule{
			{6, "delivery-event", `e.id IS NULL OR e.merchant_id <> d.merchant_id OR e.sequence <> d.sequence`, `'of event ', d.event_id, ', which is another or none'`},
			{6, "delivery-body", `d.status = 'pending' AND length(d.payload) = 0 AND NOT EXISTS (SELECT 1 FROM webhook_bodies b
				WHERE b.event_id = d.event_id AND b.format = d.format AND b.line_id = d.line_id)`, `'of event ', d.event_id, ' has nothing to say'`},
			{6, "delivery-plan", `d.status <> 'pending' AND d.next_attempt_at IS NOT NULL`, `d.status, ' and planned again'`},
		},
	},
}

// fannedOut events have somebody to tell, and the jobs that make deliveries of events have all run.
const fannedOut = `e.targets <> '' AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.kind = 'fanout'
	AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`

// targetsName is the condition that an event is meant for an endpoint.
func targetsName(id string) string {
	return `concat(',', substr(e.targets, 2, length(e.targets) - 2), ',') LIKE concat('%,', ` + id + `, ',%')`
}
