package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"orderhub/server/secret"
)

// keyCheckAt is where the check value of a key stands.
func keyCheckAt(keyID string) secret.Place {
	return secret.Place{Table: "sealing_keys", Column: "value", Row: keyID, Purpose: "key check"}
}

// KeyError says that the keys which were given are not those of the database.
type KeyError struct {
	Missing string   // id of a key that values in the database are sealed with
	Given   []string // ids of the keys that were given
}

func (e *KeyError) Error() string {
	return fmt.Sprintf(
		"the database is sealed with the key %s, which is not among those given (%s): give its own key with --key or "+
			"--key-file; a new key goes in front of it, never in its place", e.Missing, strings.Join(e.Given, ", "),
	)
}

// keyCheck is a row of sealing_keys.
type keyCheck struct {
	keyID string
	value []byte
}

// checkKeys makes sure that whatever is sealed in the database can be opened, and that whatever is sealed from now on
// can be opened by whoever passes this check later: each key that seals leaves a value there, and none that only
// opens. It does nothing without keys, and before the table is there. A database from before gets its values when the
// keys open what is sealed in it.
func (l *Sealing) checkKeys(ctx context.Context) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	given := l.db.Sealer.KeyIDs()
	if len(given) == 0 {
		return nil
	}
	known, err := readKeyChecks(ctx, l.db.ReadDB)
	if isNoTable(err) {
		return nil
	}
	if err != nil {
		return During("check the key", err)
	}
	if len(known) == 0 {
		// What is sealed may stand in columns that are not there yet; it is looked at when they are.
		if pending, err := l.db.Migrations.Pending(ctx); err != nil || pending {
			return During("check the key", err)
		}
	}
	switch {
	case slices.ContainsFunc(known, func(c keyCheck) bool { return c.keyID == given[0] }),
		l.db.sealsNothing && len(known) > 0:
		return l.noteKeyChecks(known)
	case l.db.sealsNothing:
		return During("check the key", checkSamples(ctx, l.db.ReadDB, l.db.Sealer))
	}
	return During("check the key", l.db.Retry(ctx, func() error { return l.addKeyCheck(ctx, given[0]) }))
}

func readKeyChecks(ctx context.Context, db rowsQueryer) (checks []keyCheck, err error) {
	into := All(&checks, func(c *keyCheck) []any { return []any{&c.keyID, &c.value} })
	err = Rows(ctx, db, into, `SELECT key_id, value FROM sealing_keys ORDER BY created_at, key_id`)
	return checks, err
}

// noteKeyChecks opens the values of all keys and goes on with the fingerprints they hold.
func (l *Sealing) noteKeyChecks(checks []keyCheck) error {
	fingerprintKey, err := openKeyChecks(l.db.Sealer, checks)
	if err == nil && fingerprintKey != nil {
		l.db.Sealer = l.db.Sealer.WithFingerprintKey(fingerprintKey)
	}
	return err
}

// openKeyChecks opens the values of all keys; nil when there are none.
func openKeyChecks(sealer *secret.Sealer, checks []keyCheck) (fingerprintKey []byte, err error) {
	for _, c := range checks {
		fingerprintKey, err = sealer.Open(c.value, keyCheckAt(c.keyID))
		if errors.Is(err, secret.ErrUnknownKey) {
			return nil, &KeyError{Missing: c.keyID, Given: sealer.KeyIDs()}
		}
		if err != nil {
			return nil, fmt.Errorf("the check value of key %s: %w", c.keyID, err)
		}
	}
	return fingerprintKey, nil
}

// addKeyCheck leaves the value of a key that has not sealed in this database before. One process at a time may.
func (l *Sealing) addKeyCheck(ctx context.Context, keyID string) error {
	return l.db.OnceInTx(ctx, func(tx *sql.Tx) error {
		if l.db.dialect == dialect.Postgres {
			if _, err := tx.ExecContext(ctx, `LOCK TABLE sealing_keys IN EXCLUSIVE MODE`); err != nil {
				return err
			}
		}
		known, err := readKeyChecks(ctx, tx)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			err = checkSamples(ctx, tx, l.db.Sealer)
		} else {
			err = l.noteKeyChecks(known)
		}
		if err != nil {
			return err
		}
		value := l.db.Sealer.Seal(l.db.Sealer.FingerprintKey(), keyCheckAt(keyID))
		_, err = tx.ExecContext(
			ctx, `INSERT INTO sealing_keys (key_id, value, created_at) VALUES ($1, $2, $3)
				ON CONFLICT (key_id) DO NOTHING`,
			keyID, value, l.db.now(),
		)
		return err
	})
}

// checkSamples opens some of what is sealed in a database that has no check values yet. A value that is damaged is no
// reason to refuse the key, unless not a single one can be opened.
func checkSamples(ctx context.Context, db rowsQueryer, sealer *secret.Sealer) error {
	opened, damaged := 0, error(nil)
	for _, column := range SealedColumns {
		samples, err := column.samples(ctx, db)
		if err != nil {
			return err
		}
		for _, sample := range samples {
			_, err := sealer.Open(sample.Sealed, sample.At)
			switch {
			case errors.Is(err, secret.ErrUnknownKey):
				return &KeyError{Missing: secret.KeyID(sample.Sealed), Given: sealer.KeyIDs()}
			case err != nil:
				damaged = err
			default:
				opened++
			}
		}
	}
	if opened == 0 && damaged != nil {
		return fmt.Errorf("the key opens nothing of what is sealed in the database: %w", damaged)
	}
	return nil
}
