package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/password"
	"orderhub/server/session"
)

// Strangers who lock a name do not lock out the browser that its operator has signed in with.
func TestKnownBrowser(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		grace := d.joined("grace", operator.Admin)
		keys := func(o *session.Options) { o.Keys = [][]byte{[]byte("new"), []byte("old")} }
		_, here := d.process(keys)
		_, elsewhere := d.process(keys)
		_, before := d.process(func(o *session.Options) { o.Keys = [][]byte{[]byte("old")} })
		known := before.Remember("ada")
		try := func(p *person, mark, text string) error {
			in := p.with(p.code(1))
			in.Known, in.Password = mark, text
			_, _, err := here.SignIn(ctx, in)
			return err
		}
		for range 10 {
			require.ErrorIs(t, try(ada, "", "wrong"), session.ErrRefused)
		}
		var locked *password.LockedError
		for name, mark := range map[string]string{
			"none": "", "of another operator": here.Remember("grace"), "of another hub": d.sessions.Remember("ada"),
			"changed": "z" + known, "cut off": known[:len(known)-1], "nothing but dots": "..", "long": strings.Repeat("a.", 99),
		} {
			require.ErrorAs(t, try(ada, mark, horse), &locked, name)
		}
		require.NoError(t, try(ada, known, horse), "whatever strangers do")
		for range 10 {
			require.ErrorIs(t, try(grace, here.Remember("grace"), "wrong"), session.ErrRefused, "each browser for itself")
		}
		mine := elsewhere.Remember("grace")
		for range 10 {
			require.ErrorIs(t, try(grace, mine, "wrong"), session.ErrRefused)
		}
		require.ErrorAs(t, try(grace, mine, horse), &locked, "nobody guesses for ever by a browser")
		require.NoError(t, try(grace, "", horse), "that browser alone is locked")
		d.pass(session.KnownAge - time.Minute)
		for range 10 {
			require.ErrorIs(t, try(ada, "", "wrong"), session.ErrRefused)
		}
		require.NoError(t, try(ada, known, horse))
		d.pass(2 * time.Minute)
		require.ErrorAs(t, try(ada, known, horse), &locked, "not known for ever")
	})
}

// A session that was stolen is no place to guess at the password for long, and neither are several.
func TestGuessingInSessions(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		first, _ := ada.signIn()
		d.pass(time.Minute)
		second, _ := ada.signIn()
		_, elsewhere := d.process(func(*session.Options) {})
		guess := func(in session.Session, text string) error {
			_, _, err := elsewhere.ChangePassword(ctx, in, text, "another horse battery", ada.code(1))
			return err
		}
		for i := range 10 {
			in := []session.Session{first, second}[i%2]
			require.ErrorIs(t, guess(in, "wrong horse"), session.ErrRefused)
		}
		var locked *password.LockedError
		require.ErrorAs(t, guess(first, horse), &locked)
		require.ErrorAs(t, guess(second, horse), &locked)
		_, _, err := d.sessions.SignIn(ctx, ada.with(ada.code(1)))
		require.NoError(t, err, "signing in is another matter")
	})
}
