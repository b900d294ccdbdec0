//go:build ignore

// Generates this folder from ent/schema, twice: first with what compares the schema
// with a database, which is for ent/migrate/diff alone, then without. So a hub does
// not carry a differ of schemas for three databases.
package main

import (
	"log"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
)

func main() {
	sql, err := gen.NewStorage("sql")
	if err != nil {
		log.Fatal("ent: ", err)
	}
	for _, mode := range []gen.SchemaMode{sql.SchemaMode, sql.SchemaMode &^ gen.Migrate} {
		sql.SchemaMode = mode
		err := entc.Generate("./schema", &gen.Config{Storage: sql}, entc.TemplateDir("./template"),
			entc.FeatureNames("sql/upsert", "sql/lock", "sql/execquery", "sql/versioned-migration", "sql/modifier"))
		if err != nil {
			log.Fatal("ent: ", err)
		}
	}
}
