package api

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/audit"
)

// door is how orders placed through the contract are marked.
const door = "hub"

const requestIDHeader = "x-request-id"

// call is what is known of the call under way. The interceptors fill it in as
// they learn it, so that the outer ones can log it.
type call struct {
	arrival   arrival // of the first message, over a connection
	requestID string
	address   netip.Addr        // where it comes from; zero if that is unknown
	principal account.Principal // zero until the key was recognised
	// credential is what the caller is known by: an API key, the certificate that stands for one, that of the two
	// which asked for the ticket that opened the stream, or a session. The zero value until then.
	credential account.Credential
	visit      *admission.Visit // nil where calls are not counted
}

type callKey struct{}

// callOf returns an empty call where there is none.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// mostAttrs is how many the line of a call has.
const mostAttrs = 9

// attrs identify the call in the log; nothing of them is secret or personal.
func (c *call) attrs() []slog.Attr {
	attrs := append(make([]slog.Attr, 0, mostAttrs), slog.String("request_id", c.requestID))
	if c.principal.MerchantName != "" {
		attrs = append(attrs, slog.String("merchant", c.principal.MerchantName))
	}
	if c.principal.OperatorName != "" {
		attrs = append(attrs, slog.String("operator", c.principal.OperatorName))
	}
	return attrs
}

// SaneRequestID reports whether a request id chosen by a caller may be used:
// 1 to 128 letters, digits and . _ : - only, so that it is safe in any log.
func SaneRequestID(id string) bool {
	for _, b := range []byte(id) {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '_', b == ':', b == '-':
		default:
			return false
		}
	}
	return id != "" && len(id) <= 128
}

func sentRequestID(ctx context.Context) string {
	for _, id := range metadata.ValueFromIncomingContext(ctx, requestIDHeader) {
		if SaneRequestID(id) {
			return id
		}
	}
	return ""
}

// reportable logs one line per call.
func (g *guard) reportable() interceptors.CommonReportableFunc {
	return func(ctx context.Context, meta interceptors.CallMeta) (interceptors.Reporter, context.Context) {
		return &logged{guard: g, ctx: ctx, meta: meta}, ctx
	}
}

type logged struct {
	interceptors.NoopReporter
	guard *guard
	ctx   context.Context
	meta  interceptors.CallMeta
}

// PostCall logs who called what and how it ended; never what was sent.
func (r *logged) PostCall(err error, took time.Duration) {
	level := r.level(err)
	if !r.guard.log.Enabled(r.ctx, level) {
		return
	}
	attrs := append(callOf(r.ctx).attrs(),
		slog.String("method", r.meta.FullMethod()), slog.String("via", via(r.ctx)), slog.String("door", door),
		slog.String("code", status.Code(err).String()), slog.Duration("took", took))
	if reason := reasonOf(err); reason != "" {
		attrs = append(attrs, slog.String("reason", reason))
	}
	r.guard.log.LogAttrs(r.ctx, level, "call", attrs...)
}

func (r *logged) level(err error) slog.Level {
	if _, local := localOperator(r.ctx); local {
		return slog.LevelDebug // a person reads the answer itself
	}
	switch status.Code(err) {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded:
		return slog.LevelWarn
	}
	if isPublic(r.meta.Service) {
		return slog.LevelDebug // a health check every few seconds
	}
	return slog.LevelInfo
}

// via tells the gateway's calls, those of commands and those of pages from those over the
// network.
func via(ctx context.Context) string {
	if _, local := localOperator(ctx); local {
		return "command"
	}
	if _, page := markedSession(ctx); page {
		return audit.ViaConsole
	}
	if inprocgrpc.ClientContext(ctx) != nil {
		return "rest"
	}
	return "grpc"
}
