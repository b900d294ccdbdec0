package command_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"orderhub/server/app"
	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/demo"
	"orderhub/server/secret"
	"orderhub/server/session"
)

// serving runs "serve" on a database until the test ends; ended tells its exit code.
func serving(t *testing.T, url string, more ...string) (log *lines, ended chan int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	log, ended = &lines{}, make(chan int, 1)
	args := []string{"serve", "--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off"}
	args = append(args, more...)
	go func() {
		ended <- command.Run(ctx, args, command.Streams{In: strings.NewReader(""), Out: io.Discard, Err: log})
	}()
	return log, ended
}

func TestServeEndsWithItsFile(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"is gone": os.Remove,
		"was replaced": func(path string) error {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".older", content, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".older", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := database(t)
			log, ended := serving(t, url)
			log.waitFor(t, `"msg":"ready"`)
			if err := change(strings.TrimPrefix(url, "sqlite:")); err != nil {
				t.Fatal(err)
			}
			log.waitFor(t, name)
			select {
			case code := <-ended:
				if code != 1 {
					t.Errorf("exit code %d", code)
				}
			case <-time.After(time.Minute):
				t.Error("it serves on")
			}
		})
	}
}

func TestKeyWithoutDatabase(t *testing.T) {
	url := database(t)
	path := strings.TrimPrefix(url, "sqlite:")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listen := []string{"--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off"}
	fails(t, "--new", append([]string{"serve"}, listen...)...)
	fails(t, "--new", "migrate", "--database", url)
	if _, err := os.Stat(path); err == nil {
		t.Error("a refused start made a database")
	}
	do(t, "migrate", "--new", "--database", url)
	do(t, "verify", "--database", url)
}

func TestDemoKeysAreRefused(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	listen := []string{"serve", "--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off"}
	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	hash := secret.HashAPIKey(demo.MerchantKey)
	_, err = s.SQLite().ExecContext(
		t.Context(),
		`INSERT INTO api_keys (merchant_id, hash, scope, created_at)
			VALUES (1, ?, 'merchant', '2026-01-01 00:00:00+00:00')`,
		hash[:],
	)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	fails(t, "--allow-demo-keys", listen...)
	log, _ := serving(t, url, "--allow-demo-keys")
	log.waitFor(t, `"msg":"ready"`)
}

// An operator whose password everybody knows is as good as none.
func TestDemoPasswordsAreRefused(t *testing.T) {
	url := database(t)
	listen := []string{"serve", "--database", url, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--metrics", "off"}
	vera := demo.Operators()[2]
	do(t, "operator", "create", vera.Name, "--role", "viewer", "--database", url)
	invitation := run(t, "", "operator", "invite", vera.Name, "--database", url).out
	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	sessions := session.NewService(session.Options{
		Store: s.Sessions, Guesses: s.Guesses, Log: slog.New(slog.DiscardHandler),
	})
	_, _, err = sessions.Join(t.Context(), strings.TrimSpace(invitation), vera.Password, session.Browser{})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	fails(t, "passwords of operators", listen...)
}

func TestBackup(t *testing.T) {
	url := database(t)
	copied := filepath.Join(t.TempDir(), "copy.sqlite")
	if out := do(t, "backup", copied, "--database", url); !strings.Contains(out, "checked") {
		t.Errorf("backup: %s", out)
	}
	fails(t, "exists already", "backup", copied, "--database", url)
	do(t, "verify", "--database", "sqlite:"+copied, "--key-file", strings.TrimPrefix(url, "sqlite:")+".key")
}
