package session_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/operator"
	"orderhub/server/password"
	"orderhub/server/session"
)

// Ten wrong ones in a quarter of an hour, over all processes, and a merchant's do not count.
func TestLockedOut(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		for range 12 {
			_, _ = d.store.Guesses.CountGuess(ctx, "ada")
		}
		_, elsewhere := d.process(func(*session.Options) {})
		for _, name := range []string{"ada", "nobody"} {
			for i := range 10 {
				process := []*session.Service{d.sessions, elsewhere}[i%2]
				in := session.SignIn{Name: name, Password: fmt.Sprint("wrong", i), Browser: home}
				_, _, err := process.SignIn(ctx, in)
				require.ErrorIs(t, err, session.ErrRefused, "%s %d", name, i)
			}
			for _, process := range []*session.Service{d.sessions, elsewhere} {
				in := ada.with(ada.code(1))
				in.Name = name
				_, _, err := process.SignIn(ctx, in)
				var locked *password.LockedError
				require.ErrorAs(t, err, &locked, "the right one too, whether there is such a name or not")
				require.Equal(t, 15*time.Minute, locked.RetryAfter)
			}
		}
		whole, err := d.sessions.Find(ctx, ada.token, home)
		require.NoError(t, err, "who is in stays in")
		_, _, err = d.sessions.ChangePassword(ctx, whole, horse, "another horse battery", ada.code(1))
		require.NoError(t, err, "and changes the password, whatever strangers do")
		d.pass(15 * time.Minute)
		_, later := d.process(func(*session.Options) {})
		in := ada.with(ada.code(0))
		in.Password = "another horse battery"
		_, _, err = later.SignIn(ctx, in)
		require.NoError(t, err)
	})
}

func TestChangePassword(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		const other = "another horse battery"
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		in, token := ada.signIn()
		_, _, err := d.sessions.ChangePassword(ctx, in, horse, "too short", ada.code(1))
		var invalid *errs.InvalidError
		require.ErrorAs(t, err, &invalid)
		for _, wrong := range [][2]string{{"wrong horse", ada.code(1)}, {horse, ""}, {horse, ada.code(0)}} {
			_, _, err = d.sessions.ChangePassword(ctx, in, wrong[0], other, wrong[1])
			require.ErrorIs(t, err, session.ErrRefused)
		}
		changed, next, err := d.sessions.ChangePassword(ctx, in, horse, other, ada.code(1))
		require.NoError(t, err)
		require.Equal(t, session.Whole, changed.Stage)
		_, err = d.sessions.Find(ctx, token, home)
		require.ErrorIs(t, err, session.ErrNoSession)
		_, err = d.sessions.Find(ctx, next, home)
		require.NoError(t, err)
		left, err := d.sessions.List(ctx, ada.ID)
		require.NoError(t, err)
		require.Len(t, left, 1)
		d.pass(time.Minute)
		_, _, err = d.sessions.SignIn(ctx, ada.with(ada.code(0)))
		require.ErrorIs(t, err, session.ErrRefused, "with the password of before")
	})
}

// The demo lets operators in without a second factor; who has one needs it there too.
func TestSecondFactorOptional(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ada, o := d.joined("ada", operator.Admin), d.operator("vera", operator.Viewer)
		_, demo := d.process(func(o *session.Options) { o.SecondFactorOptional = true })
		in, _, err := demo.Join(t.Context(), d.invite(o), horse, home)
		require.NoError(t, err)
		require.Equal(t, session.Whole, in.Stage)
		in, _, err = demo.SignIn(t.Context(), session.SignIn{Name: "vera", Password: horse, Browser: home})
		require.NoError(t, err)
		require.Equal(t, session.Whole, in.Stage)
		_, _, err = demo.SignIn(t.Context(), ada.with(""))
		require.ErrorIs(t, err, session.ErrRefused)
	})
}

func byMail(address string) operator.Claimed {
	return operator.Claimed{Claim: operator.EmailClaim, Value: address}
}

// Nobody is let in by a login that only looks like an operator's.
func TestProviderSaysExactlyWho(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, operators := t.Context(), operator.NewService(d.store.Operators)
		for name, login := range map[string]string{
			"kate": "kate@example.com", "ada": "aBc-17", "eve": "\u212Aat@example.com",
		} {
			who := d.joined(name, operator.Viewer)
			_, err := operators.Update(ctx, who.ID, operator.Change{Login: &login})
			require.NoError(t, err)
		}
		for _, test := range []struct{ claim, value, name string }{
			{operator.EmailClaim, "KATE@Example.com", "kate"},
			{operator.EmailClaim, "\u212Aate@example.com", ""},
			{operator.EmailClaim, "\u212Aat@example.com", "eve"},
			{operator.EmailClaim, "kat@example.com", ""},
			{"sub", "aBc-17", "ada"},
			{"sub", "abc-17", ""},
			{"sub", "KATE@example.com", ""},
			{"sub", "", ""},
		} {
			in, _, err := d.sessions.SignInByProvider(ctx, operator.Claimed{Claim: test.claim, Value: test.value}, home)
			if test.name == "" {
				require.ErrorIs(t, err, session.ErrRefused, test.value)
				continue
			}
			require.NoError(t, err, test.value)
			require.Equal(t, test.name, in.Name)
		}
	})
}

