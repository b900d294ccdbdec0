package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orderhub/server/ident"
)

// rawOrders is the limit to compare with: the rows of one order written by hand
// with as few statements as they need, one order per transaction. It checks the
// balance and nothing else: no price, no reference, no product.
type rawOrders interface {
	place(ctx context.Context, worker int) error
	close() error
}

// rawOrder is the values of one order.
type rawOrder struct {
	merchant          int64
	id, line1, line2  int64
	number, reference string
	fingerprint       []byte
	now               time.Time
}

// rawSource makes orders. Its ids are far above the hub's.
type rawSource struct {
	merchants []int64
	numbers   *ident.Generator
	prefix    string
	next      atomic.Int64
}

const rawIDs = 1 << 40

func newRawSource(merchants []int64) *rawSource {
	s := &rawSource{
		merchants: merchants, numbers: ident.New(nil, nil), prefix: fmt.Sprintf("raw-%d-", time.Now().UnixNano()),
	}
	// Two sources on one database must not meet.
	s.next.Store(rawIDs + time.Now().UnixMicro()%(1<<32)<<10)
	return s
}

func (s *rawSource) keep(wallets int) { s.merchants = s.merchants[:wallets] }

func (s *rawSource) draw() *rawOrder { return s.drawOf(0, 1) }

// drawOf is an order of a merchant that is one worker's among so many.
func (s *rawSource) drawOf(worker, workers int) *rawOrder {
	n := s.next.Add(1)
	o := &rawOrder{
		merchant: s.merchants[rand.N(len(s.merchants)/workers)*workers+worker], id: n, line1: 2 * n, line2: 2*n + 1,
		number: s.numbers.OrderNumber(), reference: fmt.Sprintf("%s%d", s.prefix, n),
		now: time.Now().UTC().Truncate(time.Microsecond),
	}
	fingerprint := sha256.Sum256([]byte(o.reference))
	o.fingerprint = fingerprint[:]
	return o
}

// The statements, with parameters as PostgreSQL counts them; SQLite takes them
// too. Amounts are micro-units: two units at 1.00.
const (
	rawWallet = `UPDATE accounts SET balance_micros = balance_micros - 2000000, event_sequence = event_sequence + 1,
		updated_at = $2
		WHERE merchant_id = $1 AND balance_micros + credit_limit_micros >= 2000000 RETURNING id, balance_micros,
		event_sequence`
	rawInsertOrder = `INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency,
		subtotal_micros,
		total_micros, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'hub', 'pending', 'THB', 2000000, 2000000, $6, $6)`
	rawInsertLines = `INSERT INTO order_lines (id, order_id, merchant_id, position, product_id, sku, product_name,
		source, quantity, status,
		unit_price_micros, subtotal_micros, total_micros, created_at, updated_at) VALUES
		($1, $2, $3, 1, 1, 'bench-001', 'Benchmark product 1', 'provider', 1, 'pending', 1000000, 1000000, 1000000, $5, $5),
		($4, $2, $3, 2, 2, 'bench-002', 'Benchmark product 2', 'provider', 1, 'pending', 1000000, 1000000, 1000000, $5, $5)`
	rawInsertTransfer = `INSERT INTO transfers (debit_account_id, credit_account_id, currency, amount_micros, kind,
		merchant_id, order_id,
		balance_micros, created_at) VALUES ($1, $2, 'THB', 2000000, 'charge', $3, $4, $5, $6)`
	rawInsertEvent = `INSERT INTO events (merchant_id, sequence, order_id, type, data, created_at) VALUES ($1, $2, $3, ` +
		`'order.created', $4, $5)`

	rawMerchants = `SELECT merchant_id FROM accounts WHERE merchant_id IS NOT NULL`
	rawRevenue   = `SELECT id FROM accounts WHERE kind = 'revenue' AND currency = 'THB'`
)

func (o *rawOrder) event() string {
	return fmt.Sprintf(`{"order_number":%q,"status":"pending"}`, o.number)
}

// rawPostgres has one connection for each order in flight.
type rawPostgres struct {
	*rawSource
	pool    *pgxpool.Pool
	revenue int64
}

