package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The drawing in docs/architecture.md is made from the packages: UPDATE=1 go test ./server -run TestDrawing writes it.
const (
	drawingIn    = "../docs/architecture.md"
	drawingBegin = "```mermaid\n"
	drawingEnd   = "```\n"
)

func TestDrawing(t *testing.T) {
	page, err := os.ReadFile(drawingIn)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(page), drawingBegin)
	there, after, ended := strings.Cut(rest, drawingEnd)
	if !begun || !ended {
		t.Fatalf("%s has no drawing", drawingIn)
	}
	imports, err := importsOfRooms(".")
	if err != nil {
		t.Fatal(err)
	}
	drawn := draw(imports)
	if there == drawn {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf(
			"%s does not show the packages as they are; UPDATE=1 go test ./server -run TestDrawing draws them anew", drawingIn,
		)
	}
	redrawn := before + drawingBegin + drawn + drawingEnd + after
	if err := os.WriteFile(drawingIn, []byte(redrawn), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each folder of this one stands in the map of the README.
func TestFolderMap(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Where things are")
	folderMap, _, found := strings.Cut(rest, "Packages of the domain")
	entries, err := os.ReadDir(".")
	if err != nil || !found {
		t.Fatal(found, err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !strings.Contains(folderMap, entry.Name()+"/") {
			t.Errorf("the README does not say what %s/ is for", entry.Name())
		}
	}
}

// rooms are the folders of a directory that other rooms import; a partner's folder belongs to dialect.
type rooms map[string]map[string]bool

// importsOfRooms reads which folder imports which, tests left out.
func importsOfRooms(dir string) (rooms, error) {
	found := rooms{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		room, _, inside := strings.Cut(filepath.ToSlash(path), "/")
		if err == nil && entry.IsDir() && strings.HasSuffix(path, "test") {
			return fs.SkipDir // what tests share
		}
		if err != nil || entry.IsDir() || !inside || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if found[room] == nil {
			found[room] = map[string]bool{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if other, ours := strings.CutPrefix(imported, "orderhub/server/"); ours {
				if other, _, _ = strings.Cut(other, "/"); other != room {
					found[room][other] = true
				}
			}
		}
		return nil
	})
	return found, err
}

// reaches reports whether a room imports another by way of a third.
func (r rooms) reaches(from, to string) bool {
	seen, next := map[string]bool{from: true}, []string{}
	for other := range r[from] {
		if other != to {
			next = append(next, other)
		}
	}
	for len(next) > 0 {
		room := next[0]
		next = next[1:]
		if room == to {
			return true
		}
		if seen[room] {
			continue
		}
		seen[room] = true
		for other := range r[room] {
			next = append(next, other)
		}
	}
	return false
}

// helpers are imported almost everywhere and say nothing about how the house hangs together.
var helpers = []string{
	"money", "errs", "ident", "secret", "clock", "batch", "weburl", "logging", "trail", "reading", "memory",
}

// floors are what a drawing shows on one level, from the outside in.
var floors = []struct {
	name  string
	rooms []string
}{
	{"tools", []string{"attack", "bench", "torture", "demo", "simulate"}},
	{"wiring", []string{"command", "app", "config"}},
	{"ways in and out", []string{"gateway", "console", "api", "admission", "callback", "door", "dialect"}},
	{"machinery", []string{"job", "directory", "metrics", "tracing", "store"}},
	{"domain", []string{"fulfil", "webhook", "order", "catalog", "account", "event", "ratelimit"}},
}

// draw shows every room and the imports that no other way leads along.
func draw(imports rooms) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	drawn := map[string]bool{}
	for i, floor := range floors {
		fmt.Fprintf(&b, "  subgraph f%d [%s]\n", i, floor.name)
		for _, room := range floor.rooms {
			if imports[room] != nil {
				fmt.Fprintf(&b, "    %s\n", room)
				drawn[room] = true
			}
		}
		b.WriteString("  end\n")
	}
	var names []string
	for room := range imports {
		if !slices.Contains(helpers, room) {
			names = append(names, room)
		}
	}
	slices.Sort(names)
	for _, room := range names {
		if !drawn[room] {
			fmt.Fprintf(&b, "  %s\n", room)
		}
		for _, other := range names {
			if imports[room][other] && !imports.reaches(room, other) {
				fmt.Fprintf(&b, "  %s --> %s\n", room, other)
			}
		}
	}
	return b.String()
}
