package password

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clock is one that only a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestGuesses(t *testing.T) {
	c := &clock{time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
	g := newGuesses(c.now, 100)
	for range mostGuesses {
		_, err := g.count("a@example.com")
		require.NoError(t, err)
		c.at = c.at.Add(time.Minute)
	}
	_, err := g.count("a@example.com")
	var locked *LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, 5*time.Minute, locked.RetryAfter, "until the first of them is a quarter of an hour old")
	_, err = g.count("b@example.com")
	require.NoError(t, err, "others may")

	c.at = c.at.Add(locked.RetryAfter)
	right, err := g.count("a@example.com")
	require.NoError(t, err)
	_, err = g.count("a@example.com")
	require.Error(t, err)
	right.giveBack()
	right.giveBack()
	_, err = g.count("a@example.com")
	require.NoError(t, err, "what was right or not judged counts no more")
	_, err = g.count("a@example.com")
	require.Error(t, err, "and no other is given back with it")
}

func TestGuessesAtOnce(t *testing.T) {
	g := newGuesses(time.Now, 100)
	var taken atomic.Int64
	var running sync.WaitGroup
	for range 400 {
		running.Go(func() {
			if _, err := g.count("a@example.com"); err == nil {
				taken.Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, mostGuesses, taken.Load())
}

// Nobody is unlocked by guesses at other addresses, however many.
func TestGuessesAtMany(t *testing.T) {
	const most = 50
	c := &clock{time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
	g := newGuesses(c.now, most)
	for range mostGuesses {
		_, err := g.count("victim@example.com")
		require.NoError(t, err)
	}
	var refused *LockedError
	for i := range 10 * most {
		c.at = c.at.Add(time.Second)
		_, err := g.count(fmt.Sprint(i, "@example.com"))
		if i >= most-1 {
			require.ErrorAs(t, err, &refused, "attempt %d", i)
		}
	}
	require.Equal(t, most, g.byName.Len())
	_, err := g.count("victim@example.com")
	require.ErrorAs(t, err, &refused)

	c.at = c.at.Add(guessWindow)
	for i := range most {
		_, err := g.count(fmt.Sprint("later", i, "@example.com"))
		require.NoError(t, err, "what is old makes room")
	}
	require.LessOrEqual(t, g.byName.Len(), most)
}
