package units_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// An import outlasts who keeps a SQLite file locked for longer than a caller would
// wait. A caller hears of it.
func TestImportIsPatient(t *testing.T) {
	t.Parallel()
	url, log := storetest.SQLiteURL(t), new(loggingtest.Buffer)
	s, err := stores.Open(t.Context(), store.Options{
		URL: url, Sealer: storetest.Sealer(), Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "codes"), "CODE", nil)
	imp, err := s.Units.BeginImport(t.Context(), p.ID, "codes.txt")
	require.NoError(t, err)

	other, _ := storetest.OpenWith(t, url, storetest.SealingKey)
	lock, err := other.WriteDB.BeginTx(t.Context(), nil) // immediate: it has the file
	require.NoError(t, err)
	awaited, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, _, err = s.Units.AddUnits(awaited, &imp, contentsOf(t, storetest.Units("alpha")), 0)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.NoError(t, awaited.Err())
	require.False(t, strings.Contains(log.String(), "others keep the database"))

	ended, added := make(chan error, 1), 0
	go func() {
		var err error
		added, _, err = s.Units.AddUnits(t.Context(), &imp, contentsOf(t, storetest.Units("alpha", "beta")), 0)
		ended <- err
	}()
	require.Eventually(
		t, func() bool { return strings.Contains(log.String(), "others keep the database") },
		time.Minute, 10*time.Millisecond,
	)
	require.NoError(t, lock.Rollback())
	require.NoError(t, <-ended)
	require.Equal(t, 2, added)
}
