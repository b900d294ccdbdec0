package exports

import (
	"time"

	"orderhub/server/export"
	"orderhub/server/money"
	"orderhub/server/store"
)

const orderFields = `o.id, o.number, o.reference, m.name, o.door, o.status, o.currency, o.subtotal_micros,
	o.discount_micros, o.total_micros, o.refunded_micros, o.coupon_code, o.failure_code, o.created_at, o.completed_at`

func scanOrder(row store.Scanner) (r export.Row, err error) {
	var id int64
	var number, reference, merchant, door, coupon, failure string
	var currency money.Currency
	var subtotal, discount, total, refunded money.Amount
	var completed *time.Time
	err = row.Scan(
		&id, &number, &reference, &merchant, &door, &r.Status, &currency, &subtotal, &discount, &total, &refunded, &coupon,
		&failure, &r.At, &completed,
	)
	r.Cursor = export.Cursor{At: r.At.UnixMicro(), ID: id}
	r.Cells = []string{
		number, reference, merchant, door, r.Status, string(currency), amount(subtotal, currency),
		amount(discount, currency), amount(total, currency), amount(refunded, currency), coupon, failure, moment(&r.At),
		moment(completed),
	}
	return r, err
}

const lineFields = `o.id, o.number, o.reference, m.name, l.position, l.sku, l.product_name, l.status, l.quantity,
	l.completed, l.failed, l.cancelled, o.currency, l.unit_price_micros, l.subtotal_micros, l.discount_micros,
	l.total_micros, l.refunded_micros, l.external_reference, l.use_date, l.failure_code, o.created_at, l.updated_at`

func scanLine(row store.Scanner) (r export.Row, err error) {
	var id int64
	var order, reference, merchant, sku, name, external, day, failure string
	var position int
	var quantity, completed, failed, cancelled int64
	var currency money.Currency
	var price, subtotal, discount, total, refunded money.Amount
	var updated time.Time
	err = row.Scan(
		&id, &order, &reference, &merchant, &position, &sku, &name, &r.Status, &quantity, &completed, &failed, &cancelled,
		&currency, &price, &subtotal, &discount, &total, &refunded, &external, &day, &failure, &r.At, &updated,
	)
	r.Cursor = export.Cursor{At: r.At.UnixMicro(), ID: id, Part: position}
	r.Cells = []string{
		order, reference, merchant, number(position), sku, name, r.Status, number(quantity), number(completed),
		number(failed), number(cancelled), string(currency), amount(price, currency), amount(subtotal, currency),
		amount(discount, currency), amount(total, currency), amount(refunded, currency), external, day, failure,
		moment(&r.At), moment(&updated),
	}
	return r, err
}

// table is one whose rows are read in the order of their number.
type table struct {
	name     string
	byTime   bool   // whether rows that are not in a span may be passed over by when they were written
	fields   string // of the table t and what is joined
	joins    string
	merchant string // whose rows they are, where a merchant may ask: $3, 0 for all
	scan     func(row store.Scanner) (rows []export.Row, written time.Time, err error)
}

func (t *table) statement() string {
	where := ` WHERE id > $1`
	if t.merchant != `` {
		where += ` AND ` + t.merchant
	}
	return `SELECT ` + t.fields + ` FROM (SELECT * FROM ` + t.name + where + ` ORDER BY id LIMIT $2) AS t ` + t.joins +
		` ORDER BY t.id`
}

const ofMerchant = `($3 = 0 OR merchant_id = $3)`

var tables = map[export.Kind]*table{
	export.Transfers: {
		name: `transfers`, byTime: true, merchant: ofMerchant, scan: scanTransfer,
		fields: `t.id, t.created_at, coalesce(m.name, ''), t.kind, t.currency, t.amount_micros, t.balance_micros,
			coalesce(t.debit_account_id = w.id, false), coalesce(o.number, ''), t.attempt_id, coalesce(t.reference, ''),
			t.description`,
		joins: `LEFT JOIN merchants m ON m.id = t.merchant_id LEFT JOIN accounts w ON w.merchant_id = m.id
			LEFT JOIN orders o ON o.id = t.order_id`,
	},
	export.Units: {
		// A unit that came in long ago may go out in any span.
		name: `units`, scan: scanUnit,
		fields: `t.id, t.created_at, t.delivered_at, p.sku, t.import_id, t.status, coalesce(o.number, ''),
			coalesce(m.name, ''), t.use_date, t.expires_s`,
		joins: `JOIN products p ON p.id = t.product_id LEFT JOIN orders o ON o.id = t.order_id
			LEFT JOIN merchants m ON m.id = o.merchant_id`,
	},
	export.Attempts: {
		name: `attempts`, byTime: true, merchant: ofMerchant, scan: scanAttempt,
		fields: `t.id, t.created_at, o.number, l.position, m.name, p.name, t.provider_sku, t.number, t.reference,
			t.provider_reference, t.status, t.quantity, t.delivered, t.failure_code, t.currency, t.cost_micros,
			t.charged_currency, t.charged_micros, t.booked_currency, t.booked_micros, t.settled_at`,
		joins: `JOIN orders o ON o.id = t.order_id JOIN order_lines l ON l.id = t.line_id
			JOIN merchants m ON m.id = t.merchant_id JOIN providers p ON p.id = t.provider_id`,
	},
	export.Claims: {
		name: `claimed_units`, byTime: true, merchant: ofMerchant, scan: scanClaim,
		fields: `t.id, t.claim_id, t.created_at, o.number, l.position, m.name, l.sku, t.unit_id,
			coalesce(c.reference, ''), c.reason, t.status, t.answered_kind, t.answered_at, o.currency, t.refund_micros,
			t.replacement_unit_id`,
		joins: `JOIN claims c ON c.id = t.claim_id JOIN orders o ON o.id = t.order_id
			JOIN order_lines l ON l.id = t.line_id JOIN merchants m ON m.id = t.merchant_id`,
	},
}

