package guesses_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/password"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// TestOldGuessesGo with those that come after them, and those that count stay.
func TestOldGuessesGo(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
		s, err := stores.Open(t.Context(), store.Options{
			URL: url, Sealer: storetest.Sealer(), Now: func() time.Time { return now },
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		count := func(email string) time.Time {
			at, err := s.Guesses.CountGuess(t.Context(), email)
			require.NoError(t, err)
			return at
		}
		left := func() int {
			n, err := s.DB.Reader.SignInGuess.Query().Count(t.Context())
			require.NoError(t, err)
			return n
		}
		for i := range 5 {
			count(fmt.Sprint(i, "@example.com"))
		}
		require.Equal(t, 5, left())
		now = now.Add(15 * time.Minute)
		count("0@example.com") // the same again
		require.Equal(t, 3, left())
		count("new@example.com")
		require.Equal(t, 2, left(), "of those that were there one, which counts again")
		require.NoError(t, s.Guesses.UncountGuess(t.Context(), "new@example.com", now))
		require.Equal(t, 1, left())

		for range 9 {
			count("0@example.com")
		}
		var locked *password.LockedError
		_, err = s.Guesses.CountGuess(t.Context(), "0@example.com")
		require.ErrorAs(t, err, &locked)
		require.NoError(t, s.Guesses.UncountGuess(t.Context(), "0@example.com", now.Add(-time.Second)), "none of these")
		_, err = s.Guesses.CountGuess(t.Context(), "0@example.com")
		require.ErrorAs(t, err, &locked)
		require.NoError(t, s.Guesses.UncountGuess(t.Context(), "0@example.com", now))
		count("0@example.com")
	})
}
