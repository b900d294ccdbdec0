package session_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/operator"
	"orderhub/server/session"
)

// The way of an operator from the invitation to the door.
func TestJoiningAndSigningIn(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		ada := &person{Operator: d.operator("ada", operator.Admin, operator.Support), d: d}
		enrolling, first, err := d.sessions.Join(ctx, d.invite(ada.Operator), horse, home)
		require.NoError(t, err)
		require.Equal(t, session.Enrolling, enrolling.Stage)
		uri, secret, err := d.sessions.BeginSecondFactor(ctx, enrolling)
		require.NoError(t, err)
		require.Equal(t, "otpauth://totp/orderhub:ada?algorithm=SHA1&digits=6&issuer=orderhub&period=30&secret="+secret, uri)
		_, again, err := d.sessions.BeginSecondFactor(ctx, enrolling)
		require.NoError(t, err)
		require.Equal(t, secret, again, "who loads the page again need not read the picture again")

		ada.secret = secret
		for _, wrong := range []string{"", "000000", ada.code(2), ada.code(-2), "12345", ada.code(0) + "0"} {
			_, _, err = d.sessions.ConfirmSecondFactor(ctx, enrolling, wrong)
			require.ErrorIs(t, err, session.ErrRefused, wrong)
		}
		whole, second, err := d.sessions.ConfirmSecondFactor(ctx, enrolling, ada.code(0)[:3]+" "+ada.code(0)[3:])
		require.NoError(t, err)
		require.Equal(t, []any{session.Whole, "ada", ada.ID}, []any{whole.Stage, whole.Name, whole.OperatorID})
		require.Equal(t, operator.RolesOf(operator.Admin, operator.Support), whole.Roles)
		require.NotEqual(t, first, second)
		_, err = d.sessions.Find(ctx, first, home)
		require.ErrorIs(t, err, session.ErrNoSession, "the token of before the second factor is worth nothing")
		found, err := d.sessions.Find(ctx, second, home)
		require.NoError(t, err)
		require.Equal(t, whole.ID, found.ID)

		require.NoError(t, d.sessions.SignOut(ctx, found))
		require.NoError(t, d.sessions.SignOut(ctx, found), "again")
		_, err = d.sessions.Find(ctx, second, home)
		require.ErrorIs(t, err, session.ErrNoSession)

		in, token := ada.signIn()
		require.Equal(t, session.Whole, in.Stage)
		require.Equal(t, in.CreatedAt.Add(12*time.Hour), in.ExpiresAt)
		found, err = d.sessions.Find(ctx, token, home)
		require.NoError(t, err)
		require.Equal(t, in, found)
		d.pass(30 * time.Second)
		shouted := ada.with(ada.code(0))
		shouted.Name = " ADA "
		_, _, err = d.sessions.SignIn(ctx, shouted)
		require.NoError(t, err)

		o, err := d.store.Operators.Operator(ctx, ada.ID)
		require.NoError(t, err)
		require.True(t, o.HasPassword && o.HasSecondFactor)
		require.Nil(t, o.InvitedUntil)
	})
}

// Whoever has the token but not the browser has nothing.
func TestStolenToken(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ada := d.joined("ada", operator.Admin)
		for _, test := range []struct {
			name string
			b    session.Browser
		}{
			{"another browser", session.Browser{Address: home.Address, UserAgent: "Chromium"}},
			{"no browser", session.Browser{Address: home.Address}},
			{"another address", session.Browser{Address: netip.MustParseAddr("192.0.2.8"), UserAgent: home.UserAgent}},
			{"no address", session.Browser{UserAgent: home.UserAgent}},
		} {
			_, err := d.sessions.Find(t.Context(), ada.token, test.b)
			require.ErrorIs(t, err, session.ErrNoSession, test.name)
		}
		for name, token := range map[string]string{
			"none": "", "another": strings.Repeat("A", 43), "cut": ada.token[:42], "longer": ada.token + "A",
			"with its browser": ada.token + home.UserAgent,
		} {
			_, err := d.sessions.Find(t.Context(), token, home)
			require.ErrorIs(t, err, session.ErrNoSession, name)
		}
		mapped := session.Browser{Address: netip.MustParseAddr("::ffff:192.0.2.7"), UserAgent: home.UserAgent}
		_, err := d.sessions.Find(t.Context(), ada.token, mapped)
		require.NoError(t, err, "the same address")

		// Who has an IPv6 address moves about within its /64.
		d.pass(30 * time.Second)
		six := ada.with(ada.code(0))
		six.Browser.Address = netip.MustParseAddr("2001:db8::1")
		_, token, err := d.sessions.SignIn(t.Context(), six)
		require.NoError(t, err)
		for address, want := range map[string]error{
			"2001:db8::1": nil, "2001:db8::ffff:1": nil, "2001:db8:0:1::1": session.ErrNoSession,
			"192.0.2.7": session.ErrNoSession,
		} {
			b := session.Browser{Address: netip.MustParseAddr(address), UserAgent: home.UserAgent}
			_, err := d.sessions.Find(t.Context(), token, b)
			require.ErrorIs(t, err, want, address)
		}
	})
}

