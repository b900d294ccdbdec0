// Package sessions keeps how operators sign in, and what they act by then: session.Store.
// How a call is let in by a session is in package accounts, over the same statement.
package sessions

import (
	"context"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entoperator "orderhub/ent/operator"
	entsession "orderhub/ent/operatorsession"
	"orderhub/ent/predicate"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ session.Store = (*Store)(nil)

func (s *Store) Login(ctx context.Context, name string) (session.Login, error) {
	row, err := s.db.Reader.Operator.Query().Where(entoperator.Name(name)).Only(ctx)
	if err != nil {
		return session.Login{}, store.During("find login", store.Translate(err, operator.ErrNotFound))
	}
	return s.login(row)
}

func (s *Store) login(row *ent.Operator) (session.Login, error) {
	factor, err := s.db.Vault.OpenText(row.SecondFactor, "", store.SecondFactors.At(row.ID))
	return session.Login{
		OperatorID: row.ID, Name: row.Name, Active: row.Status == string(operator.StatusActive),
		PasswordHash: row.PasswordHash, SecondFactor: factor, UsedStep: row.UsedStep, Version: row.LoginVersion,
	}, err
}

func (s *Store) LoginByProvider(ctx context.Context, who operator.Claimed) (session.Login, error) {
	// They are few, and databases have rules of their own for the case of letters.
	rows, err := s.db.Reader.Operator.Query().Where(entoperator.LoginNotNil()).All(ctx)
	if err != nil {
		return session.Login{}, store.During("find login", err)
	}
	rows = slices.DeleteFunc(rows, func(row *ent.Operator) bool { return !who.Is(*row.Login) })
	if len(rows) != 1 {
		return session.Login{}, store.During("find login", operator.ErrNotFound)
	}
	return s.login(rows[0])
}

func (s *Store) Session(ctx context.Context, hash [32]byte) (session.Session, error) {
	return store.FindSession(ctx, s.db.Peek, hash)
}

func (s *Store) Sessions(ctx context.Context, operatorID int64) ([]session.Session, error) {
	return store.SessionsOf(ctx, s.db.Peek, operatorID)
}

func (s *Store) Open(ctx context.Context, p session.Proof, o session.Opening) (opened session.Session, err error) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.proven(ctx, tx, &p)
		if err != nil {
			return err
		}
		if err := s.leave(ctx, tx, row); err != nil {
			return err
		}
		opened, err = s.insert(ctx, tx, row, &o)
		audit.By(ctx, opened.ID)
		return err
	})
	return opened, store.During("open session", err)
}

// lock reads an operator whom nobody changes meanwhile.
func (s *Store) lock(ctx context.Context, tx *ent.Tx, which ...predicate.Operator) (*ent.Operator, error) {
	return store.Locking(s.db, tx.Operator.Query().Where(which...)).Only(ctx)
}

// proven locks who was judged, and uses the code up.
func (s *Store) proven(ctx context.Context, tx *ent.Tx, p *session.Proof) (*ent.Operator, error) {
	row, err := s.lock(ctx, tx, entoperator.ID(p.OperatorID))
	if err != nil {
		return nil, store.Translate(err, session.ErrRefused)
	}
	if row.Status != string(operator.StatusActive) || row.LoginVersion != p.Version ||
		p.Step != 0 && p.Step <= row.UsedStep {
		return nil, session.ErrRefused
	}
	if p.Step == 0 {
		return row, nil
	}
	return row.Update().SetUsedStep(p.Step).Save(ctx)
}

// leave removes what has ended of an operator, and makes room for one more session.
func (s *Store) leave(ctx context.Context, tx *ent.Tx, row *ent.Operator) error {
	now := s.db.Now()
	if until := row.InvitationExpiresAt; until != nil && !now.Before(*until) {
		if err := row.Update().ClearInvitationHash().ClearInvitationExpiresAt().Exec(ctx); err != nil {
			return err
		}
	}
	its := entsession.OperatorID(row.ID)
	ended := entsession.Or(entsession.ExpiresAtLTE(now), entsession.LastUsedAtLTE(now.Add(-session.MostIdle)))
	if _, err := tx.OperatorSession.Delete().Where(its, ended).Exec(ctx); err != nil {
		return err
	}
	surplus, err := tx.OperatorSession.Query().Where(its).
		Order(entsession.ByLastUsedAt(sql.OrderDesc()), entsession.ByID(sql.OrderDesc())).
		Offset(session.MostSessions - 1).IDs(ctx)
	if err != nil || len(surplus) == 0 {
		return err
	}
	_, err = tx.OperatorSession.Delete().Where(entsession.IDIn(surplus...)).Exec(ctx)
	return err
}

func (s *Store) insert(ctx context.Context, tx *ent.Tx, by *ent.Operator, o *session.Opening) (session.Session, error) {
	row, err := tx.OperatorSession.Create().SetOperatorID(by.ID).SetHash(o.Hash[:]).SetStage(string(o.Stage)).
		SetPlace(store.PlaceToDB(o.Place)).SetCreatedAt(o.CreatedAt).SetLastUsedAt(o.LastUsedAt).
		SetExpiresAt(o.ExpiresAt).Save(ctx)
	if err != nil {
		return session.Session{}, err
	}
	in := o.Session
	in.ID, in.OperatorID, in.Name = row.ID, by.ID, by.Name
	in.Roles, in.Status = operator.ParseRoles(by.Roles), operator.Status(by.Status)
	return in, nil
}

// replace ends every session of an operator and opens one.
func (s *Store) replace(ctx context.Context, tx *ent.Tx, by *ent.Operator, o *session.Opening) (
	session.Session, error,
) {
	if _, err := tx.OperatorSession.Delete().Where(entsession.OperatorID(by.ID)).Exec(ctx); err != nil {
		return session.Session{}, err
	}
	return s.insert(ctx, tx, by, o)
}

func (s *Store) SetPassword(ctx context.Context, p session.Proof, passwordHash string, o session.Opening) (
	opened session.Session, err error,
) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.proven(ctx, tx, &p)
		if err != nil {
			return err
		}
		row, err = row.Update().SetPasswordHash(passwordHash).AddLoginVersion(1).SetUpdatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return err
		}
		opened, err = s.replace(ctx, tx, row, &o)
		return err
	})
	return opened, store.During("change password", err)
}

func (s *Store) Touch(ctx context.Context, sessionID int64, at time.Time) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		_, err := tx.OperatorSession.Update().Where(entsession.ID(sessionID), entsession.LastUsedAtLT(at)).
			SetLastUsedAt(at).Save(ctx)
		return err
	})
	return store.During("note that a session was used", err)
}

func (s *Store) End(ctx context.Context, operatorID, sessionID int64) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		ended, err := tx.OperatorSession.Delete().
			Where(entsession.ID(sessionID), entsession.OperatorID(operatorID)).Exec(ctx)
		if err == nil && ended == 0 {
			err = session.ErrNoSession
		}
		return err
	})
	return store.During("end session", err)
}
