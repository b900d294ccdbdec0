package sessions

import (
	"context"
	"time"

	"orderhub/ent"
	entoperator "orderhub/ent/operator"
	entsession "orderhub/ent/operatorsession"
	"orderhub/ent/predicate"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store"
)

func (s *Store) Invite(ctx context.Context, operatorID int64, hash [32]byte, until time.Time) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		audit.Changed(ctx, "invitation_expires_at", nil, until)
		err := tx.Operator.UpdateOneID(operatorID).SetInvitationHash(hash[:]).SetInvitationExpiresAt(until).
			SetUpdatedAt(s.db.Now()).Exec(ctx)
		return store.Translate(err, operator.ErrNotFound)
	})
	return store.During("invite operator", err)
}

// invited are those whose invitation is good.
func (s *Store) invited(hash [32]byte) []predicate.Operator {
	return []predicate.Operator{
		entoperator.InvitationHash(hash[:]), entoperator.InvitationExpiresAtGT(s.db.Now()),
		entoperator.Status(string(operator.StatusActive)),
	}
}

func (s *Store) Invited(ctx context.Context, hash [32]byte) (session.Login, error) {
	row, err := s.db.Reader.Operator.Query().Where(s.invited(hash)...).Only(ctx)
	if err != nil {
		return session.Login{}, store.During("find invitation", store.Translate(err, session.ErrInvitation))
	}
	return s.login(row)
}

func (s *Store) Join(ctx context.Context, invitation [32]byte, passwordHash string, o session.Opening) (
	opened session.Session, err error,
) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.lock(ctx, tx, s.invited(invitation)...)
		if err != nil {
			return store.Translate(err, session.ErrInvitation)
		}
		row, err = row.Update().SetPasswordHash(passwordHash).ClearSecondFactor().SetUsedStep(0).AddLoginVersion(1).
			ClearInvitationHash().ClearInvitationExpiresAt().SetUpdatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return err
		}
		opened, err = s.replace(ctx, tx, row, &o)
		audit.By(ctx, opened.ID)
		return err
	})
	return opened, store.During("join", err)
}

func (s *Store) Propose(ctx context.Context, sessionID int64, secret string) (proposed string, err error) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := store.Locking(s.db, tx.OperatorSession.Query().Where(entsession.ID(sessionID))).Only(ctx)
		if err != nil {
			return store.Translate(err, session.ErrNoSession)
		}
		if proposed, err = s.proposed(row); err != nil || proposed != "" {
			return err
		}
		proposed = secret
		sealed := s.db.Sealer.Seal([]byte(secret), store.ProposedFactors.At(sessionID))
		return row.Update().SetProposedFactor(sealed).Exec(ctx)
	})
	return proposed, store.During("propose a second factor", err)
}

func (s *Store) proposed(row *ent.OperatorSession) (string, error) {
	return s.db.Vault.OpenText(row.ProposedFactor, "", store.ProposedFactors.At(row.ID))
}

func (s *Store) Proposed(ctx context.Context, sessionID int64) (string, error) {
	row, err := s.db.Reader.OperatorSession.Get(ctx, sessionID)
	if err != nil {
		return "", store.During("find second factor", store.Translate(err, session.ErrNoSession))
	}
	return s.proposed(row)
}

func (s *Store) Confirm(ctx context.Context, sessionID int64, secret string, step int64, o session.Opening) (
	opened session.Session, err error,
) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		// Whose session it is never changes; the operator is locked before it is looked at.
		seen, err := tx.OperatorSession.Get(ctx, sessionID)
		if err != nil {
			return store.Translate(err, session.ErrNoSession)
		}
		row, err := s.lock(ctx, tx, entoperator.ID(seen.OperatorID))
		if err != nil {
			return err
		}
		in, err := tx.OperatorSession.Get(ctx, sessionID)
		if err != nil {
			return store.Translate(err, session.ErrNoSession)
		}
		proposed, err := s.proposed(in)
		switch {
		case err != nil:
			return err
		case proposed != secret || row.Status != string(operator.StatusActive):
			return session.ErrNoSession
		case len(row.SecondFactor) > 0:
			return session.ErrHasSecondFactor
		}
		sealed := s.db.Sealer.Seal([]byte(secret), store.SecondFactors.At(row.ID))
		row, err = row.Update().SetSecondFactor(sealed).SetUsedStep(step).AddLoginVersion(1).SetUpdatedAt(s.db.Now()).
			Save(ctx)
		if err != nil {
			return err
		}
		opened, err = s.replace(ctx, tx, row, &o)
		return err
	})
	return opened, store.During("confirm a second factor", err)
}