// A session ends by itself, by its operator, by an admin, and by what changes with its
// operator.
func TestSessionsEnd(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(t *testing.T, d *desk, ada *person, in session.Session)
	}{
		{"idle", func(_ *testing.T, d *desk, _ *person, _ session.Session) { d.pass(time.Hour) }},
		{"old", func(t *testing.T, d *desk, ada *person, _ session.Session) {
			for range 24 {
				_, err := d.sessions.Find(t.Context(), ada.token, home)
				require.NoError(t, err)
				d.pass(30 * time.Minute)
			}
		}},
		{"revoked", func(t *testing.T, d *desk, ada *person, in session.Session) {
			require.ErrorIs(t, d.sessions.Revoke(t.Context(), ada.ID+1, in.ID), session.ErrNoSession, "another's")
			require.NoError(t, d.sessions.Revoke(t.Context(), ada.ID, in.ID))
			require.ErrorIs(t, d.sessions.Revoke(t.Context(), ada.ID, in.ID), session.ErrNoSession)
		}},
		{"suspended, also when the operator is let in again", func(_ *testing.T, d *desk, ada *person, _ session.Session) {
			d.suspend(ada.Operator, operator.StatusSuspended)
			d.suspend(ada.Operator, operator.StatusActive)
		}},
		{"another password", func(t *testing.T, d *desk, ada *person, _ session.Session) {
			other, _ := ada.signIn()
			d.pass(30 * time.Second)
			_, _, err := d.sessions.ChangePassword(t.Context(), other, horse, "another horse battery", ada.code(0))
			require.NoError(t, err)
		}},
		{"joined again", func(_ *testing.T, d *desk, ada *person, _ session.Session) { ada.join(d.invite(ada.Operator)) }},
		{"more of them", func(_ *testing.T, _ *desk, ada *person, _ session.Session) {
			for range session.MostSessions {
				ada.signIn()
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			atDesk(t, func(t *testing.T, d *desk) {
				d.joined("root", operator.Admin)
				ada := d.joined("ada", operator.Finance)
				in, err := d.sessions.Find(t.Context(), ada.token, home)
				require.NoError(t, err)
				was := ada.token
				test.end(t, d, ada, in)
				_, err = d.sessions.Find(t.Context(), was, home)
				require.ErrorIs(t, err, session.ErrNoSession)
				left, err := d.sessions.List(t.Context(), ada.ID)
				require.NoError(t, err)
				for _, other := range left {
					require.NotEqual(t, in.ID, other.ID)
				}
			})
		})
	}
}

