package main

import (
	"context"
	"fmt"
	"path/filepath"

	"orderhub/server/bench/testbed"
)

func (g *guard) build(ctx context.Context) error {
	top, err := testbed.Git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	if g.commit, err = findBase(ctx, top, g.options.base); err != nil {
		return err
	}
	source := filepath.Join(g.dir, "source")
	if err := testbed.Export(ctx, top, g.commit, source); err != nil {
		return err
	}
	for s, from := range [2]string{base: source, tree: top} {
		g.say("building orderhub of %s", g.title(side(s)))
		g.programs[s] = testbed.Program{Path: filepath.Join(g.dir, side(s).String()), Logs: g.dir}
		if err := g.programs[s].Build(ctx, from); err != nil {
			return fmt.Errorf("orderhub of %s: %w", g.title(side(s)), err)
		}
	}
	return nil
}

// findBase is the commit that is named, or else the one that the working tree is to
// be merged into, or else the one before.
func findBase(ctx context.Context, top, name string) (commit string, err error) {
	if name == "" {
		name = "origin/main"
		if !differs(ctx, top, name) {
			name = "HEAD^"
		}
	}
	return testbed.Git(ctx, top, "rev-parse", "--verify", "--short", "--end-of-options", name+"^{commit}")
}

// differs says whether there is such a commit and the working tree is another.
func differs(ctx context.Context, top, commit string) bool {
	if _, err := testbed.Git(ctx, top, "rev-parse", "--verify", commit); err != nil {
		return false
	}
	_, err := testbed.Git(ctx, top, "diff", "--quiet", commit)
	return err != nil
}
