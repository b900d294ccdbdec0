package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// side is one of the two that are compared.
type side int

const (
	base side = iota // the earlier commit
	tree             // the working tree
)

func (s side) String() string { return [2]string{base: "base", tree: "tree"}[s] }

func (s side) other() side { return 1 - s }

// guard is one run.
type guard struct {
	options

	dir      string
	commit   string // of base
	began    time.Time
	programs [2]testbed.Program
	done     []*comparison
}

// title is a side as people know it.
func (g *guard) title(s side) string { return [2]string{base: g.commit, tree: "the working tree"}[s] }

func (g *guard) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(g.began).Seconds(), fmt.Sprintf(format, args...))
}

// compare does everything with one kind of database: a hub of each side, alike but
// for the program, which are up all the time and loaded in turn.
func (g *guard) compare(ctx context.Context, database string) (err error) {
	engine, err := testbed.Open(ctx, database, g.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	var rivals [2]rival
	for _, s := range [2]side{base, tree} {
		g.say("%s: filling the database of %s", engine.Title(), g.title(s))
		if rivals[s], err = g.start(ctx, engine, s); err != nil {
			return fmt.Errorf("%s: %w", g.title(s), err)
		}
		defer func() { err = errors.Join(err, rivals[s].hub.Stop()) }()
	}
	comparisons, err := g.comparisons(engine.Title(), rivals)
	defer func() {
		for _, c := range comparisons {
			c.duel.close()
		}
	}()
	if err != nil {
		return err
	}
	g.done = append(g.done, comparisons...)
	return g.measure(ctx, comparisons)
}

// start makes a database with buyers and starts the hub to be measured on it.
func (g *guard) start(ctx context.Context, e testbed.Engine, s side) (r rival, err error) {
	seeds := bench.Seeds{Name: "guard", Wallets: g.wallets, Products: g.products}
	if r.buyers, err = g.programs[s].Seed(ctx, e, s.String(), seeds); err != nil {
		return r, err
	}
	if err := testbed.Hold(ctx, e, s.String()); err != nil {
		return r, err
	}
	r.hub, err = g.programs[s].Serve(ctx, e, s.String())
	return r, err
}

// comparisons are all of one database. With the error come those that were made.
func (g *guard) comparisons(database string, rivals [2]rival) (all []*comparison, err error) {
	for _, api := range g.apis {
		for _, inFlight := range g.inFlight {
			load := bench.Load{InFlight: inFlight, Warmup: g.warmup(), Duration: g.window}
			d, err := newDuel(api, load, rivals)
			if err != nil {
				return all, err
			}
			all = append(all, &comparison{database: database, api: api, inFlight: inFlight, duel: d})
		}
	}
	return all, nil
}

// warmup begins each window: the hub was idle while the other one was loaded.
func (g *guard) warmup() time.Duration { return g.window / 4 }

// fewestBlocks is what a confidence interval needs.
const fewestBlocks = 6

// blocks is how many of them each comparison gets.
func (g *guard) blocks() int {
	comparisons := len(g.databases) * len(g.apis) * len(g.inFlight)
	block := 4 * (g.warmup() + g.window)
	return max(fewestBlocks, int(g.duration/block)/comparisons)
}

// measure makes the blocks of all comparisons in turn, so that each is spread over
// the whole time, and goes on for as long again with those that are undecided.
func (g *guard) measure(ctx context.Context, all []*comparison) error {
	g.say("%s: measuring %d blocks for each of %d comparisons", all[0].database, g.blocks(), len(all))
	for _, c := range all {
		if _, err := c.duel.block(ctx, base); err != nil { // warms up
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	for n := range 2 * g.blocks() {
		if n == g.blocks() {
			g.say("%s: going on with what is undecided", all[0].database)
		}
		for _, c := range all {
			if n >= g.blocks() && c.verdict(g.limit).certain {
				continue
			}
			b, err := c.duel.block(ctx, side(n%2))
			if err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
			c.blocks = append(c.blocks, b)
		}
	}
	return nil
}

// slower says whether any comparison found the working tree slower.
func (g *guard) slower() bool {
	for _, c := range g.done {
		if c.verdict(g.limit).slower {
			return true
		}
	}
	return false
}
