package ratelimits

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"

	"orderhub/server/ratelimit"
	"orderhub/server/store"
)

// bucket is a row that is locked.
type bucket struct {
	id   int64
	used time.Time
}

var (
	// The row of a bucket is there after it was locked for the first time, used up to long ago.
	lockTable = &store.Table[ratelimit.Key]{
		Name: "rate_buckets", Suffix: `ON CONFLICT (merchant_id, key_id, requests_per_minute, burst)
			DO UPDATE SET merchant_id = excluded.merchant_id
			RETURNING id, merchant_id, key_id, requests_per_minute, burst, used_until`,
		Columns: []store.Column[ratelimit.Key]{
			store.Bigint("merchant_id", func(k *ratelimit.Key) int64 { return k.MerchantID }),
			store.Bigint("key_id", func(k *ratelimit.Key) int64 { return k.KeyID }),
			store.Bigint("requests_per_minute", func(k *ratelimit.Key) int { return k.PerMinute }),
			store.Bigint("burst", func(k *ratelimit.Key) int { return k.Burst }),
			store.Time("used_until", func(*ratelimit.Key) time.Time { return time.Unix(0, 0).UTC() }),
		},
	}
	useBuckets = &store.Change[bucket]{
		Table: "rate_buckets", ID: func(b *bucket) int64 { return b.id },
		Columns: []store.Column[bucket]{store.Time("used_until", func(b *bucket) time.Time { return b.used })},
	}
)

// change locks the buckets of these keys, which are in order, and writes how far they are used then.
func (s *Store) change(
	ctx context.Context, keys []ratelimit.Key, decide func(now time.Time, used []time.Time) []time.Time,
) error {
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		locked := make(map[ratelimit.Key]bucket, len(keys))
		lock := lockTable.Insert(keys...)
		lock.Each = func(row store.Scanner) error {
			var k ratelimit.Key
			var b bucket
			err := row.Scan(&b.id, &k.MerchantID, &k.KeyID, &k.PerMinute, &k.Burst, &b.used)
			locked[k] = b
			return err
		}
		if err := tx.Write(ctx, notDurable{}, &lock); err != nil {
			return err
		}
		used := make([]time.Time, len(keys))
		for i, k := range keys {
			used[i] = locked[k].used
		}
		write := useBuckets.Update()
		for i, at := range decide(s.db.Now(), used) {
			write.Add(bucket{locked[keys[i]].id, at})
		}
		return tx.Commit(ctx, &write)
	})
}

// notDurable has the transaction's commit not wait for the disk: what is lost with the server comes back by itself.
type notDurable struct{}

// Empty implements store.Write.
func (notDurable) Empty() bool { return false }

// Queue implements store.Write.
func (notDurable) Queue(b *pgx.Batch) {
	b.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
}

// Execute implements store.Write: SQLite has one way to commit.
func (notDurable) Execute(context.Context, *sql.Tx) error { return nil }
