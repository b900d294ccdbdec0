package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"orderhub/server/store"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// TestBackupWhileServing copies a database that orders are placed in: the copy agrees with itself and has every order
// that was answered before.
func TestBackupWhileServing(t *testing.T) {
	s := storetest.SQLite(t)()
	w := storetest.NewWorld(t, s, 1)
	w.Stocked("CODE", 1, 400)
	m := w.Merchant("shop", 1000)
	var answered atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := range 400 {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", n), "CODE", 1)); err != nil {
				t.Errorf("order %d: %v", n, err)
				return
			}
			answered.Add(1)
		}
	}()
	defer func() { close(stop); <-stopped }()
	for answered.Load() < 20 {
		select {
		case <-stopped:
			t.Fatal("orders ended early")
		default:
		}
	}
	before := answered.Load()
	path := filepath.Join(t.TempDir(), "copy.sqlite")
	// What another left that was killed goes.
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), ".orderhub-backup-1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := s.Backup(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if b.Orders < before || b.Units != 400 || b.Transfers < before || b.Version == 0 {
		t.Errorf("%+v, and %d orders were answered before", b, before)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != b.Bytes {
		t.Errorf("%v, %v", info, err)
	}
	copied, missing := storetest.OpenWith(t, "sqlite:"+path, storetest.SealingKey)
	if missing != "" {
		t.Fatalf("the key %s is missing", missing)
	}
	summary, err := copied.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("the copy: %+v", f) })
	if err != nil || summary.Orders != b.Orders {
		t.Errorf("verified %d orders, %v", summary.Orders, err)
	}
	if _, err := s.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a file that exists: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".orderhub-backup-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBackupOfPostgres(t *testing.T) {
	if _, err := storetest.Postgres(t)().Backup(t.Context(), filepath.Join(t.TempDir(), "copy")); !errors.Is(
		err, store.ErrNoBackup,
	) {
		t.Errorf("%v, want ErrNoBackup", err)
	}
}

func TestCheckFile(t *testing.T) {
	url := storetest.SQLiteURL(t)
	path := url[len("sqlite:"):]
	s, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	if err := s.CheckFile(); err != nil {
		t.Errorf("as it was opened: %v", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	var wrong *store.FileError
	if err := s.CheckFile(); !errors.As(err, &wrong) || !wrong.Gone {
		t.Errorf("moved away: %v", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckFile(); !errors.As(err, &wrong) || wrong.Gone {
		t.Errorf("replaced: %v", err)
	}
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckFile(); err != nil {
		t.Errorf("put back: %v", err)
	}
}
