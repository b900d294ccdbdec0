package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/backup"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// keeper runs a schedule with a clock of the test's.
type keeper struct {
	*backup.Schedule

	folder   string
	set      time.Duration // how far the hub's clock is ahead of that of the bubble
	broken   error         // what copying fails with
	last     time.Time
	failures int
	passed   atomic.Int64 // orders what the test does between the times that it lets pass
}

func newKeeper(t *testing.T, every time.Duration, keep int) *keeper {
	t.Helper()
	k := &keeper{folder: t.TempDir(), set: time.Until(noon)}
	k.Schedule = &backup.Schedule{
		Folder: k.folder, Name: "hub", Every: every, Keep: keep, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time {
			k.passed.Load()
			return time.Now().Add(k.set)
		},
		Done: func(at time.Time) { k.last = at }, Failed: func() { k.failures++ },
		Copy: func(_ context.Context, path string) error {
			if k.broken != nil {
				return k.broken
			}
			return os.WriteFile(path, []byte("copy"), 0o600)
		},
	}
	return k
}

// names are those of the files in the folder, in their order.
func (k *keeper) names(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(k.folder)
	require.NoError(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (k *keeper) write(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(k.folder, name), nil, 0o600))
	}
}

// run runs the schedule while the test's clock passes through body.
func (k *keeper) run(t *testing.T, body func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()
	synctest.Wait()
	body()
	stop()
	<-ended
}

// after lets time pass.
func (k *keeper) after(d time.Duration) {
	k.passed.Add(1)
	time.Sleep(d)
	synctest.Wait()
}

func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, time.Hour, 2)
		k.write(t, "hub-20261128T000000Z.sqlite.txt", "other-20261128T000000Z.sqlite", "notes")
		left := []string{"hub-20261128T000000Z.sqlite.txt"}
		right := []string{"notes", "other-20261128T000000Z.sqlite"}
		between := func(names ...string) []string { return append(append(left, names...), right...) }
		k.run(t, func() {
			require.Equal(t, between("hub-20261128T120000Z.sqlite"), k.names(t), "at once where there is none")
			require.Equal(t, noon, k.last)
			k.after(59 * time.Minute)
			require.Len(t, k.names(t), 4)
			k.after(2 * time.Minute)
			require.Len(t, k.names(t), 5, "within a minute of being due")
			k.after(time.Hour)
			require.Len(t, k.names(t), 5, "the first gave way to the third")
			require.NotContains(t, k.names(t), "hub-20261128T120000Z.sqlite")
		})
		require.Zero(t, k.failures)
		there := k.names(t)
		k.run(t, func() {
			require.Equal(t, there, k.names(t), "a start makes none when the last is new enough")
			require.WithinDuration(t, k.Now(), k.last, 2*time.Minute, "and knows when that was made")
		})
	})
}

func TestOldCopiesStayWhileNoneIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, time.Hour, 1)
		k.write(t, "hub-20261126T120000Z.sqlite", "hub-20261127T120000Z.sqlite")
		there := k.names(t)
		k.broken = errors.New("the disk is full")
		k.run(t, func() {
			require.Equal(t, 1, k.failures)
			require.Equal(t, noon.AddDate(0, 0, -1), k.last)
			k.after(9 * time.Minute)
			require.Equal(t, 1, k.failures)
			k.after(2 * time.Minute)
			require.Equal(t, 2, k.failures, "it is tried again")
			require.Equal(t, there, k.names(t))
			k.broken = nil
			k.after(11 * time.Minute)
			require.Equal(t, 2, k.failures)
			require.Len(t, k.names(t), 1)
			require.True(t, k.last.After(noon))
		})
	})
}

func TestNoFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, time.Hour, 1)
		k.Folder = filepath.Join(k.folder, "missing")
		k.run(t, func() { require.Equal(t, 1, k.failures) })
		require.Empty(t, k.names(t), "it is not made: the disk may be missing that belongs there")
	})
}

// A clock that is set back delays nothing, and the newest copy stays whatever is later by name.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, time.Hour, 1)
		k.run(t, func() {
			require.Equal(t, []string{"hub-20261128T120000Z.sqlite"}, k.names(t))
			k.set -= 24 * time.Hour
			k.after(2 * time.Minute)
			names := k.names(t)
			require.Len(t, names, 2)
			require.Contains(t, names[0], "hub-20261127T12")
			k.after(time.Hour)
			names = k.names(t)
			require.Len(t, names, 2, "the one before gave way")
			require.Contains(t, names[0], "hub-20261127T13")
		})
	})
}

func TestStopsWhileCopying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(t, time.Hour, 1)
		k.Copy = func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}
		k.run(t, func() {})
		require.Zero(t, k.failures, "being told to stop is no failure")
	})
}
