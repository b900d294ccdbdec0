package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/server/clock"
)

const (
	lookEvery = time.Second      // at the machine's clock
	readEvery = 10 * time.Second // the clock of the database's server
	// stepFrom is how far a clock has to jump to have been set; less is what clocks
	// are put right by all the time.
	stepFrom = time.Second
	// strayTime is how long rows may still be written that were stamped before the
	// clock was set back.
	strayTime = time.Minute
)

// Now is the time by which everything is decided that is due: on PostgreSQL that
// of the server, whatever the machines of its clients show.
func (s *DB) Now() time.Time { return s.now() }

// Clock is what [DB.Now] shows.
type Clock struct{ db *DB }

// Ahead is how far the machine's clock is ahead of it.
func (c *Clock) Ahead() time.Duration {
	if c.db.clock == nil {
		return 0
	}
	return c.db.clock.Drift()
}

// Follow keeps it right until ctx ends. On SQLite, where the machine's clock
// is the one that decides, it moves what is due with that clock when it is set: one
// process of those that have the file does this, the one that serves.
func (c *Clock) Follow(ctx context.Context) {
	s := c.db
	f := &clockFollower{store: s, log: s.Log}
	if s.clock == nil {
		return
	}
	if s.dialect == dialect.SQLite {
		f.settle(ctx)
	} else if ahead := c.Ahead(); ahead.Abs() > stepFrom {
		s.Log.Warn(
			"the clock of this machine differs from that of the database's server, by which the hub goes", "ahead",
			ahead.Round(time.Millisecond).String(),
		)
	}
	f.ahead = c.Ahead()
	clock.Every(ctx, lookEvery, func() { f.look(ctx) })
}

// clockFollower is what Follow has to remember.
type clockFollower struct {
	store *DB
	log   *slog.Logger

	ahead  time.Duration // of the machine's clock, when it was looked at last
	readAt time.Duration // when the server's was
	owed   time.Duration // by which rows have to be moved yet
	stray  time.Duration // by which rows are moved that are written late
	until  time.Duration // while there may be such
}

func (f *clockFollower) look(ctx context.Context) {
	var err error
	if f.store.dialect == dialect.SQLite {
		err = f.followMachine(ctx)
	} else {
		err = f.followServer(ctx)
	}
	if err != nil && ctx.Err() == nil {
		f.log.Warn("the clock could not be followed; trying again", "error", err)
	}
}

// followServer notices steps of the machine's clock, which change nothing, and
// goes by the server's.
func (f *clockFollower) followServer(ctx context.Context) error {
	c := f.store.clock
	if step := c.Drift() - f.ahead; step.Abs() > stepFrom {
		f.log.Warn(
			"the clock of this machine was set; the hub goes by that of the database's server", "by",
			step.Round(time.Millisecond).String(),
		)
	}
	if c.Passed()-f.readAt >= readEvery {
		before := f.store.now()
		passed := c.Passed()
		if err := f.store.Clock.read(ctx); err != nil {
			return err
		}
		f.readAt = c.Passed()
		if step := f.store.now().Sub(before) - (c.Passed() - passed); step.Abs() > stepFrom {
			f.log.Warn("the clock of the database's server was set", "by", step.Round(time.Millisecond).String())
		}
	}
	f.ahead = c.Drift()
	return nil
}

// read sets the clock by that of the database's server, unless it is as right
// as the round trip lets know.
func (c *Clock) read(ctx context.Context) error {
	s := c.db
	before := s.clock.Passed()
	var at time.Time
	if err := s.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&at); err != nil {
		return Unavailable(fmt.Errorf("reading the server's clock: %w", err))
	}
	trip := s.clock.Passed() - before
	if off := at.Add(trip / 2).Sub(s.clock.Now()); off.Abs() > trip {
		s.clock.Set(at, before+trip/2)
	}
	return nil
}

