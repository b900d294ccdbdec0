// Package ent holds the database schema (ent/schema, by hand) and the code generated from it.
package ent

//go:generate go tool ent generate --feature sql/upsert,sql/lock,sql/execquery,sql/versioned-migration,sql/modifier ./schema
