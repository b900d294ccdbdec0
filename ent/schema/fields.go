// Package schema is the database schema, one file per table or pair of tables.
//
// What holds everywhere: amounts are int64 micro-units (10^-6 of the currency's major unit) in columns that end in
// _micros; instants are UTC with microseconds; a date without a time is text, 'YYYY-MM-DD', and empty when there is
// none; a string column is NOT NULL and empty by default, and NULL only where a unique index must not compare it; a
// status is plain text that the domain validates. Every column that may be left out of a hand-written INSERT has its
// default in the database; created_at and updated_at have none there, because the caller's clock decides them.
//
// The hot tables (accounts, transfers, units, orders, order_lines, attempts, events, coupon_uses) hold plain ids
// without foreign keys: a key's lock on the referenced row slows or deadlocks the order path. The others have edges.
package schema

import (
	"encoding/json"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	entschema "entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// tableOnly is a table that is read and written by statements alone. It is migrated as every other one, and ent makes
// no code for its rows: that would be the largest part of the program, and none of it would run.
type tableOnly struct{ ent.Schema }

// Annotations tell ent's generator.
func (tableOnly) Annotations() []entschema.Annotation { return []entschema.Annotation{TableOnly{}} }

// TableOnly is how the generator knows a table of statements alone.
type TableOnly struct{}

// Name is what the annotation is known by.
func (TableOnly) Name() string { return "TableOnly" }

// id is a key that the database assigns, in growing order.
func id(comment string) ent.Field {
	return field.Int64("id").Immutable().Comment(comment)
}

// assignedID is a key that the application reserves before the INSERT; see assignedIDs.
func assignedID(comment string) ent.Field {
	return field.Int64("id").Immutable().Annotations(assignedIDs()).Comment(comment)
}

// assignedIDs keeps the database from generating keys for a table whose ids come from the counters table.
func assignedIDs() entschema.Annotation {
	no := false
	return entsql.Annotation{Incremental: &no}
}

// ref is the id of a row in another table.
func ref(name, comment string) ent.Field {
	return field.Int64(name).Comment(comment)
}

// optionalRef is the id of a row in another table, or NULL.
func optionalRef(name, comment string) ent.Field {
	return field.Int64(name).Optional().Nillable().Comment(comment)
}

// text is a required string: an INSERT without it fails.
func text(name, comment string) ent.Field {
	return field.Text(name).Comment(comment)
}

// optionalText is a string that is empty when there is none.
func optionalText(name, comment string) ent.Field {
	return textDefault(name, "", comment)
}

// textDefault is a string with a default.
func textDefault(name, value, comment string) ent.Field {
	return field.Text(name).Default(value).Comment(comment)
}

// nullableText is a string that is NULL when there is none, so that a unique index lets many rows be without.
func nullableText(name, comment string) ent.Field {
	return field.Text(name).Optional().Nillable().Comment(comment)
}

// micros is an amount in micro-units, 0 by default.
func micros(name, comment string) ent.Field {
	return field.Int64(name).Default(0).Comment(comment)
}

// count is a small number, 0 by default.
func count(name, comment string) ent.Field {
	return countDefault(name, 0, comment)
}

// countDefault is a small number with a default.
func countDefault(name string, value int, comment string) ent.Field {
	return field.Int(name).Default(value).Comment(comment)
}

// bigCount is a number that may outgrow 32 bits, 0 by default.
func bigCount(name, comment string) ent.Field {
	return field.Int64(name).Default(0).Comment(comment)
}

// jsonObject is a JSON object that the store decodes, {} by default.
func jsonObject(name, comment string) ent.Field {
	return field.JSON(name, json.RawMessage{}).Default(json.RawMessage("{}")).
		Annotations(entsql.Default("{}")).Comment(comment)
}

// jsonArray is a JSON array that the store decodes, [] by default.
func jsonArray(name, comment string) ent.Field {
	return field.JSON(name, json.RawMessage{}).Default(json.RawMessage("[]")).
		Annotations(entsql.Default("[]")).Comment(comment)
}

// int64s is a JSON array of ids, [] by default.
func int64s(name, comment string) ent.Field {
	return field.JSON(name, []int64{}).Default([]int64{}).Annotations(entsql.Default("[]")).Comment(comment)
}

// strings is a JSON array of strings, [] by default.
func strings(name, comment string) ent.Field {
	return field.JSON(name, []string{}).Default([]string{}).Annotations(entsql.Default("[]")).Comment(comment)
}

// sealed is an encrypted value, never NULL.
func sealed(name, comment string) ent.Field {
	return field.Bytes(name).Sensitive().Comment(comment)
}

// optionalSealed is an encrypted value, NULL when there is none.
func optionalSealed(name, comment string) ent.Field {
	return field.Bytes(name).Optional().Sensitive().Comment(comment)
}

// instant is a required moment in UTC.
func instant(name, comment string) ent.Field {
	return field.Time(name).Comment(comment)
}

// optionalInstant is a moment in UTC, or NULL.
func optionalInstant(name, comment string) ent.Field {
	return field.Time(name).Optional().Nillable().Comment(comment)
}

// createdAt is the moment of the row's INSERT by the caller's clock; now when the caller leaves it out.
func createdAt() ent.Field {
	return field.Time("created_at").Default(now).Immutable().Comment("When the row was written, UTC.")
}

// updatedAt is the moment of the row's last change by the caller's clock; now when the caller leaves it out.
func updatedAt() ent.Field {
	return field.Time("updated_at").Default(now).UpdateDefault(now).Comment("When the row last changed, UTC.")
}

// now is the current instant as both databases keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
