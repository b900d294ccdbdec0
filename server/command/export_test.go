package command

import (
	"context"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

func leaves() []*kong.Node {
	parser := newParser(context.Background(), &Streams{Out: io.Discard, Err: io.Discard}, func(int) {})
	return parser.Model.Leaves(true)
}

// Every is every command that a person can type, in its words.
func Every() (all [][]string) {
	for _, leaf := range leaves() {
		all = append(all, words(leaf))
	}
	return all
}

// WithFlag are the commands that take a flag.
func WithFlag(name string) (all []string) {
	for _, leaf := range leaves() {
		for _, group := range leaf.AllFlags(true) {
			for _, flag := range group {
				if flag.Name == name {
					all = append(all, strings.Join(words(leaf), " "))
				}
			}
		}
	}
	return all
}

func words(leaf *kong.Node) []string { return strings.Fields(leaf.Path()) }

// Code is the name of the type of each command.
func Code() map[string]string {
	types := make(map[string]string)
	for _, leaf := range leaves() {
		types[strings.Join(words(leaf), " ")] = leaf.Target.Type().Name()
	}
	return types
}