func (e postgresEngine) raw(ctx context.Context, database string, inFlight int) (rawGroups, error) {
	config, err := pgxpool.ParseConfig(e.URL(database))
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(inFlight)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	r := &rawPostgres{pool: pool}
	rows, err := pool.Query(ctx, rawMerchants)
	if err != nil {
		return nil, err
	}
	merchants, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	r.rawSource = newRawSource(merchants)
	err = pool.QueryRow(ctx, rawRevenue).Scan(&r.revenue)
	return r, err
}

func (r *rawPostgres) close() error {
	r.pool.Close()
	return nil
}

func (r *rawPostgres) place(ctx context.Context, _ int) error {
	o := r.draw()
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		var account, balance, sequence int64
		if err := tx.QueryRow(ctx, rawWallet, o.merchant, o.now).Scan(&account, &balance, &sequence); err != nil {
			return err
		}
		for _, write := range []struct {
			text string
			args []any
		}{
			{rawInsertOrder, []any{o.id, o.number, o.merchant, o.reference, o.fingerprint, o.now}},
			{rawInsertLines, []any{o.line1, o.id, o.merchant, o.line2, o.now}},
			{rawInsertTransfer, []any{account, r.revenue, o.merchant, o.id, balance, o.now}},
			{rawInsertEvent, []any{o.merchant, sequence, o.id, o.event(), o.now}},
		} {
			if _, err := tx.Exec(ctx, write.text, write.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// rawSQLite has the one connection that may write, with its statements prepared
// once. Callers take turns.
type rawSQLite struct {
	*rawSource
	db      *sql.DB
	conn    *sql.Conn
	revenue int64

	mu                                    sync.Mutex
	begin, commit                         *sql.Stmt
	wallet, order, lines, transfer, event *sql.Stmt
}

func (e sqliteEngine) raw(ctx context.Context, database string, _ int) (rawGroups, error) {
	db, err := e.Open(database, "journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)",
		"cache_size(-32768)", "wal_autocheckpoint(8000)") // the hub's settings
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	r := &rawSQLite{db: db, conn: conn}
	rows, err := conn.QueryContext(ctx, rawMerchants)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var merchants []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		merchants = append(merchants, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	r.rawSource = newRawSource(merchants)
	for text, into := range map[string]**sql.Stmt{
		"BEGIN IMMEDIATE": &r.begin, "COMMIT": &r.commit, rawWallet: &r.wallet, rawInsertOrder: &r.order,
		rawInsertLines: &r.lines, rawInsertTransfer: &r.transfer, rawInsertEvent: &r.event,
	} {
		if *into, err = conn.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // they end with db
			return nil, err
		}
	}
	err = conn.QueryRowContext(ctx, rawRevenue).Scan(&r.revenue)
	return r, err
}

func (r *rawSQLite) close() error { return errors.Join(r.conn.Close(), r.db.Close()) }

func (r *rawSQLite) place(ctx context.Context, _ int) error { return r.transaction(ctx, 1) }

// transaction writes so many orders.
func (r *rawSQLite) transaction(ctx context.Context, orders int) error {
	// The driver starts a goroutine for each statement that can be cancelled.
	ctx = context.WithoutCancel(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.begin.ExecContext(ctx); err != nil {
		return err
	}
	for range orders {
		if err := r.write(ctx, r.draw()); err != nil {
			return err
		}
	}
	_, err := r.commit.ExecContext(ctx)
	return err
}

func (r *rawSQLite) write(ctx context.Context, o *rawOrder) error {
	var account, balance, sequence int64
	if err := r.wallet.QueryRowContext(ctx, o.merchant, o.now).Scan(&account, &balance, &sequence); err != nil {
		return err
	}
	for _, write := range []struct {
		statement *sql.Stmt
		args      []any
	}{
		{r.order, []any{o.id, o.number, o.merchant, o.reference, o.fingerprint, o.now}},
		{r.lines, []any{o.line1, o.id, o.merchant, o.line2, o.now}},
		{r.transfer, []any{account, r.revenue, o.merchant, o.id, balance, o.now}},
		{r.event, []any{o.merchant, sequence, o.id, o.event(), o.now}},
	} {
		if _, err := write.statement.ExecContext(ctx, write.args...); err != nil {
			return err
		}
	}
	return nil
}
