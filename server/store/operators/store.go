// Package operators keeps who runs the hub, and their keys: operator.Store. How a
// caller is found by a key is in package accounts, for merchants and operators in one
// statement.
package operators

import (
	"context"

	"orderhub/ent"
	entapikey "orderhub/ent/apikey"
	entoperator "orderhub/ent/operator"
	entkey "orderhub/ent/operatorkey"
	entsession "orderhub/ent/operatorsession"
	"orderhub/ent/predicate"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ operator.Store = (*Store)(nil)

func (s *Store) CreateOperator(ctx context.Context, o operator.New) (operator.Operator, error) {
	var created operator.Operator
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		now := s.db.Now()
		create := tx.Operator.Create().SetName(o.Name).SetRoles(o.Roles.String()).SetStatus(string(o.Status)).
			SetCreatedAt(now).SetUpdatedAt(now)
		if o.Login != "" {
			all, err := s.lockAll(ctx, tx)
			if err != nil {
				return err
			}
			if err := all.checkLogin(0, o.Login); err != nil {
				return err
			}
			create.SetLogin(o.Login)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil, store.NewConflict("operators_name_key", &operator.AlreadyExistsError{Field: "name"}),
				loginTaken,
			)
		}
		created = fromDBOperator(row)
		return nil
	})
	return created, store.During("create operator", err)
}

var loginTaken = store.NewConflict("operators_login_key", &operator.AlreadyExistsError{Field: "login"})

func (s *Store) Operator(ctx context.Context, id int64) (operator.Operator, error) {
	return s.find(ctx, entoperator.ID(id))
}

func (s *Store) OperatorByName(ctx context.Context, name string) (operator.Operator, error) {
	return s.find(ctx, entoperator.Name(name))
}

func (s *Store) find(ctx context.Context, which predicate.Operator) (operator.Operator, error) {
	row, err := s.db.Reader.Operator.Query().Where(which).Only(ctx)
	if err != nil {
		return operator.Operator{}, store.During("find operator", store.Translate(err, operator.ErrNotFound))
	}
	return fromDBOperator(row), nil
}

func (s *Store) ListOperators(ctx context.Context, afterID int64, limit int) ([]operator.Operator, error) {
	rows, err := s.db.Reader.Operator.Query().Where(entoperator.IDGT(afterID)).Order(entoperator.ByID()).
		Limit(store.LimitOf(limit)).All(ctx)
	return store.Mapped(rows, fromDBOperator), store.During("list operators", err)
}

func (s *Store) UpdateOperator(ctx context.Context, id int64, change operator.Change) (operator.Operator, error) {
	var updated operator.Operator
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		all, err := s.lockAll(ctx, tx)
		if err != nil {
			return err
		}
		row, found := all[id]
		if !found {
			return operator.ErrNotFound
		}
		after := row.Standing
		if change.Roles != nil {
			after.Roles = *change.Roles
		}
		if change.Status != nil {
			after.Status = *change.Status
		}
		if err := operator.CheckLastAdmin(row.Standing, after, all.others(id)); err != nil {
			return err
		}
		if change.Login != nil {
			if err := all.checkLogin(id, *change.Login); err != nil {
				return err
			}
		}
		otherLogin := change.Login != nil && *change.Login != loginOf(row.row)
		if after == row.Standing && !otherLogin {
			updated = fromDBOperator(row.row)
			return nil
		}
		noteStanding(ctx, row.Standing, after)
		update := tx.Operator.UpdateOneID(id).SetRoles(after.Roles.String()).SetStatus(string(after.Status)).
			SetUpdatedAt(s.db.Now())
		if otherLogin {
			setLogin(update, *change.Login)
		}
		if after.Status == operator.StatusSuspended && row.Status != after.Status || otherLogin {
			// Who is let in again later, or by another login, signs in again.
			update.AddLoginVersion(1)
			if _, err := tx.OperatorSession.Delete().Where(entsession.OperatorID(id)).Exec(ctx); err != nil {
				return err
			}
		}
		changed, err := update.Save(ctx)
		if err != nil {
			return store.Translate(err, nil, loginTaken)
		}
		updated = fromDBOperator(changed)
		return nil
	})
	return updated, store.During("update operator", err)
}

func setLogin(update *ent.OperatorUpdateOne, login string) {
	if login == "" {
		update.ClearLogin()
	} else {
		update.SetLogin(login)
	}
}

func loginOf(row *ent.Operator) string {
	if row.Login == nil {
		return ""
	}
	return *row.Login
}

// noteStanding notes for the record what an operator's rights became.
func noteStanding(ctx context.Context, before, after operator.Standing) {
	audit.Changed(ctx, "roles", before.Roles.String(), after.Roles.String())
	audit.Changed(ctx, "status", before.Status, after.Status)
}

