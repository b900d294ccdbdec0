package command_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/api"
	"orderhub/server/command"
)

// recordCommands is where the record's filter has the commands.
const recordCommands = "../api/record_commands.json"

// The record is filtered by the commands that there are, and each stands for what it calls: that is read in their code.
// UPDATE=1 writes it.
func TestTheRecordKnowsCommands(t *testing.T) {
	calls := calledMethods(t)
	want := make(map[string][]string)
	for name, code := range command.Code() {
		called := calls(code)
		for _, full := range api.RecordedMethods() {
			if _, method, _ := strings.Cut(full, "."); slices.Contains(called, method) {
				want[name] = append(want[name], full)
			}
		}
	}
	require.Equal(t, []string{"AdminService.Deposit"}, want["deposit"])
	require.Contains(t, want["product import"], "CatalogService.CreateCategory")
	text, err := json.MarshalIndent(want, "", "  ")
	require.NoError(t, err)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(recordCommands, append(text, '\n'), 0o644))
		return
	}
	require.Equal(t, want, api.CommandCalls(), "UPDATE=1 go test ./server/command -run TestTheRecordKnowsCommands")
	for _, name := range api.RecordedCommands() {
		require.Contains(t, command.Code(), name)
	}
}

// calledMethods tells which methods of anything the code of a command calls, by itself or in functions of the package.
func calledMethods(t *testing.T) func(code string) []string {
	t.Helper()
	//nolint:staticcheck // there are no build tags here
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	require.NoError(t, err)
	bodies := make(map[string][]ast.Node) // of functions by name, and of methods by type
	for _, file := range packages["command"].Files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				name := f.Name.Name
				if f.Recv != nil {
					name = receiver(f.Recv.List[0].Type)
				}
				bodies[name] = append(bodies[name], f)
			}
		}
	}
	return func(code string) (methods []string) {
		seen := make(map[string]bool)
		var look func(name string)
		look = func(name string) {
			if seen[name] {
				return
			}
			seen[name] = true
			for _, body := range bodies[name] {
				ast.Inspect(body, func(n ast.Node) bool {
					switch x := n.(type) {
					case *ast.Ident:
						look(x.Name)
					case *ast.SelectorExpr:
						methods = append(methods, x.Sel.Name)
					}
					return true
				})
			}
		}
		look(code)
		slices.Sort(methods)
		return slices.Compact(methods)
	}
}

func receiver(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if generic, ok := e.(*ast.IndexExpr); ok {
		e = generic.X
	}
	name, _ := e.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}
