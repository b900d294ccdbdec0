package app

import (
	"context"
	"path/filepath"
	"strings"

	"orderhub/server/backup"
	"orderhub/server/metrics"
)

// scheduleBackups has a SQLite database copied now and then, where a folder for that was named.
func (a *App) scheduleBackups(ctx context.Context) error {
	c := &a.config
	if c.BackupDir == "" {
		metrics.NewBackups(0, a.metrics)
		return nil
	}
	told := metrics.NewBackups(c.BackupEvery, a.metrics)
	name := filepath.Base(c.SQLitePath())
	schedule := &backup.Schedule{
		Folder: c.BackupDir, Name: strings.TrimSuffix(name, filepath.Ext(name)), Every: c.BackupEvery,
		Keep: c.BackupKeep,
		Copy: func(ctx context.Context, path string) error {
			_, err := a.store.Backup(ctx, path)
			return err
		},
		Now: a.now, Log: a.log, Done: told.Done, Failed: told.Failed,
	}
	a.closing.WhileOpen(ctx, "backups", schedule.Run)
	return nil
}
