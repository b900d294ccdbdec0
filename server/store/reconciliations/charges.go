package reconciliations

import (
	"context"
	"time"

	"orderhub/server/money"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

// What statements charged and credited is kept, each row once: of the time that a statement is about, it says all that
// is to be known of the purchases that it names. The signs keep SQLite, which does not know how few these are, from
// reading everything of the provider or of the time.
var (
	chargesOf = store.Statement{
		Postgres: `provider_id = $1 AND attempt_id > 0 AND attempt_id = ANY($2::bigint[])`,
		SQLite:   `+provider_id = $1 AND attempt_id > 0 AND attempt_id IN (SELECT value FROM json_each($2))`,
	}
	chargesNamed = store.FromPostgres(`provider_id = $1 AND attempt_id = 0 AND name = ANY($2::text[])`)
	inSpan       = store.Statement{
		Postgres: ` AND at >= $3 AND at < $4 RETURNING id`, SQLite: ` AND +at >= $3 AND +at < $4 RETURNING id`,
	}
	nothing = store.Same(``)
	inOrder = store.Same(` ORDER BY at, id`)

	selectNamed  = where(`SELECT id, name FROM statement_charges WHERE `, &chargesNamed, &nothing)
	adoptCharge  = store.Same(`UPDATE statement_charges SET attempt_id = $2 WHERE id = $1 RETURNING id`)
	dropOf       = where(`DELETE FROM statement_charges WHERE `, &chargesOf, &inSpan)
	dropNamed    = where(`DELETE FROM statement_charges WHERE `, &chargesNamed, &inSpan)
	selectOthers = where(`SELECT attempt_id, reconciliation_id, state, at, amount_micros, currency
		FROM statement_charges WHERE `, &chargesOf, &inOrder)
)

// where puts a condition and what follows it behind a statement.
func where(before string, condition, after *store.Statement) store.Statement {
	return store.Statement{
		Postgres: before + condition.Postgres + after.Postgres, SQLite: before + condition.SQLite + after.SQLite,
	}
}

// chargeRow is a charge or a credit to be kept.
type chargeRow struct {
	*reconcile.Row

	provider, run, attempt int64
}

var chargesTable = &store.Table[chargeRow]{
	Name: "statement_charges",
	Columns: []store.Column[chargeRow]{
		store.Bigint("provider_id", func(r *chargeRow) int64 { return r.provider }),
		store.Bigint("reconciliation_id", func(r *chargeRow) int64 { return r.run }),
		store.Bigint("attempt_id", func(r *chargeRow) int64 { return r.attempt }),
		store.Text("name", func(r *chargeRow) string { return r.Name() }),
		store.Text("state", func(r *chargeRow) reconcile.State { return r.State }),
		store.Time("at", func(r *chargeRow) time.Time { return instant(r.At) }),
		store.Bigint("amount_micros", func(r *chargeRow) money.Amount { return r.Sum.Amount }),
		store.Text("currency", func(r *chargeRow) money.Currency { return r.Sum.Currency }),
	},
}

// forget drops what earlier statements said of the time of this one about the purchases of groups.
func (w *stepping) forget(ctx context.Context, groups []group) error {
	r := w.run
	var ids []int64
	var names []string
	of := make(map[string]int64)
	for i := range groups {
		g := &groups[i]
		if g.attemptID > 0 {
			ids = append(ids, g.attemptID)
		}
		for j := range g.rows {
			// A statement before may have had one of both names alone.
			for _, row := range []reconcile.Row{
				{Reference: g.rows[j].Reference}, {ProviderReference: g.rows[j].ProviderReference},
			} {
				if row.Reference+row.ProviderReference != "" && of[row.Name()] == 0 {
					names, of[row.Name()] = append(names, row.Name()), g.attemptID
				}
			}
		}
	}
	if err := w.adopt(ctx, names, of); err != nil {
		return err
	}
	return w.tx.Query(
		ctx, store.NewQuery(dropOf, []any{r.ProviderID, ids, *r.From, *r.To}, store.IgnoreRow),
		store.NewQuery(dropNamed, []any{r.ProviderID, names, *r.From, *r.To}, store.IgnoreRow),
	)
}

// adopt has charges that no attempt was about belong to the one that has their name by now.
func (w *stepping) adopt(ctx context.Context, names []string, of map[string]int64) error {
	var found []store.Query
	args := []any{w.run.ProviderID, names}
	err := w.tx.Query(ctx, store.NewQuery(selectNamed, args, store.Each2(func(id int64, name string) {
		if attempt := of[name]; attempt > 0 {
			found = append(found, store.NewQuery(adoptCharge, []any{id, attempt}, store.IgnoreRow))
		}
	})))
	if err != nil || len(found) == 0 {
		return err
	}
	return w.tx.Query(ctx, found...)
}

// others has attempts know what is kept of them.
func (w *stepping) others(ctx context.Context, ids []int64, of map[int64]*reconcile.Bought) error {
	args := []any{w.run.ProviderID, ids}
	return w.tx.Query(ctx, store.NewQuery(selectOthers, args, func(row store.Scanner) error {
		var id int64
		var r reconcile.Charge
		err := row.Scan(&id, &r.RunID, &r.State, &r.At, &r.Sum.Amount, &r.Sum.Currency)
		if b := of[id]; b != nil {
			r.Reference = b.Reference
			b.Others = append(b.Others, r)
		}
		return err
	}))
}

// keep keeps what the statement charges and credits.
func (w *stepping) keep(ctx context.Context, groups []group) error {
	rows := chargesTable.Insert()
	for i := range groups {
		g := &groups[i]
		for j := range g.rows {
			if r := &g.rows[j]; r.State == reconcile.Purchased || r.State == reconcile.Credited {
				rows.Add(chargeRow{r, w.run.ProviderID, w.run.ID, g.attemptID})
			}
		}
	}
	return w.tx.Write(ctx, &rows)
}

// The sums, of whole units and of what is beyond them, so that no amounts are too large for their sum.
var (
	// Provider by provider, each by the index of its times.
	ofTime = ` FROM providers p CROSS JOIN statement_charges c WHERE c.provider_id = p.id AND (p.id = $1 OR $1 = 0)
		AND c.at >= $2 AND c.at < $3`

	sumCharges = store.Same(`SELECT c.provider_id, c.currency, c.state, CAST(sum(c.amount_micros / 1000000) AS bigint),
		CAST(sum(c.amount_micros % 1000000) AS bigint), count(*), count(CASE WHEN c.attempt_id = 0
		THEN 1 END)` + ofTime +
		` AND c.currency <> '' GROUP BY c.provider_id, c.currency, c.state ORDER BY c.provider_id, c.currency, c.state`)
	sumBooked = store.Same(`SELECT a.provider_id, a.booked_currency, CAST(sum(a.booked_micros / 1000000) AS bigint),
		CAST(sum(a.booked_micros % 1000000) AS bigint) FROM (SELECT DISTINCT c.attempt_id, c.currency` + ofTime +
		` AND c.attempt_id > 0 AND c.state = 'purchased') s
		JOIN attempts a ON a.id = s.attempt_id AND a.booked_currency = s.currency
		WHERE a.booked_micros IS NOT NULL GROUP BY a.provider_id, a.booked_currency`)
)

func summed(whole, rest int64) money.Amount {
	amount, err := money.Unit.Mul(whole)
	if err != nil {
		return money.MaxAmount
	}
	return amount.AddCapped(money.Amount(rest))
}

// Moments before and after all rows.
var (
	firstOfAll = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastOfAll  = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (s *Store) Sums(ctx context.Context, f reconcile.SumFilter) (all []reconcile.Sum, err error) {
	from, to := firstOfAll, lastOfAll
	if f.From != nil {
		from = f.From.UTC()
	}
	if f.To != nil {
		to = f.To.UTC()
	}
	type key struct {
		provider int64
		currency money.Currency
	}
	places := make(map[key]int)
	args := []any{f.ProviderID, from, to}
	err = s.db.Peek(ctx, store.NewQuery(sumCharges, args, func(row store.Scanner) error {
		var k key
		var state reconcile.State
		var whole, rest, rows, unknown int64
		err := row.Scan(&k.provider, &k.currency, &state, &whole, &rest, &rows, &unknown)
		place, known := places[k]
		if !known {
			place = len(all)
			places[k], all = place, append(all, reconcile.Sum{ProviderID: k.provider, Currency: k.currency})
		}
		sum := &all[place]
		sum.Rows, sum.Unknown = sum.Rows+rows, sum.Unknown+unknown
		if amount := summed(whole, rest); state == reconcile.Credited {
			sum.Credited = amount
		} else {
			sum.Charged = amount
		}
		return err
	}), store.NewQuery(sumBooked, args, store.Each4(func(provider int64, currency money.Currency, whole, rest int64) {
		if place, known := places[key{provider, currency}]; known {
			all[place].Booked = summed(whole, rest)
		}
	})))
	return all, store.During("add statements up", err)
}
