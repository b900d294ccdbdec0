package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"orderhub/server/store"
)

type backupCommand struct {
	databaseFlags
	jsonFlag
	File string `arg:"" help:"File to write; it must not exist yet."`
}

func (*backupCommand) Help() string {
	return `Copies a SQLite database as it is at one moment, also while a hub serves it, and checks the copy: it is whole,
at the same schema, and sealed with the key. A copy made by other means, such as cp, lacks what is in the file's
write-ahead log: orders that were answered. Keep the key's file too, and not in the same place. PostgreSQL has its own
tools.

Examples:

    orderhub backup /backup/orderhub-$(date +%F).sqlite
    orderhub verify --database sqlite:/backup/orderhub-2026-11-27.sqlite --key-file orderhub.sqlite.key`
}

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
	return c.say(std, contentsOf(&b), "%s holds %s.\n", c.File, contentsOf(&b))
}

// contents is what a checked copy of a database holds, as --json prints it.
type contents struct {
	Orders        int64 `json:"orders"`
	Transfers     int64 `json:"transfers"`
	Units         int64 `json:"units"`
	Events        int64 `json:"events"`
	Bytes         int64 `json:"bytes"`
	SchemaVersion int64 `json:"schemaVersion"`
	SchemaBehind  bool  `json:"schemaBehind"` // this program's schema is newer
}

func contentsOf(b *store.Backup) contents {
	return contents{b.Orders, b.Transfers, b.Units, b.Events, b.Bytes, b.Version, b.Behind}
}

func (c contents) String() string {
	return fmt.Sprintf(
		"%s, %s, %s and %s, checked (%s at schema version %d)", count(int(c.Orders), "order", "orders"),
		count(int(c.Transfers), "transfer", "transfers"), count(int(c.Units), "unit", "units"),
		count(int(c.Events), "event", "events"), count(int(c.Bytes), "byte", "bytes"), c.SchemaVersion,
	)
}
