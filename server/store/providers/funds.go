package providers

import (
	"context"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

var (
	fundsColumns = store.Selected((*readFunds).fields)
	selectFunds  = store.Same(`SELECT ` + fundsColumns + ` FROM provider_balances ORDER BY provider_id`)
	// What cost money after the balance was read has a higher id; of what was under way then nobody knows.
	sinceRead = `a.id > b.read_after AND a.status NOT IN ('refused', 'cancelled')`
	whileRead = `a.id <= b.read_after AND a.settled_at IS NULL AND a.next_check_at IS NOT NULL
		AND a.status IN ('waiting', 'submitting', 'unknown')`
	selectSinceRead = underWayBy(sinceRead)
	selectWhileRead = underWayBy(whileRead)

	// The row is there after it was locked for the first time.
	lockFunds = store.Same(`INSERT INTO provider_balances (provider_id) VALUES ($1)
		ON CONFLICT (provider_id) DO UPDATE SET provider_id = excluded.provider_id RETURNING ` + fundsColumns)
	updateFunds = store.Same(`UPDATE provider_balances SET amount_micros = $2, currency = $3, read_at = $4,
		read_after = $5, problem = $6, refused_at = $7, last_refused_at = $8, refused_micros = $9,
		refused_currency = $10,
		refusals = $11, try_at = $12, low = $13 WHERE provider_id = $1 RETURNING provider_id`)
	askFunds = store.Same(`INSERT INTO provider_balances (provider_id, asked_at) VALUES ($1, $2)
		ON CONFLICT (provider_id) DO UPDATE SET asked_at = excluded.asked_at
		RETURNING (SELECT COALESCE(MAX(id), 0) FROM attempts)`)
)

// underWayBy are sums of what purchases cost at most. One that is too large for a column is as good as the largest.
func underWayBy(condition string) store.Statement {
	const (
		from = ` FROM provider_balances b JOIN attempts a ON a.provider_id = b.provider_id AND b.currency <> '' AND `
		by   = ` GROUP BY b.provider_id, a.currency`
		take = `(CASE WHEN a.status = 'delivered' THEN a.delivered ELSE a.quantity END)`
	)
	return store.Statement{
		Postgres: `SELECT b.provider_id, a.currency, LEAST(SUM(a.cost_micros::numeric * ` + take +
			`), 9000000000000000000)::bigint` + from + condition + by,
		SQLite: `SELECT b.provider_id, a.currency, CAST(MIN(TOTAL(a.cost_micros * 1.0 * ` + take +
			`), 9.0e18) AS INTEGER)` + from + condition + by,
	}
}

func (s *Store) Funds(ctx context.Context) (known []fulfil.Funds, err error) {
	index := make(map[int64]int)
	reserve := store.Each3(func(id int64, currency money.Currency, amount money.Amount) {
		if i, found := index[id]; found {
			known[i].UnderWay = append(known[i].UnderWay, dialect.Balance{Currency: currency, Amount: amount})
		}
	})
	err = s.db.Peek(ctx,
		store.NewQuery(selectFunds, nil, func(row store.Scanner) error {
			f, err := scanFunds(row)
			index[f.ProviderID] = len(known)
			known = append(known, f)
			return err
		}),
		store.NewQuery(selectSinceRead, nil, reserve), store.NewQuery(selectWhileRead, nil, reserve),
	)
	return known, store.During("read balances at providers", err)
}

// readFunds are funds as they are read.
type readFunds struct {
	fulfil.Funds

	readAt, askedAt *time.Time
	refused         *time.Time // since when, NULL where they are not
	last, try       *time.Time
	cost            dialect.Balance
}

func (r *readFunds) fields() store.Fields {
	return store.Fields{
		"provider_id", &r.ProviderID, "amount_micros", &r.Balance.Amount, "currency", &r.Balance.Currency,
		"read_at", &r.readAt, "read_after", &r.ReadAfter, "asked_at", &r.askedAt, "problem", &r.Problem,
		"refused_at", &r.refused, "last_refused_at", &r.last, "refused_micros", &r.cost.Amount,
		"refused_currency", &r.cost.Currency, "refusals", &r.Refusals, "try_at", &r.try, "low", &r.Low,
	}
}

func scanFunds(row store.Scanner) (fulfil.Funds, error) {
	var r readFunds
	err := r.fields().Scan(row)
	r.ReadAt, r.AskedAt = store.Value(r.readAt), store.Value(r.askedAt)
	if r.refused != nil {
		r.Refusal = &fulfil.FundsRefusal{
			Since: *r.refused, Last: store.Value(r.last), Cost: r.cost, TryAt: store.Value(r.try),
		}
	}
	return r.Funds, err
}

// orNull is the moment for a column, NULL for the zero time.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}

func (s *Store) BeginReading(ctx context.Context, providerID int64) (after int64, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(ctx, store.NewQuery(askFunds, []any{providerID, s.db.Now()}, store.Into(&after)))
	})
	return after, store.During("begin to read a balance", err)
}

func (s *Store) ChangeFunds(
	ctx context.Context, providerID int64, change func(f *fulfil.Funds) []operatorevent.Event,
) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		var f fulfil.Funds
		err := tx.Query(ctx, store.NewQuery(lockFunds, []any{providerID}, func(row store.Scanner) (err error) {
			f, err = scanFunds(row)
			return err
		}))
		if err != nil {
			return err
		}
		told := change(&f)
		if err := tx.Query(ctx, store.NewQuery(updateFunds, fundsValues(&f), store.IgnoreRow)); err != nil {
			return err
		}
		return tx.Write(ctx, store.OperatorEvents(s.db.Now(), told...))
	})
	return store.During("keep a balance", err)
}

func fundsValues(f *fulfil.Funds) []any {
	r := f.Refusal
	if r == nil {
		r = &fulfil.FundsRefusal{}
	}
	return []any{
		f.ProviderID, int64(f.Balance.Amount), string(f.Balance.Currency), orNull(f.ReadAt), f.ReadAfter, f.Problem,
		orNull(r.Since), orNull(r.Last), int64(r.Cost.Amount), string(r.Cost.Currency), f.Refusals, orNull(r.TryAt),
		f.Low,
	}
}
