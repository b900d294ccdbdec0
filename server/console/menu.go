package console

import (
	"slices"
	"strings"
)

// menuItem is a link of the menu.
type menuItem struct {
	Word, Path string
	Current    bool
}

// menuGroup is a part of the menu that is opened to choose from it; without a word its items stand by themselves.
type menuGroup struct {
	Word    string
	Items   []menuItem
	Current bool // one of them is
}

// menuGroups are the parts of the menu with the words of their pages, in order: so many that they have room on one
// line. What is in none stands by itself after them.
var menuGroups = []struct {
	word  string
	pages []string
}{
	{"", []string{"Today"}},
	{"Orders", []string{"Orders", "Holds", "Attempts", "Purchases", "Claims", "Tickets", "Margins"}},
	{"Merchants", []string{"Merchants", "Approvals", "Webhooks"}},
	{"Supply", []string{"Catalogue", "Providers", "Statements", "Rates"}},
	{"Hub", []string{"Operators", "Events", "Audit"}},
}

// menu has the pages that the operator may see.
func (r *request) menu() (groups []menuGroup) {
	left := make(map[string]menuItem)
	for _, p := range r.console.pages {
		if p.menu == "" || !r.may(p.needs) {
			continue
		}
		at := Path + p.pattern
		left[p.menu] = menuItem{p.menu, at, r.URL.Path == at || strings.HasPrefix(r.URL.Path, at+"/")}
	}
	add := func(word string, pages []string) {
		g := menuGroup{Word: word}
		for _, name := range pages {
			if item, found := left[name]; found {
				g.Items, g.Current = append(g.Items, item), g.Current || item.Current
				delete(left, name)
			}
		}
		if len(g.Items) == 1 { // there is nothing to choose
			g.Word = ""
		}
		if len(g.Items) > 0 {
			groups = append(groups, g)
		}
	}
	for _, g := range menuGroups {
		add(g.word, g.pages)
	}
	for _, p := range r.console.pages {
		add("", []string{p.menu})
	}
	return groups
}

// Has reports whether there is a page in the menu with this pattern, for this operator.
func (v *view) Has(pattern string) bool {
	return slices.ContainsFunc(v.Menu, func(g menuGroup) bool {
		return slices.ContainsFunc(g.Items, func(item menuItem) bool { return item.Path == Path+pattern })
	})
}
