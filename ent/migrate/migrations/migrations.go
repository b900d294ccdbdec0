// Package migrations holds the versioned migrations of both databases, in goose's format. They are written by
// ent/migrate/diff from the schema in ent/schema; a migration that was released is never edited.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql
var sqlite embed.FS

//go:embed postgres/*.sql
var postgres embed.FS

// SQLite are the migrations for SQLite, at the root of the file system.
func SQLite() fs.FS { return sub(sqlite, "sqlite") }

// Postgres are the migrations for PostgreSQL, at the root of the file system.
func Postgres() fs.FS { return sub(postgres, "postgres") }

func sub(files embed.FS, dir string) fs.FS {
	found, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // only for a malformed name
	}
	return found
}