// standing is an operator with what decides whether it can get in.
type standing struct {
	operator.Standing

	row *ent.Operator
}

// everybody is all operators by id.
type everybody map[int64]standing

func (all everybody) others(id int64) (others []operator.Standing) {
	for other, s := range all {
		if other != id {
			others = append(others, s.Standing)
		}
	}
	return others
}

// lockAll reads all operators, of which there are few, and keeps others from changing
// one: of two admins who suspend each other at once, one is left.
func (s *Store) lockAll(ctx context.Context, tx *ent.Tx) (everybody, error) {
	rows, err := store.Locking(s.db, tx.Operator.Query().Order(entoperator.ByID())).All(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := tx.OperatorKey.Query().Where(entkey.RevokedAtIsNil()).All(ctx)
	if err != nil {
		return nil, err
	}
	working := make(map[int64]int)
	for _, k := range keys {
		working[k.OperatorID]++
	}
	all := make(everybody, len(rows))
	for _, row := range rows {
		all[row.ID] = standing{operator.Standing{
			Roles: operator.ParseRoles(row.Roles), Status: operator.Status(row.Status), Keys: working[row.ID],
			Password: row.PasswordHash != "",
		}, row}
	}
	return all, nil
}

// checkLogin refuses a login that is another operator's than the one with the id.
func (all everybody) checkLogin(id int64, login string) error {
	for other, one := range all {
		if other != id && operator.SameLogin(login, loginOf(one.row)) {
			return &operator.AlreadyExistsError{Field: "login"}
		}
	}
	return nil
}

func (s *Store) CreateKey(ctx context.Context, k operator.Key, hash [32]byte) (operator.Key, error) {
	var created operator.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if _, err := tx.Operator.Get(ctx, k.OperatorID); err != nil {
			return store.Translate(err, operator.ErrNotFound)
		}
		taken := &operator.AlreadyExistsError{Field: "key"}
		if is, err := tx.APIKey.Query().Where(entapikey.Hash(hash[:])).Exist(ctx); err != nil {
			return err
		} else if is {
			return taken
		}
		row, err := tx.OperatorKey.Create().SetOperatorID(k.OperatorID).SetHash(hash[:]).SetLabel(k.Label).
			SetCreatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return store.Translate(err, nil, store.NewConflict("operator_keys_hash_key", taken))
		}
		created = fromDBKey(row)
		audit.Changed(ctx, "key", nil, recordedKey(&created))
		return nil
	})
	return created, store.During("create key of operator", err)
}

func (s *Store) ListKeys(ctx context.Context, operatorID int64) ([]operator.Key, error) {
	rows, err := s.db.Reader.OperatorKey.Query().Where(entkey.OperatorID(operatorID)).Order(entkey.ByID()).All(ctx)
	return store.Mapped(rows, fromDBKey), store.During("list keys of operator", err)
}

func (s *Store) RevokeKey(ctx context.Context, operatorID, keyID int64) (operator.Key, error) {
	var revoked operator.Key
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		all, err := s.lockAll(ctx, tx)
		if err != nil {
			return err
		}
		row, err := tx.OperatorKey.Query().Where(entkey.ID(keyID), entkey.OperatorID(operatorID)).Only(ctx)
		if err != nil {
			return store.Translate(err, operator.ErrKeyNotFound)
		}
		if row.RevokedAt == nil {
			before := all[operatorID].Standing
			after := before
			after.Keys--
			if err := operator.CheckLastAdmin(before, after, all.others(operatorID)); err != nil {
				return err
			}
			if row, err = row.Update().SetRevokedAt(s.db.Now()).Save(ctx); err != nil {
				return err
			}
			ended := fromDBKey(row)
			audit.Changed(ctx, "key", recordedKey(&ended), nil)
		}
		revoked = fromDBKey(row)
		return nil
	})
	return revoked, store.During("revoke key of operator", err)
}

// recordedKey is a key in the record, which never has what it is.
func recordedKey(k *operator.Key) map[string]any {
	return map[string]any{"id": k.ID, "operatorId": k.OperatorID, "label": k.Label}
}

func fromDBOperator(row *ent.Operator) operator.Operator {
	return operator.Operator{
		ID: row.ID, Name: row.Name, Roles: operator.ParseRoles(row.Roles), Status: operator.Status(row.Status),
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		Login: loginOf(row), HasPassword: row.PasswordHash != "", HasSecondFactor: len(row.SecondFactor) > 0,
		InvitedUntil: row.InvitationExpiresAt,
	}
}

func fromDBKey(row *ent.OperatorKey) operator.Key {
	return operator.Key{
		ID: row.ID, OperatorID: row.OperatorID, Label: row.Label, CreatedAt: row.CreatedAt,
		RevokedAt: row.RevokedAt,
	}
}
