package command

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// besideOnly reports whether a command works on the database beside it and on no hub elsewhere. A hub that is served is
// no work on a database.
func besideOnly(node *kong.Node) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(node.Flags, func(f *kong.Flag) bool { return f.Name == name })
	}
	return node.Name != "serve" && has("database") && !has("address")
}

// checkBeside refuses to work on a database beside a command when whoever gives it has said that they mean a hub
// elsewhere, unless they name the database.
func checkBeside(parsed *kong.Context) error {
	node := parsed.Selected()
	if node == nil || !besideOnly(node) || os.Getenv("ORDERHUB_ADDRESS") == "" {
		return nil
	}
	named := func(part *kong.Path) bool { return part.Flag != nil && part.Flag.Name == "database" && !part.Resolved }
	if slices.ContainsFunc(parsed.Path, named) {
		return nil
	}
	return fmt.Errorf("%q works on the database beside it alone, and ORDERHUB_ADDRESS names a hub elsewhere; "+
		"run it there, or say which database with --database", node.Name)
}

// withoutAddress says of --address, where it is none of a command's flags, why.
func withoutAddress(parsed *kong.Context, err error) error {
	node := parsed.Selected()
	if node == nil || !besideOnly(node) || !strings.HasPrefix(err.Error(), "unknown flag --address") {
		return err
	}
	return fmt.Errorf("%q works on the database beside it alone, not on a hub elsewhere: it takes no --address", node.Name)
}