func scanTransfer(row store.Scanner) ([]export.Row, time.Time, error) {
	var r export.Row
	var merchant, order, reference, description string
	var currency money.Currency
	var moved, balance money.Amount
	var out bool
	var attempt *int64
	err := row.Scan(
		&r.Cursor.ID, &r.At, &merchant, &r.Status, &currency, &moved, &balance, &out, &order, &attempt, &reference,
		&description,
	)
	after := amount(balance, currency)
	if merchant == "" {
		after = "" // of an account of a provider's
	}
	sum := amount(moved, currency)
	if out && moved != 0 {
		sum = "-" + sum
	}
	r.Cells = []string{
		number(r.Cursor.ID), moment(&r.At), merchant, r.Status, string(currency), sum, after, order,
		optionalNumber(attempt), reference, description,
	}
	return []export.Row{r}, r.At, err
}

// noExpiry is what units have that do not expire.
const noExpiry = 253_402_300_800

// scanUnit makes a row of each movement.
func scanUnit(row store.Scanner) (rows []export.Row, written time.Time, err error) {
	var id, expires int64
	var delivered *time.Time
	var sku, status, order, merchant, day string
	var imported *int64
	err = row.Scan(&id, &written, &delivered, &sku, &imported, &status, &order, &merchant, &day, &expires)
	expiry := ""
	if expires < noExpiry {
		at := time.Unix(expires, 0)
		expiry = moment(&at)
	}
	movement := func(part int, what string, at time.Time, order, merchant string) {
		rows = append(rows, export.Row{
			Cursor: export.Cursor{ID: id, Part: part}, At: at, Status: status,
			Cells: []string{
				number(id), moment(&at), what, sku, optionalNumber(imported), status, order, merchant, day, expiry,
			},
		})
	}
	movement(1, "in", written, "", "")
	if delivered != nil && order != "" {
		movement(2, "out", *delivered, order, merchant)
	}
	return rows, written, err
}

func scanAttempt(row store.Scanner) ([]export.Row, time.Time, error) {
	var r export.Row
	var order, merchant, provider, sku, reference, theirs, failure string
	var position, tries int
	var quantity, delivered int64
	var currency, chargedIn, bookedIn money.Currency
	var cost money.Amount
	var charged, booked *money.Amount
	var settled *time.Time
	err := row.Scan(
		&r.Cursor.ID, &r.At, &order, &position, &merchant, &provider, &sku, &tries, &reference, &theirs, &r.Status,
		&quantity, &delivered, &failure, &currency, &cost, &chargedIn, &charged, &bookedIn, &booked, &settled,
	)
	r.Cells = []string{
		number(r.Cursor.ID), moment(&r.At), order, number(position), merchant, provider, sku, number(tries), reference,
		theirs, r.Status, number(quantity), number(delivered), failure, string(currency), amount(cost, currency),
		string(chargedIn), optionalAmount(charged, chargedIn), string(bookedIn), optionalAmount(booked, bookedIn),
		moment(settled),
	}
	return []export.Row{r}, r.At, err
}

// scanClaim makes a row of a claimed unit. Who answered is told by kind alone: merchants need not know operators.
func scanClaim(row store.Scanner) ([]export.Row, time.Time, error) {
	var r export.Row
	var claim, unit int64
	var position int
	var order, merchant, sku, reference, reason, answeredBy string
	var currency money.Currency
	var refund money.Amount
	var answered *time.Time
	var replacement *int64
	err := row.Scan(
		&r.Cursor.ID, &claim, &r.At, &order, &position, &merchant, &sku, &unit, &reference, &reason, &r.Status, &answeredBy,
		&answered, &currency, &refund, &replacement,
	)
	r.Cells = []string{
		number(claim), moment(&r.At), order, number(position), merchant, sku, number(unit), reference, reason, r.Status,
		answeredBy, moment(answered), string(currency), amount(refund, currency), optionalNumber(replacement),
	}
	return []export.Row{r}, r.At, err
}
