package main

import (
	"context"
	"fmt"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// rival is a running hub of one side, and who buys there.
type rival struct {
	hub    *testbed.Hub
	buyers bench.Buyers
}

// share is what one side did in a block.
type share struct {
	calls       int     // within the windows
	orders      int     // in all
	cpu         float64 // seconds of the hub's process
	allocations float64
}

// block is two windows of each side. What changes evenly over a block changes the
// ratio of its shares by nothing.
type block [2]share

// duel measures blocks with so many orders in flight over one API.
type duel interface {
	// block begins with the side given.
	block(ctx context.Context, first side) (block, error)
	close()
}

// hubDuel loads hubs. Its connections stay open between the windows.
type hubDuel struct {
	load    bench.Load
	rivals  [2]rival
	clients [2]bench.Client
}

func newDuel(api string, load bench.Load, rivals [2]rival) (*hubDuel, error) {
	d := &hubDuel{load: load, rivals: rivals}
	for s, r := range rivals {
		client, err := r.hub.Dial(api, load.InFlight, r.buyers)
		if err != nil {
			d.close()
			return nil, err
		}
		d.clients[s] = client
	}
	return d, nil
}

func (d *hubDuel) close() {
	for _, client := range d.clients {
		if client != nil {
			_ = client.Close() // nothing is lost
		}
	}
}

func (d *hubDuel) block(ctx context.Context, first side) (b block, err error) {
	before, reading, err := d.beginUsage(ctx)
	if err != nil {
		return b, err
	}
	for _, s := range turns(first) {
		result, err := bench.Run(ctx, d.load, d.clients[s].Place)
		if err == nil {
			err = result.Failure
		}
		if err != nil {
			return b, d.rivals[s].hub.Failure(fmt.Errorf("%s: %w", s, err))
		}
		b[s].calls += result.Calls
		b[s].orders += result.All
	}
	after, err := d.usage(ctx)
	for s := range b {
		b[s].cpu = after[s].CPUSeconds - before[s].CPUSeconds
		b[s].allocations = after[s].Allocations - before[s].Allocations - reading[s]
	}
	return b, err
}

// turns is the order of a block's windows: A, B, B, A.
func turns(first side) [4]side { return [4]side{first, first.other(), first.other(), first} }

// beginUsage is the usage before a block, with the allocations that one reading takes:
// they would count where few orders are placed. Its processor time is too short to tell.
func (d *hubDuel) beginUsage(ctx context.Context) (before [2]bench.Usage, reading [2]float64, err error) {
	earlier, err := d.usage(ctx)
	if err != nil {
		return before, reading, err
	}
	before, err = d.usage(ctx)
	for s := range reading {
		reading[s] = before[s].Allocations - earlier[s].Allocations
	}
	return before, reading, err
}

// usage is what the hubs have used so far.
func (d *hubDuel) usage(ctx context.Context) (used [2]bench.Usage, err error) {
	for s, r := range d.rivals {
		if used[s], err = r.hub.Usage(ctx); err != nil {
			return used, err
		}
	}
	return used, nil
}
