package sim

import (
	"context"
	"maps"
	"slices"

	"orderhub/server/dialect"
)

func (s *Simulator) CheckRecipient(ctx context.Context, q dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	if err := s.fault(ctx, Check, q.SKU); err != nil {
		return dialect.RecipientAnswer{}, err
	}
	return s.config.Player(&q)
}

// Player finds who is meant. ErrCannotTell where there are no players.
func (c *Config) Player(q *dialect.RecipientQuery) (dialect.RecipientAnswer, error) {
	if c.Players == nil {
		return dialect.RecipientAnswer{}, dialect.ErrCannotTell
	}
	said := []string{q.Recipient.UserID}
	for _, field := range slices.Sorted(maps.Keys(q.Fields)) {
		said = append(said, q.Fields[field])
	}
	for _, id := range said {
		if name, found := c.Players[id]; found && id != "" {
			return dialect.RecipientAnswer{Exists: true, Name: name}, nil
		}
	}
	return dialect.RecipientAnswer{}, nil
}
