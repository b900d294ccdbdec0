package command

import (
	"io"
	"testing"

	"github.com/alecthomas/kong"
)

// A command that is neither run by itself nor with the API is found out only when somebody types it.
func TestEveryCommandRuns(t *testing.T) {
	parser := newParser(t.Context(), &Streams{Out: io.Discard, Err: io.Discard}, func(int) {})
	leaves := parser.Model.Leaves(false)
	if len(leaves) < 100 {
		t.Fatalf("there are %d commands", len(leaves))
	}
	for _, leaf := range leaves {
		_, calls := leaf.Target.Addr().Interface().(caller)
		runs := leaf.Target.Addr().MethodByName("Run").IsValid()
		if calls == runs && leaf.Type == kong.CommandNode {
			t.Errorf("%s: works with the API: %t, runs by itself: %t", leaf.FullPath(), calls, runs)
		}
	}
}
