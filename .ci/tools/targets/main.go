// Command targets finds assignments with so many targets that a reader has to count which value goes where:
//
//	targets client server docs/examples
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
)

// most is how many targets an assignment may have.
const most = 3

func main() {
	found := 0
	for _, folder := range os.Args[1:] {
		some, err := search(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for _, line := range some {
			fmt.Println(line)
		}
		found += len(some)
	}
	if found > 0 {
		os.Exit(1)
	}
}

// search goes through what people wrote in a folder and below it, tests included.
func search(folder string) (found []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		some, err := check(path, nil)
		found = append(found, some...)
		return err
	})
	return found, err
}

// check goes through one file; source takes the place of what is on disk unless it is nil.
func check(path string, source any) (found []string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(file) {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if has := targets(n); has > most {
			found = append(found, fmt.Sprintf("%s: %d targets of one assignment, may be %d", files.Position(n.Pos()), has, most))
		}
		return true
	})
	return found, nil
}

// targets says to how many targets a node assigns.
func targets(n ast.Node) int {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return len(n.Lhs)
	case *ast.ValueSpec:
		if len(n.Values) > 0 {
			return len(n.Names)
		}
	}
	return 0
}
