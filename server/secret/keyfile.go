package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// ErrKeyFileExposed says that users other than the owner may read a key file.
var ErrKeyFileExposed = errors.New("key file must be readable by its owner only")

// maxKeyFileSize is far beyond any sensible number of keys, in bytes.
const maxKeyFileSize = 64 << 10

// LoadOrCreateKeyFile reads the keys in the file at path, in the form of ParseKeys,
// or, if there is no such file, writes one with a fresh key, mode 0600, and says
// created. The file appears whole and on disk or not at all, and when two
// processes create it at once, both go on with the same key. The folder must
// exist. Errors: ErrKeyFileExposed, ErrNoKey, ErrBadKey, or of the file system,
// each with the path.
func LoadOrCreateKeyFile(path string) (sealer *Sealer, created bool, err error) {
	sealer, err = loadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return sealer, false, err
	}
	err = createKeyFile(path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, fmt.Errorf("create key file %s: %w", path, err)
	}
	created = err == nil
	// Read back: what counts is the file, whoever has written it.
	sealer, err = loadKeyFile(path)
	if err != nil {
		return nil, false, err
	}
	return sealer, created, nil
}

func loadKeyFile(path string) (*Sealer, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("read key file %s: %w", path, err)
	}
	sealer, err := ParseKeys(string(content))
	if err != nil {
		return nil, fmt.Errorf("read key file %s: %w", path, err)
	}
	return sealer, nil
}

// readPrivate reads a small regular file that only its owner may read.
func readPrivate(path string) ([]byte, error) {
	// Asked before opening, because opening a named pipe would wait for a writer.
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// Asked of the open file, so that it is about the file that is read.
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	// Windows has no such mode bits: every file seems to be readable by all.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: its mode is %04o, run: chmod 600 %s", ErrKeyFileExposed, mode, path)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxKeyFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxKeyFileSize {
		return nil, fmt.Errorf("larger than %d bytes", maxKeyFileSize)
	}
	return content, nil
}

// createKeyFile writes a fresh key at path, or fails with fs.ErrExist if there is
// a file already. The key is complete and on disk before the name appears: a
// crash between must not leave an empty key file behind.
func createKeyFile(path string) error {
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, ".key-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(GenerateKey() + "\n")
	if err == nil {
		err = temporary.Sync()
	}
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	// Unlike a rename, a link never replaces what another process has created meanwhile.
	if err := os.Link(temporary.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the names in a folder durable, where the system can do that.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
