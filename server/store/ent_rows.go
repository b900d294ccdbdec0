package store

import (
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// Given is a condition with a value; the zero value is none.
func Given[P ~func(*entsql.Selector), V comparable](where func(V) P, value V) P {
	var zero V
	if value == zero {
		return func(*entsql.Selector) {}
	}
	return where(value)
}

type lockable[Q any] interface {
	ForUpdate(how ...entsql.LockOption) Q
}

// Locking has a query lock what it finds. SQLite needs none: its one writer holds the database.
func Locking[Q lockable[Q]](s *DB, query Q, how ...entsql.LockOption) Q {
	if s.dialect == dialect.Postgres {
		query.ForUpdate(how...)
	}
	return query
}
