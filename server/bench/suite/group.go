package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"orderhub/server/bench"
)

// groupSize is how many orders share a transaction of the second limit.
const groupSize = 256

// rawGroups are raw orders, groupSize in each transaction: what a group commit by
// hand-written SQL reaches.
type rawGroups interface {
	rawOrders
	// placeGroup is for one worker below groupWriters at a time.
	placeGroup(ctx context.Context, worker int) error
	// groupWriters is how many may write at once.
	groupWriters() int
	// keep has so many wallets pay for everything from now on.
	keep(wallets int)
}

// groupCommit is orders per second, as the other ways give them.
func groupCommit(ctx context.Context, load bench.Load, raw rawGroups) (measured, error) {
	load.InFlight = raw.groupWriters()
	m, err := run(ctx, load, raw.placeGroup)
	m.PerSecond *= groupSize
	return m, err
}

func (r *rawSQLite) groupWriters() int { return 1 }

func (r *rawSQLite) placeGroup(ctx context.Context, _ int) error {
	return r.transaction(ctx, groupSize)
}

// groupWriters have wallets of their own each, so that none waits for another.
func (r *rawPostgres) groupWriters() int { return 2 }

const (
	rawGroupWallets = `WITH spent AS (SELECT id, count(*) AS orders FROM unnest($1::bigint[]) AS id GROUP BY id)
		UPDATE accounts SET balance_micros = balance_micros - 2000000 * orders,
		event_sequence = event_sequence + orders, updated_at = $2
		FROM spent WHERE merchant_id = spent.id AND balance_micros + credit_limit_micros >= 2000000 * orders
		RETURNING merchant_id, accounts.id, balance_micros, event_sequence`
	rawGroupOrders = `INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency,
		subtotal_micros, total_micros, created_at, updated_at)
		SELECT id, number, merchant, reference, fingerprint, 'hub', 'pending', 'THB', 2000000, 2000000, $6, $6
		FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bytea[])
		AS r(id, number, merchant, reference, fingerprint)`
	rawGroupLines = `INSERT INTO order_lines (id, order_id, merchant_id, position, product_id, sku, product_name,
		source, quantity, status, unit_price_micros, subtotal_micros, total_micros, created_at, updated_at)
		SELECT 2 * id + position - 1, id, merchant, position, position, 'bench-00' || position,
		'Benchmark product ' || position, 'provider', 1, 'pending', 1000000, 1000000, 1000000, $3, $3
		FROM unnest($1::bigint[], $2::bigint[]) AS r(id, merchant), generate_series(1, 2) AS position`
	rawGroupTransfers = `INSERT INTO transfers (debit_account_id, credit_account_id, currency, amount_micros, kind,
		merchant_id, order_id, balance_micros, created_at)
		SELECT account, $1, 'THB', 2000000, 'charge', merchant, id, balance, $6
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS r(account, merchant, id, balance)`
	rawGroupEvents = `INSERT INTO events (merchant_id, sequence, order_id, type, data, created_at)
		SELECT merchant, sequence, id, 'order.created', data::jsonb, $5
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS r(merchant, sequence, id, data)`
)

// rawGroup is the columns of a group's orders.
type rawGroup struct {
	now                                           time.Time
	ids, merchants, accounts, balances, sequences []int64
	numbers, references, events                   []string
	fingerprints                                  [][]byte
}

func (r *rawPostgres) placeGroup(ctx context.Context, worker int) error {
	g := rawGroup{now: time.Now().UTC().Truncate(time.Microsecond)}
	for range groupSize {
		o := r.drawOf(worker, r.groupWriters())
		g.ids, g.merchants = append(g.ids, o.id), append(g.merchants, o.merchant)
		g.numbers, g.references = append(g.numbers, o.number), append(g.references, o.reference)
		g.fingerprints, g.events = append(g.fingerprints, o.fingerprint), append(g.events, o.event())
	}
	return pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if err := g.charge(ctx, tx); err != nil {
			return err
		}
		var batch pgx.Batch
		batch.Queue(rawGroupOrders, g.ids, g.numbers, g.merchants, g.references, g.fingerprints, g.now)
		batch.Queue(rawGroupLines, g.ids, g.merchants, g.now)
		batch.Queue(rawGroupTransfers, r.revenue, g.accounts, g.merchants, g.ids, g.balances, g.now)
		batch.Queue(rawGroupEvents, g.merchants, g.sequences, g.ids, g.events, g.now)
		return tx.SendBatch(ctx, &batch).Close()
	})
}

// charge takes the money for all orders of each wallet at once, and works out what
// the wallet had after each of them.
func (g *rawGroup) charge(ctx context.Context, tx pgx.Tx) error {
	type wallet struct{ Merchant, Account, Balance, Sequence int64 }
	rows, err := tx.Query(ctx, rawGroupWallets, g.merchants, g.now)
	if err != nil {
		return err
	}
	charged, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wallet])
	if err != nil {
		return err
	}
	last := make(map[int64]*wallet, len(charged))
	for i := range charged {
		last[charged[i].Merchant] = &charged[i]
	}
	n := len(g.merchants)
	g.accounts, g.balances, g.sequences = make([]int64, n), make([]int64, n), make([]int64, n)
	for i := n - 1; i >= 0; i-- {
		w := last[g.merchants[i]]
		if w == nil {
			return fmt.Errorf("merchant %d cannot pay", g.merchants[i])
		}
		g.accounts[i], g.balances[i], g.sequences[i] = w.Account, w.Balance, w.Sequence
		w.Balance += 2_000_000
		w.Sequence--
	}
	return nil
}
