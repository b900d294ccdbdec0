package exports

import (
	"time"

	"orderhub/server/export"
	"orderhub/server/money"
	"orderhub/server/store"
)

// What rows of each kind have: first what is in the columns of the kind, in their order, then what is not shown.

func orderFields(r *export.Row) store.Fields {
	return store.Fields{
		"o.number AS order_number", new(string), "o.reference AS reference_id", new(string),
		"m.name AS merchant", new(string), "o.door", new(string), "o.status", &r.Status, "o.currency", new(money.Currency),
		"o.subtotal_micros AS subtotal", new(money.Amount), "o.discount_micros AS discount", new(money.Amount),
		"o.total_micros AS total", new(money.Amount), "o.refunded_micros AS refunded", new(money.Amount),
		"o.coupon_code AS coupon", new(string), "o.failure_code", new(string), "o.created_at AS create_time", &r.At,
		"o.completed_at AS complete_time", new(*time.Time),
		"o.id", &r.Cursor.ID,
	}
}

func lineFields(r *export.Row) store.Fields {
	return store.Fields{
		"o.number AS order_number", new(string), "o.reference AS reference_id", new(string),
		"m.name AS merchant", new(string), "l.position", &r.Cursor.Part, "l.sku", new(string),
		"l.product_name", new(string), "l.status", &r.Status, "l.quantity", new(int64), "l.completed", new(int64),
		"l.failed", new(int64), "l.cancelled", new(int64), "o.currency", new(money.Currency),
		"l.unit_price_micros AS unit_price", new(money.Amount), "l.subtotal_micros AS subtotal", new(money.Amount),
		"l.discount_micros AS discount", new(money.Amount), "l.total_micros AS total", new(money.Amount),
		"l.refunded_micros AS refunded", new(money.Amount), "l.external_reference", new(string), "l.use_date", new(string),
		"l.failure_code", new(string), "o.created_at AS create_time", &r.At, "l.updated_at AS update_time", new(time.Time),
		"o.id", &r.Cursor.ID,
	}
}

// transferFields have neither a merchant nor what is left of a wallet where it is an account of a provider's.
func transferFields(r *export.Row) store.Fields {
	return store.Fields{
		"t.id AS transfer", &r.Cursor.ID, "t.created_at AS time", &r.At, "coalesce(m.name, '') AS merchant", new(string),
		"t.kind", &r.Status, "t.currency", new(money.Currency),
		"CASE WHEN t.debit_account_id = w.id THEN -t.amount_micros ELSE t.amount_micros END AS amount", new(money.Amount),
		"CASE WHEN m.id IS NOT NULL THEN t.balance_micros END AS balance_after", new(*money.Amount),
		"coalesce(o.number, '') AS order_number", new(string), "t.attempt_id AS attempt", new(*int64),
		"coalesce(t.reference, '') AS reference", new(string), "t.description", new(string),
		"coalesce(t.hold_number, '') AS hold_number", new(string),
	}
}

func attemptFields(r *export.Row) store.Fields {
	return store.Fields{
		"t.id AS attempt", &r.Cursor.ID, "t.created_at AS create_time", &r.At, "o.number AS order_number", new(string),
		"l.position", new(int), "m.name AS merchant", new(string), "p.name AS provider", new(string),
		"t.provider_sku", new(string), "t.number", new(int), "t.reference", new(string),
		"t.provider_reference", new(string), "t.status", &r.Status, "t.quantity", new(int64), "t.delivered", new(int64),
		"t.failure_code", new(string), "t.currency", new(money.Currency), "t.cost_micros AS cost", new(money.Amount),
		"t.charged_currency", new(money.Currency), "t.charged_micros AS charged", new(*money.Amount),
		"t.booked_currency", new(money.Currency), "t.booked_micros AS booked", new(*money.Amount),
		"t.settled_at AS settle_time", new(*time.Time), "r.claim_id AS claim", new(*int64),
	}
}

// claimFields say who answered by kind alone: merchants need not know operators.
func claimFields(r *export.Row) store.Fields {
	return store.Fields{
		"t.claim_id AS claim", new(int64), "t.created_at AS create_time", &r.At, "o.number AS order_number", new(string),
		"l.position", new(int), "m.name AS merchant", new(string), "l.sku", new(string), "t.unit_id AS unit", new(int64),
		"coalesce(c.reference, '') AS reference", new(string), "c.reason", new(string), "t.status", &r.Status,
		"t.answered_kind AS answered_by", new(string), "t.answered_at AS answer_time", new(*time.Time),
		"o.currency", new(money.Currency), "t.refund_micros AS refund", new(money.Amount),
		"t.replacement_unit_id AS replacement_unit", new(*int64), "t.failure_code", new(string),
		"t.id", &r.Cursor.ID,
	}
}

// scan reads a row of the fields of a kind.
func scan(kind export.Kind, of func(*export.Row) store.Fields, from store.Scanner) (r export.Row, err error) {
	places := of(&r).Places()
	err = from.Scan(places...)
	r.Cells = cells(places[:len(export.Columns(kind))])
	return r, err
}

