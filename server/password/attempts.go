package password

import (
	"context"
	"errors"
	"time"

	"orderhub/server/memory"
)

// Counter counts guesses for all processes together.
type Counter interface {
	// CountGuess counts a password for a name before it is judged, as [CountGuess] says:
	// of all processes together no more are judged. It returns when it was counted.
	// *LockedError.
	CountGuess(ctx context.Context, name string) (at time.Time, err error)
	// UncountGuess takes back a guess that was right or not judged.
	UncountGuess(ctx context.Context, name string, at time.Time) error
}

const (
	// lockedTTL is how long the database is not asked again about a name that is
	// locked. It may be free before what it said: a guess may be taken back.
	lockedTTL   = time.Second
	lockedNames = 10_000
)

// Attempts bounds what signing in with passwords may cost, and how often they may be
// guessed. Safe for concurrent use.
type Attempts struct {
	store   Counter
	queue   *Queue
	wrong   error
	guesses *guesses
	locked  *memory.Memory[string, *LockedError]
}

// NewAttempts has guesses counted by store as well. Whoever judges says with the error
// wrong that a password was none, whatever it is that was wrong.
func NewAttempts(store Counter, queue *Queue, wrong error, now func() time.Time) *Attempts {
	return &Attempts{
		store: store, queue: queue, wrong: wrong, guesses: newGuesses(now, guessedNames),
		locked: memory.New[string, *LockedError](lockedNames, lockedTTL),
	}
}

// Judge has a password for a name judged in its turn for hashing, questions to the
// database included. Errors: those of judge; *LockedError after ten that were wrong for one
// name within a quarter of an hour; *BusyError when too many sign in.
func (a *Attempts) Judge(
	ctx context.Context, name string, guest Guest, judge func(context.Context) error,
) error {
	taken, err := a.guesses.count(name)
	if err != nil {
		return err
	}
	err = a.inTurn(ctx, name, guest, judge)
	if !errors.Is(err, a.wrong) {
		taken.giveBack()
	}
	return err
}

func (a *Attempts) inTurn(
	ctx context.Context, name string, guest Guest, judge func(context.Context) error,
) (err error) {
	leave, err := a.queue.Enter(ctx, guest)
	if err != nil {
		return err
	}
	defer leave()
	if locked, ok := a.locked.Get(name); ok {
		return locked
	}
	at, err := a.store.CountGuess(ctx, name)
	if err != nil {
		if locked, ok := errors.AsType[*LockedError](err); ok {
			a.locked.Add(name, locked)
		}
		return err
	}
	defer func() {
		if !errors.Is(err, a.wrong) {
			a.uncount(ctx, name, at)
		}
	}()
	return judge(ctx)
}

// uncountTimeout bounds how long a caller waits for what changes nothing for it.
const uncountTimeout = 5 * time.Second

// uncount takes a guess back, also when its caller has gone. One that is not taken
// back counts no more after a while.
func (a *Attempts) uncount(ctx context.Context, name string, at time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uncountTimeout)
	defer cancel()
	_ = a.store.UncountGuess(ctx, name, at)
}
