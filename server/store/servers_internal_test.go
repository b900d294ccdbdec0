package store

import (
	"bytes"
	"context"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
)

// openQuickly opens a store that waits little for servers.
func openQuickly(t *testing.T, url string, conns int, pace pace, log *slog.Logger) *DB {
	t.Helper()
	sealer, err := secret.ParseKeys(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	s, err := Open(t.Context(), Options{URL: url, MaxConns: conns, Sealer: sealer, Log: log, pace: pace})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrations.Up(t.Context()))
	return s
}

// TestServerThatWasGoneBackTo has a server take over and die, and the one before it, which never stopped taking writes,
// come back: its own commits are no reason to go on refusing it.
func TestServerThatWasGoneBackTo(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	primary, standby := pgtest.NewReplicated(t, pgtest.Confirming)
	s := openQuickly(t, pgtest.WritableURL("hub", primary, standby), 4, pace{
		pulseEvery: 10 * time.Millisecond, pulseTimeout: time.Minute, silence: 20 * time.Millisecond,
		replacedFor: time.Second,
	}, nil)
	writable := func() bool {
		err := s.Writable(ctx)
		if err != nil {
			require.ErrorIs(t, err, errs.ErrUnavailable)
		}
		return err == nil
	}
	require.True(t, writable())
	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Promote(ctx))
	require.Eventually(t, writable, time.Minute, 10*time.Millisecond, "on the one that took over")

	require.NoError(t, primary.Restart(ctx))
	require.True(t, writable(), "still there")
	require.NoError(t, standby.Kill())
	require.Eventually(t, writable, time.Minute, 10*time.Millisecond, "on the one before")
}

// TestServerThatDoesNotCommit has every commit wait for a standby that is gone: the server keeps a session for each,
// whoever hangs up, so few may begin one.
func TestServerThatDoesNotCommit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	const conns = 4
	var log lines
	primary, standby := pgtest.NewReplicated(t, pgtest.Confirming)
	s := openQuickly(t, pgtest.WritableURL("hub", primary, standby), conns, pace{
		pulseEvery: 50 * time.Millisecond, pulseTimeout: 250 * time.Millisecond, silence: 50 * time.Millisecond,
		replacedFor: time.Minute,
	}, slog.New(slog.NewTextHandler(&log, nil)))
	admin, err := pgx.Connect(ctx, primary.URL("hub"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, admin.Close(context.WithoutCancel(ctx))) })
	execute := func(statement string) {
		_, err := admin.Exec(ctx, statement)
		require.NoError(t, err)
	}
	require.NoError(t, standby.Kill())
	execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
	execute("SELECT pg_reload_conf()")

	stop, end := context.WithCancel(ctx)
	var callers sync.WaitGroup
	for range 2 * conns {
		callers.Go(func() {
			for stop.Err() == nil {
				_ = s.Writable(stop)
			}
		})
	}
	require.Eventually(t, func() bool {
		return log.count("does not commit") >= 8
	}, time.Minute, 10*time.Millisecond, "tried again and again")
	var sessions int
	require.NoError(t, admin.QueryRow(ctx,
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
	).Scan(&sessions))
	require.LessOrEqual(t, sessions, conns+2, "those that waited at first, and the one that tries")
	end()
	callers.Wait()

	execute("ALTER SYSTEM RESET synchronous_standby_names")
	execute("SELECT pg_reload_conf()")
	require.Eventually(t, func() bool { return s.Writable(ctx) == nil }, time.Minute, 10*time.Millisecond)
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}