// followMachine goes by the machine's clock, and moves what is due when that is
// set. Between the two nothing must be due that is not: after a step back the
// clock goes first, after one forward the rows.
func (f *clockFollower) followMachine(ctx context.Context) error {
	c := f.store.clock
	step := c.Drift()
	if step.Abs() > stepFrom {
		f.log.Warn(
			"the clock of this machine was set; what is due is moved with it", "by", step.Round(time.Millisecond).
				String(),
		)
	}
	switch {
	case step < -stepFrom:
		f.owed += step
		f.stray, f.until = step, c.Passed()+strayTime
	case step > stepFrom:
		if err := f.moveDue(ctx, step, time.Time{}); err != nil {
			return err // the clock stays as it was until that works
		}
	}
	c.SetToMachine()
	if f.owed != 0 {
		if err := f.moveDue(ctx, f.owed, time.Time{}); err != nil {
			return err
		}
		f.owed = 0
	}
	if c.Passed() < f.until {
		return f.moveDue(ctx, f.stray, f.store.now().Add(stepFrom))
	}
	return nil
}

// settle finds out whether the machine's clock was set back while no hub served.
func (f *clockFollower) settle(ctx context.Context) {
	latest, err := f.latestStamp(ctx)
	step := f.store.now().Sub(latest)
	if err == nil && (latest.IsZero() || step > -stepFrom) {
		return
	}
	if err == nil {
		f.log.Warn(
			"the clock of this machine was set back since the hub ran last; what is due is moved with it", "by",
			step.Round(time.Millisecond).String(),
		)
		err = errors.Join(f.moveDue(ctx, step, time.Time{}), f.forgetLeader(ctx))
	}
	if err != nil {
		f.log.Warn("whether the clock was set back is not known", "error", err)
	}
}

// latestStamp is when something that waits was written last.
func (f *clockFollower) latestStamp(ctx context.Context) (latest time.Time, err error) {
	for _, text := range []string{
		`SELECT updated_at FROM attempts WHERE settled_at IS NULL ORDER BY updated_at DESC LIMIT 1`,
		`SELECT updated_at FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY updated_at DESC LIMIT 1`,
		`SELECT updated_at FROM holds WHERE status = 'held' ORDER BY updated_at DESC LIMIT 1`,
	} {
		err = errors.Join(err, f.store.Peek(ctx, NewQuery(Same(text), nil, Each1(func(at time.Time) {
			if at.After(latest) {
				latest = at
			}
		}))))
	}
	return latest, err
}

// forgetLeader lets River elect again: who led before the clock was set back would
// be waited for until then.
func (f *clockFollower) forgetLeader(ctx context.Context) error {
	_, err := f.store.WriteDB.ExecContext(ctx, "DELETE FROM river_leader")
	return err
}

// later sets columns to their instants moved by a modifier of SQLite's.
func later(zone string, columns ...string) string {
	set := make([]string, len(columns))
	for i, column := range columns {
		set[i] = column + " = strftime('%Y-%m-%d %H:%M:%f', " + column + ", ?1)" + zone
	}
	return strings.Join(set, ", ")
}

// Where instants are kept at which something is due, and when it was written. Ours
// have a zone, River's have none.
var (
	moveRows = []string{
		"UPDATE attempts SET " + later(" || '+00:00'", "next_check_at", "submitted_at", "updated_at") +
			" WHERE settled_at IS NULL AND updated_at > ?2",
		"UPDATE webhook_deliveries SET " + later(" || '+00:00'", "next_attempt_at", "claimed_until", "updated_at") +
			" WHERE next_attempt_at IS NOT NULL AND updated_at > ?2",
		"UPDATE holds SET " + later(" || '+00:00'", "expires_at", "updated_at") +
			" WHERE status = 'held' AND updated_at > ?2",
	}
	moveJobs = []string{
		"UPDATE river_job SET " + later("", "scheduled_at") + " WHERE state IN ('available', 'retryable', 'scheduled')",
		"UPDATE river_job SET " + later("", "attempted_at") + " WHERE state = 'running'",
	}
)

// moveDue moves everything in a SQLite file that is due at a moment, or with a
// moment given what of ours was written after it.
func (f *clockFollower) moveDue(ctx context.Context, by time.Duration, writtenAfter time.Time) error {
	modifier := fmt.Sprintf("%+.3f seconds", by.Seconds())
	err := f.store.Retry(ctx, func() error {
		return f.store.OnceInTx(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
			for _, text := range moveRows {
				if _, err := tx.ExecContext(ctx, text, modifier, writtenAfter.UTC()); err != nil {
					return err
				}
			}
			for _, text := range moveJobs {
				if !writtenAfter.IsZero() {
					break // they do not say when they were written
				}
				if _, err := tx.ExecContext(ctx, text, modifier); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return During("move what is due", err)
}