// Who a provider answers for is the operator whose login it says, without a code of ours.
func TestSignInByProvider(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		d.joined("root", operator.Admin)
		operators := operator.NewService(d.store.Operators)
		refused := func(why, login string) {
			t.Helper()
			_, token, err := d.sessions.SignInByProvider(ctx, byMail(login), home)
			require.ErrorIs(t, err, session.ErrRefused, why)
			require.Empty(t, token)
		}
		for _, nobody := range []string{"", "ada", "ada@example.com"} {
			refused("a name is no login", nobody)
		}
		set := func(login string) error {
			_, err := operators.Update(ctx, ada.ID, operator.Change{Login: &login})
			return err
		}
		require.NoError(t, set("Ada@Example.com"))
		in, token, err := d.sessions.SignInByProvider(ctx, byMail("ADA@example.com"), home)
		require.NoError(t, err)
		require.Equal(t, []any{"ada", session.Whole}, []any{in.Name, in.Stage})
		entries, err := d.store.Records.Entries(ctx, audit.Filter{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "Session.SignInByProvider", entries[0].Method)
		require.Equal(t, in.ID, entries[0].Actor.KeyID)

		require.NoError(t, set("Ada@Example.com"), "which it is")
		_, err = d.sessions.Find(ctx, token, home)
		require.NoError(t, err)
		require.NoError(t, set("lovelace@example.com"))
		_, err = d.sessions.Find(ctx, token, home)
		require.ErrorIs(t, err, session.ErrNoSession, "who signed in by the other login is out")
		refused("of before", "ada@example.com")
		d.suspend(ada.Operator, operator.StatusSuspended)
		refused("suspended", "lovelace@example.com")

		_, err = operators.Create(ctx, operator.New{
			Name: "eve", Roles: operator.RolesOf(operator.Viewer), Login: "LOVELACE@example.com",
		})
		var taken *operator.AlreadyExistsError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, "login", taken.Field)
		require.NoError(t, set(""))
		eve, err := operators.Create(ctx, operator.New{
			Name: "eve", Roles: operator.RolesOf(operator.Viewer), Login: "LOVELACE@example.com",
		})
		require.NoError(t, err)
		require.Equal(t, "LOVELACE@example.com", eve.Login, "as given")
		require.ErrorAs(t, set("lovelace@example.com"), &taken)
		var invalid *errs.InvalidError
		require.ErrorAs(t, set("two words"), &invalid)
		require.ErrorAs(t, set(strings.Repeat("x", 255)), &invalid)
	})
}

// What an operator does to get in and out is on record, and nothing secret with it.
func TestSigningInIsRecorded(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		in, token := ada.signIn()
		changed, _, err := d.sessions.ChangePassword(ctx, in, horse, "another horse battery", ada.code(1))
		require.NoError(t, err)
		require.NoError(t, d.sessions.SignOut(ctx, changed))
		_, _, err = d.sessions.SignIn(ctx, ada.with("000000"))
		require.ErrorIs(t, err, session.ErrRefused)
		entries, err := d.store.Records.Entries(ctx, audit.Filter{Limit: 100})
		require.NoError(t, err)
		var methods []string
		for _, e := range entries {
			methods = append([]string{e.Method}, methods...)
			assert.Equal(t, []any{"session", "ada", ada.ID, "192.0.2.7", "console", "operator", "ada"}, []any{
				e.Actor.Kind, e.Actor.Name, e.Actor.ID, e.Address, e.Via, e.Target.Kind, e.Target.Name,
			})
			assert.NotZero(t, e.Actor.KeyID, e.Method)
			text := fmt.Sprint(e.Request, e.Before, e.After, e.Reason)
			for _, hidden := range []string{token, ada.secret, "horse"} {
				assert.NotContains(t, text, hidden)
			}
		}
		require.Equal(t, []string{
			"Session.Join", "Session.ConfirmSecondFactor", "Session.SignIn", "Session.ChangePassword",
			"Session.SignOut",
		}, methods)
		require.Equal(t, in.ID, entries[2].Actor.KeyID, "the number of the session that was opened")
	})
}

// What became of attempts is counted.
func TestOutcomes(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		counted := map[string]int{}
		ada := d.joined("ada", operator.Admin)
		_, counting := d.process(func(o *session.Options) { o.Count = func(outcome string) { counted[outcome]++ } })
		d.pass(time.Minute)
		_, _, err := counting.SignIn(t.Context(), ada.with(ada.code(0)))
		require.NoError(t, err)
		for range 11 {
			_, _, err = counting.SignIn(t.Context(), ada.with(""))
			require.Error(t, err)
		}
		_, _, err = counting.SignIn(t.Context(), session.SignIn{Name: "?"})
		require.ErrorIs(t, err, session.ErrRefused)
		require.Equal(t, map[string]int{"in": 1, "refused": 11, "locked": 1}, counted)
	})
}