// What has ended is removed when its operator signs in, and is not listed before.
func TestEndedSessionsAreRemoved(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ada := d.joined("ada", operator.Admin)
		d.pass(59 * time.Minute)
		used, err := d.sessions.Find(t.Context(), ada.token, home)
		require.NoError(t, err)
		require.Equal(t, d.now(), used.LastUsedAt)
		d.pass(59 * time.Second)
		again, err := d.sessions.Find(t.Context(), ada.token, home)
		require.NoError(t, err)
		require.Equal(t, used.LastUsedAt, again.LastUsedAt, "it costs a write once a minute")
		d.pass(time.Hour)
		listed, err := d.sessions.List(t.Context(), ada.ID)
		require.NoError(t, err)
		require.Empty(t, listed)
		count := func() int {
			n, err := d.store.Reader.OperatorSession.Query().Count(t.Context())
			require.NoError(t, err)
			return n
		}
		require.Equal(t, 1, count())
		d.invite(ada.Operator)
		d.pass(session.InvitationAge)
		ada.signIn()
		require.Equal(t, 1, count())
		o, err := d.store.Operators.Operator(t.Context(), ada.ID)
		require.NoError(t, err)
		require.Nil(t, o.InvitedUntil, "nor is an invitation kept that is good no more")
	})
}

// A code is good once, at whatever process, and never again.
func TestReplayedCode(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		_, _, err := d.sessions.SignIn(ctx, ada.with(ada.code(0)))
		require.ErrorIs(t, err, session.ErrRefused, "the code that set it up")
		d.pass(5 * time.Minute)
		for _, steps := range []int{-2, 2, 10} {
			_, _, err := d.sessions.SignIn(ctx, ada.with(ada.code(steps)))
			require.ErrorIs(t, err, session.ErrRefused, "%d steps off", steps)
		}
		_, elsewhere := d.process(func(*session.Options) {})
		var in, refused atomic.Int64
		var running sync.WaitGroup
		for i := range 6 {
			process := []*session.Service{d.sessions, elsewhere}[i%2]
			running.Go(func() {
				_, _, err := process.SignIn(ctx, ada.with(ada.code(0)))
				if err == nil {
					in.Add(1)
				} else if errors.Is(err, session.ErrRefused) {
					refused.Add(1)
				}
			})
		}
		running.Wait()
		require.Equal(t, []int64{1, 5}, []int64{in.Load(), refused.Load()})
		d.pass(15 * time.Minute)
		_, _, err = d.sessions.SignIn(ctx, ada.with(ada.code(1)))
		require.NoError(t, err, "a clock that goes fast")
		_, _, err = d.sessions.SignIn(ctx, ada.with(ada.code(0)))
		require.ErrorIs(t, err, session.ErrRefused, "from before the last one")
		d.pass(time.Minute)
		_, _, err = d.sessions.SignIn(ctx, ada.with(ada.code(0)))
		require.NoError(t, err)
	})
}

func TestInvitations(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, o := t.Context(), d.operator("ada", operator.Admin)
		refused := func(why, invitation string) {
			t.Helper()
			_, token, err := d.sessions.Join(ctx, invitation, horse, home)
			require.ErrorIs(t, err, session.ErrInvitation, why)
			require.Empty(t, token)
		}
		refused("none", "")
		replaced := d.invite(o)
		good := d.invite(o)
		refused("replaced", replaced)
		for _, weak := range []string{
			"eleven char", strings.Repeat("x", 1025), " begins with a blank", "hidden\u200b letters",
		} {
			_, _, err := d.sessions.Join(ctx, good, weak, home)
			var invalid *errs.InvalidError
			require.ErrorAs(t, err, &invalid, weak)
		}
		done := make(chan error, 4)
		for range cap(done) {
			go func() {
				_, _, err := d.sessions.Join(ctx, good, horse, home)
				done <- err
			}()
		}
		joined := 0
		for range cap(done) {
			if err := <-done; err == nil {
				joined++
			} else {
				require.ErrorIs(t, err, session.ErrInvitation)
			}
		}
		require.Equal(t, 1, joined, "of several at once")
		refused("used", good)
		late := d.invite(o)
		d.pass(session.InvitationAge)
		refused("expired", late)
		d.joined("root", operator.Admin)
		suspended := d.invite(o)
		d.suspend(o, operator.StatusSuspended)
		refused("of who is suspended", suspended)
		_, _, err := d.sessions.Invite(ctx, 999)
		require.ErrorIs(t, err, operator.ErrNotFound)
	})
}

