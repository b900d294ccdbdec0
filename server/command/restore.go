package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"orderhub/server/app"
	"orderhub/server/audit"
	"orderhub/server/store"
)

type restoreCommand struct {
	databaseFlags
	jsonFlag
	File   string `arg:"" help:"Backup to restore, which stays as it is."`
	DryRun bool   `help:"Only check the backup, also while a hub serves, and change nothing."`
}

func (*restoreCommand) Help() string {
	return `Puts a copy of a backup in the place of the SQLite database. Before anything is replaced the copy is checked:
it is whole, the database of a hub, at a schema that this program knows, and sealed with the key. The hub must be
stopped. What is there now is put aside under a name with the date, with its write-ahead log, and not deleted. Run it
as the user that the hub runs as. What happened since the backup is not in it: see docs/operations.md. PostgreSQL has
its own tools.

Examples:

    orderhub restore --dry-run /backup/orderhub-2026-11-27.sqlite
    orderhub restore /backup/orderhub-2026-11-27.sqlite && orderhub verify`
}

func (c *restoreCommand) Run(ctx context.Context, std *Streams) error {
	cfg := c.config(keyOpens)
	if cfg.Postgres() {
		return app.ErrNoRestore // before it asks for a key
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	done, err := app.Restore(ctx, &cfg, c.File, c.DryRun)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if !c.DryRun && !done.Behind {
		if err := c.record(ctx, std); err != nil {
			return fmt.Errorf("the database is restored, and that is not on record: %w", err)
		}
	}
	if c.JSON {
		return printJSON(std.Out, restoredJSON{
			Database: cfg.SQLitePath(), Restored: !c.DryRun, InUse: done.InUse, Aside: done.Aside,
			Contents: contentsOf(&done.Backup),
		})
	}
	c.print(std, cfg.SQLitePath(), &done)
	return nil
}

// record writes into the record of the backup that it was restored. One with an earlier schema may have none.
func (c *restoreCommand) record(ctx context.Context, std *Streams) (err error) {
	s, err := c.openStore(ctx, std, keySeals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return record(ctx, s, "restore", audit.Target{Kind: "backup", Name: filepath.Base(c.File)}, map[string]any{})
}

func (c *restoreCommand) print(std *Streams, database string, done *store.Restored) {
	contents := contentsOf(&done.Backup)
	switch {
	case !c.DryRun:
		fmt.Fprintf(std.Out, "%s is restored and holds %s.\n", database, contents)
	case done.InUse:
		fmt.Fprintf(std.Out, "%s holds %s. %s is in use: stop the hub before.\n", c.File, contents, database)
	default:
		fmt.Fprintf(std.Out, "%s holds %s. It can be restored.\n", c.File, contents)
	}
	if done.Aside != "" {
		fmt.Fprintf(std.Out, "What was there before is %s now.\n", done.Aside)
	}
	if done.Behind {
		fmt.Fprintln(std.Out, "Its schema is older: `orderhub migrate`, or the next start, brings it up to date.")
	}
}

type restoredJSON struct {
	Database string   `json:"database"`
	Restored bool     `json:"restored"` // false of a backup that was but checked
	InUse    bool     `json:"inUse"`
	Aside    string   `json:"aside,omitempty"` // where the database is that was there before
	Contents contents `json:"contents"`
}
