package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an index is built of may be more than there is memory; what one statement may have to take back is not.
func TestWhatWritersKeepInMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hub.sqlite")
	for migrates, want := range map[bool][2]int{false: {2, 1}, true: {0, 0}} {
		db, err := openSQLiteWriter(t.Context(), path, migrates)
		require.NoError(t, err)
		var store, keys int
		require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA temp_store").Scan(&store))
		require.NoError(t, db.QueryRowContext(t.Context(), "PRAGMA foreign_keys").Scan(&keys))
		require.Equal(t, want, [2]int{store, keys}, "migrates: %v", migrates)
		require.NoError(t, db.Close())
	}
}
