package store

import (
	"context"
	"fmt"
	"net/netip"

	"orderhub/server/operator"
	"orderhub/server/session"
)

// A session with the operator as it is now, in one statement: it is asked for with every call.
const selectSessions = `SELECT s.id, s.operator_id, o.name, o.roles, o.status, s.stage, s.place, s.created_at,
	s.last_used_at, s.expires_at FROM operator_sessions s JOIN operators o ON o.id = s.operator_id `

var (
	selectSessionByHash      = Same(selectSessions + `WHERE s.hash = $1`)
	selectSessionsOfOperator = Same(selectSessions + `WHERE s.operator_id = $1 ORDER BY s.id`)
)

// Session finds by the hash of a token and a browser, whether it is good or not. session.ErrNoSession.
func (s *DB) Session(ctx context.Context, hash [32]byte) (session.Session, error) {
	found, err := s.sessions(ctx, NewQuery(selectSessionByHash, []any{hash[:]}, nil))
	if err == nil && len(found) == 0 {
		err = session.ErrNoSession
	}
	if err != nil {
		return session.Session{}, During("find session", Unavailable(err))
	}
	return found[0], nil
}

// SessionsOf are those of an operator by ascending id.
func (s *DB) SessionsOf(ctx context.Context, operatorID int64) ([]session.Session, error) {
	found, err := s.sessions(ctx, NewQuery(selectSessionsOfOperator, []any{operatorID}, nil))
	return found, During("list sessions", Unavailable(err))
}

func (s *DB) sessions(ctx context.Context, which Query) (found []session.Session, err error) {
	which.Each = func(row Scanner) error {
		var in session.Session
		var roles, place string
		err := row.Scan(
			&in.ID, &in.OperatorID, &in.Name, &roles, &in.Status, &in.Stage, &place, &in.CreatedAt, &in.LastUsedAt,
			&in.ExpiresAt,
		)
		if err != nil {
			return err
		}
		if in.Place, err = PlaceFromDB(place); err != nil {
			return fmt.Errorf("session %d: %w", in.ID, err)
		}
		in.Roles = operator.ParseRoles(roles)
		in.CreatedAt, in.LastUsedAt, in.ExpiresAt = in.CreatedAt.UTC(), in.LastUsedAt.UTC(), in.ExpiresAt.UTC()
		found = append(found, in)
		return nil
	}
	err = s.Peek(ctx, which)
	return found, err
}

// PlaceToDB is where a session may be used from, as its column has it.
func PlaceToDB(place netip.Prefix) string {
	if !place.IsValid() {
		return ""
	}
	return place.String()
}

// PlaceFromDB reads what PlaceToDB wrote.
func PlaceFromDB(text string) (netip.Prefix, error) {
	if text == "" {
		return netip.Prefix{}, nil
	}
	return netip.ParsePrefix(text)
}
