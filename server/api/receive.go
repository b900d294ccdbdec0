package api

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const (
	// maxRequestBytes is how large a request may be, maxBatchBytes one with many orders,
	// and maxImportBytes one that carries goods for the stock.
	maxRequestBytes = 1 << 20
	maxBatchBytes   = 2 << 20
	maxImportBytes  = 16 << 20
	// firstMessageAfter is how long a request may take to arrive, and importAfter a
	// larger one.
	firstMessageAfter = 10 * time.Second
	importAfter       = time.Minute
)

// Why a request was not received.
var (
	errNoMessage   = errors.New("the request did not arrive in time")
	errCutOff      = errors.New("the request ended before its message did")
	errUndecodable = errors.New("the request is not a valid message of its type")
)

// tooLargeError says that a request is larger than its method takes.
type tooLargeError struct{ limit int }

func (e *tooLargeError) Error() string { return fmt.Sprintf("the request is over %d bytes", e.limit) }

// MaxRequestBytes is how large a request of the method may be, as JSON or as a
// message.
func MaxRequestBytes(method string) int {
	switch strings.TrimPrefix(method, "/") {
	case orderhubv1.CatalogService_ImportUnits_FullMethodName[1:]:
		return maxImportBytes
	case orderhubv1.BatchService_BatchCreateOrders_FullMethodName[1:]:
		return maxBatchBytes
	default:
		return maxRequestBytes
	}
}

// RequestTime is how long a request of the method may take to arrive.
func RequestTime(method string) time.Duration {
	if MaxRequestBytes(method) > maxRequestBytes {
		return importAfter
	}
	return firstMessageAfter
}

// arrival ends a stream whose message does not come. The context is the one that
// it ends: those derived from it learn of the end a moment later. The zero value
// is that of a call within this process.
type arrival struct {
	timer *time.Timer
	ctx   context.Context //nolint:containedctx // see above
}

// expect gives a stream the time in which its first message must come. Its
// handler ends that.
func (g *guard) expect(ctx context.Context, info *tap.Info) (context.Context, error) {
	if !isOffered(info.FullMethodName) {
		return ctx, nil // nobody will read from it
	}
	ctx, cancel := context.WithCancelCause(ctx) // it ends with the stream
	within := RequestTime(info.FullMethodName)
	if g.firstMessageAfter > 0 {
		within = g.firstMessageAfter
	}
	timer := time.AfterFunc(within, func() { cancel(errNoMessage) })
	return context.WithValue(ctx, callKey{}, &call{arrival: arrival{timer, ctx}}), nil
}

func isOffered(method string) bool {
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return accesses[method] != (access{}) || isPublic(service)
}

// arrived reports whether the first message came in time.
func arrived(ctx context.Context) bool {
	timer := callOf(ctx).arrival.timer
	return timer == nil || timer.Stop() || !overdue(ctx)
}

// overdue reports whether the call was ended because its first message did not
// come in time.
func overdue(ctx context.Context) bool {
	first := callOf(ctx).arrival.ctx
	return first != nil && errors.Is(context.Cause(first), errNoMessage)
}

// transport is the part of gRPC's stream of a connection that reads messages. It
// is used below the library's own RecvMsg, which has one limit for all methods
// and reads a message whole before anybody can say that there is no room for it.
type transport interface {
	ReadMessageHeader(header []byte) error
	Read(n int) (mem.BufferSlice, error)
}

// receive reads the one message of a request once there is room for it. The call
// holds no place meanwhile.
func (g *guard) receive(ctx context.Context, stream grpc.ServerStream, m any) error {
	visit := callOf(ctx).visit
	if visit != nil {
		visit.Wait()
	}
	from, ok := grpc.ServerTransportStreamFromContext(ctx).(transport)
	if !ok { // within this process
		return stream.RecvMsg(m)
	}
	data, err := g.read(ctx, from)
	if err != nil {
		return err
	}
	defer data.Free()
	if !arrived(ctx) {
		return errNoMessage
	}
	if visit != nil {
		if err := visit.Work(ctx); err != nil {
			return turnedAway(err)
		}
	}
	return g.decode(data, m)
}

// decode looks at how much there is of everything before it makes values of it.
func (g *guard) decode(data mem.BufferSlice, m any) error {
	if message, ok := m.(proto.Message); ok && data.Len() > smallMessage {
		if err := g.validator.checkBytes(message, data.Materialize()); err != nil {
			return err
		}
	}
	if g.codec.Unmarshal(data, m) != nil {
		return errUndecodable
	}
	return nil
}