// scanTimed reads a row of a kind whose rows are in the order of their time.
func scanTimed(kind export.Kind, of func(*export.Row) store.Fields) func(store.Scanner) (export.Row, error) {
	return func(from store.Scanner) (export.Row, error) {
		r, err := scan(kind, of, from)
		r.Cursor.At = r.At.UnixMicro()
		return r, err
	}
}

// table is one whose rows are read in the order of their number.
type table struct {
	name   string
	byTime bool   // whether rows that are not in a span may be passed over by when they were written
	fields string // of the table t and what is joined
	joins  string
	// merchants says that rows are somebody's; byMerchant that an index has those of each in their order.
	merchants, byMerchant bool
	scan                  func(row store.Scanner) (rows []export.Row, written time.Time, err error)
}

// scanOne reads rows each of which is one of the export.
func scanOne(kind export.Kind, of func(*export.Row) store.Fields) func(store.Scanner) ([]export.Row, time.Time, error) {
	return func(from store.Scanner) ([]export.Row, time.Time, error) {
		r, err := scan(kind, of, from)
		return []export.Row{r}, r.At, err
	}
}

// statement reads the next rows: of all, or of one merchant. Each says what it is about alone: neither database would
// go by an index for a condition that may hold or not.
func (t *table) statement(ofMerchant bool) store.Statement {
	where := ` WHERE id > $1`
	if ofMerchant {
		where += ` AND merchant_id = $3`
		if !t.byMerchant {
			where += ` AND id <= $4`
		}
	}
	return store.Same(`SELECT ` + t.fields + ` FROM (SELECT * FROM ` + t.name + where + ` ORDER BY id LIMIT $2) AS t ` +
		t.joins + ` ORDER BY t.id`)
}

var tables = map[export.Kind]*table{
	export.Transfers: {
		name: `transfers`, byTime: true, merchants: true, byMerchant: true, fields: store.Selected(transferFields),
		scan: scanOne(export.Transfers, transferFields),
		joins: `LEFT JOIN merchants m ON m.id = t.merchant_id LEFT JOIN accounts w ON w.merchant_id = m.id
			LEFT JOIN orders o ON o.id = t.order_id`,
	},
	export.Units: {
		// A unit that came in long ago may go out in any span.
		name: `units`, fields: store.Selected((*unit).fields), scan: scanUnit,
		joins: `JOIN products p ON p.id = t.product_id LEFT JOIN orders o ON o.id = t.order_id
			LEFT JOIN merchants m ON m.id = o.merchant_id`,
	},
	export.Attempts: {
		name: `attempts`, byTime: true, merchants: true, fields: store.Selected(attemptFields),
		scan: scanOne(export.Attempts, attemptFields),
		joins: `JOIN orders o ON o.id = t.order_id JOIN order_lines l ON l.id = t.line_id
			JOIN merchants m ON m.id = t.merchant_id JOIN providers p ON p.id = t.provider_id
			LEFT JOIN replacements r ON r.id = t.replacement_id`,
	},
	export.Claims: {
		name: `claimed_units`, byTime: true, merchants: true, fields: store.Selected(claimFields),
		scan: scanOne(export.Claims, claimFields),
		joins: `JOIN claims c ON c.id = t.claim_id JOIN orders o ON o.id = t.order_id
			JOIN order_lines l ON l.id = t.line_id JOIN merchants m ON m.id = t.merchant_id`,
	},
}

// noExpiry is what units have that do not expire.
const noExpiry = 253_402_300_800

// unit is one with how it came in, and where it went.
type unit struct {
	id, expires                       int64
	written                           time.Time
	delivered                         *time.Time
	sku, status, order, merchant, day string
	imported                          *int64
}

func (u *unit) fields() store.Fields {
	return store.Fields{
		"t.id", &u.id, "t.created_at", &u.written, "t.delivered_at", &u.delivered, "p.sku", &u.sku,
		"t.import_id", &u.imported, "t.status", &u.status, "coalesce(o.number, '')", &u.order,
		"coalesce(m.name, '')", &u.merchant, "t.use_date", &u.day, "t.expires_s", &u.expires,
	}
}

// scanUnit makes a row of each movement.
func scanUnit(row store.Scanner) (rows []export.Row, written time.Time, err error) {
	var u unit
	err = u.fields().Scan(row)
	expiry := ""
	if u.expires < noExpiry {
		expiry = moment(time.Unix(u.expires, 0))
	}
	movement := func(part int, what string, at time.Time, order, merchant string) {
		rows = append(rows, export.Row{
			Cursor: export.Cursor{ID: u.id, Part: part}, At: at, Status: u.status,
			Cells: []string{
				number(u.id), moment(at), what, u.sku, optional(u.imported, number), u.status, order, merchant, u.day, expiry,
			},
		})
	}
	movement(1, "in", u.written, "", "")
	if u.delivered != nil && u.order != "" {
		movement(2, "out", *u.delivered, u.order, u.merchant)
	}
	return rows, u.written, err
}
