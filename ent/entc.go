//go:build ignore

// Generates this folder from ent/schema, twice: first with what compares the schema
// with a database, which is for ent/migrate/diff alone, then without, and without the
// tables that are read and written by statements alone. So a hub does not carry a
// differ of schemas for three databases, nor code for rows that ent never sees.
package main

import (
	"log"
	"slices"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"

	"orderhub/ent/schema"
)

func main() {
	sql, err := gen.NewStorage("sql")
	if err != nil {
		log.Fatal("ent: ", err)
	}
	generate(&gen.Config{Storage: sql}, entc.TemplateDir("./template")) // our own template knows every table
	sql.SchemaMode &^= gen.Migrate
	generate(&gen.Config{Storage: sql, Hooks: []gen.Hook{withoutTables}})
}

func generate(config *gen.Config, more ...entc.Option) {
	features := entc.FeatureNames("sql/lock", "sql/execquery", "sql/versioned-migration", "sql/modifier")
	if err := entc.Generate("./schema", config, append(more, features)...); err != nil {
		log.Fatal("ent: ", err)
	}
}

// withoutTables leaves out what is a table only.
func withoutTables(next gen.Generator) gen.Generator {
	return gen.GenerateFunc(func(g *gen.Graph) error {
		g.Nodes = slices.DeleteFunc(g.Nodes, func(t *gen.Type) bool {
			_, marked := t.Annotations[schema.TableOnly{}.Name()]
			return marked
		})
		return next.Generate(g)
	})
}
