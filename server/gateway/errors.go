package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"orderhub/server/door"
)

const reasonInvalid = "VALIDATION_FAILED"

// problem is an error on its way to the caller.
type problem struct {
	httpStatus int // 0: that of the code
	code       codes.Code
	reason     string
	message    string
	metadata   map[string]string
	violations []violation
	retryAfter time.Duration
}

type violation struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// explain answers with what a call, or the gateway before it, failed with.
func (g *gateway) explain(
	_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error,
) {
	if p, ok := fromStatus(statusOf(err)); ok {
		writeProblem(w, r, p)
		return
	}
	var body []byte
	if ex, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		body = ex.body
	}
	p := g.fromRuntime(r, body, err)
	if p.code == codes.Internal {
		g.log.LogAttrs(r.Context(), slog.LevelError, "answer failed",
			slog.String("request_id", r.Header.Get(requestIDHeader)), slog.String("error", err.Error()))
	}
	g.refuse(w, r, p)
}

// explainStream answers with what a stream failed with: like any call when
// nothing was sent yet, else in a last line of its own. The runtime's own words,
// which follow, are dropped.
func (g *gateway) explainStream(ctx context.Context, err error) *status.Status {
	ex, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		return status.New(codes.Internal, "")
	}
	p, ok := fromStatus(statusOf(err))
	if !ok {
		p = g.fromRuntime(ex.r, ex.body, err)
	}
	if ex.w.started && wantsEvents(ex.r) {
		data, _ := json.Marshal(p.body(ex.r)) // made of texts and numbers
		_, _ = fmt.Fprintf(ex.w, "event: error\ndata: %s\n\n", data)
	} else if ex.w.started && asFile(ex.r) {
		ex.broken = true
	} else if ex.w.started {
		_ = json.NewEncoder(ex.w).Encode(map[string]errorBody{"error": p.body(ex.r)})
	} else {
		writeProblem(ex.w, ex.r, p)
	}
	ex.w.ended = true
	return status.Convert(err)
}

// statusOf is the status of an error. The channel within the process returns the
// errors of a context as they are, where a connection has made statuses of them.
func statusOf(err error) *status.Status {
	if s, ok := status.FromError(err); ok {
		return s
	}
	return status.FromContextError(err)
}

// fromStatus reads the status of a call; not ok when it is none of the hub's.
func fromStatus(s *status.Status) (p problem, ok bool) {
	p = problem{code: s.Code(), message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			p.reason, p.metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.RetryInfo:
			p.retryAfter = d.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				p.violations = append(p.violations, violation{Field: v.GetField(), Message: v.GetDescription()})
			}
		}
	}
	return p, p.reason != ""
}

// fromRuntime describes what was refused before it became a call. The runtime's
// own texts may repeat the request, so the request is looked at again.
func (g *gateway) fromRuntime(r *http.Request, body []byte, err error) problem {
	invalid := problem{code: codes.InvalidArgument, reason: reasonInvalid, message: "the request cannot be read"}
	if _, ok := errors.AsType[*runtime.HTTPStatusError](err); ok {
		invalid.message = "the path is not escaped correctly"
		return invalid
	}
	s := statusOf(err)
	if s.Code() != codes.InvalidArgument {
		return fromCode(s.Code())
	}
	called := routeOf(g.routes, r.Method, r.URL.EscapedPath())
	if called == nil {
		return invalid
	}
	if fault := called.fault(r, body); fault != nil && fault.Field == "" {
		invalid.message = fault.Message
	} else if fault != nil {
		invalid.message = fault.Error()
		invalid.violations = []violation{{fault.Field, fault.Message}}
	}
	return invalid
}

// fromCode describes a call that ended without an answer from the hub.
func fromCode(c codes.Code) problem {
	switch c {
	case codes.Canceled:
		return problem{code: c, reason: "CANCELLED", message: "the caller went away"}
	case codes.DeadlineExceeded:
		return problem{code: c, reason: "DEADLINE_EXCEEDED", message: "the call took too long"}
	case codes.Unavailable:
		return problem{
			code: c, reason: "UNAVAILABLE", retryAfter: time.Second, message: "the hub cannot answer just now; repeat the call",
		}
	default:
		return problem{code: codes.Internal, reason: "INTERNAL", message: "a fault of the hub"}
	}
}

// explainRoute answers where no method has the path, or not with the verb.
func (g *gateway) explainRoute(
	_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, httpStatus int,
) {
	switch httpStatus {
	case http.StatusMethodNotAllowed:
		g.refuseVerb(w, r, allowed(g.routes, plainPath(r.URL).EscapedPath()))
	case http.StatusBadRequest:
		g.refuse(w, r, problem{code: codes.InvalidArgument, reason: reasonInvalid, message: "the request cannot be read"})
	default:
		g.refusePath(w, r)
	}
}

func (g *gateway) refusePath(w http.ResponseWriter, r *http.Request) {
	g.refuse(w, r, problem{code: codes.NotFound, reason: "ROUTE_NOT_FOUND", message: "there is nothing at this path"})
}

func (g *gateway) refuseVerb(w http.ResponseWriter, r *http.Request, allow string) {
	if allow != "" {
		w.Header().Set("Allow", allow)
	}
	g.refuse(w, r, problem{
		httpStatus: http.StatusMethodNotAllowed, code: codes.Unimplemented, reason: "METHOD_NOT_ALLOWED",
		message: "the path does not take this verb",
	})
}

// refuse logs what no interceptor has seen, without path or content, and answers.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, p problem) {
	g.log.LogAttrs(r.Context(), slog.LevelInfo, "request refused",
		slog.String("request_id", r.Header.Get(requestIDHeader)), slog.String("verb", verbForLog(r.Method)),
		slog.String("code", p.code.String()), slog.String("reason", p.reason))
	writeProblem(w, r, p)
}

// verbForLog keeps made-up verbs out of the log.
func verbForLog(verb string) string {
	switch verb {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions:
		return verb
	}
	return "other"
}

// errorBody is every error of the contract in JSON.
type errorBody struct {
	Code       string            `json:"code"`
	Reason     string            `json:"reason"`
	Message    string            `json:"message"`
	Violations []violation       `json:"violations"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	RequestID  string            `json:"requestId"`
}

func writeProblem(w http.ResponseWriter, r *http.Request, p problem) {
	httpStatus := p.httpStatus
	if httpStatus == 0 {
		httpStatus = runtime.HTTPStatusFromCode(p.code)
	}
	if p.retryAfter > 0 {
		door.RetryAfter(w, p.retryAfter)
	}
	if httpStatus == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeJSON(w, httpStatus, p.body(r))
}

func (p *problem) body(r *http.Request) errorBody {
	if p.violations == nil {
		p.violations = []violation{}
	}
	return errorBody{
		Code: code.Code(p.code).String(), Reason: p.reason, Message: p.message, Violations: p.violations,
		Metadata: p.metadata, RequestID: r.Header.Get(requestIDHeader),
	}
}

func writeJSON(w http.ResponseWriter, httpStatus int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Del("Content-Length")
	w.WriteHeader(httpStatus)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // the caller has gone, or all is well
}
