package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/audit"
	"orderhub/server/operator"
	"orderhub/server/session"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

const firefox = "Firefox"

// console is an operator who has signed in, and the calls that pages make for one.
type console struct {
	*services

	sessions  *session.Service
	operators orderhubv1.OperatorServiceClient // within the process
}

func startConsole(t *testing.T, store *stores.All) *console {
	t.Helper()
	h := startHubOn(t, store, nil)
	return &console{
		h, session.NewService(session.Options{
			Store: store.Sessions, Guesses: store.Guesses, Log: slog.New(slog.DiscardHandler),
			SecondFactorOptional: true,
		}),
		orderhubv1.NewOperatorServiceClient(h.server.InProcess()),
	}
}

func eachConsole(t *testing.T, body func(t *testing.T, c *console)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) { body(t, startConsole(t, open())) })
}

// signIn signs a new operator in, at 192.0.2.7.
func (c *console) signIn(name string, roles ...operator.Role) (session.Session, string) {
	c.t.Helper()
	o, err := operator.NewService(c.Store.Operators).Create(
		c.t.Context(), operator.New{Name: name, Roles: operator.RolesOf(roles...)},
	)
	require.NoError(c.t, err)
	return c.join(c.sessions, o.ID)
}

func (c *console) join(sessions *session.Service, operatorID int64) (session.Session, string) {
	c.t.Helper()
	invitation, _, err := sessions.Invite(c.t.Context(), operatorID)
	require.NoError(c.t, err)
	in, token, err := sessions.Join(c.t.Context(), invitation, "correct horse battery", session.Browser{
		Address: netip.MustParseAddr("192.0.2.7"), UserAgent: firefox,
	})
	require.NoError(c.t, err)
	return in, token
}

// from is the context of a request from an address, as the pages make it.
func from(t *testing.T, address string) context.Context {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/console", http.NoBody)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	return api.WithHTTPPeer(t.Context(), r)
}

func with(t *testing.T, token string) context.Context {
	t.Helper()
	return api.WithSession(from(t, "192.0.2.7"), token, firefox)
}

func (c *console) list(ctx context.Context) error {
	_, err := c.operators.ListOperators(ctx, &orderhubv1.ListOperatorsRequest{})
	return err
}

// Who has signed in does what their roles allow, and is on record with the session.
func TestActingInSession(t *testing.T) {
	eachConsole(t, func(t *testing.T, c *console) {
		ada, token := c.signIn("ada", operator.Admin)
		_, looking := c.signIn("vera", operator.Viewer)
		_, err := c.operators.CreateOperator(with(t, token),
			&orderhubv1.CreateOperatorRequest{Operator: &orderhubv1.Operator{
				Name: "new", Roles: []orderhubv1.OperatorRole{orderhubv1.OperatorRole_OPERATOR_ROLE_VIEWER},
			}})
		require.NoError(t, err)
		e := c.entries(audit.Filter{Method: "OperatorService.CreateOperator"})[0]
		require.Equal(t, audit.Actor{Kind: "session", ID: ada.OperatorID, Name: "ada", KeyID: ada.ID}, e.Actor)
		require.Equal(t, []string{"192.0.2.7", "console"}, []string{e.Address, e.Via})
		answer, err := c.operators.ListAuditEntries(
			with(t, token), &orderhubv1.ListAuditEntriesRequest{Method: "OperatorService.CreateOperator"},
		)
		require.NoError(t, err)
		shown := answer.GetEntries()[0]
		require.Equal(t, orderhubv1.AuditActor_AUDIT_ACTOR_SESSION, shown.GetActorKind())
		require.Equal(t, []any{ada.ID, "console"}, []any{shown.GetKey(), shown.GetVia()})

		require.NoError(t, c.list(with(t, looking)))
		_, err = c.operators.CreateOperator(with(t, looking), &orderhubv1.CreateOperatorRequest{
			Operator: &orderhubv1.Operator{
				Name: "more", Roles: []orderhubv1.OperatorRole{orderhubv1.OperatorRole_OPERATOR_ROLE_ADMIN},
			},
		})
		require.Equal(t, "admin", refused(t, err, codes.PermissionDenied, "ROLE_MISSING").Metadata["role"])
		storetest.RequireClean(t, c.Store)
	})
}

// A stolen token is worth nothing elsewhere, nor is one that has ended.
func TestSessionsOfOthers(t *testing.T) {
	eachConsole(t, func(t *testing.T, c *console) {
		in, token := c.signIn("ada", operator.Admin)
		require.NoError(t, c.list(with(t, token)))
		for name, ctx := range map[string]context.Context{
			"another browser":    api.WithSession(from(t, "192.0.2.7"), token, "Chromium"),
			"another address":    api.WithSession(from(t, "192.0.2.8"), token, firefox),
			"no address":         api.WithSession(t.Context(), token, firefox),
			"another token":      with(t, token[1:]+"A"),
			"no token":           with(t, ""),
			"no token but a key": metadata.AppendToOutgoingContext(with(t, ""), "x-api-key", c.adminKey),
			"a key as the token": with(t, c.adminKey),
		} {
			require.Equal(t, "UNAUTHENTICATED", problemOf(c.list(ctx)).Reason, name)
		}
		require.NoError(t, c.sessions.SignOut(t.Context(), in))
		ended := func() bool { return c.list(with(t, token)) != nil }
		require.Eventually(t, ended, time.Minute, 50*time.Millisecond, "within about a second")
	})
}

