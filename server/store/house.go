package store

import (
	"context"

	"orderhub/ent"
)

// House is the id of the row of merchants that owns what is the hub's own, such as operators' endpoints. No merchant
// has it, no list of merchants shows it, and nobody can sign in as it. It is there as soon as something needs it.
const House = 0

var insertHouse = Same(
	`INSERT INTO merchants (id, name, role, status, created_at, updated_at) VALUES ($1, '', 'house', 'suspended', $2, $2)
		ON CONFLICT (id) DO NOTHING`,
)

// EnsureHouse makes the row unless it is there.
func (s *DB) EnsureHouse(ctx context.Context, tx *ent.Tx) error {
	return s.Execute(ctx, tx, insertHouse, House, s.Now())
}
