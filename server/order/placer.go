package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/batch"
	"orderhub/server/errs"
)

// placement bounds a committer: more in one transaction gains little and makes every
// caller in it wait longer, and beyond what may wait callers are told to come
// back. The time is for one transaction with its retries. A caller hears sooner that
// its outcome is unknown: it can ask another process with the same reference.
var placement = batch.Options{Max: 256, Waiting: 2048, Timeout: 30 * time.Second, Patience: 15 * time.Second}

// overloadRetry is when a caller that was turned away may try again.
const overloadRetry = time.Second

// placer is the group commit of drafts, spread over committers. A merchant always meets
// the same one, so that its wallet is locked by one committer of this process.
type placer struct {
	committers []*batch.Committer[*Candidate, Placed]
}

func newPlacer(store Store, committers int, judge Judging) *placer {
	p := &placer{}
	place := func(ctx context.Context, batch []*Candidate) []Placed { return store.Place(ctx, batch, judge) }
	for range committers {
		p.committers = append(p.committers, batch.New(placement, place))
	}
	return p
}

// place waits until the candidate is durable or refused. When ctx ends first
// the outcome is unknown to the caller: the same reference asks again.
func (p *placer) place(ctx context.Context, c *Candidate) (Placed, error) {
	placed, err := p.committer(c.Draft.MerchantID).Do(ctx, c)
	return outcomeOf(placed, err)
}

// placeAll is place for drafts of one merchant, which are judged in their order.
// Each is given what became of them in turn.
func (p *placer) placeAll(ctx context.Context, candidates []*Candidate, each func(i int, placed Placed, err error)) {
	p.committer(candidates[0].Draft.MerchantID).DoAll(ctx, candidates, func(i int, placed Placed, err error) {
		placed, err = outcomeOf(placed, err)
		each(i, placed, err)
	})
}

func outcomeOf(placed Placed, err error) (Placed, error) {
	switch {
	case errors.Is(err, batch.ErrClosed):
		return Placed{}, &RetryLaterError{Err: ErrShuttingDown, After: overloadRetry}
	case errors.Is(err, batch.ErrFull):
		return Placed{}, &RetryLaterError{Err: ErrOverloaded, After: overloadRetry}
	case errors.Is(err, batch.ErrSlow):
		return Placed{}, fmt.Errorf("placing the order: %w: %w", errs.ErrUnavailable, err)
	case err != nil:
		return Placed{}, err
	default:
		return placed, placed.Err
	}
}

func (p *placer) committer(merchantID int64) *batch.Committer[*Candidate, Placed] {
	return p.committers[uint64(merchantID)%uint64(len(p.committers))]
}

// has reports whether a draft with the reference waits to be placed, or is in a transaction.
func (p *placer) has(key ReferenceKey) bool {
	return p.committer(key.MerchantID).Any(func(c *Candidate) bool {
		return c.Draft.MerchantID == key.MerchantID && c.Draft.Reference == key.Reference
	})
}

// close places what is waiting, refuses what comes later, and returns when the
// committers are empty.
func (p *placer) close() {
	for _, c := range p.committers {
		c.Close()
	}
}

// queue says how many candidates wait, and how many were turned away because too many did.
func (p *placer) queue() (waiting int, refused uint64) {
	for _, c := range p.committers {
		w, r := c.Queue()
		waiting, refused = waiting+w, refused+r
	}
	return waiting, refused
}
