package api

import (
	"context"
	"slices"

	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Tracer follows calls.
type Tracer interface {
	// Call begins to follow a call, which may go on what its caller sent. It is told
	// who called, and of a call that failed why.
	Call(ctx context.Context, method string, sent metadata.MD) (context.Context, func(merchant, code, reason string))
}

// entered is how many of the interceptors come before a call is traced: it is
// known what the call is, and nothing has refused it.
const entered = 2

// tracedUnary has the calls of the chain followed; without a Tracer it is the chain.
func (g *guard) tracedUnary(chain []grpc.UnaryServerInterceptor) []grpc.UnaryServerInterceptor {
	if g.tracer == nil {
		return chain
	}
	return slices.Insert(
		chain, entered, selector.UnaryServerInterceptor(g.traceUnary, selector.MatchFunc(needsKey)),
	)
}

// tracedStream is the same for streams.
func (g *guard) tracedStream(chain []grpc.StreamServerInterceptor) []grpc.StreamServerInterceptor {
	if g.tracer == nil {
		return chain
	}
	return slices.Insert(
		chain, entered, selector.StreamServerInterceptor(g.traceStream, selector.MatchFunc(needsKey)),
	)
}

func (g *guard) traceUnary(
	ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	ctx, end := g.trace(ctx, info.FullMethod)
	resp, err := handler(ctx, req)
	end(err)
	return resp, err
}

func (g *guard) traceStream(
	srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	wrapped := middleware.WrapServerStream(stream)
	ctx, end := g.trace(stream.Context(), info.FullMethod)
	wrapped.WrappedContext = ctx
	err := handler(srv, wrapped)
	end(err)
	return err
}

func (g *guard) trace(ctx context.Context, method string) (context.Context, func(error)) {
	sent, _ := metadata.FromIncomingContext(ctx)
	ctx, end := g.tracer.Call(ctx, method, sent)
	return ctx, func(err error) {
		end(callOf(ctx).principal.Name(), status.Code(err).String(), reasonOf(err))
	}
}
