package deliveries

import (
	"context"
	"maps"
	"slices"
	"time"

	"orderhub/server/store"
	"orderhub/server/webhook"
)

// Lanes whose receivers fail have a row, which says how often they did in a row, until when they are left alone, and
// which process alone posts to them. Others have none: where nothing fails, nothing is written.

const (
	laneTaken   = `SELECT 1 FROM webhook_lanes WHERE name = $1 AND (left_alone_until > $2 OR holder <> $5)`
	laneTripped = `SELECT 1 FROM webhook_lanes WHERE name = $1 AND failures >= $6`
	lanesFree   = ` AND left_alone_until <= $2 AND (holder = $3 OR held_until <= $2)`
)

var (
	// Who does not get a row at once comes back: nobody waits for rows in another order than others.
	takeFailing = store.FromPostgres(`UPDATE webhook_lanes SET holder = $3, held_until = $4 WHERE id IN (
		SELECT id FROM webhook_lanes WHERE name = ANY($1::text[])` + lanesFree + `
		FOR UPDATE SKIP LOCKED) RETURNING name`)
	lockLane = store.Same(`INSERT INTO webhook_lanes (name, failures, left_alone_until, holder, held_until, updated_at)
		VALUES ($1, 0, $2, '', $2, $3)
		ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at RETURNING failures, left_alone_until`)
	laneFails = store.Same(
		`UPDATE webhook_lanes SET failures = $2, left_alone_until = $3 WHERE name = $1 RETURNING id`,
	)
	leaveLanes  = store.Same(`UPDATE webhook_lanes SET holder = '', held_until = $2 WHERE holder = $1 RETURNING id`)
	laneAnswers = store.Same(`DELETE FROM webhook_lanes WHERE name = $1 RETURNING id`)
	oldLanes    = `DELETE FROM webhook_lanes WHERE id IN (
		SELECT id FROM webhook_lanes WHERE updated_at < $1 ORDER BY updated_at LIMIT 8`
	forgetLanes = store.FromPostgres(oldLanes + ` FOR UPDATE SKIP LOCKED) RETURNING id`)
)

// longAgo is when a lane was left alone that never was.
var longAgo = time.Unix(0, 0).UTC()

// takeLanes makes lanes whose receivers fail the process's alone that claims of them, where they are nobody else's. It
// notes which those are.
func takeLanes(claims []webhook.Claim, now time.Time, failing map[string]bool) []store.Query {
	if len(claims) == 0 {
		return nil
	}
	names := make([]string, len(claims))
	for i, c := range claims {
		names[i] = c.Lane
	}
	until := claims[0].Until.UTC().Truncate(time.Microsecond)
	args := []any{names, now, claims[0].Holder, until}
	return []store.Query{
		store.NewQuery(takeFailing, args, store.Each1(func(name string) { failing[name] = true })),
	}
}

func (s *Store) LeaveLanes(ctx context.Context, holder string) error {
	return store.During("leave lanes", s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(ctx, store.NewQuery(leaveLanes, []any{holder, longAgo}, store.IgnoreRow))
	}))
}

// laneHealth is how the receivers of lanes are that failed, before or now.
type laneHealth map[string]webhook.Health

// lock reads it and keeps others from changing it.
func (h laneHealth) lock(outcomes []webhook.Outcome, now time.Time) []store.Query {
	for i := range outcomes {
		if due := outcomes[i].Due; due.Lane != "" && (due.Failing || !outcomes[i].Attempt.OK()) {
			h[due.Lane] = webhook.Health{}
		}
	}
	var reads []store.Query
	for _, name := range slices.Sorted(maps.Keys(h)) {
		reads = append(reads, store.NewQuery(lockLane, []any{name, longAgo, now}, store.Each2(
			func(failures int, until time.Time) { h[name] = webhook.Health{Failures: failures, LeftAlone: until} },
		)))
	}
	return reads
}

// settle says how the receivers are after each of the attempts, and writes it down.
func (h laneHealth) settle(outcomes []webhook.Outcome, now time.Time) ([]webhook.Health, []store.Query) {
	after := make([]webhook.Health, len(outcomes))
	for i := range outcomes {
		name := outcomes[i].Due.Lane
		if before, failed := h[name]; failed {
			after[i] = before.After(outcomes[i].Attempt.OK(), now)
			h[name] = after[i]
		}
	}
	var writes []store.Query
	for _, name := range slices.Sorted(maps.Keys(h)) {
		write := store.NewQuery(laneFails, []any{name, h[name].Failures, h[name].LeftAlone}, store.IgnoreRow)
		if h[name].Failures == 0 {
			write = store.NewQuery(laneAnswers, []any{name}, store.IgnoreRow)
		}
		writes = append(writes, write)
	}
	if len(writes) > 0 {
		writes = append(writes, store.NewQuery(forgetLanes, []any{now.Add(-webhook.ForgetAfter)}, store.IgnoreRow))
	}
	return after, writes
}
