package store

import (
	"context"
	"errors"
	"fmt"
	"time"

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

// SealsPersonal reports whether personal data is sealed as it is written, which of a database from before this version
// it is not until it is resealed.
func (s *DB) SealsPersonal() bool { return s.seals(sealsPersonal) && s.sealsAccounts.Load() }

func (s *DB) seals(level sealingLevel) bool { return s.sealing.Load() >= int64(level) }

// readSealing takes over how much the database has sealed. Before the table is there it is the least.
func (s *DB) readSealing(ctx context.Context) error {
	err := s.Peek(ctx, Read{selectSealing, nil, s.takeSealing})
	if isNoTable(err) {
		return nil
	}
	return During("read how much is sealed", Unavailable(err))
}

func (s *DB) takeSealing(row Scanner) error {
	var name string
	var level int64
	err := row.Scan(&name, &level)
	switch {
	case err != nil:
		return err
	case name == accountSealingCounter:
		s.sealsAccounts.Store(level > 0)
	case level > s.sealing.Load():
		s.sealing.Store(level)
	}
	return nil
}

// FollowSealing takes over what another process raises the level to, until ctx ends or nothing is left to raise.
func (s *DB) FollowSealing(ctx context.Context) {
	ticker := time.NewTicker(sealingLookEvery)
	defer ticker.Stop()
	for !s.seals(RefusesUnbound) || !s.sealsAccounts.Load() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.readSealing(ctx); err != nil && ctx.Err() == nil {
			s.Log.Warn("how much is sealed could not be read; trying again", "error", err)
		}
	}
}

// RaiseSealingTo raises the level for all processes.
func (s *DB) RaiseSealingTo(ctx context.Context, level sealingLevel) error {
	if s.seals(level) {
		return nil
	}
	return s.raiseCounter(ctx, sealingCounter, int64(level))
}

func (s *DB) raiseCounter(ctx context.Context, name string, to int64) error {
	err := s.Retry(ctx, func() error {
		_, err := s.WriteDB.ExecContext(ctx, raiseSealing, name, to)
		return err
	})
	if err != nil {
		return During("raise how much is sealed", Unavailable(err))
	}
	return s.readSealing(ctx)
}

// SealPersonalFromNow has all processes seal personal data, and returns when they do.
func (s *DB) SealPersonalFromNow(ctx context.Context) error {
	if !s.sealsAccounts.Load() { // and for all, because who writes an account asks the database
		if err := s.raiseCounter(ctx, accountSealingCounter, 1); err != nil {
			return err
		}
	}
	if s.seals(sealsPersonal) {
		return nil
	}
	if err := s.RaiseSealingTo(ctx, sealsPersonal); err != nil {
		return err
	}
	wait := time.NewTimer(sealingSeen)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}

// Unseal opens what stands at a place.
func (s *DB) Unseal(sealed []byte, at secret.Place) ([]byte, error) {
	plain, err := s.Sealer.Open(sealed, at)
	if err == nil && !secret.IsBound(sealed) && s.seals(RefusesUnbound) {
		return nil, errUnbound
	}
	return plain, err
}

// IsNoKey says that a store without a key came upon something sealed.
func IsNoKey(err error) bool { return errors.Is(err, secret.ErrNoKey) }
