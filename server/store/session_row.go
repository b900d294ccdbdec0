package store

import (
	"context"
	"fmt"
	"net/netip"

	"orderhub/server/operator"
	"orderhub/server/session"
)

// readSession is a session with the operator as it is now, in one statement: it is asked for with every call.
type readSession struct {
	session.Session

	roles, place string
}

func (r *readSession) fields() Fields {
	return Fields{
		"s.id", &r.ID, "s.operator_id", &r.OperatorID, "o.name", &r.Name, "o.roles", &r.roles, "o.status", &r.Status,
		"s.stage", &r.Stage, "s.place", &r.place, "s.created_at", &r.CreatedAt, "s.last_used_at", &r.LastUsedAt,
		"s.expires_at", &r.ExpiresAt,
	}
}

var (
	selectSessions = `SELECT ` + Selected((*readSession).fields) + ` FROM operator_sessions s
		JOIN operators o ON o.id = s.operator_id `

	selectSessionByHash      = Same(selectSessions + `WHERE s.hash = $1`)
	selectSessionsOfOperator = Same(selectSessions + `WHERE s.operator_id = $1 ORDER BY s.id`)
)

// FindSession finds by the hash of a token and a browser, whether it is good or not. session.ErrNoSession.
func FindSession(ctx context.Context, run Runner, hash [32]byte) (session.Session, error) {
	found, err := sessions(ctx, run, NewQuery(selectSessionByHash, []any{hash[:]}, nil))
	if err == nil && len(found) == 0 {
		err = session.ErrNoSession
	}
	if err != nil {
		return session.Session{}, During("find session", err)
	}
	return found[0], nil
}

// SessionsOf are those of an operator by ascending id.
func SessionsOf(ctx context.Context, run Runner, operatorID int64) ([]session.Session, error) {
	found, err := sessions(ctx, run, NewQuery(selectSessionsOfOperator, []any{operatorID}, nil))
	return found, During("list sessions", err)
}

func sessions(ctx context.Context, run Runner, which Query) (found []session.Session, err error) {
	which.Each = EachOf((*readSession).fields, func(row *readSession) (err error) {
		in := row.Session
		if in.Place, err = PlaceFromDB(row.place); err != nil {
			return fmt.Errorf("session %d: %w", in.ID, err)
		}
		in.Roles = operator.ParseRoles(row.roles)
		found = append(found, in)
		return nil
	})
	err = run(ctx, which)
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