// A session that is for setting up the second factor calls nothing of the contract.
func TestEnrollingCallsNothing(t *testing.T) {
	eachConsole(t, func(t *testing.T, c *console) {
		o, err := operator.NewService(c.Store.Operators).Create(
			t.Context(), operator.New{Name: "ada", Roles: operator.RolesOf(operator.Admin)},
		)
		require.NoError(t, err)
		in, token := c.join(session.NewService(session.Options{
			Store: c.Store.Sessions, Guesses: c.Store.Guesses, Log: slog.New(slog.DiscardHandler),
		}), o.ID)
		require.Equal(t, session.Enrolling, in.Stage)
		callEachMethod(with(t, token), t, c.server.InProcess(), func(method string, err error) {
			assert.Equal(t, codes.Unauthenticated, problemOf(err).Code, method)
		})
	})
}

// The mark of a session is a value of this process: it comes over no connection, and no header makes it.
func TestNobodyElseIsInASession(t *testing.T) {
	c := startConsole(t, storetest.SQLite(t)())
	_, token := c.signIn("ada", operator.Admin)
	pretends := metadata.NewOutgoingContext(from(t, "192.0.2.7"), metadata.Pairs(
		"session", token, "x-session", token, "sessionkey", token, "cookie", "session="+token, "user-agent", firefox,
		"authorization", "Session "+token, "x-api-key", token,
	))
	bearer := metadata.NewOutgoingContext(from(t, "192.0.2.7"), metadata.Pairs("authorization", "Bearer "+token))
	for name, caller := range map[string]struct {
		conn grpc.ClientConnInterface
		ctx  context.Context //nolint:containedctx // one of a table
	}{
		"marked over a connection": {c.conn, with(t, token)},
		"sent over a connection":   {c.conn, pretends},
		"sent as a key":            {c.conn, bearer},
		"sent over REST":           {c.server.InProcess(), pretends},
		"sent as a key over REST":  {c.server.InProcess(), bearer},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := orderhubv1.NewOperatorServiceClient(caller.conn).ListOperators(
				caller.ctx, &orderhubv1.ListOperatorsRequest{},
			)
			refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
		})
	}
}

// An admin sees and ends everybody's sessions, others their own.
func TestSessionsAreListedAndRevoked(t *testing.T) {
	eachConsole(t, func(t *testing.T, c *console) {
		ada, adas := c.signIn("ada", operator.Admin)
		vera, veras := c.signIn("vera", operator.Viewer)
		list := func(token, name string) ([]*orderhubv1.OperatorSession, error) {
			answer, err := c.operators.ListOperatorSessions(
				with(t, token), &orderhubv1.ListOperatorSessionsRequest{Operator: name},
			)
			return answer.GetSessions(), err
		}
		revoke := func(token, name string, id int64) error {
			_, err := c.operators.RevokeOperatorSession(
				with(t, token), &orderhubv1.RevokeOperatorSessionRequest{Operator: name, Session: id},
			)
			return err
		}
		for _, token := range []string{adas, veras} {
			found, err := list(token, "vera")
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, []any{vera.ID, "vera", "192.0.2.7", false}, []any{
				found[0].GetId(), found[0].GetOperator(), found[0].GetAddress(), found[0].GetEnrolling(),
			})
			require.True(t, found[0].GetExpireTime().AsTime().After(found[0].GetLastUseTime().AsTime()))
		}
		_, err := list(veras, "ada")
		require.Equal(t, "admin", refused(t, err, codes.PermissionDenied, "ROLE_MISSING").Metadata["role"])
		refused(t, revoke(veras, "ada", ada.ID), codes.PermissionDenied, "ROLE_MISSING")
		refused(t, revoke(veras, "vera", ada.ID), codes.NotFound, "SESSION_NOT_FOUND")
		require.NoError(t, revoke(adas, "vera", vera.ID))
		refused(t, revoke(adas, "vera", vera.ID), codes.NotFound, "SESSION_NOT_FOUND")
		require.NoError(t, revoke(adas, "ada", ada.ID), "one's own")

		_, err = orderhubv1.NewOperatorServiceClient(c.conn).InviteOperator(
			c.asOperator("sam", operator.Support), &orderhubv1.InviteOperatorRequest{Operator: "vera"},
		)
		refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
	})
}
