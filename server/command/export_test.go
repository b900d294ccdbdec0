package command

import (
	"context"
	"io"
	"strings"
)

// Every is every command that a person can type, in its words.
func Every() (all [][]string) {
	parser := newParser(context.Background(), &Streams{Out: io.Discard, Err: io.Discard}, func(int) {})
	for _, leaf := range parser.Model.Leaves(true) {
		all = append(all, strings.Fields(leaf.Path()))
	}
	return all
}
