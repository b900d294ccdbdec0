package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

var restoreTime = time.Date(2026, 11, 28, 18, 15, 30, 0, time.UTC)

// shopWithBackup has a database with five orders and a backup of it, and four orders since. The database is left as by
// a process that was killed: with a log that has the last orders.
type shopWithBackup struct {
	path, backup      string
	before, after     event.Position // of the last event in the backup, and of the last of all
	merchantID, total int64          // total is how many orders were placed
}

func newShopWithBackup(t *testing.T) *shopWithBackup {
	t.Helper()
	s := openAt(t, storetest.SQLiteURL(t))
	w := storetest.NewWorld(t, s, 1)
	w.Stocked("CODE", 1, 20)
	m := w.Merchant("shop", 1000)
	place := func(from, to int) event.Position {
		for n := from; n < to; n++ {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(n), "CODE", 1))
			require.NoError(t, err)
		}
		all := storetest.ReadEvents(t, w.Events, event.Cursor{}, 100)
		return all[len(all)-1].Position
	}
	folder := t.TempDir()
	shop := &shopWithBackup{path: filepath.Join(folder, "hub.sqlite"), backup: filepath.Join(t.TempDir(), "copy.sqlite")}
	shop.before = place(0, 5)
	_, err := s.Backup(t.Context(), shop.backup)
	require.NoError(t, err)
	shop.after, shop.merchantID, shop.total = place(5, 9), m.ID, 9
	for _, part := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(s.Address + part)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(shop.path+part, content, 0o600))
	}
	require.NoError(t, s.Close())
	return shop
}

func (s *shopWithBackup) options() store.RestoreOptions {
	return store.RestoreOptions{
		Database: s.path, Backup: s.backup, Sealer: storetest.Sealer(), Now: restoreTime,
	}
}

// files are what the folder of a file has, with the contents.
func files(t *testing.T, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	found := map[string]string{}
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(path), entry.Name()))
		require.NoError(t, err)
		found[entry.Name()] = string(content)
	}
	return found
}

// verified opens a database in which everything agrees, and that has so many orders.
func verified(t *testing.T, path string, orders int64) *stores.All {
	t.Helper()
	s := openAt(t, "sqlite:"+path)
	require.Equal(t, orders, storetest.RequireClean(t, s).Orders)
	return s
}

// What is there is put aside with its log, which has orders that the file lacks; the restored database is the backup,
// and goes on as another log.
func TestRestore(t *testing.T) {
	shop := newShopWithBackup(t)
	there := files(t, shop.path)
	checked, err := store.CheckBackup(t.Context(), shop.options())
	require.NoError(t, err)
	require.EqualValues(t, 5, checked.Orders)
	require.False(t, checked.InUse)
	require.Equal(t, there, files(t, shop.path), "a check changes nothing")

	backup := files(t, shop.backup)
	done, err := store.Restore(t.Context(), shop.options())
	require.NoError(t, err)
	require.Equal(t, checked.Backup, done.Backup)
	require.Equal(t, shop.path+".replaced-20261128T181530.000Z", done.Aside)
	require.Equal(t, backup, files(t, shop.backup), "the backup stays as it is")
	now := files(t, shop.path)
	require.Len(t, now, 4, "the database, and what was put aside with its log")
	for _, part := range []string{"", "-wal", "-shm"} {
		require.Equal(t, there["hub.sqlite"+part], now[filepath.Base(done.Aside)+part], "%q is kept", part)
	}
	info, err := os.Stat(shop.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, verified(t, done.Aside, shop.total).Close())
	s := verified(t, shop.path, 5)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	log := event.NewLog(s.Events, event.NewBell())
	for _, old := range []event.Position{shop.before, shop.after} {
		_, _, err := log.Read(t.Context(), event.Cursor{Position: old}, 10)
		require.ErrorIs(t, err, event.ErrForeignPosition)
	}
	tellSomething(t, s, shop.merchantID, 1)
	all := storetest.ReadEvents(t, log, event.Cursor{}, 3)
	require.Len(t, all, 11, "two of each of five orders, and one since")
	require.Len(t, storetest.ReadEvents(t, log, event.Cursor{Position: all[6].Position}, 100), 4)
}