// read reads the bytes of one message.
func (g *guard) read(ctx context.Context, from transport) (mem.BufferSlice, error) {
	var header [5]byte // whether it is compressed, and its length
	if err := from.ReadMessageHeader(header[:]); err != nil {
		return nil, notReceived(ctx, err)
	}
	method, _ := grpc.Method(ctx)
	length, limit := int64(binary.BigEndian.Uint32(header[1:])), MaxRequestBytes(method)
	switch {
	case header[0] != 0:
		return nil, errUndecodable // no compression is offered
	case length > int64(limit):
		return nil, &tooLargeError{limit}
	}
	if visit := callOf(ctx).visit; visit != nil {
		if err := visit.Reserve(ctx, length); err != nil {
			return nil, turnedAway(err)
		}
	}
	data, err := from.Read(int(length))
	if err != nil {
		return nil, notReceived(ctx, err)
	}
	return data, nil
}

// notReceived says why a message did not come. What the context says is more than
// what the library made of it.
func notReceived(ctx context.Context, err error) error {
	switch {
	case overdue(ctx):
		return errNoMessage
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCutOff
	default:
		return err
	}
}

// receiving is a stream whose messages are read within the limits. After the
// first it holds nothing.
type receiving struct {
	grpc.ServerStream
	guard *guard
	more  bool // the client may send further messages
	begun bool
}

func (s *receiving) RecvMsg(m any) error {
	ctx := s.Context()
	if s.begun && !s.more {
		return io.EOF
	}
	if s.begun {
		return s.readMore(ctx, m)
	}
	s.begun = true
	err := s.guard.receive(ctx, s.ServerStream, m)
	if visit := callOf(ctx).visit; visit != nil {
		visit.Leave()
	}
	return err
}

func (s *receiving) readMore(ctx context.Context, m any) error {
	from, ok := grpc.ServerTransportStreamFromContext(ctx).(transport)
	if !ok {
		return s.ServerStream.RecvMsg(m)
	}
	data, err := s.guard.read(ctx, from)
	if errors.Is(err, errCutOff) {
		return io.EOF
	}
	if err != nil {
		return err
	}
	defer data.Free()
	return s.guard.decode(data, m)
}

func (g *guard) receiveStream(
	srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	return handler(srv, &receiving{ServerStream: stream, guard: g, more: info.IsClientStream})
}

// registrar offers every method as a stream: gRPC reads the request of a unary
// call before it asks anybody, a stream's when its handler does.
type registrar struct {
	*grpc.Server
	guard  *guard
	outer  []grpc.UnaryServerInterceptor // before the request is read
	inner  grpc.UnaryServerInterceptor   // after
	stream grpc.StreamServerInterceptor
}

func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	guarded := *desc
	guarded.Methods, guarded.Streams = nil, nil
	for _, method := range desc.Methods {
		guarded.Streams = append(guarded.Streams, grpc.StreamDesc{
			StreamName: method.MethodName,
			Handler:    r.unary("/"+desc.ServiceName+"/"+method.MethodName, impl, method.Handler),
		})
	}
	for _, stream := range desc.Streams {
		info := &grpc.StreamServerInfo{
			FullMethod:     "/" + desc.ServiceName + "/" + stream.StreamName,
			IsClientStream: stream.ClientStreams, IsServerStream: stream.ServerStreams,
		}
		handler := stream.Handler
		stream.Handler = func(srv any, s grpc.ServerStream) error {
			defer arrived(s.Context())
			return r.stream(srv, s, info, handler)
		}
		guarded.Streams = append(guarded.Streams, stream)
	}
	r.Server.RegisterService(&guarded, impl)
}

// unary is a unary method as a stream that receives one message and sends one.
// The way before the request is put together here, once; until the request is
// read its stream stands for it.
func (r registrar) unary(name string, impl any, method grpc.MethodHandler) grpc.StreamHandler {
	info := &grpc.UnaryServerInfo{Server: impl, FullMethod: name}
	handler := wrapUnary(r.outer, info, func(ctx context.Context, request any) (any, error) {
		receive := func(m any) error { return r.guard.receive(ctx, request.(grpc.ServerStream), m) }
		return method(impl, ctx, receive, r.inner)
	})
	return func(_ any, stream grpc.ServerStream) error {
		defer arrived(stream.Context())
		resp, err := handler(stream.Context(), stream)
		if err != nil {
			return err
		}
		return stream.SendMsg(resp)
	}
}
