package fulfil

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// What processes share of a provider's limits is kept in the database: places,
// which are calls at the same moment, and turns, which are calls in a minute.

// Sharer divides the limits of providers between the processes that call them.
type Sharer interface {
	// HoldPlaces makes as many places the holder's as [PlaceRequest.Grant] gives, until
	// the lease is over. One that neither has nor wants any holds none afterwards.
	HoldPlaces(ctx context.Context, r PlaceRequest) (Places, error)
	// TakeTurns takes turns for up to n calls, as [Limits.Turns] gives them.
	TakeTurns(ctx context.Context, providerID int64, l Limits, n int) ([]time.Duration, error)
}

// Claim is what one holder has of a provider's places, and wants.
type Claim struct {
	Holder string // one process's way to the provider
	Held   int    // calls that it may have under way
	Wanted int    // calls that it has under way or waits to make
}

// PlaceRequest asks for places.
type PlaceRequest struct {
	ProviderID int64
	Claim          // Held cannot be given back now: calls are under way
	Most       int // the provider's limit
	Lease      time.Duration
}

// Places is what was granted.
type Places struct {
	Held int
	// Contended says that another holder wants more than it has.
	Contended bool
}

// placesRound is how many seconds the same holder comes first: each asks at least
// twice meanwhile, so that what one gives up another finds.
const placesRound = int64(2 * placesRenewed / time.Second)

// Grant is what the holder gets beside the claims of the others. Without need it is
// all that is free; else everybody gets his share, and who has more gives it up as
// its calls end. The moment decides who is first where a share is not whole.
func (r *PlaceRequest) Grant(others []Claim, now time.Time) Places {
	free, contended := r.Most, false
	for _, o := range others {
		free -= o.Held
		contended = contended || o.Wanted > o.Held
	}
	granted := min(r.Wanted, max(free, 0))
	if contended {
		granted = min(granted, share(r.Most, append(slices.Clone(others), r.Claim), r.Holder, now.Unix()/placesRound))
	}
	return Places{Held: max(granted, r.Held), Contended: contended}
}

// share is what the holder is due when the claims are met place by place, in turn,
// beginning with another one each round.
func share(most int, claims []Claim, holder string, round int64) int {
	slices.SortFunc(claims, func(a, b Claim) int { return cmp.Compare(a.Holder, b.Holder) })
	first := int(round % int64(len(claims)))
	claims = slices.Concat(claims[first:], claims[:first])
	due := make([]int, len(claims))
	for left, met := most, false; left > 0 && !met; {
		met = true
		for i := range claims {
			if left > 0 && due[i] < claims[i].Wanted {
				due[i]++
				left--
				met = false
			}
		}
	}
	return due[slices.IndexFunc(claims, func(c Claim) bool { return c.Holder == holder })]
}

// turnsAhead is how far ahead turns are given: who ends before its turn comes has
// taken it for nothing.
const turnsAhead = time.Second

// Turns gives turns to up to n calls beside those that were given before, which use
// the rate up to a moment: how long each call has to wait, in order, and up to which
// moment the rate is used then. Calls whose turn is farther off get none.
func (l Limits) Turns(usedUntil, now time.Time, n int) (waits []time.Duration, until time.Time) {
	each := time.Minute / time.Duration(l.RequestsPerMinute)
	atOnce := time.Duration(cmp.Or(l.Burst, l.RequestsPerMinute)-1) * each
	until = usedUntil
	if until.Before(now) {
		until = now
	}
	for range n {
		wait := max(until.Add(-atOnce).Sub(now), 0)
		if wait > turnsAhead {
			break
		}
		waits, until = append(waits, wait), until.Add(each)
	}
	return waits, until
}
