package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"orderhub/server/secret"
)

// Why a database is not replaced.
var (
	ErrInUse      = errors.New("a hub, or another command, has it open: stop it first")
	ErrUnfinished = errors.New("it has a log beside it: it is in use, or was not made by `orderhub backup`")
	ErrSameFile   = errors.New("it is the database itself")
	errRestoring  = errors.New("another restore is at work")
)

// RestoreOptions say what is restored where.
type RestoreOptions struct {
	Database string         // file that is replaced, or made
	Backup   string         // file that is copied there, and stays as it is
	Sealer   *secret.Sealer // with the keys of both
	Now      time.Time
}

// Restored is what a restore did.
type Restored struct {
	Backup

	InUse bool   // the database is open elsewhere; only of what was but checked
	Aside string // where the database is now that was there before, "" when there was none
}

// CheckBackup makes sure that a backup can be restored, and changes nothing. Errors: those of Restore but ErrInUse.
func CheckBackup(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	if o.Database, err = realPath(o.Database); err != nil {
		return r, err
	}
	if err := o.checkFinished(); err != nil {
		return r, err
	}
	present, err := holdUnused(o.Database)
	if r.InUse = errors.Is(err, ErrInUse); err != nil && !r.InUse {
		return r, err
	}
	_ = present.Close() // of none, too
	if r.Backup, err = inspect(ctx, o.Backup, o.Sealer); err != nil {
		return r, fmt.Errorf("%s: %w", o.Backup, err)
	}
	return r, nil
}

// Restore puts a copy of a backup in the place of a SQLite database, when the backup is whole, a hub's, of a schema
// that this program knows and sealed with the sealer's keys. What is there, damaged or not, is put aside with what
// SQLite keeps beside it. Either all of it happens, or nothing; who is killed leaves what was there, or no database and
// what the next call goes on from, see RestoreUnderWay. The process itself must not have the database open. Errors:
// ErrInUse, ErrUnfinished, ErrSameFile, ErrNoHub, ErrDamaged, ErrNewerSchema, *KeyError.
func Restore(ctx context.Context, o RestoreOptions) (r Restored, err error) {
	if o.Database, err = realPath(o.Database); err != nil {
		return r, err
	}
	if err := o.checkFinished(); err != nil {
		return r, err
	}
	present, err := holdUnused(o.Database)
	if err != nil {
		return r, fmt.Errorf("%s: %w", o.Database, err)
	}
	defer present.Close() // lets others in; of none, too
	fresh, err := openFresh(o.Database)
	if err != nil {
		return r, err
	}
	defer fresh.Close()
	r.Backup, err = o.fill(ctx, fresh, present)
	if err == nil {
		r.Aside, err = o.exchange(fresh.Name())
	}
	if err != nil {
		return r, errors.Join(err, removeFresh(fresh.Name()))
	}
	return r, nil
}

// RestoreUnderWay says whether a restore is making a database at this path, or was killed when it did.
func RestoreUnderWay(path string) bool {
	_, err := os.Lstat(freshName(path))
	return err == nil
}

// freshName is the file that becomes the database at path.
func freshName(path string) string { return path + ".restoring" }

// realPath follows symbolic links, as SQLite does: what it keeps beside a file is beside the file itself.
func realPath(path string) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	return resolved, err
}

// checkFinished makes sure that the backup is a file that holds everything by itself.
func (o *RestoreOptions) checkFinished() error {
	info, err := os.Stat(o.Backup)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", o.Backup)
	}
	if present, err := os.Stat(o.Database); err == nil && os.SameFile(info, present) {
		return fmt.Errorf("%s: %w", o.Backup, ErrSameFile)
	}
	for _, log := range []string{"-wal", "-journal"} {
		if beside, err := os.Stat(o.Backup + log); err == nil && beside.Size() > 0 {
			return fmt.Errorf("%s: %w", o.Backup, ErrUnfinished)
		}
	}
	return nil
}

// fill makes the fresh file what the database is to be, on disk.
func (o *RestoreOptions) fill(ctx context.Context, fresh, present *os.File) (b Backup, err error) {
	if err := copyContent(ctx, fresh, o.Backup); err != nil {
		return b, fmt.Errorf("copying: %w", err)
	}
	if b, err = inspect(ctx, fresh.Name(), o.Sealer); err != nil {
		return b, fmt.Errorf("%s: %w", o.Backup, err)
	}
	if err := beginAnotherLog(ctx, fresh.Name()); err != nil {
		return b, fmt.Errorf("beginning another log of events: %w", err)
	}
	if err := keepOwner(fresh, present); err != nil {
		return b, err
	}
	return b, errors.Join(fresh.Sync(), ctx.Err())
}

// beginAnotherLog lets the events of a file go on as another log, whoever opens it next: positions from before the
// restore lead to what may be lost. The file's own identity would not tell where the file system gives a new file what
// an old one had.
func beginAnotherLog(ctx context.Context, path string) (err error) {
	conn, err := openPlain(ctx, path, url.Values{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	// Nothing is to be left beside a file that is not in its place yet. A hub makes it WAL again.
	if _, err := conn.ExecContext(ctx, `PRAGMA journal_mode = MEMORY`); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `UPDATE event_logs SET home = 'restored'`)
	if isNoTable(err) {
		return nil // of a version before logs had identifiers
	}
	return err
}

// keepOwner gives the fresh file to whom the database belonged: who restores may be root, and the hub somebody else.
func keepOwner(fresh, present *os.File) error {
	if present == nil {
		return nil
	}
	info, err := present.Stat()
	if err != nil {
		return err
	}
	if was, known := info.Sys().(*syscall.Stat_t); known {
		return fresh.Chown(int(was.Uid), int(was.Gid))
	}
	return nil
}
