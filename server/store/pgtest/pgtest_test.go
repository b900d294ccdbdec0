package pgtest_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/store/pgtest"
)

// hostVariable makes the test binary a process that starts a server, says where, and waits to be ended.
const hostVariable = "PGTEST_HOST"

func TestMain(m *testing.M) {
	if os.Getenv(hostVariable) != "" {
		host()
		return
	}
	os.Exit(m.Run())
}

// hosted is reachable until the process ends: a server that is garbage loses the
// pipe that keeps it running.
var hosted *pgtest.Server

func host() {
	var err error
	if hosted, err = pgtest.Start(context.Background(), pgtest.Options{}); err != nil {
		fmt.Println("error:", err)
		return
	}
	fmt.Println(hosted.URL("postgres"))
	if os.Getenv(hostVariable) == "panic" {
		panic("with a server")
	}
	// Not select {}: once no timer is left, the runtime takes a process that can never go on for a deadlock and ends it.
	time.Sleep(time.Minute)
}

func query[T any](t *testing.T, url, statement string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	require.NoError(t, conn.QueryRow(t.Context(), statement).Scan(&value))
	return value
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	_, err = conn.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// folder is the server's directory.
func folder(t *testing.T, address string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	return parsed.Query().Get("host")
}

func requireGone(t *testing.T, address string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(folder(t, address))
		return os.IsNotExist(err)
	}, time.Minute, 10*time.Millisecond, "the directory goes after the server")
	_, err := pgx.Connect(t.Context(), address)
	require.Error(t, err)
}

func TestNew(t *testing.T) {
	t.Parallel()
	a, b := pgtest.New(t), pgtest.New(t)
	execute(t, a, "CREATE TABLE x (id int)")
	require.Zero(t, query[int](t, a, "SELECT count(*) FROM x"))
	require.Zero(t, query[int](t, b, "SELECT count(*) FROM pg_tables WHERE tablename = 'x'"), "databases are apart")
}

func TestDatabasesGoWithTheirTest(t *testing.T) {
	t.Parallel()
	var used string
	t.Run("uses one", func(t *testing.T) {
		used = pgtest.New(t)
		conn, err := pgx.Connect(t.Context(), used)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
	})
	_, err := pgx.Connect(t.Context(), used)
	require.ErrorContains(t, err, "does not exist")
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	prepared := 0
	template := pgtest.NewTemplate(func(ctx context.Context, url string) error {
		prepared++
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "CREATE TABLE x AS SELECT 7 AS id")
		_ = conn.Close(ctx)
		return err
	})
	for range 3 {
		url := template.New(t)
		require.Equal(t, 7, query[int](t, url, "SELECT id FROM x"))
		execute(t, url, "DELETE FROM x")
	}
	require.Equal(t, 1, prepared)
}

func start(t *testing.T, opts pgtest.Options) *pgtest.Server {
	t.Helper()
	pgtest.New(t) // skips where there is no PostgreSQL
	server, err := pgtest.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server
}

func TestDurability(t *testing.T) {
	t.Parallel()
	fast := start(t, pgtest.Options{Settings: map[string]string{"work_mem": "5MB"}})
	require.Equal(t, "off", query[string](t, fast.URL("postgres"), "SHOW fsync"))
	require.Equal(t, "5MB", query[string](t, fast.URL("postgres"), "SHOW work_mem"))
	durable := start(t, pgtest.Options{Durable: true})
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		require.Equal(t, "on", query[string](t, durable.URL("postgres"), "SHOW "+setting), setting)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	server := start(t, pgtest.Options{})
	url := server.URL("postgres")
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	require.NoError(t, server.Stop())
	require.Error(t, conn.Ping(t.Context()), "connections end with the server")
	requireGone(t, url)
	require.NoError(t, server.Stop(), "again")
}

func TestKillAndRestart(t *testing.T) {
	t.Parallel()
	server := start(t, pgtest.Options{Durable: true})
	url := server.URL("postgres")
	execute(t, url, "CREATE TABLE x AS SELECT 7 AS id")
	require.Error(t, server.Restart(t.Context()), "running")
	require.NoError(t, server.Kill())
	_, err := pgx.Connect(t.Context(), url)
	require.Error(t, err)
	require.NoError(t, server.Restart(t.Context()))
	require.Equal(t, 7, query[int](t, url, "SELECT id FROM x"), "what was committed is there after a crash")
}

// No server outlives the process that started it.
func TestServerEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // skips where there is no PostgreSQL
	for _, way := range []string{"kill", "panic"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), hostVariable+"="+way)
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			var complaint bytes.Buffer
			cmd.Stderr = &complaint
			t.Cleanup(func() {
				if t.Failed() {
					t.Log("the process that started the server said: ", complaint.String())
				}
			})
			require.NoError(t, cmd.Start())
			lines := bufio.NewScanner(out)
			require.True(t, lines.Scan())
			url := lines.Text()
			require.Contains(t, url, "postgres://")
			if way == "kill" {
				require.Equal(t, 1, query[int](t, url, "SELECT 1"))
				require.NoError(t, cmd.Process.Kill())
			}
			require.Error(t, cmd.Wait())
			requireGone(t, url)
		})
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	pgtest.New(t) // skips where there is no PostgreSQL
	_, err := pgtest.Start(t.Context(), pgtest.Options{Settings: map[string]string{"no_such_setting": "1"}})
	require.ErrorContains(t, err, "unrecognized configuration parameter", "the log says why")
}

func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	server := start(t, pgtest.Options{})
	url := server.URL("postgres")
	require.NoError(t, server.Kill())
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, server.Restart(hurried))
	require.NoError(t, server.Stop())
	requireGone(t, url)
}

func BenchmarkDatabase(b *testing.B) {
	server, err := pgtest.Start(b.Context(), pgtest.Options{})
	if err != nil {
		b.Skip(err)
	}
	defer func() { require.NoError(b, server.Stop()) }()
	databases := 0
	for b.Loop() {
		databases++
		require.NoError(b, server.Create(b.Context(), fmt.Sprintf("x%d", databases), ""))
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		server, err := pgtest.Start(b.Context(), pgtest.Options{})
		if err != nil {
			b.Skip(err)
		}
		require.NoError(b, server.Stop())
	}
}
