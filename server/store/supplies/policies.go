package supplies

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	entpolicy "orderhub/ent/supplypolicy"
	"orderhub/server/store"
	"orderhub/server/supply"
)

func (s *Store) Policy(ctx context.Context, providerID int64) (supply.Policy, error) {
	row, err := s.db.Reader.SupplyPolicy.Query().Where(entpolicy.ProviderID(providerID)).Only(ctx)
	if ent.IsNotFound(err) {
		return supply.Policy{ProviderID: providerID, NewItems: supply.Propose}, nil
	}
	if err != nil {
		return supply.Policy{}, store.During("find sync policy", err)
	}
	return fromDBPolicy(row)
}

func fromDBPolicy(row *ent.SupplyPolicy) (supply.Policy, error) {
	p := supply.Policy{
		ProviderID: row.ProviderID, Interval: time.Duration(row.IntervalS) * time.Second,
		NewItems: supply.NewItems(row.NewItems), HoldGone: row.HoldGonePercent, HoldRise: row.HoldRisePercent,
		NextAt: row.NextAt, ReadAt: row.ReadAt, Listed: row.Listed,
	}
	if err := json.Unmarshal(row.Rules, &p.Rules); err != nil {
		return p, fmt.Errorf("rules of provider %d: %w", row.ProviderID, err)
	}
	return p, nil
}

var insertPolicy = store.Same(
	`INSERT INTO supply_policies (provider_id, created_at, updated_at) VALUES ($1, $2, $2)
		ON CONFLICT (provider_id) DO NOTHING`,
)

func (s *Store) SetPolicy(ctx context.Context, p supply.Policy) (set supply.Policy, err error) {
	rules, err := json.Marshal(store.SomeIfNil(p.Rules))
	if err != nil {
		return p, err
	}
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		now := s.db.Now()
		if err := s.db.Execute(ctx, tx, insertPolicy, p.ProviderID, now); err != nil {
			return err
		}
		row, err := tx.SupplyPolicy.Query().Where(entpolicy.ProviderID(p.ProviderID)).Only(ctx)
		if err != nil {
			return err
		}
		update := row.Update().SetIntervalS(int(p.Interval / time.Second)).SetNewItems(string(p.NewItems)).
			SetHoldGonePercent(p.HoldGone).SetHoldRisePercent(p.HoldRise).SetRules(rules).SetUpdatedAt(now)
		if p.NextAt == nil {
			update.ClearNextAt()
		} else {
			update.SetNextAt(*p.NextAt)
		}
		if row, err = update.Save(ctx); err != nil {
			return err
		}
		set, err = fromDBPolicy(row)
		return err
	})
	return set, store.During("set sync policy", err)
}

var (
	selectDue = store.Same(`SELECT p.provider_id FROM supply_policies p JOIN providers v ON v.id = p.provider_id
		WHERE (p.claimed_until IS NULL OR p.claimed_until <= $1) AND (
			(v.status = 'active' AND p.next_at IS NOT NULL AND p.next_at <= $1 AND NOT EXISTS (
				SELECT 1 FROM supply_syncs h WHERE h.provider_id = p.provider_id AND h.status = 'held'))
			OR EXISTS (SELECT 1 FROM supply_syncs a WHERE a.provider_id = p.provider_id AND a.status = 'applying'))
		ORDER BY p.next_at, p.provider_id LIMIT $2`)
	claimable = store.Same(`INSERT INTO supply_policies (provider_id, created_at, updated_at) VALUES ($1, $2, $2)
		ON CONFLICT (provider_id) DO NOTHING RETURNING id`)
	claim = store.Same(`UPDATE supply_policies SET claimed_by = $2, claimed_until = $4 WHERE provider_id = $1
		AND (claimed_by = $2 OR claimed_until IS NULL OR claimed_until <= $3) RETURNING id`)
	release = store.Same(`UPDATE supply_policies SET claimed_by = '', claimed_until = NULL, next_at = $3
		WHERE provider_id = $1 AND claimed_by = $2 RETURNING id`)
	wasRead = store.Same(`UPDATE supply_policies SET read_at = $2, listed = $3 WHERE provider_id = $1 RETURNING id`)
)

func (s *Store) Due(ctx context.Context, now time.Time, limit int) (due []int64, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectDue, []any{now.UTC(), limit}, store.Gather(&due)))
	return due, store.During("find lists that are due", err)
}

func (s *Store) Claim(ctx context.Context, providerID int64, holder string, now, until time.Time) (bool, error) {
	mine := false
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		mine = false
		return tx.Query(ctx,
			store.NewQuery(claimable, []any{providerID, now.UTC()}, store.IgnoreRow),
			store.NewQuery(claim, []any{providerID, holder, now.UTC(), until.UTC()}, store.Found(&mine)),
		)
	})
	return mine, store.During("claim a provider's list", err)
}

func (s *Store) Release(
	ctx context.Context, providerID int64, holder string, read *supply.Reading, next *time.Time,
) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		queries := []store.Query{
			store.NewQuery(release, []any{providerID, holder, store.OptionalUTC(next)}, store.IgnoreRow),
		}
		if read != nil {
			queries = append(queries, store.NewQuery(
				wasRead, []any{providerID, read.At.UTC(), int64(read.Listed)}, store.IgnoreRow,
			))
		}
		return tx.Query(ctx, queries...)
	})
	return store.During("release a provider's list", err)
}

var selectStandings = store.Same(`SELECT v.id, v.name, p.interval_s, p.read_at, p.listed,
	(SELECT count(*) FROM supply_syncs h WHERE h.provider_id = v.id AND h.status = 'held'),
	(SELECT count(*) FROM supply_proposals o WHERE o.provider_id = v.id AND o.status = 'open')
	FROM supply_policies p JOIN providers v ON v.id = p.provider_id ORDER BY v.id`)

func (s *Store) Standings(ctx context.Context) (all []supply.Standing, err error) {
	err = s.db.Peek(ctx, store.NewQuery(selectStandings, nil, func(row store.Scanner) error {
		var one supply.Standing
		var seconds int64
		err := row.Scan(&one.ProviderID, &one.Provider, &seconds, &one.ReadAt, &one.Listed, &one.Held, &one.Proposals)
		one.Interval = time.Duration(seconds) * time.Second
		all = append(all, one)
		return err
	}))
	return all, store.During("read how lists are followed", err)
}
