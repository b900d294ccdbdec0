package api

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var allRows = slices.Concat(table, claimRows, reconciliationRows)

// explain turns an error of the domain into what the caller is told. What it
// does not know is INTERNAL, with the cause in the log only.
func (g *guard) explain(ctx context.Context, err error) error {
	c := callOf(ctx)
	if p := ended(ctx, err); p != nil {
		return p.status(c.requestID).Err()
	}
	if s, ok := status.FromError(err); ok {
		return explainStatus(s, c.requestID).Err()
	}
	for _, describe := range allRows {
		if p := describe(err); p != nil {
			if p.code == codes.Unavailable {
				if late := over(ctx); late != nil {
					return late.status(c.requestID).Err()
				}
				// The caller is only told to come back; the operator needs to know why.
				return g.tellOperator(ctx, slog.LevelWarn, "call unavailable", *p, err)
			}
			return p.status(c.requestID).Err()
		}
	}
	if late := over(ctx); late != nil {
		// A driver that was interrupted does not always say by what.
		return g.tellOperator(ctx, slog.LevelWarn, "call ended", *late, err)
	}
	return g.tellOperator(ctx, slog.LevelError, "call failed", internalProblem, err)
}

// tellOperator is a problem whose cause is for operators only: in the answer to the
// one of this machine, else in the log.
func (g *guard) tellOperator(ctx context.Context, level slog.Level, what string, p problem, cause error) error {
	c := callOf(ctx)
	if _, local := localOperator(ctx); local {
		p.message = cause.Error()
		return p.status(c.requestID).Err()
	}
	g.log.LogAttrs(ctx, level, what, append(c.attrs(), slog.String("error", cause.Error()))...)
	return p.status(c.requestID).Err()
}

// ended describes an error that comes of a context. When it was not the
// caller's, something of ours took too long or is shutting down.
func ended(ctx context.Context, err error) *problem {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	if p := over(ctx); p != nil {
		return p
	}
	return &unavailableProblem
}

// over describes a call whose caller waits no longer, nil for one that is
// waited for.
func over(ctx context.Context) *problem {
	switch {
	case overdue(ctx):
		return &noMessageProblem
	case errors.Is(ctx.Err(), context.Canceled):
		return &problem{code: codes.Canceled, reason: "CANCELLED", message: "the caller went away"}
	case ctx.Err() != nil:
		return &problem{code: codes.DeadlineExceeded, reason: "DEADLINE_EXCEEDED", message: "the call took too long"}
	default:
		return nil
	}
}

// explainStatus gives a status that gRPC itself made the form of ours.
func explainStatus(s *status.Status, requestID string) *status.Status {
	if reasonOf(s.Err()) != "" {
		return s
	}
	p := problem{code: s.Code(), reason: code.Code(s.Code()).String(), message: s.Message()}
	if s.Code() == codes.Unimplemented {
		p.reason = "NOT_IMPLEMENTED"
	}
	return p.status(requestID)
}
