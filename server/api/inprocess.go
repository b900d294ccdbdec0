package api

import (
	"context"
	"errors"
	"io"

	"github.com/fullstorydev/grpchan"
	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"orderhub/server/account"
)

// InProcess is a connection to the contract's services within this process,
// through the same interceptors. Health and reflection are not on it.
func (s *Server) InProcess() grpc.ClientConnInterface {
	return grpchan.InterceptClientConn(s.channel, endedEarly, answeredEarly)
}

// AsOperator is InProcess for the operator of this machine, who is known by name
// and has no key, but every role: whoever may open the database may do everything in it.
func (s *Server) AsOperator(name string) grpc.ClientConnInterface {
	unary := func(
		ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
		opts ...grpc.CallOption,
	) error {
		return invoke(context.WithValue(ctx, operatorKey{}, name), method, req, reply, cc, opts...)
	}
	stream := func(
		ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer,
		opts ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		return open(context.WithValue(ctx, operatorKey{}, name), desc, cc, method, opts...)
	}
	return grpchan.InterceptClientConn(s.InProcess(), unary, stream)
}

// operatorKey marks the calls of [Server.AsOperator]. It is a value of this
// process, which nothing that a client sends can set.
type operatorKey struct{}

// localOperator is the principal of a call of [Server.AsOperator]. What such a call
// was made with is only looked for where it came over the channel within this
// process: one over a connection has no such context.
func localOperator(ctx context.Context) (p account.Principal, ok bool) {
	client := inprocgrpc.ClientContext(ctx)
	if client == nil {
		return p, false
	}
	name, ok := client.Value(operatorKey{}).(string)
	return account.Principal{OperatorName: name, Scope: account.ScopeAdmin, Status: account.StatusActive}, ok
}

// sessionKey marks the calls of an operator who has signed in. Like operatorKey it is a
// value of this process.
type sessionKey struct{}

// WithSession has calls made with the context over [Server.InProcess] act as the operator
// whose session it is: that of a token which this browser shows. Where the browser is,
// [WithHTTPPeer] says. Whatever else such a call shows counts for nothing.
func WithSession(ctx context.Context, token, userAgent string) context.Context {
	return context.WithValue(ctx, sessionKey{}, account.SessionCredential(token, userAgent))
}

// markedSession is the session that a call within this process is made with. It is the
// zero value, which is nobody's, of a token that cannot be one.
func markedSession(ctx context.Context) (c account.Credential, ok bool) {
	client := inprocgrpc.ClientContext(ctx)
	if client == nil {
		return c, false
	}
	c, ok = client.Value(sessionKey{}).(account.Credential)
	return c, ok
}

// endedEarly makes a call of the in-process channel end like one over a connection
// when its context does: the channel drops whatever the call answers then, and may
// report io.EOF for the answer that it dropped.
func endedEarly(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	if errors.Is(err, io.EOF) && ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return err
}

// answeredEarly makes a stream of the in-process channel behave like one over a
// connection when the call was refused before its one request was read: the
// channel reports io.EOF to the sender, where gRPC leaves it to the receiver to
// learn why.
func answeredEarly(
	ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer,
	opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil || desc.ClientStreams {
		return stream, err
	}
	return oneRequest{stream}, nil
}

type oneRequest struct{ grpc.ClientStream }

func (s oneRequest) SendMsg(m any) error {
	if err := s.ClientStream.SendMsg(m); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
