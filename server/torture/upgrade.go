package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"orderhub/server/bench/testbed"
)

// upgrade replaces two hubs by two of the next version, as whoever runs them would:
// the schema first, then one after the other, each once the one that takes its place
// is ready and no caller is sent to it any more.
func upgrade(ctx context.Context, w *world, random *rand.Rand, r *report) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	if err := w.awaitCalls(ctx); err != nil {
		return err
	}
	w.program = w.opts.Binary
	if _, err := w.command(ctx, "migrate"); err != nil {
		return err
	}
	for range 2 { // the version before goes on with the new schema, and beside the next version
		if err := w.awaitCalls(ctx); err != nil {
			return err
		}
		time.Sleep(between(random, 100, 1000))
		if err := w.start(ctx); err != nil {
			return err
		}
		if err := w.awaitCalls(ctx); err != nil {
			return err
		}
		if err := w.retire(ctx, r); err != nil {
			return err
		}
	}
	return w.retire(ctx, r) // a world between rounds has one hub
}

// retire stops the hub that was started first, once nobody calls it any more.
func (w *world) retire(ctx context.Context, r *report) error {
	h := w.remove(0)
	if err := w.awaitCalls(ctx); err != nil {
		h.Kill()
		return err
	}
	if err := h.stop(w.opts.within(shutdownTimeout) + 5*time.Second); err != nil {
		r.violate(Stuck, "stopping in good order: %v", err)
	}
	return nil
}

// awaitCalls waits until every caller has begun and ended a call: from then on all
// know which hubs there are now.
func (w *world) awaitCalls(ctx context.Context) error {
	for i := range w.calls {
		before := w.calls[i].Load()
		for deadline := time.Now().Add(2 * w.opts.within(callTimeout)); w.calls[i].Load() < before+2; {
			if time.Now().After(deadline) {
				return fmt.Errorf("caller %d makes no calls", i)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	return nil
}

// released finds the newest release in CHANGELOG.md and the commit that it names.
var released = regexp.MustCompile(`(?m)^## \[[0-9][^\]]*\] - [0-9-]+\n+Commit ([0-9a-f]{7,40})\.`)

// buildPrevious builds the newest release that CHANGELOG.md names, in dir, and returns
// the program's path.
func buildPrevious(ctx context.Context, dir string) (string, error) {
	top, err := testbed.Git(ctx, ".", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	changes, err := os.ReadFile(filepath.Join(top, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	named := released.FindSubmatch(changes)
	if named == nil {
		return "", errors.New("CHANGELOG.md names the commit of no release")
	}
	source := filepath.Join(dir, "previous")
	if err := testbed.Export(ctx, top, string(named[1]), source); err != nil {
		return "", fmt.Errorf("the source of the last release: %w", err)
	}
	p := testbed.Program{Path: filepath.Join(dir, "orderhub-previous")}
	return p.Path, p.Build(ctx, source)
}
