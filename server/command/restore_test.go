package command_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/command"
)

// asProgram has this test's binary be orderhub.
const asProgram = "ORDERHUB_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		for _, variable := range os.Environ() {
			if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "ORDERHUB_") {
				_ = os.Unsetenv(name) // settings of a hub that is not the tests'
			}
		}
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	code := command.Run(ctx, os.Args[1:], command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// process runs "serve" as a process of its own, which has locks of its own; stop ends it, and waits.
func process(t *testing.T, url string) (stop func()) {
	t.Helper()
	log := &lines{}
	hub := exec.Command(
		os.Args[0], "serve", "--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off",
	)
	hub.Env, hub.Stderr = append(os.Environ(), asProgram+"=1"), log
	require.NoError(t, hub.Start())
	ended := false
	stop = func() {
		if !ended {
			ended = true
			require.NoError(t, hub.Process.Signal(syscall.SIGTERM))
			require.NoError(t, hub.Wait(), log.String())
		}
	}
	t.Cleanup(stop)
	log.waitFor(t, `"msg":"ready"`)
	return stop
}

func TestRestore(t *testing.T) {
	url := database(t)
	path := strings.TrimPrefix(url, "sqlite:")
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "early", "--currency", "THB")...)
	backup := filepath.Join(t.TempDir(), "copy.sqlite")
	do(t, at("backup", backup)...)
	do(t, at("merchant", "create", "late", "--currency", "THB")...)

	stop := process(t, url)
	fails(t, "has it open", at("restore", backup)...)
	if out := do(t, at("restore", "--dry-run", backup)...); !strings.Contains(out, "is in use") {
		t.Errorf("restore --dry-run beside a hub: %s", out)
	}
	do(t, at("merchant", "create", "later", "--currency", "THB")...) // the refusals took nothing from the hub
	stop()
	if out := do(t, at("restore", "--dry-run", backup)...); !strings.Contains(out, "can be restored") {
		t.Errorf("restore --dry-run: %s", out)
	}
	if list := do(t, at("merchant", "list")...); !strings.Contains(list, "later") {
		t.Errorf("a check changed something: %s", list)
	}

	var done struct {
		Database, Aside string
		Restored, InUse bool
		Contents        struct{ Bytes, SchemaVersion int64 }
	}
	require.NoError(t, json.Unmarshal([]byte(do(t, at("restore", "--json", backup)...)), &done))
	require.Equal(t, path, done.Database)
	require.True(t, done.Restored)
	require.NotZero(t, done.Contents.SchemaVersion)
	do(t, at("verify")...)
	if list := do(t, at("merchant", "list")...); !strings.Contains(list, "early") || strings.Contains(list, "late") {
		t.Errorf("after the restore: %s", list)
	}
	aside := do(t, "merchant", "list", "--database", "sqlite:"+done.Aside)
	if !strings.Contains(aside, "later") {
		t.Errorf("what was put aside: %s", aside)
	}
	process(t, url)()
}

func TestRestoreNeedsTheKey(t *testing.T) {
	url := database(t)
	path := strings.TrimPrefix(url, "sqlite:")
	backup := filepath.Join(t.TempDir(), "copy.sqlite")
	// Something sealed, by which keys are told apart.
	do(t, "merchant", "create", "shop", "--currency", "THB", "--email", "shop@example.com", "--database", url)
	do(t, "backup", backup, "--database", url)
	elsewhere := filepath.Join(t.TempDir(), "hub.sqlite")
	fails(t, "the key of the backup is missing", "restore", backup, "--database", "sqlite:"+elsewhere)
	fails(t, "sealed with the key", "restore", backup, "--database", url, "--key", testKey.Reveal())
	require.NoFileExists(t, elsewhere+".key", "none is made")
	do(t, "restore", backup, "--database", "sqlite:"+elsewhere, "--key-file", path+".key")
	do(t, "verify", "--database", "sqlite:"+elsewhere, "--key-file", path+".key")
	fails(t, "pg_restore", "restore", backup, "--database", "postgres://localhost/nothing")
	fails(t, "no such file", "restore", backup+".gone", "--database", url)
}

// A start makes no empty database where a restore was interrupted, whatever it is told.
func TestInterruptedRestoreIsNoNewDatabase(t *testing.T) {
	url := database(t)
	path := strings.TrimPrefix(url, "sqlite:")
	backup := filepath.Join(t.TempDir(), "copy.sqlite")
	do(t, "backup", backup, "--database", url)
	require.NoError(t, os.Rename(path, path+".replaced-before"))
	require.NoError(t, os.WriteFile(path+".restoring", nil, 0o600))
	fails(t, "orderhub restore", "serve", "--new", "--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0",
		"--metrics", "off")
	fails(t, "orderhub restore", "migrate", "--new", "--database", url)
	require.NoFileExists(t, path)
	do(t, "restore", backup, "--database", url)
	do(t, "verify", "--database", url)
}
