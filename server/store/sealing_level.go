package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/clock"
	"orderhub/server/secret"
)

// sealingLevel is how much of what is written is sealed, accounts apart. It only ever rises. A new database has the
// highest; one from before keeps what an earlier version may have to read as that version reads it, until it is
// resealed.
type sealingLevel int64

const (
	// sealsSecrets is what versions seal that keep personal data in the clear.
	sealsSecrets sealingLevel = iota
	// sealsPersonal seals personal data of orders too, and keys the hashes of requests.
	sealsPersonal
	// RefusesUnbound has nothing left that is not bound to its row, and opens no such value any more.
	RefusesUnbound
)

// sealingCounter is the row of counters that has the level.
const sealingCounter = "sealing"

// How often a process looks for a level that another has raised, and how long whoever raises it waits until all have
// seen it.
var (
	sealingLookEvery = 2 * time.Second
	sealingSeen      = 5 * time.Second
)

// errUnbound is for a value that is not bound to its row where all are.
var errUnbound = fmt.Errorf("%w: it is of a version that did not bind values to their rows", secret.ErrCorrupt)

var (
	selectSealing = Same(`SELECT name, value FROM counters
		WHERE name IN ('` + sealingCounter + `', '` + accountSealingCounter + `')`)
	raiseSealing = `INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value`
)

// Sealing is how much of the database is encrypted, and with which keys.
type Sealing struct{ db *DB }

// SealsPersonal reports whether personal data is sealed as it is written, which of a database from before this version
// it is not until it is resealed.
func (v *Vault) SealsPersonal() bool { return v.seals(sealsPersonal) && v.db.sealsAccounts.Load() }

func (v *Vault) seals(level sealingLevel) bool { return v.db.sealing.Load() >= int64(level) }

// read takes over how much the database has sealed. Before the table is there it is the least.
func (l *Sealing) read(ctx context.Context) error {
	err := l.db.Peek(ctx, Query{selectSealing, nil, l.scan})
	if isNoTable(err) {
		return nil
	}
	return During("read how much is sealed", err)
}

func (l *Sealing) scan(row Scanner) error {
	var name string
	var level int64
	err := row.Scan(&name, &level)
	switch {
	case err != nil:
		return err
	case name == accountSealingCounter:
		l.db.sealsAccounts.Store(level > 0)
	case level > l.db.sealing.Load():
		l.db.sealing.Store(level)
	}
	return nil
}

// Follow takes over what another process raises the level to, until ctx ends or nothing is left to raise.
func (l *Sealing) Follow(ctx context.Context) {
	ticker := time.NewTicker(sealingLookEvery)
	defer ticker.Stop()
	for !l.db.Vault.seals(RefusesUnbound) || !l.db.sealsAccounts.Load() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.read(ctx); err != nil && ctx.Err() == nil {
			l.db.Log.Warn("how much is sealed could not be read; trying again", "error", err)
		}
	}
}

// RaiseTo raises the level for all processes.
func (l *Sealing) RaiseTo(ctx context.Context, level sealingLevel) error {
	if l.db.Vault.seals(level) {
		return nil
	}
	return l.raiseCounter(ctx, sealingCounter, int64(level))
}

func (l *Sealing) raiseCounter(ctx context.Context, name string, to int64) error {
	err := l.db.Retry(ctx, func() error {
		_, err := l.db.WriteDB.ExecContext(ctx, raiseSealing, name, to)
		return err
	})
	if err != nil {
		return During("raise how much is sealed", err)
	}
	return l.read(ctx)
}

// SealPersonalFromNow has all processes seal personal data, and returns when they do.
func (l *Sealing) SealPersonalFromNow(ctx context.Context) error {
	if !l.db.sealsAccounts.Load() { // and for all, because who writes an account asks the database
		if err := l.raiseCounter(ctx, accountSealingCounter, 1); err != nil {
			return err
		}
	}
	if l.db.Vault.seals(sealsPersonal) {
		return nil
	}
	if err := l.RaiseTo(ctx, sealsPersonal); err != nil {
		return err
	}
	return clock.Sleep(ctx, sealingSeen)
}

// Unseal opens what stands at a place.
func (v *Vault) Unseal(sealed []byte, at secret.Place) ([]byte, error) {
	plain, err := v.db.Sealer.Open(sealed, at)
	if err == nil && !secret.IsBound(sealed) && v.seals(RefusesUnbound) {
		return nil, errUnbound
	}
	return plain, err
}

// IsNoKey says that a store without a key came upon something sealed.
func IsNoKey(err error) bool { return errors.Is(err, secret.ErrNoKey) }
