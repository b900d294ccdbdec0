// Package backup has copies of a SQLite database made again and again, and keeps
// the last of them. How a copy is made and checked is the store's business.
package backup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"orderhub/server/clock"
)

const (
	// lookEvery is how often the clock is looked at: it may have been set.
	lookEvery = time.Minute
	// retryAfter is when a backup is tried again that failed, unless the next is due before.
	retryAfter = 10 * time.Minute

	stampLayout = "20060102T150405Z" // sorts by time, in UTC
	suffix      = ".sqlite"
)

// Schedule says what is copied where, and when.
type Schedule struct {
	Folder string // which exists
	Name   string // what the names of the copies begin with; other files in the folder are left alone
	Every  time.Duration
	Keep   int // how many copies are kept, at least one
	// Copy writes a copy that is whole and checked to a path where nothing is, or fails and writes nothing.
	Copy func(ctx context.Context, path string) error
	Now  func() time.Time
	Log  *slog.Logger
	// Done is told when the last good copy was made, also of one that was there before; Failed of what failed.
	Done   func(at time.Time)
	Failed func()
}

// Run makes a copy whenever the last one is old enough, until ctx ends. Those that are too many are removed after a new
// one is there.
func (s *Schedule) Run(ctx context.Context) {
	r := &runner{Schedule: s}
	r.look(ctx)
	clock.Every(ctx, lookEvery, func() { r.look(ctx) })
}

// runner is a Schedule at work.
type runner struct {
	*Schedule

	due time.Time // when to look at the folder again
}

func (r *runner) look(ctx context.Context) {
	// Never later than from now on: the clock may have been set back.
	if wait := r.due.Sub(r.Now()); ctx.Err() != nil || wait > 0 && wait <= r.Every {
		return
	}
	if err := r.backUp(ctx); err != nil && ctx.Err() == nil {
		r.due = r.Now().Add(min(retryAfter, r.Every))
		r.Failed()
		r.Log.Error("the scheduled backup failed; it is tried again", "folder", r.Folder, "error", err)
	}
}

// backUp makes a copy unless the last one is new enough.
func (r *runner) backUp(ctx context.Context) error {
	now := r.Now().UTC().Truncate(time.Second)
	copies, err := r.copies()
	if err != nil {
		return err
	}
	for _, at := range slices.Backward(copies) {
		if at.After(now) {
			continue // the clock was set back since
		}
		r.Done(at)
		if r.due = at.Add(r.Every); now.Before(r.due) {
			return nil
		}
		break
	}
	path := r.path(now)
	if err := r.Copy(ctx, path); err != nil {
		return err
	}
	r.Done(now)
	r.due = now.Add(r.Every)
	removed, err := r.removeOld(append(copies, now), now)
	r.Log.Info("backed up", "file", path, "removed", removed)
	return err
}

// copies are the times of the copies there are, in their order.
func (r *runner) copies() (times []time.Time, err error) {
	entries, err := os.ReadDir(r.Folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		stamp, ours := strings.CutPrefix(entry.Name(), r.Name+"-")
		stamp, named := strings.CutSuffix(stamp, suffix)
		if !ours || !named || !entry.Type().IsRegular() {
			continue
		}
		if at, err := time.Parse(stampLayout, stamp); err == nil {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times, nil
}

func (r *runner) path(at time.Time) string {
	return filepath.Join(r.Folder, r.Name+"-"+at.Format(stampLayout)+suffix)
}

// removeOld removes the oldest copies beyond those that are kept, and never the newest made.
func (r *runner) removeOld(copies []time.Time, newest time.Time) (removed int, err error) {
	slices.SortFunc(copies, time.Time.Compare)
	for _, at := range copies[:max(len(copies)-r.Keep, 0)] {
		if at.Equal(newest) {
			continue
		}
		if failed := os.Remove(r.path(at)); failed != nil {
			err = errors.Join(err, fmt.Errorf("removing an old backup: %w", failed))
			continue
		}
		removed++
	}
	return removed, err
}