// Being invited changes nothing before the invitation is used, and everything with it.
func TestJoiningAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ada := d.joined("ada", operator.Admin)
		invitation := d.invite(ada.Operator)
		ada.signIn()
		before := *ada
		const other = "another horse battery"
		enrolling, _, err := d.sessions.Join(t.Context(), invitation, other, home)
		require.NoError(t, err)
		require.Equal(t, session.Enrolling, enrolling.Stage)
		d.pass(time.Minute)
		_, _, err = d.sessions.SignIn(t.Context(), before.with(before.code(0)))
		require.ErrorIs(t, err, session.ErrRefused, "with the password of before")
		again := before.with("")
		again.Password = other
		in, _, err := d.sessions.SignIn(t.Context(), again)
		require.NoError(t, err)
		require.Equal(t, session.Enrolling, in.Stage, "who did not finish goes on")
		for _, half := range []session.Session{enrolling, in} {
			_, _, err = d.sessions.ChangePassword(t.Context(), half, other, horse, "")
			require.ErrorIs(t, err, session.ErrNoSession, "it is for the second factor alone")
		}
	})
}

// A session that somebody got hold of does not become a way to sign in.
func TestSecondFactorIsNotReplaced(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, o := t.Context(), d.operator("ada", operator.Admin)
		mine, _, err := d.sessions.Join(ctx, d.invite(o), horse, home)
		require.NoError(t, err)
		other, _, err := d.sessions.SignIn(ctx, session.SignIn{Name: "ada", Password: horse, Browser: home})
		require.NoError(t, err)
		me, thief := &person{Operator: o, d: d}, &person{Operator: o, d: d}
		_, me.secret, err = d.sessions.BeginSecondFactor(ctx, mine)
		require.NoError(t, err)
		_, thief.secret, err = d.sessions.BeginSecondFactor(ctx, other)
		require.NoError(t, err)
		require.NotEqual(t, me.secret, thief.secret)
		_, _, err = d.sessions.ConfirmSecondFactor(ctx, mine, thief.code(0))
		require.ErrorIs(t, err, session.ErrRefused)
		whole, _, err := d.sessions.ConfirmSecondFactor(ctx, mine, me.code(0))
		require.NoError(t, err)
		_, _, err = d.sessions.ConfirmSecondFactor(ctx, other, thief.code(0))
		require.ErrorIs(t, err, session.ErrNoSession)
		_, _, err = d.sessions.BeginSecondFactor(ctx, whole)
		require.ErrorIs(t, err, session.ErrHasSecondFactor)
	})
}

// Whatever is wrong, the answer is the same.
func TestNamesAreNotTold(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		d.joined("root", operator.Admin)
		ada, gone := d.joined("ada", operator.Admin), d.joined("gone", operator.Viewer)
		d.operator("invited", operator.Viewer)
		d.suspend(gone.Operator, operator.StatusSuspended)
		d.pass(time.Minute)
		right := ada.with(ada.code(0))
		change := func(f func(in *session.SignIn)) session.SignIn {
			in := right
			f(&in)
			return in
		}
		for name, in := range map[string]session.SignIn{
			"unknown name":   change(func(in *session.SignIn) { in.Name = "nobody" }),
			"impossible":     change(func(in *session.SignIn) { in.Name = "ada@example.com" }),
			"no password":    change(func(in *session.SignIn) { in.Password = "" }),
			"wrong password": change(func(in *session.SignIn) { in.Password = horse + "!" }),
			"long password":  change(func(in *session.SignIn) { in.Password = strings.Repeat("x", 1025) }),
			"no code":        change(func(in *session.SignIn) { in.Code = "" }),
			"wrong code":     change(func(in *session.SignIn) { in.Code = "x" + in.Code[1:] }),
			"suspended":      gone.with(gone.code(0)),
			"never joined":   change(func(in *session.SignIn) { in.Name = "invited" }),
		} {
			_, token, err := d.sessions.SignIn(t.Context(), in)
			require.Equal(t, session.ErrRefused, err, name)
			require.Empty(t, token, name)
		}
		_, _, err := d.sessions.SignIn(t.Context(), right)
		require.NoError(t, err)
		logged := d.log.String()
		require.Contains(t, logged, "operator=ada")
		require.NotContains(t, logged, "nobody", "who knows what somebody typed there")
		require.NotContains(t, logged, "horse")
	})
}
