// Package ent holds the database schema (ent/schema, by hand) and the code generated from it.
package ent

//go:generate go run entc.go
