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
	// refusesUnbound has nothing left that is not bound to its row, and opens no such value any more.
	refusesUnbound
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
	selectSealing = same(`SELECT name, value FROM counters
		WHERE name IN ('` + sealingCounter + `', '` + accountSealingCounter + `')`)
	raiseSealing = `INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value`
)

// SealsPersonal reports whether personal data is sealed as it is written, which of a database from before this version
// it is not until it is resealed.
func (s *Store) SealsPersonal() bool { return s.seals(sealsPersonal) && s.sealsAccounts.Load() }

func (s *Store) seals(level sealingLevel) bool { return s.sealing.Load() >= int64(level) }

// readSealing takes over how much the database has sealed. Before the table is there it is the least.
func (s *Store) readSealing(ctx context.Context) error {
	err := s.peek(ctx, read{selectSealing, nil, s.takeSealing})
	if isNoTable(err) {
		return nil
	}
	return during("read how much is sealed", unavailable(err))
}

func (s *Store) takeSealing(row scanner) error {
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
func (s *Store) FollowSealing(ctx context.Context) {
	ticker := time.NewTicker(sealingLookEvery)
	defer ticker.Stop()
	for !s.seals(refusesUnbound) || !s.sealsAccounts.Load() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.readSealing(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("how much is sealed could not be read; trying again", "error", err)
		}
	}
}

// raiseSealingTo raises the level for all processes.
func (s *Store) raiseSealingTo(ctx context.Context, level sealingLevel) error {
	if s.seals(level) {
		return nil
	}
	return s.raiseCounter(ctx, sealingCounter, int64(level))
}

func (s *Store) raiseCounter(ctx context.Context, name string, to int64) error {
	err := s.retry(ctx, func() error {
		_, err := s.writeDB.ExecContext(ctx, raiseSealing, name, to)
		return err
	})
	if err != nil {
		return during("raise how much is sealed", unavailable(err))
	}
	return s.readSealing(ctx)
}

// sealPersonalFromNow has all processes seal personal data, and returns when they do.
func (s *Store) sealPersonalFromNow(ctx context.Context) error {
	if !s.sealsAccounts.Load() { // and for all, because who writes an account asks the database
		if err := s.raiseCounter(ctx, accountSealingCounter, 1); err != nil {
			return err
		}
	}
	if s.seals(sealsPersonal) {
		return nil
	}
	if err := s.raiseSealingTo(ctx, sealsPersonal); err != nil {
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

// unseal opens what stands at a place.
func (s *Store) unseal(sealed []byte, at secret.Place) ([]byte, error) {
	plain, err := s.sealer.Open(sealed, at)
	if err == nil && !secret.IsBound(sealed) && s.seals(refusesUnbound) {
		return nil, errUnbound
	}
	return plain, err
}

// isNoKey says that a store without a key came upon something sealed.
func isNoKey(err error) bool { return errors.Is(err, secret.ErrNoKey) }
