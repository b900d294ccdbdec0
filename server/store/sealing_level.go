package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/secret"
)

// sealingLevel is how much of what is written is sealed. It only ever rises. A new database has the highest; one from
// before keeps what an earlier version may have to read as that version reads it, until it is resealed.
type sealingLevel int64

const (
	// sealsSecrets is what versions seal that keep personal data in the clear.
	sealsSecrets sealingLevel = iota
	// sealsPersonal seals personal data too, and keys the hashes of requests.
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
	selectSealing = same(`SELECT value FROM counters WHERE name = '` + sealingCounter + `'`)
	raiseSealing  = `INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value`
)

// SealsPersonal reports whether personal data is sealed as it is written, which of a database from before this version
// it is not until it is resealed.
func (s *Store) SealsPersonal() bool { return s.seals(sealsPersonal) }

func (s *Store) seals(level sealingLevel) bool { return s.sealing.Load() >= int64(level) }

// readSealing takes over the level of the database. Before the table is there it is the lowest.
func (s *Store) readSealing(ctx context.Context) error {
	err := s.peek(ctx, read{selectSealing, nil, func(row scanner) error {
		var level int64
		err := row.Scan(&level)
		if err == nil && level > s.sealing.Load() {
			s.sealing.Store(level)
		}
		return err
	}})
	if isNoTable(err) {
		return nil
	}
	return during("read how much is sealed", unavailable(err))
}

// FollowSealing takes over what another process raises the level to, until ctx ends or nothing is left to raise.
func (s *Store) FollowSealing(ctx context.Context) {
	ticker := time.NewTicker(sealingLookEvery)
	defer ticker.Stop()
	for !s.seals(refusesUnbound) {
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
	err := s.retry(ctx, func() error {
		_, err := s.writeDB.ExecContext(ctx, raiseSealing, sealingCounter, int64(level))
		return err
	})
	if err != nil {
		return during("raise how much is sealed", unavailable(err))
	}
	return s.readSealing(ctx)
}

// sealPersonalFromNow has all processes seal personal data, and returns when they do.
func (s *Store) sealPersonalFromNow(ctx context.Context) error {
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
