package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// openAt opens a store that the test closes itself.
func openAt(t *testing.T, url string) *stores.All {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer()})
	require.NoError(t, err)
	return s
}

// copyFile is how a SQLite database comes elsewhere.
func copyFile(t *testing.T, url string) string {
	t.Helper()
	content, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "copy.sqlite")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return "sqlite:" + path
}

// dumpAndRestore brings a PostgreSQL database to a server of its own.
func dumpAndRestore(t *testing.T, url string) string {
	t.Helper()
	bin, err := exec.CommandContext(t.Context(), "pg_config", "--bindir").Output()
	require.NoError(t, err)
	program := func(name string) string { return filepath.Join(strings.TrimSpace(string(bin)), name) }
	server, err := pgtest.Start(t.Context(), pgtest.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	require.NoError(t, server.Create(t.Context(), "restored", ""))
	dump := filepath.Join(t.TempDir(), "dump.sql")
	for _, command := range []*exec.Cmd{
		exec.CommandContext(t.Context(), program("pg_dump"), "--no-owner", "--file", dump, "--dbname", url),
		exec.CommandContext(
			t.Context(), program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, "-d", server.URL("restored"),
		),
	} {
		said, err := command.CombinedOutput()
		require.NoError(t, err, string(said))
	}
	return server.URL("restored")
}

// spend uses up numbers of transactions, so that the server is ahead of a new one.
func spend(t *testing.T, s *stores.All) {
	t.Helper()
	if s.Pool() == nil {
		return
	}
	_, err := s.Pool().Exec(
		t.Context(), `DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
		pgx.QueryExecModeSimpleProtocol,
	)
	require.NoError(t, err)
}

// A database that is restored on another server, or copied, has the whole log, and
// goes on as a log of its own.
func TestRestoredElsewhere(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]struct {
		url     func(testing.TB) string
		restore func(t *testing.T, url string) string
	}{"sqlite": {storetest.SQLiteURL, copyFile}, "postgres": {storetest.PostgresURL, dumpAndRestore}} {
		t.Run(name, func(t *testing.T) {
			url := database.url(t)
			s := openAt(t, url)
			spend(t, s)
			shop := storetest.NewMerchant(t, s, "shop")
			tellSomething(t, s, shop.ID, 10)
			source := event.NewLog(s.Events, event.NewBell())
			// The server is shared with other tests, whose open transactions come first.
			require.Eventually(
				t, func() bool { return len(storetest.ReadEvents(t, source, event.Cursor{}, 100)) == 10 },
				time.Minute, 20*time.Millisecond,
			)
			before := storetest.ReadEvents(t, source, event.Cursor{}, 3)
			require.Len(t, before, 10)
			old := before[6].Position
			ancient := old
			ancient.Log = ""
			require.Len(
				t, storetest.ReadEvents(t, source, event.Cursor{Position: ancient}, 100), 3,
				"positions from before logs had identifiers",
			)
			require.NoError(t, s.Close())

			r := openAt(t, database.restore(t, url))
			t.Cleanup(func() { require.NoError(t, r.Close()) })
			restored := event.NewLog(r.Events, event.NewBell())
			for _, foreign := range []event.Position{old, ancient} {
				_, _, err := restored.Read(t.Context(), event.Cursor{Position: foreign}, 10)
				require.ErrorIs(t, err, event.ErrForeignPosition)
			}
			_, _, err := restored.Read(t.Context(), event.Cursor{MerchantID: shop.ID, Sequence: 12}, 10)
			var beyond *event.BeyondEndError
			require.ErrorAs(t, err, &beyond, "of its single log, more was seen than was restored")
			require.Equal(t, event.Cursor{MerchantID: shop.ID, Sequence: 10}, beyond.Last)
			tellSomething(t, r, shop.ID, 1)
			all := storetest.ReadEvents(t, restored, event.Cursor{}, 3)
			require.Len(t, all, 11, "whole, and with what has happened since")
			for i, e := range all {
				require.EqualValues(t, i+1, e.Sequence)
				require.NotEqual(t, old.Log, e.Position.Log)
				rest := storetest.ReadEvents(t, restored, event.Cursor{Position: e.Position}, 4)
				require.Len(t, rest, len(all)-i-1, "from each position on")
			}

			// Opened again, either is what it was.
			again := openAt(t, url)
			t.Cleanup(func() { require.NoError(t, again.Close()) })
			log := event.NewLog(again.Events, event.NewBell())
			require.Len(t, storetest.ReadEvents(t, log, event.Cursor{Position: old}, 100), 3)
		})
	}
}

// tellSomething writes events of the merchant's.
func tellSomething(t *testing.T, s *stores.All, merchantID int64, times int) {
	t.Helper()
	for range times {
		e, err := s.Endpoints.CreateEndpoint(t.Context(), webhook.Endpoint{
			MerchantID: merchantID, Format: webhook.FormatStandard, URL: "https://a.example",
			Status:     webhook.StatusActive,
			MaxRetries: webhook.ByFormat,
		}, "0123456789", 100)
		require.NoError(t, err)
		require.NoError(t, s.Deliveries.DisableEndpoint(t.Context(), merchantID, e.ID, "it is gone"))
	}
}