// The positions of a database are refused where a backup of it was restored, whatever file the file system made of it.
func TestRestoredFileIsAnotherLogAnywhere(t *testing.T) {
	shop := newShopWithBackup(t)
	_, err := store.Restore(t.Context(), shop.options())
	require.NoError(t, err)
	db, err := sql.Open("sqlite", shop.path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	var home string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT home FROM event_logs`).Scan(&home))
	require.False(t, strings.HasPrefix(home, "file"), "no file's identity: %s", home)
}

func TestRestoreWhereThereIsNothing(t *testing.T) {
	shop := newShopWithBackup(t)
	shop.path = filepath.Join(t.TempDir(), "new.sqlite")
	done, err := store.Restore(t.Context(), shop.options())
	require.NoError(t, err)
	require.Empty(t, done.Aside)
	require.NoError(t, verified(t, shop.path, 5).Close())
}

// A database is replaced however damaged it is, through a symbolic link too.
func TestRestoreOverDamagedFile(t *testing.T) {
	shop := newShopWithBackup(t)
	require.NoError(t, os.WriteFile(shop.path, []byte("no database any more"), 0o600))
	link := filepath.Join(t.TempDir(), "link.sqlite")
	require.NoError(t, os.Symlink(shop.path, link))
	options := shop.options()
	options.Database = link
	done, err := store.Restore(t.Context(), options)
	require.NoError(t, err)
	require.Equal(t, "no database any more", files(t, shop.path)[filepath.Base(done.Aside)])
	require.NoError(t, verified(t, shop.path, 5).Close())
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink, "the link stays")
}

func TestRestoreWhileInUse(t *testing.T) {
	shop := newShopWithBackup(t)
	s := verified(t, shop.path, shop.total)
	// Not with what is in them: who closes a file gives up the locks that its process has of it.
	names := func() (names []string) {
		entries, err := os.ReadDir(filepath.Dir(shop.path))
		require.NoError(t, err)
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		return names
	}
	there := names()
	_, err := store.Restore(t.Context(), shop.options())
	require.ErrorIs(t, err, store.ErrInUse)
	require.ElementsMatch(t, there, names())
	require.NoError(t, s.Close())
	_, err = store.Restore(t.Context(), shop.options())
	require.NoError(t, err)
}

func TestCheckBackupBesideHub(t *testing.T) {
	shop := newShopWithBackup(t)
	s := verified(t, shop.path, shop.total)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	checked, err := store.CheckBackup(t.Context(), shop.options())
	require.NoError(t, err)
	require.True(t, checked.InUse)
}

// Who was killed between the two names has left no database but its log, and the file that was to be it.
func TestRestoreGoesOn(t *testing.T) {
	shop := newShopWithBackup(t)
	require.NoError(t, os.Rename(shop.path, shop.path+".replaced-before"))
	require.NoError(t, os.WriteFile(shop.path+".restoring", []byte(strings.Repeat("half", 1<<20)), 0o600))
	require.NoError(t, os.WriteFile(shop.path+".restoring-wal", []byte("of it"), 0o600))
	require.True(t, store.RestoreUnderWay(shop.path))
	done, err := store.Restore(t.Context(), shop.options())
	require.NoError(t, err)
	require.False(t, store.RestoreUnderWay(shop.path))
	now := files(t, shop.path)
	require.Contains(t, now, filepath.Base(done.Aside)+"-wal", "the log of the other is not beside the restored one")
	require.NotContains(t, now, "hub.sqlite-wal")
	require.NotContains(t, now, "hub.sqlite.restoring-wal")
	require.NoError(t, verified(t, shop.path, 5).Close())
}

// change has SQLite change a file.
func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// overwrite changes bytes of a file in its middle.
func overwrite(t *testing.T, path string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	size, err := file.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	for at := size / 4; at < size/2; at += 4096 {
		_, err = file.WriteAt([]byte(strings.Repeat("\xff", 512)), at)
		require.NoError(t, err)
	}
	require.NoError(t, file.Close())
}

func TestRestoreRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, shop *shopWithBackup, o *store.RestoreOptions)
		want  error // nil for a *store.KeyError
	}{
		"text": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			require.NoError(t, os.WriteFile(shop.backup, []byte(strings.Repeat("not a database\n", 1000)), 0o600))
		}, store.ErrNoHub},
		"nothing": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			require.NoError(t, os.Truncate(shop.backup, 0))
		}, store.ErrNoHub},
		"another program's database": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			require.NoError(t, os.Remove(shop.backup))
			change(t, shop.backup, `CREATE TABLE orders (id integer)`)
		}, store.ErrNoHub},
		"half of it": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			info, err := os.Stat(shop.backup)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(shop.backup, info.Size()/2))
		}, store.ErrDamaged},
		"damaged": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			overwrite(t, shop.backup)
		}, store.ErrDamaged},
		"a newer schema": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			change(t, shop.backup, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)`)
		}, store.ErrNewerSchema},
		"a newer job queue": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			change(t, shop.backup, `INSERT INTO river_migration (line, version) VALUES ('main', 9999)`)
		}, store.ErrNewerSchema},
		"another key": {func(t *testing.T, _ *shopWithBackup, o *store.RestoreOptions) {
			o.Sealer = storetest.Keys(t, secret.GenerateKey())
		}, nil},
		"another key, and nothing to check it with but the stock": {
			func(t *testing.T, shop *shopWithBackup, o *store.RestoreOptions) {
				change(t, shop.backup, `DELETE FROM sealing_keys`)
				o.Sealer = storetest.Keys(t, secret.GenerateKey())
			}, nil,
		},
		"the database itself": {func(_ *testing.T, shop *shopWithBackup, o *store.RestoreOptions) {
			o.Backup = shop.path
		}, store.ErrSameFile},
		"a file with a log": {func(t *testing.T, shop *shopWithBackup, _ *store.RestoreOptions) {
			require.NoError(t, os.WriteFile(shop.backup+"-wal", []byte("orders"), 0o600))
		}, store.ErrUnfinished},
		"a file that is not there": {func(_ *testing.T, _ *shopWithBackup, o *store.RestoreOptions) {
			o.Backup += ".gone"
		}, os.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			shop := newShopWithBackup(t)
			options := shop.options()
			test.spoil(t, shop, &options)
			there := files(t, shop.path)
			_, checked := store.CheckBackup(t.Context(), options)
			_, restored := store.Restore(t.Context(), options)
			for _, err := range []error{checked, restored} {
				if test.want != nil {
					require.ErrorIs(t, err, test.want)
					continue
				}
				_, refused := errors.AsType[*store.KeyError](err)
				require.True(t, refused, "%v", err)
			}
			require.Equal(t, there, files(t, shop.path), "all is as it was")
		})
	}
}
