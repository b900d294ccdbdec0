// Package guesses counts how often somebody tried to sign in at an address: password.Counter.
package guesses

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"orderhub/server/password"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

var _ password.Counter = (*Store)(nil)

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

// guessPurpose is what addresses that passwords are guessed for are fingerprinted for.
const guessPurpose = "guessed email"

var (
	// The row of an address is there after it was locked for the first time.
	lockGuesses = store.Same(`INSERT INTO sign_in_guesses (email_hash, times, counts_until) VALUES ($1, '', $2)
		ON CONFLICT (email_hash) DO UPDATE SET email_hash = excluded.email_hash RETURNING times`)
	writeGuesses = store.Same(
		`UPDATE sign_in_guesses SET times = $2, counts_until = $3 WHERE email_hash = $1 RETURNING id`,
	)
	// The row stays for as long as the guess that is taken back would have counted.
	leaveGuesses  = store.Same(`UPDATE sign_in_guesses SET times = $2 WHERE email_hash = $1 RETURNING id`)
	deleteGuesses = store.Same(`DELETE FROM sign_in_guesses WHERE email_hash = $1 RETURNING id`)
	// Two go for each that may come, so that what an attack left behind goes. Nobody waits for rows of others.
	oldGuesses = `DELETE FROM sign_in_guesses WHERE id IN (SELECT id FROM sign_in_guesses
		WHERE counts_until <= $2 AND email_hash <> $1 ORDER BY counts_until LIMIT 2`
	forgetGuesses = store.FromPostgres(oldGuesses + ` FOR UPDATE SKIP LOCKED) RETURNING id`)
)

func (s *Store) CountGuess(ctx context.Context, email string) (at time.Time, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		hash, times, err := s.guesses(ctx, tx, email)
		if err != nil {
			return err
		}
		at = s.db.Now()
		times, until, err := password.CountGuess(times, at)
		if err != nil {
			return err
		}
		return tx.Query(ctx,
			store.NewQuery(writeGuesses, []any{hash, toDBTimes(times), until}, store.IgnoreRow),
			store.NewQuery(forgetGuesses, []any{hash, at}, store.IgnoreRow),
		)
	})
	return at, store.During("count an attempt to sign in", err)
}

func (s *Store) UncountGuess(ctx context.Context, email string, at time.Time) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		hash, times, err := s.guesses(ctx, tx, email)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(times, at.Equal); i >= 0 {
			times = slices.Delete(times, i, i+1)
		}
		if len(times) == 0 {
			return tx.Query(ctx, store.NewQuery(deleteGuesses, []any{hash}, store.IgnoreRow))
		}
		return tx.Query(ctx, store.NewQuery(leaveGuesses, []any{hash, toDBTimes(times)}, store.IgnoreRow))
	})
	return store.During("take back an attempt to sign in", err)
}

// guesses locks those at an address and reads when they were made.
func (s *Store) guesses(ctx context.Context, tx store.BulkTx, email string) (
	hash []byte, times []time.Time, err error,
) {
	hash = s.db.Sealer.Fingerprint([]byte(email), guessPurpose)
	err = tx.Query(ctx, store.NewQuery(lockGuesses, []any{hash, s.db.Now()}, func(row store.Scanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		times, err = fromDBTimes(text)
		return err
	}))
	return hash, times, err
}

func toDBTimes(times []time.Time) string {
	micros := make([]int64, len(times))
	for i, at := range times {
		micros[i] = at.UnixMicro()
	}
	text, _ := json.Marshal(micros) // numbers always have a form
	return string(text)
}

func fromDBTimes(text string) ([]time.Time, error) {
	if text == "" {
		return nil, nil
	}
	var micros []int64
	if err := json.Unmarshal([]byte(text), &micros); err != nil {
		return nil, fmt.Errorf("times of guesses: %w", err)
	}
	times := make([]time.Time, len(micros))
	for i, at := range micros {
		times[i] = time.UnixMicro(at).UTC()
	}
	return times, nil
}
