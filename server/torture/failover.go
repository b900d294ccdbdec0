package torture

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// failoverTimeout is how long after a promotion each hub may take to place orders again.
const failoverTimeout = 30 * time.Second

// hubsOfCluster is how many hubs share a cluster.
const hubsOfCluster = 2

// Recovery is how long callers had to wait until each hub had placed an order on the new primary.
type Recovery struct {
	Kind          Kind
	FromFault     time.Duration
	FromPromotion time.Duration
}

// outage is a fault that made another server the primary.
type outage struct{ began, promoted time.Time }

// fault is what is done to the primary of a cluster, and undone under load; mend is nil where it mends by itself.
type fault struct {
	begin, mend func(*node, context.Context) error
	// soon mends soon after the promotion. Otherwise hubs must first place orders without that server.
	soon bool
}

// play plays the fault and returns when the cluster is whole again.
func (f fault) play(ctx context.Context, w *world, random *rand.Rand, r *report) error {
	c, ok := w.db.(*cluster)
	if !ok {
		return errNotThis
	}
	before, err := c.awaitWhole(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	promoted := make(chan error, 1)
	go func() {
		after, err := c.awaitPrimary(ctx, before.timeline)
		r.outage = &outage{began: began, promoted: after.seen}
		promoted <- err
	}()
	err = f.begin(before.node, ctx)
	if err := errors.Join(err, <-promoted); err != nil {
		return err
	}
	if f.soon {
		sleep(ctx, between(random, 0, 3000))
	} else {
		w.awaitService(ctx, r)
		sleep(ctx, between(random, 0, 2000))
	}
	if f.mend != nil {
		if err := f.mend(before.node, ctx); err != nil {
			return err
		}
	}
	_, err = c.awaitWhole(ctx)
	return err
}

// failovers are the faults of a cluster's primary.
var failovers = map[Kind]fault{
	Machine:    {begin: (*node).killBoth, mend: (*node).start},
	Crash:      {begin: (*node).killPostgres},
	Orphan:     {begin: (*node).killPatroni, mend: (*node).start, soon: true},
	Freeze:     {begin: (*node).freeze, mend: (*node).thaw},
	Switchover: {begin: (*node).switchover},
	Isolate:    {begin: (*node).isolate, mend: (*node).rejoin},
}

func init() {
	for kind, f := range failovers {
		faults[kind] = f.play
	}
}

// checkRecovery finds when each hub has placed an order on the new primary.
func (w *world) checkRecovery(r *report, kind Kind, records []*record) {
	if r.outage == nil {
		return
	}
	var last time.Time
	for hub := range hubsOfCluster {
		var first time.Time
		for _, rec := range records {
			if rec.caller%hubsOfCluster == hub && rec.answered.After(r.outage.promoted) &&
				(first.IsZero() || rec.answered.Before(first)) {
				first = rec.answered
			}
		}
		if first.IsZero() {
			r.violate(Stuck, "hub %d has placed no order since the promotion", hub+1)
			return
		}
		if first.After(last) {
			last = first
		}
	}
	recovery := Recovery{
		Kind: kind, FromFault: last.Sub(r.outage.began), FromPromotion: last.Sub(r.outage.promoted),
	}
	r.Recoveries = append(r.Recoveries, recovery)
	if limit := w.opts.within(failoverTimeout); recovery.FromPromotion > limit {
		r.violate(Stuck, "orders are placed %s after the promotion, more than %s", recovery.FromPromotion, limit)
	}
}

// size is how many hubs a world has between rounds.
func (w *world) size() int {
	if w.opts.Database == "patroni" {
		return hubsOfCluster
	}
	return 1
}
