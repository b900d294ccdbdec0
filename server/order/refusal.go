package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"orderhub/server/batch"
	"orderhub/server/ratelimit"
)

// Refusal is why an order was last refused under a reference, kept for whoever lost
// the answer. It has nothing of the customer.
type Refusal struct {
	Key   ReferenceKey
	Kind  string // of the error
	Facts []byte // JSON of it
	At    time.Time
}

// KeepRefusals is how long refusals are kept, as the contract says.
const KeepRefusals = 30 * 24 * time.Hour

// mostProblems is how many lines of a refusal are kept.
const mostProblems = 10

// refusalsPerMinute and refusalsAtOnce bound what is kept of one merchant by each
// process: a client that is refused without end must not fill the database. What is
// beyond it is refused all the same, and only not remembered.
const (
	refusalsPerMinute = 30
	refusalsAtOnce    = 2000
)

// refusalKind is a kind of errors that a caller can act on, as it is kept. The names
// are in the database.
type refusalKind struct {
	name string
	is   func(err error) error // the error within err, or nil
	read func(facts []byte) (error, error)
}

func kept[T any, E interface {
	*T
	error
}](name string) refusalKind {
	return refusalKind{
		name: name,
		is: func(err error) error {
			if e, ok := errors.AsType[E](err); ok {
				return e
			}
			return nil
		},
		read: func(facts []byte) (error, error) {
			e := E(new(T))
			return e, json.Unmarshal(facts, e)
		},
	}
}

// What is kept. Refusals for keys, rates, load and the form of a request are not:
// they say nothing of the order. Nor is that of a reference that has an order.
var refusalKinds = []refusalKind{
	kept[LinesError]("lines"), kept[CouponError]("coupon"), kept[InsufficientBalanceError]("balance"),
	kept[PriceChangedError]("price"), kept[TooManyUnitsError]("units"), kept[TotalTooLargeError]("total"),
}

// newRefusal is err as it is kept; false where it is not.
func newRefusal(key ReferenceKey, err error, at time.Time) (*Refusal, bool) {
	for _, kind := range refusalKinds {
		e := kind.is(err)
		if e == nil {
			continue
		}
		if lines, ok := e.(*LinesError); ok && len(lines.Problems) > mostProblems { //nolint:errorlint // it was found so
			e = &LinesError{Problems: lines.Problems[:mostProblems]}
		}
		facts, err := json.Marshal(e)
		return &Refusal{Key: key, Kind: kind.name, Facts: facts, At: at}, err == nil
	}
	return nil, false
}

// Cause is the error that the caller was answered with. A later version may have
// written what this one does not know.
func (r *Refusal) Cause() error {
	for _, kind := range refusalKinds {
		if kind.name != r.Kind {
			continue
		}
		cause, err := kind.read(r.Facts)
		if err != nil {
			return fmt.Errorf("refusal of %q: %w", r.Key.Reference, err)
		}
		return cause
	}
	return fmt.Errorf("refusal of %q: %q is no kind", r.Key.Reference, r.Kind)
}

// keeping bounds the transactions that keep what was refused before it came to one
// that places orders. A caller waits a little for it, so that its question finds it.
var keeping = batch.Options{Max: 256, Waiting: 1024, Timeout: 10 * time.Second, Patience: 2 * time.Second}

// refusals keeps what orders were refused for.
type refusals struct {
	committer *batch.Committer[*Refusal, error]
	room      *ratelimit.Limiter
	now       func() time.Time
	forgotten atomic.Uint64
}

func newRefusals(store Store, now func() time.Time) *refusals {
	keep := func(ctx context.Context, batch []*Refusal) []error {
		err := store.KeepRefusals(ctx, batch)
		outcomes := make([]error, len(batch))
		for i := range outcomes {
			outcomes[i] = err
		}
		return outcomes
	}
	return &refusals{committer: batch.New(keeping, keep), room: ratelimit.NewAlone(now), now: now}
}

func (r *refusals) close() { r.committer.Close() }

// judge is Judge, and has the transaction keep what it refuses. It is called again
// when the transaction is tried again.
func (r *refusals) judge(s *State, candidates []*Candidate) ([]Verdict, error) {
	verdicts, err := Judge(s, candidates)
	if err != nil {
		return nil, err
	}
	for i := range verdicts {
		c := candidates[i]
		if verdicts[i].Err == nil || c.Draft.Reference == c.Number { // which nobody can ask for
			continue
		}
		key := ReferenceKey{c.Draft.MerchantID, c.Draft.Reference}
		if refusal, ok := newRefusal(key, verdicts[i].Err, s.Now); ok && (c.refusalCounted || r.hasRoom(key.MerchantID)) {
			c.refusalCounted, verdicts[i].Refusal = true, refusal
		}
	}
	return verdicts, nil
}

// hasRoom takes the merchant's room for one more.
func (r *refusals) hasRoom(merchantID int64) bool {
	limit := ratelimit.Limit{PerMinute: refusalsPerMinute, Burst: refusalsAtOnce}
	wait, err := r.room.Take(context.Background(), ratelimit.Key{MerchantID: merchantID, Limit: limit})
	if err != nil || wait > 0 {
		r.forgotten.Add(1)
		return false
	}
	return true
}

// note keeps a refusal that no transaction knows of. Not to keep it is no reason to
// answer otherwise.
func (r *refusals) note(ctx context.Context, merchantID int64, reference string, err error) {
	if reference == "" {
		return
	}
	refusal, ok := newRefusal(ReferenceKey{merchantID, reference}, err, r.now())
	if !ok || !r.hasRoom(merchantID) {
		return
	}
	// The answer may get lost just because the caller has gone.
	failed, err := r.committer.Do(context.WithoutCancel(ctx), refusal)
	if err != nil || failed != nil {
		r.forgotten.Add(1)
	}
}
