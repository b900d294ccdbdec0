package api

import (
	"context"
	"log/slog"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	grpcauth "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/recovery"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/ident"
)

// maxCallTime ends calls whose caller set no deadline. The operator of this machine
// waits as long as it takes.
const maxCallTime = time.Minute

// guard is what every call passes before and after its method.
type guard struct {
	auth      *account.Authenticator
	log       *slog.Logger
	proxies   []netip.Prefix
	ids       *ident.Generator
	validator *validator
	tickets   *tickets
	control   *admission.Control
	codec     encoding.CodecV2

	mark              func(string) string // hides a text from the record
	tracer            Tracer              // nil for none
	firstMessageAfter time.Duration       // 0 for what the method has
}

// outer is the way of a call before its request is read, from the outside in.
// The errors of everything inside explain are mapped by the one table; the inner
// recovery lets a panicking method be counted and logged like any other failure,
// the outer one is for the interceptors themselves.
func (g *guard) outer(metrics *grpcprom.ServerMetrics) []grpc.UnaryServerInterceptor {
	return g.tracedUnary([]grpc.UnaryServerInterceptor{
		recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(g.recovered)),
		g.enterUnary,
		selector.UnaryServerInterceptor(g.limitUnary, selector.MatchFunc(needsKey)), // health checks always pass
		interceptors.UnaryServerInterceptor(g.reportable()),
		metrics.UnaryServerInterceptor(),
		g.explainUnary,
		selector.UnaryServerInterceptor(grpcauth.UnaryServerInterceptor(g.admit), selector.MatchFunc(needsKey)),
	})
}

// inner is the rest of the way.
func (g *guard) inner() []grpc.UnaryServerInterceptor {
	return []grpc.UnaryServerInterceptor{
		g.validateUnary,
		g.recordUnary,
		recovery.UnaryServerInterceptor(recovery.WithRecoveryHandlerContext(g.recovered)),
	}
}

// stream is the same way for a stream.
func (g *guard) stream(metrics *grpcprom.ServerMetrics) []grpc.StreamServerInterceptor {
	return g.tracedStream([]grpc.StreamServerInterceptor{
		recovery.StreamServerInterceptor(recovery.WithRecoveryHandlerContext(g.recovered)),
		g.enterStream,
		selector.StreamServerInterceptor(g.limitStream, selector.MatchFunc(needsKey)),
		interceptors.StreamServerInterceptor(g.reportable()),
		metrics.StreamServerInterceptor(),
		g.explainStream,
		selector.StreamServerInterceptor(grpcauth.StreamServerInterceptor(g.admit), selector.MatchFunc(needsKey)),
		g.receiveStream,
		g.validateStream,
		recovery.StreamServerInterceptor(recovery.WithRecoveryHandlerContext(g.recovered)),
	})
}

// recovered logs where a panic came from. Its value is shown only when the Go
// runtime made it: any other may hold what a caller sent.
func (g *guard) recovered(ctx context.Context, value any) error {
	attrs := []slog.Attr{slog.String("stack", string(debug.Stack()))}
	if fault, ok := value.(runtime.Error); ok {
		attrs = append(attrs, slog.String("panic", fault.Error()))
	}
	g.log.LogAttrs(ctx, slog.LevelError, "call panicked", append(attrs, callOf(ctx).attrs()...)...)
	return internalProblem.status(callOf(ctx).requestID).Err()
}

// enter finds out what the call and its address are.
func (g *guard) enter(ctx context.Context) context.Context {
	c, begun := ctx.Value(callKey{}).(*call)
	if !begun { // within this process
		c = new(call)
		ctx = context.WithValue(ctx, callKey{}, c)
	}
	c.address = g.resolve(peerOf(ctx))
	if c.requestID = sentRequestID(ctx); c.requestID == "" {
		c.requestID = g.ids.RequestID()
	}
	return ctx
}

func (g *guard) enterUnary(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	ctx = g.enter(ctx)
	_, set := ctx.Deadline()
	if _, local := localOperator(ctx); !set && !local {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxCallTime)
		defer cancel()
	}
	// It fails only where there is no transport to carry the header.
	_ = grpc.SetHeader(ctx, metadata.MD{requestIDHeader: {callOf(ctx).requestID}})
	return handler(ctx, req)
}

func (g *guard) enterStream(
	srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	wrapped := middleware.WrapServerStream(stream)
	wrapped.WrappedContext = g.enter(stream.Context())
	_ = stream.SetHeader(metadata.MD{requestIDHeader: {callOf(wrapped.WrappedContext).requestID}})
	return handler(srv, wrapped)
}

func (g *guard) explainUnary(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	resp, err := handler(ctx, req)
	if err != nil {
		return nil, g.explain(ctx, err)
	}
	return resp, nil
}

func (g *guard) explainStream(
	srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	if err := handler(srv, stream); err != nil {
		return g.explain(stream.Context(), err)
	}
	return nil
}

func (g *guard) validateUnary(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	if err := g.validator.check(req); err != nil {
		return nil, err
	}
	return handler(ctx, req)
}

func (g *guard) validateStream(
	srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	return handler(srv, &validatedStream{ServerStream: stream, validator: g.validator})
}

type validatedStream struct {
	grpc.ServerStream
	validator *validator
}

func (s *validatedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.validator.check(m.(proto.Message))
}

// wrapUnary is a handler that calls last through the chain, the first outermost.
func wrapUnary(
	chain []grpc.UnaryServerInterceptor, info *grpc.UnaryServerInfo, last grpc.UnaryHandler,
) grpc.UnaryHandler {
	handler := last
	for _, interceptor := range slices.Backward(chain) {
		next := handler
		handler = func(ctx context.Context, req any) (any, error) { return interceptor(ctx, req, info, next) }
	}
	return handler
}

// chainUnary makes one interceptor of many: the channel within the process takes
// only one.
func chainUnary(chain []grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		return wrapUnary(chain, info, handler)(ctx, req)
	}
}

func chainStream(chain []grpc.StreamServerInterceptor) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		for _, interceptor := range slices.Backward(chain) {
			next := handler
			handler = func(srv any, stream grpc.ServerStream) error { return interceptor(srv, stream, info, next) }
		}
		return handler(srv, stream)
	}
}
