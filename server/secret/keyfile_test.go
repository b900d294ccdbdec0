package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"orderhub/server/secret"
)

func TestLoadOrCreateKeyFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "orderhub.key")
	first, created, err := secret.LoadOrCreateKeyFile(path)
	if err != nil || !created {
		t.Fatalf("created %t, %v", created, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	second, created, err := secret.LoadOrCreateKeyFile(path)
	if err != nil || created {
		t.Fatalf("second time: created %t, %v", created, err)
	}
	if opened, err := second.Open(first.Seal([]byte("content"), at("1")), at("1")); err != nil ||
		string(opened) != "content" {
		t.Errorf("opened %q, %v", opened, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestKeyFileRefused(t *testing.T) {
	cases := []struct {
		name    string
		content string
		mode    os.FileMode
		want    error
		says    string
	}{
		{name: "readable by the group", content: keyA, mode: 0o640, want: secret.ErrKeyFileExposed, says: "chmod 600"},
		{name: "readable by all", content: keyA, mode: 0o604, want: secret.ErrKeyFileExposed, says: "0604"},
		{name: "empty", content: "", mode: 0o600, want: secret.ErrNoKey},
		{name: "not a key", content: "hunter2", mode: 0o600, want: secret.ErrBadKey},
		{name: "very large", content: strings.Repeat(keyA+"\n", 2000), mode: 0o600, says: "larger than"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == secret.ErrKeyFileExposed && runtime.GOOS == "windows" {
				t.Skip("no mode bits on Windows")
			}
			path := filepath.Join(t.TempDir(), "orderhub.key")
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			sealer, created, err := secret.LoadOrCreateKeyFile(path)
			if sealer != nil || created || err == nil || tc.want != nil && !errors.Is(err, tc.want) {
				t.Fatalf("created %t, %v; want %v", created, err, tc.want)
			}
			if text := err.Error(); !strings.Contains(text, tc.says) || !strings.Contains(text, path) ||
				strings.Contains(text, "hunter2") {
				t.Errorf("the error is %q", text)
			}
			if content, err := os.ReadFile(path); err != nil || string(content) != tc.content {
				t.Error("the file was changed")
			}
		})
	}
}

func TestKeyFileInMissingFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "orderhub.key")
	if sealer, created, err := secret.LoadOrCreateKeyFile(path); sealer != nil || created ||
		!errors.Is(err, fs.ErrNotExist) {
		t.Errorf("created %t, %v", created, err)
	}
}

func TestKeyFileIsAFolder(t *testing.T) {
	if sealer, _, err := secret.LoadOrCreateKeyFile(t.TempDir()); sealer != nil || err == nil ||
		!strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

// Processes that start together must end up with one key.
func TestKeyFileCreatedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orderhub.key")
	const starters = 16
	sealers, creators := make([]*secret.Sealer, starters), make([]bool, starters)
	var group sync.WaitGroup
	for i := range starters {
		group.Go(func() {
			var err error
			if sealers[i], creators[i], err = secret.LoadOrCreateKeyFile(path); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	sealed, created := sealers[0].Seal([]byte("content"), at("1")), 0
	for i, sealer := range sealers {
		if _, err := sealer.Open(sealed, at("1")); err != nil {
			t.Errorf("starter %d has another key: %v", i, err)
		}
		if creators[i] {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d say they created the file", created)
	}
}
