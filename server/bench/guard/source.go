package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"orderhub/server/bench/testbed"
)

// build makes the programs of both sides.
func (g *guard) build(ctx context.Context) error {
	top, err := git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	if g.commit, err = findBase(ctx, top, g.options.base); err != nil {
		return err
	}
	source := filepath.Join(g.dir, "source")
	if err := export(ctx, top, g.commit, source); err != nil {
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
	return git(ctx, top, "rev-parse", "--verify", "--short", "--end-of-options", name+"^{commit}")
}

// differs says whether there is such a commit and the working tree is another.
func differs(ctx context.Context, top, commit string) bool {
	if _, err := git(ctx, top, "rev-parse", "--verify", commit); err != nil {
		return false
	}
	_, err := git(ctx, top, "diff", "--quiet", commit)
	return err != nil
}

// export writes the files of a commit into a folder, which no repository knows of.
func export(ctx context.Context, top, commit, into string) error {
	if err := os.Mkdir(into, 0o700); err != nil {
		return err
	}
	packed := into + ".tar"
	if _, err := git(ctx, top, "archive", "--output", packed, commit); err != nil {
		return err
	}
	_, err := output(exec.CommandContext(ctx, "tar", "-x", "-f", packed, "-C", into))
	return err
}

func git(ctx context.Context, dir string, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...))
}

// output is what a command prints, without the line's end.
func output(cmd *exec.Cmd) (string, error) {
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(failure.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
