package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/app"
	"orderhub/server/config"
)

// A hub with a folder for backups makes one at once, which can be restored; one that cannot be made is counted.
func TestScheduledBackups(t *testing.T) {
	cfg := sqliteConfig(t)
	cfg.BackupDir = t.TempDir()
	h := startDemo(t, cfg)
	var copies []string
	require.Eventually(t, func() (found bool) {
		copies, _ = filepath.Glob(filepath.Join(cfg.BackupDir, "orderhub-*Z.sqlite"))
		return len(copies) == 1
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, h.stop())

	restored := config.Default()
	restored.Database = "sqlite:" + filepath.Join(t.TempDir(), "restored.sqlite")
	restored.KeyFile = app.KeyFileOf(cfg.SQLitePath())
	done, err := app.Restore(t.Context(), &restored, copies[0], false)
	require.NoError(t, err)
	require.NotZero(t, done.Version)

	cfg.BackupDir = filepath.Join(cfg.BackupDir, "missing")
	h = start(t, cfg)
	require.Eventually(t, func() bool {
		exposed := h.exposed(t)
		return strings.Contains(exposed, "\norderhub_backup_failures_total 1\n") &&
			strings.Contains(exposed, "\norderhub_backup_last_success_timestamp_seconds 0\n") &&
			strings.Contains(exposed, "\norderhub_backup_interval_seconds 86400\n")
	}, time.Minute, 20*time.Millisecond)
	_, err = os.Stat(cfg.BackupDir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// exposed is what /metrics answers.
func (h *hub) exposed(t *testing.T) string {
	t.Helper()
	response, err := http.Get("http://" + h.Addresses().Metrics + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
