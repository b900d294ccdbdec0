package store

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// FileIdentity tells a file from its copies: by its number, and by when it was
// made where the file system knows.
func FileIdentity(path string) (string, error) {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_INO|unix.STATX_BTIME, &stat); err != nil {
		return "", fmt.Errorf("look at %s: %w", path, err)
	}
	return fmt.Sprintf("file/%d/%d.%09d", stat.Ino, stat.Btime.Sec, stat.Btime.Nsec), nil
}

// lockBytes locks some bytes of a file until it is closed, unless anybody has a lock of any of them: that of the open
// file, not of the process, so that it also meets those of SQLite in this one.
func lockBytes(file *os.File, start, length int64) error {
	return unix.FcntlFlock(file.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{
		Type: unix.F_WRLCK, Whence: io.SeekStart, Start: start, Len: length,
	})
}
