package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

type backupCommand struct {
	databaseFlags
	File string `arg:"" help:"File to write; it must not exist yet."`
}

// Help explains the command with examples.
func (*backupCommand) Help() string {
	return `Copies a SQLite database as it is at one moment, also while a hub serves it, and checks the copy: it is whole,
at the same schema, and sealed with the key. A copy made by other means, such as cp, lacks what is in the file's
write-ahead log: orders that were answered. Keep the key's file too, and not in the same place. PostgreSQL has its own
tools.

Examples:

    orderhub backup /backup/orderhub-$(date +%F).sqlite
    orderhub verify --database sqlite:/backup/orderhub-2026-11-27.sqlite --key-file orderhub.sqlite.key`
}

// Run writes the copy.
func (c *backupCommand) Run(ctx context.Context, std *Streams) (err error) {
	s, err := c.openStore(ctx, std, keyOpens)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	b, err := s.Backup(ctx, c.File)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already, and is left as it is", c.File)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(
		std.Out, "%s holds %s, %s, %s and %s, checked (%s at schema version %d).\n", c.File,
		count(int(b.Orders), "order", "orders"),
		count(int(b.Transfers), "transfer", "transfers"), count(int(b.Units), "unit", "units"),
		count(int(b.Events), "event", "events"),
		count(int(b.Bytes), "byte", "bytes"), b.Version,
	)
	return nil
}
