package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
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
			"%s does not show the packages as they are; UPDATE=1 go test ./server -run TestDrawing draws them anew",
			drawingIn,
		)
	}
	redrawn := before + drawingBegin + drawn + drawingEnd + after
	if err := os.WriteFile(drawingIn, []byte(redrawn), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each folder of this one stands in the map of the README, and where that names folders of a folder, all of them.
func TestFolderMap(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "## Where things are")
	folderMap, _, found := strings.Cut(rest, "Packages of the domain")
	if !found {
		t.Fatal("the README has no map")
	}
	entries := strings.Split(folderMap, "\n  ") // what goes on in another line is farther in
	for _, room := range packagesIn(t, ".") {
		if !names(folderMap, room) {
			t.Errorf("the README does not say what %s/ is for", room)
		}
		inside := packagesIn(t, room)
		for at, entry := range entries {
			if !strings.HasPrefix(entry, room+"/") {
				continue
			}
			for at++; at < len(entries) && strings.HasPrefix(entries[at], " "); at++ {
				entry += "\n" + entries[at]
			}
			missing := slices.DeleteFunc(slices.Clone(inside), func(folder string) bool { return names(entry, folder) })
			if len(missing) < len(inside) && len(missing) > 0 {
				t.Errorf("of the folders in %s/ the README leaves out %v", room, missing)
			}
		}
	}
}

// names reports whether a part of the map names a folder.
func names(part, folder string) bool {
	words := strings.FieldsFunc(part, func(r rune) bool { return !unicode.IsLower(r) && r != '/' })
	return slices.Contains(words, folder+"/")
}

// packagesIn are the folders of a directory in which there is Go, but for what tests share.
func packagesIn(t *testing.T, dir string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		folder := filepath.Base(filepath.Dir(file))
		if !strings.HasSuffix(file, "_test.go") && !slices.Contains(found, folder) &&
			(dir == "." || !strings.HasSuffix(folder, "test")) {
			found = append(found, folder)
		}
	}
	return found
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
		if err != nil || entry.IsDir() || !inside || filepath.Ext(path) != ".go" || strings.HasSuffix(
			path, "_test.go",
		) {
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

// helpers are imported from several floors and say nothing about how the house hangs together.
var helpers = []string{
	"money", "errs", "ident", "secret", "clock", "batch", "weburl", "logging", "trail", "reading", "memory",
	"httpstatus",
}

// floors are what a drawing shows on one level, from the outside in.
var floors = []struct {
	name  string
	rooms []string
}{
	{"tools", []string{"attack", "bench", "torture", "fakepartner", "demo"}},
	{"wiring", []string{"command", "app", "shutdown", "config"}},
	{"ways in and out", []string{
		"gateway", "console", "oidc", "api", "contract", "admission", "callback", "door", "dialect", "tlsfiles",
		"readiness",
	}},
	{"machinery", []string{"job", "directory", "metrics", "tracing", "store", "backup"}},
	{"domain", []string{
		"supply", "reconcile", "fulfil", "webhook", "claim", "order", "purchase", "recipient", "catalog", "exchange",
		"approval", "account", "ratelimit", "operator", "session", "password", "audit", "event", "operatorevent",
		"report",
		"export", "retention",
	}},
}

// Each room is on one floor, or left out of the drawing.
func TestFloors(t *testing.T) {
	imports, err := importsOfRooms(".")
	if err != nil {
		t.Fatal(err)
	}
	placed := slices.Clone(helpers)
	for _, floor := range floors {
		placed = append(placed, floor.rooms...)
	}
	slices.Sort(placed)
	if there := slices.Sorted(maps.Keys(imports)); !slices.Equal(placed, there) {
		t.Errorf("on floors or left out are\n%v\nof\n%v", placed, there)
	}
}

// draw shows every room and the imports that no other way leads along.
func draw(imports rooms) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	for i, floor := range floors {
		fmt.Fprintf(&b, "  subgraph f%d [%s]\n", i, floor.name)
		for _, room := range floor.rooms {
			fmt.Fprintf(&b, "    %s\n", room)
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
		for _, other := range names {
			if imports[room][other] && !imports.reaches(room, other) {
				fmt.Fprintf(&b, "  %s --> %s\n", room, other)
			}
		}
	}
	return b.String()
}
