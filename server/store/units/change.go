package units

import (
	"context"

	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/store"
)

func (s *Store) VoidUnit(ctx context.Context, id int64) (catalog.Unit, error) {
	u, err := s.changeUnit(ctx, id, func(u *heldUnit) (catalog.UnitState, error) {
		if u.status == catalog.UnitVoid {
			return u.status, nil
		}
		return catalog.UnitVoid, u.unsold()
	})
	return u, store.During("void unit", err)
}

func (s *Store) SetUnitAside(ctx context.Context, id int64) (catalog.Unit, error) {
	u, err := s.changeUnit(ctx, id, func(u *heldUnit) (catalog.UnitState, error) {
		return catalog.UnitSetAside, u.unsold()
	})
	return u, store.During("set unit aside", err)
}

func (s *Store) PutUnitBack(ctx context.Context, id int64) (catalog.Unit, error) {
	now := s.db.Now()
	u, err := s.changeUnit(ctx, id, func(u *heldUnit) (catalog.UnitState, error) {
		err := u.unsold()
		if err == nil && u.expires <= now.Unix()+u.margin {
			err = catalog.ErrUnitExpired
		}
		return catalog.UnitAvailable, err
	})
	return u, store.During("put unit back", err)
}

// heldUnit is a unit that nobody else changes meanwhile. Its status is as it is stored.
type heldUnit struct {
	status          catalog.UnitState
	expires, margin int64 // seconds
}

// unsold says why the unit is not one of those that may be sold some time.
func (u *heldUnit) unsold() error {
	switch u.status {
	case catalog.UnitAvailable, catalog.UnitSetAside, catalog.UnitExpired:
		return nil
	case catalog.UnitHeld:
		return catalog.ErrUnitHeld
	case catalog.UnitVoid:
		return catalog.ErrUnitVoid
	case "":
		return catalog.ErrUnitNotFound
	default:
		return catalog.ErrUnitSold
	}
}

// changeUnit holds a unit, takes it into the state that change says, and returns it. A
// placement that holds it is waited for.
func (s *Store) changeUnit(
	ctx context.Context, id int64, change func(*heldUnit) (catalog.UnitState, error),
) (unit catalog.Unit, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		held := heldUnit{}
		err := tx.Query(
			ctx, store.NewQuery(lockUnit, []any{id}, store.Into(&held.status, &held.expires, &held.margin)),
		)
		if err != nil {
			return err
		}
		to, err := change(&held)
		if err != nil {
			return err
		}
		if to != held.status {
			changed := changeUnits.Update(unitChange{id, to})
			audit.Changed(ctx, "status", string(held.status), string(to))
			if err := tx.Write(ctx, &changed); err != nil {
				return err
			}
		}
		return tx.Query(ctx, store.NewQuery(selectUnit, []any{s.db.Now().Unix(), id}, func(row store.Scanner) error {
			unit, err = scanListedUnit(row)
			return err
		}))
	})
	return unit, err
}
