package password

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// How many wrong passwords a name may have before it is locked, and for how long they
// count. The database counts those of all processes. What a process has
// counted itself it refuses without asking.
const (
	mostGuesses = 10
	guessWindow = 15 * time.Minute
	// guessedNames is more than can be guessed at within the window at the pace
	// of hashing. What is kept of each is a hash and at most mostGuesses times.
	guessedNames = 1 << 17
)

// LockedError says that too many wrong passwords came for a name lately.
type LockedError struct{ RetryAfter time.Duration }

func (e *LockedError) Error() string { return "too many failed attempts to sign in" }

// CountGuess adds a guess to the earlier ones at a name, the oldest first. It
// leaves out those that count no more, and says until when one of them does.
// *LockedError when so many count that the guess must not be judged.
func CountGuess(earlier []time.Time, now time.Time) (counted []time.Time, until time.Time, err error) {
	counted = slices.DeleteFunc(slices.Clone(earlier), func(at time.Time) bool { return expired(at, now) })
	if len(counted) >= mostGuesses {
		return nil, time.Time{}, &LockedError{RetryAfter: counted[0].Add(guessWindow).Sub(now)}
	}
	return append(counted, now), now.Add(guessWindow), nil
}

// guesses counts wrong passwords by name.
type guesses struct {
	now  func() time.Time
	most int
	seed maphash.Seed // so that nobody can choose names that count as one

	mu     sync.Mutex
	byName *simplelru.LRU[uint64, []time.Time] // times oldest first; last guessed at last
}

func newGuesses(now func() time.Time, most int) *guesses {
	byName, err := simplelru.NewLRU[uint64, []time.Time](most, nil)
	if err != nil {
		panic("password: " + err.Error()) // most is not above 0
	}
	return &guesses{now: now, most: most, seed: maphash.MakeSeed(), byName: byName}
}

// guess is one that counts until it is given back.
type guess struct {
	counted *guesses
	name    uint64
	at      time.Time
}

// count counts a guess before it is judged, so that of many at once no more are
// judged than of many in turn. *LockedError when it must not be judged.
func (g *guesses) count(name string) (guess, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := guess{counted: g, name: maphash.String(g.seed, name), at: g.now()}
	earlier, _ := g.byName.Peek(taken.name)
	counted, _, err := CountGuess(earlier, taken.at)
	if err != nil {
		return guess{}, err
	}
	if len(counted) == 1 {
		if err := g.makeRoom(taken.at); err != nil {
			return guess{}, err
		}
	}
	g.byName.Add(taken.name, counted)
	return taken, nil
}

// makeRoom forgets names that count no more. One that does is never
// forgotten for another: who is locked out could else unlock itself by guessing
// at others. Strangers then have to wait instead.
func (g *guesses) makeRoom(now time.Time) error {
	for range 2 { // one more than comes, so that what an attack left behind goes
		name, times, found := g.byName.GetOldest()
		if !found {
			return nil
		}
		if last := times[len(times)-1]; expired(last, now) {
			g.byName.Remove(name)
		} else if g.byName.Len() >= g.most {
			return &LockedError{RetryAfter: last.Add(guessWindow).Sub(now)}
		}
	}
	return nil
}

// giveBack uncounts a guess that was right, or that was not judged.
func (t guess) giveBack() {
	g := t.counted
	g.mu.Lock()
	defer g.mu.Unlock()
	times, _ := g.byName.Peek(t.name)
	i := slices.Index(times, t.at)
	switch {
	case i < 0:
	case len(times) == 1:
		g.byName.Remove(t.name)
	default:
		g.byName.Add(t.name, slices.Delete(times, i, i+1))
	}
}

func expired(at, now time.Time) bool { return !at.Add(guessWindow).After(now) }
