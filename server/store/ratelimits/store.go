// Package ratelimits keeps what the processes of a hub count together of merchants'
// requests, and which processes there are: ratelimit.Store.
package ratelimits

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/ratelimit"
	"orderhub/server/store"
)

var _ ratelimit.Store = (*Store)(nil)

// processesLock is the key of PostgreSQL's advisory lock that lets one beat come after the other. SQLite has one
// writer anyway. Any number would do that no other lock of the database has: these bytes are "orderpro".
const processesLock = 0x6f72_6465_7270_726f

// mostLevels and mostTidied bound what is read and removed at once.
const (
	mostLevels = 100_000
	mostTidied = 5_000
)

// Conditions that are always true have PostgreSQL go by an index, see [store.DB.Bulk].
var (
	lockProcesses = store.Statement{
		Postgres: fmt.Sprintf(`SELECT true FROM pg_advisory_xact_lock(%d)`, processesLock), SQLite: `SELECT true`,
	}
	forgetDead = store.Same(`DELETE FROM hub_processes WHERE name > '' AND lives_until <= $1 AND name <> $2
		RETURNING id`)
	selectAlone = store.Same(`SELECT alone FROM hub_processes WHERE name > '' AND name <> $1`)
	writeBeat   = store.Same(`INSERT INTO hub_processes (name, alone, lives_until) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET alone = excluded.alone, lives_until = excluded.lives_until RETURNING id`)
	deleteProcess = store.Same(`DELETE FROM hub_processes WHERE name = $1 RETURNING id`)
	selectLevels  = store.Same(`SELECT merchant_id, key_id, requests_per_minute, burst, used_until FROM rate_buckets
		WHERE merchant_id > 0 AND used_until > $1 LIMIT $2`)

	oldBuckets = `DELETE FROM rate_buckets WHERE id IN (SELECT id FROM rate_buckets
		WHERE merchant_id > 0 AND used_until < $1 LIMIT $2`
	deleteOld = store.FromPostgres(oldBuckets + ` FOR UPDATE SKIP LOCKED) RETURNING id`)
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

func (s *Store) Beat(ctx context.Context, b ratelimit.Beat) (standing ratelimit.Standing, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		if err := tx.Write(ctx, notDurable{}); err != nil {
			return err
		}
		if err := tx.Query(ctx, store.NewQuery(lockProcesses, nil, store.IgnoreRow)); err != nil {
			return err
		}
		var others []bool
		now := s.db.Now() // of when it is this process's turn
		err := tx.Query(ctx, store.NewQuery(forgetDead, []any{now, b.Name}, store.IgnoreRow),
			store.NewQuery(selectAlone, []any{b.Name}, store.Gather(&others)))
		if err != nil {
			return err
		}
		standing = b.Standing(others)
		queries := []store.Query{
			store.NewQuery(writeBeat, []any{b.Name, standing.Alone, now.Add(b.Lease)}, store.IgnoreRow),
		}
		if standing.Alone && !b.Alone {
			queries = append(queries, store.NewQuery(selectLevels, []any{now, mostLevels}, store.All(
				&standing.Levels, func(l *ratelimit.Level) []any {
					return []any{&l.MerchantID, &l.KeyID, &l.PerMinute, &l.Burst, &l.Used}
				},
			)))
		}
		return tx.Query(ctx, queries...)
	})
	return standing, store.During("tell that this process lives", err)
}

func (s *Store) Claim(ctx context.Context, claims []ratelimit.Claim) (grants []ratelimit.Grant, err error) {
	keys := make([]ratelimit.Key, len(claims))
	for i := range claims {
		keys[i] = claims[i].Key
	}
	err = s.change(ctx, keys, func(now time.Time, used []time.Time) []time.Time {
		grants = make([]ratelimit.Grant, len(claims))
		changed := make([]time.Time, len(claims))
		for i := range claims {
			grants[i] = claims[i].Grant(used[i], now)
			changed[i] = grants[i].Used
		}
		return changed
	})
	return grants, store.During("claim requests", err)
}

func (s *Store) Save(ctx context.Context, levels []ratelimit.Level) error {
	keys := make([]ratelimit.Key, len(levels))
	for i := range levels {
		keys[i] = levels[i].Key
	}
	err := s.change(ctx, keys, func(_ time.Time, used []time.Time) []time.Time {
		changed := make([]time.Time, len(levels))
		for i := range levels {
			changed[i] = levels[i].Over(used[i])
		}
		return changed
	})
	return store.During("hand over how far limits are used", err)
}

func (s *Store) Leave(ctx context.Context, name string) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(ctx, store.NewQuery(deleteProcess, []any{name}, store.IgnoreRow))
	})
	return store.During("tell that this process ends", err)
}

func (s *Store) Tidy(ctx context.Context) error {
	for removed := mostTidied; removed == mostTidied; {
		err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
			removed = 0
			return tx.Query(ctx, store.NewQuery(deleteOld, []any{s.db.Now(), mostTidied}, store.Count(&removed)))
		})
		if err != nil {
			return store.During("remove limits that are not used any more", err)
		}
	}
	return nil
}
