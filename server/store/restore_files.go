package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// sqliteParts end the names of what belongs to a SQLite database: the file itself, and what is kept beside it.
var sqliteParts = [...]string{"", "-wal", "-shm", "-journal"}

// Everybody who has a SQLite file open shares a lock of some of these bytes, which are never read: SQLite's
// PENDING_BYTE and what follows it.
const (
	sqliteLockStart = 0x40000000
	sqliteLockBytes = 512
)

// holdUnused keeps everybody else from opening a database until the file that it returns is closed; nil when there is
// no database. Where this process itself has it open, closing the file would give that up. Errors: ErrInUse.
func holdUnused(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = lockBytes(file, sqliteLockStart, sqliteLockBytes)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || err == nil && !leadsTo(path, file) {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// openFresh opens the file that becomes the database at path, empty and for this process alone. A restore that was
// killed may have left one.
func openFresh(path string) (*os.File, error) {
	file, err := os.OpenFile(freshName(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(file)
	// Another restore may have put the file in its place since it was opened.
	if err != nil || !leadsTo(file.Name(), file) {
		return nil, errors.Join(errRestoring, file.Close())
	}
	err = removeParts(file.Name(), sqliteParts[1:])
	if err == nil {
		err = file.Truncate(0)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// removeFresh removes what did not become a database.
func removeFresh(name string) error { return removeParts(name, sqliteParts[:]) }

func removeParts(path string, parts []string) error {
	for _, part := range parts {
		if err := os.Remove(path + part); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// leadsTo says whether a path still leads to an open file.
func leadsTo(path string, file *os.File) bool {
	there, err := os.Stat(path)
	if err != nil {
		return false
	}
	open, err := file.Stat()
	return err == nil && os.SameFile(there, open)
}

// copyStep is how many bytes are copied between two looks whether they are still wanted.
const copyStep = 16 << 20

func copyContent(ctx context.Context, to io.Writer, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := io.CopyN(to, from, copyStep)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// exchange puts the database aside and the fresh file in its place. The log of the one must never stand beside the
// other, and no file may be opened without its log: so the file goes before its log, and the fresh one comes when both
// are gone. Who is killed in between leaves no database, and the fresh file beside it.
func (o *RestoreOptions) exchange(fresh string) (aside string, err error) {
	aside = asideName(o.Database, o.Now)
	moved, err := moveAside(o.Database, aside)
	if err == nil {
		err = os.Rename(fresh, o.Database)
	}
	if err != nil {
		return "", errors.Join(err, moveBack(o.Database, aside, moved))
	}
	if len(moved) == 0 {
		aside = ""
	}
	if err := syncFolder(filepath.Dir(o.Database)); err != nil {
		return aside, fmt.Errorf("the database is restored, but may not be on disk yet: %w", err)
	}
	return aside, nil
}

// asideName is where what was at path is put aside. A log must have the name of its file and -wal.
func asideName(path string, now time.Time) string {
	return path + ".replaced-" + now.UTC().Format("20060102T150405.000Z")
}

// moveAside moves a database with what belongs to it, the file first, and returns which parts there were.
func moveAside(from, to string) (moved []string, err error) {
	for _, part := range sqliteParts {
		if _, err := os.Lstat(to + part); !errors.Is(err, fs.ErrNotExist) {
			return moved, errors.Join(err, fmt.Errorf("%s: %w", to+part, fs.ErrExist))
		}
		switch err := os.Rename(from+part, to+part); {
		case err == nil:
			moved = append(moved, part)
		case !errors.Is(err, fs.ErrNotExist):
			return moved, err
		}
	}
	return moved, syncFolder(filepath.Dir(from))
}

// moveBack undoes moveAside: the file goes last, when its log is there again.
func moveBack(from, to string, parts []string) (err error) {
	for i := len(parts) - 1; i >= 0; i-- {
		err = errors.Join(err, os.Rename(to+parts[i], from+parts[i]))
	}
	return err
}
