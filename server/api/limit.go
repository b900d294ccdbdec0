package api

import (
	"context"
	"errors"
	"net/netip"

	"google.golang.org/grpc"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/order"
)

// limitUnary gives a call its place while it is at work. It stands in front of
// everything that costs something, the log line of each call included.
func (g *guard) limitUnary(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	visit, err := g.control.Enter(ctx, callOf(ctx).address)
	if err != nil {
		return nil, g.explain(ctx, turnedAway(err))
	}
	defer visit.Leave()
	callOf(ctx).visit = visit
	return handler(ctx, req)
}

// limitStream does the same until the stream has begun: what is open for hours
// would keep others out.
func (g *guard) limitStream(
	srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	ctx := stream.Context()
	visit, err := g.control.Enter(ctx, callOf(ctx).address)
	if err != nil {
		return g.explain(ctx, turnedAway(err))
	}
	defer visit.Leave()
	callOf(ctx).visit = visit
	return handler(srv, stream)
}

// identified counts the call as its merchant's or its operator's.
func (c *call) identified(ctx context.Context, p *account.Principal) error {
	if c.visit == nil {
		return nil
	}
	return turnedAway(c.visit.Identify(ctx, p.Party()))
}

// turnedAway is a refusal of package admission as the table knows it; other
// errors stay as they are.
func turnedAway(err error) error {
	if full, ok := errors.AsType[*admission.FullError](err); ok {
		return &order.RetryLaterError{Err: errTooMany, After: full.After}
	}
	return err
}

// Admission is what the doors of partners share with the contract's calls: one
// count of what is at work.
func (s *Server) Admission() *admission.Control { return s.guard.control }

// Admit says whether a request to the contract may send its body: there is room
// for it, and its key is good. The visit waits for the body and has to be left;
// the error is a status. The context is that of [WithHTTPPeer].
func (s *Server) Admit(ctx context.Context, apiKeys, authorizations []string) (*admission.Visit, error) {
	g := s.guard
	address := g.resolve(requestPeer(ctx))
	visit, err := g.control.Enter(ctx, address)
	if err != nil {
		return nil, g.explain(ctx, turnedAway(err))
	}
	shown := withCertificate(credentialsOf(keysIn(apiKeys, authorizations)), requestPeer(ctx).certificate)
	if err := g.identify(ctx, visit, shown, address); err != nil {
		visit.Leave()
		return nil, g.explain(ctx, err)
	}
	visit.Wait()
	return visit, nil
}

func (g *guard) identify(
	ctx context.Context, visit *admission.Visit, shown []account.Credential, address netip.Addr,
) error {
	known, err := g.auth.One(ctx, shown)
	if err != nil {
		return err
	}
	principal, err := g.auth.Identify(ctx, known, address)
	if err != nil {
		return err
	}
	return turnedAway(visit.Identify(ctx, principal.Party()))
}

// Reserve makes room for n more bytes of the body that a visit waits for. The
// error is a status.
func (s *Server) Reserve(ctx context.Context, visit *admission.Visit, n int64) error {
	if err := visit.Reserve(ctx, n); err != nil {
		return s.guard.explain(ctx, turnedAway(err))
	}
	return nil
}
