package store

import (
	"context"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
)

// House is the id of the row of merchants that owns what is the hub's own, such as operators' endpoints. No merchant
// has it, no list of merchants shows it, and nobody can sign in as it. It is there as soon as something needs it.
const House = 0

// EnsureHouse makes the row unless it is there.
func (s *DB) EnsureHouse(ctx context.Context, tx *ent.Tx) error {
	now := s.Now()
	return tx.Merchant.Create().SetID(House).SetName("").SetRole("house").SetStatus("suspended").SetCreatedAt(now).
		SetUpdatedAt(now).OnConflictColumns(entmerchant.FieldID).
		Ignore().Exec(ctx)
}
