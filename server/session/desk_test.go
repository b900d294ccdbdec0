package session_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

const horse = "correct horse battery"

var (
	noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	home = session.Browser{Address: netip.MustParseAddr("192.0.2.7"), UserAgent: "Firefox"}
)

// desk is a database at which operators sign in, by one process or several.
type desk struct {
	t     *testing.T
	url   string
	clock atomic.Int64
	log   *lockedBuffer

	store    *stores.All
	sessions *session.Service
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (d *desk) now() time.Time { return time.UnixMicro(d.clock.Load()).UTC() }

func (d *desk) pass(t time.Duration) { d.clock.Add(t.Microseconds()) }

// atDesk runs body on both databases.
func atDesk(t *testing.T, body func(t *testing.T, d *desk)) {
	t.Helper()
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		d := &desk{t: t, url: url, log: &lockedBuffer{}}
		d.clock.Store(noon.UnixMicro())
		d.store, d.sessions = d.process(func(*session.Options) {})
		body(t, d)
	})
}

// process is a further one on the database.
func (d *desk) process(change func(*session.Options)) (*stores.All, *session.Service) {
	d.t.Helper()
	s, err := stores.Open(d.t.Context(), store.Options{URL: d.url, Sealer: storetest.Sealer(), Now: d.now})
	require.NoError(d.t, err)
	d.t.Cleanup(func() { require.NoError(d.t, s.Close()) })
	o := session.Options{
		Store: s.Sessions, Guesses: s.Guesses, Now: d.now, Log: slog.New(slog.NewTextHandler(d.log, nil)),
	}
	change(&o)
	return s, session.NewService(o)
}

func (d *desk) operator(name string, roles ...operator.Role) operator.Operator {
	d.t.Helper()
	o, err := operator.NewService(d.store.Operators).Create(
		d.t.Context(), operator.New{Name: name, Roles: operator.RolesOf(roles...)},
	)
	require.NoError(d.t, err)
	return o
}

func (d *desk) invite(o operator.Operator) string {
	d.t.Helper()
	invitation, _, err := d.sessions.Invite(d.t.Context(), o.ID)
	require.NoError(d.t, err)
	return invitation
}

// person is an operator with a password and an authenticator.
type person struct {
	operator.Operator

	d      *desk
	secret string
	token  string // of the session that joining ended in
}

// joined is an operator who has gone all the way.
func (d *desk) joined(name string, roles ...operator.Role) *person {
	d.t.Helper()
	p := &person{Operator: d.operator(name, roles...), d: d}
	p.join(d.invite(p.Operator))
	return p
}

func (p *person) join(invitation string) {
	t, ctx := p.d.t, p.d.t.Context()
	t.Helper()
	enrolling, _, err := p.d.sessions.Join(ctx, invitation, horse, home)
	require.NoError(t, err)
	_, p.secret, err = p.d.sessions.BeginSecondFactor(ctx, enrolling)
	require.NoError(t, err)
	_, p.token, err = p.d.sessions.ConfirmSecondFactor(ctx, enrolling, p.code(0))
	require.NoError(t, err)
}

// code is the one that the authenticator shows, so many steps from now.
func (p *person) code(steps int) string {
	p.d.t.Helper()
	code, err := totp.GenerateCode(p.secret, p.d.now().Add(time.Duration(steps)*30*time.Second))
	require.NoError(p.d.t, err)
	return code
}

// signIn waits for the next code.
func (p *person) signIn() (session.Session, string) {
	p.d.t.Helper()
	p.d.pass(30 * time.Second)
	in, token, err := p.d.sessions.SignIn(p.d.t.Context(), p.with(p.code(0)))
	require.NoError(p.d.t, err)
	return in, token
}

func (p *person) with(code string) session.SignIn {
	return session.SignIn{Name: p.Name, Password: horse, Code: code, Browser: home}
}

func (d *desk) suspend(o operator.Operator, status operator.Status) {
	d.t.Helper()
	_, err := d.store.Operators.UpdateOperator(d.t.Context(), o.ID, operator.Change{Status: &status})
	require.NoError(d.t, err)
}
