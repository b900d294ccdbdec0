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

// menu has the pages that the operator may see.
func (r *request) menu() (groups []menuGroup) {
	for _, p := range r.console.pages {
		if p.menu == "" || !r.may(p.needs) {
			continue
		}
		if len(groups) == 0 || groups[len(groups)-1].Word != p.group {
			groups = append(groups, menuGroup{Word: p.group})
		}
		at, g := Path+p.pattern, &groups[len(groups)-1]
		item := menuItem{p.menu, at, r.URL.Path == at || strings.HasPrefix(r.URL.Path, at+"/")}
		g.Items, g.Current = append(g.Items, item), g.Current || item.Current
	}
	for i := range groups {
		if len(groups[i].Items) == 1 { // there is nothing to choose
			groups[i].Word = ""
		}
	}
	return groups
}

// Has reports whether there is a page in the menu with this pattern, for this operator.
func (v *view) Has(pattern string) bool {
	return slices.ContainsFunc(v.Menu, func(g menuGroup) bool {
		return slices.ContainsFunc(g.Items, func(item menuItem) bool { return item.Path == Path+pattern })
	})
}
