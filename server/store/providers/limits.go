package providers

import (
	"context"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/store"
)

var (
	// The row of a provider's rate is there after it was locked for the first time. It is used up to long ago then.
	lockRate = store.Same(`INSERT INTO provider_rates (provider_id, used_until) VALUES ($1, $2)
		ON CONFLICT (provider_id) DO UPDATE SET provider_id = excluded.provider_id RETURNING used_until`)
	useRate = store.Same(`UPDATE provider_rates SET used_until = $2 WHERE provider_id = $1 RETURNING provider_id`)

	selectClaims = store.Same(`SELECT holder, held, wanted FROM provider_places
		WHERE provider_id = $1 AND holder <> $2 AND held_until > $3`)
	holdPlaces = store.Same(`INSERT INTO provider_places (provider_id, holder, held, wanted, held_until)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (provider_id, holder) DO UPDATE SET held = excluded.held, wanted = excluded.wanted,
		held_until = excluded.held_until RETURNING provider_id`)
	// With the places of processes that have died.
	freePlaces = store.Same(`DELETE FROM provider_places WHERE provider_id = $1 AND (held_until <= $3 OR holder = $2)
		RETURNING provider_id`)
)

func (s *Store) HoldPlaces(ctx context.Context, r fulfil.PlaceRequest) (places fulfil.Places, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		var others []fulfil.Claim
		now := s.db.Now()
		err := tx.Query(ctx, rate(r.ProviderID, new(time.Time)),
			store.NewQuery(selectClaims, []any{r.ProviderID, r.Holder, now}, store.All(
				&others, func(c *fulfil.Claim) []any { return []any{&c.Holder, &c.Held, &c.Wanted} },
			)))
		if err != nil {
			return err
		}
		places = r.Grant(others, now)
		held := store.NewQuery(freePlaces, []any{r.ProviderID, r.Holder, now}, store.IgnoreRow)
		if r.Wanted > 0 || places.Held > 0 {
			held = store.NewQuery(
				holdPlaces, []any{r.ProviderID, r.Holder, places.Held, r.Wanted, now.Add(r.Lease)}, store.IgnoreRow,
			)
		}
		return tx.Query(ctx, held)
	})
	return places, store.During("hold places at a provider", err)
}

func (s *Store) TakeTurns(ctx context.Context, providerID int64, l fulfil.Limits, n int) (
	waits []time.Duration, err error,
) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		var used time.Time
		if err := tx.Query(ctx, rate(providerID, &used)); err != nil {
			return err
		}
		waits, used = l.Turns(used, s.db.Now(), n)
		if len(waits) == 0 {
			return nil
		}
		return tx.Query(ctx, store.NewQuery(useRate, []any{providerID, used}, store.IgnoreRow))
	})
	return waits, store.During("take turns at a provider", err)
}

// rate locks the provider's rate and reads up to when it is used.
func rate(providerID int64, used *time.Time) store.Query {
	return store.NewQuery(lockRate, []any{providerID, time.Unix(0, 0).UTC()}, store.Into(used))
}
