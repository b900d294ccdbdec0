// Package logging keeps out of the log what does not belong there.
package logging

import (
	"context"
	"log/slog"
	"strings"
)

// withoutCancellations leaves out what is logged as an error and only says that something was
// cancelled: the job queue does that whenever it is stopped at a busy moment.
type withoutCancellations struct{ slog.Handler }

// WithoutCancellations is handler without what is logged as an error and only
// says that something was cancelled.
func WithoutCancellations(handler slog.Handler) slog.Handler { return withoutCancellations{handler} }

// Handle passes on everything else.
func (h withoutCancellations) Handle(ctx context.Context, record slog.Record) error {
	cancelled := false
	record.Attrs(func(attr slog.Attr) bool {
		// As text: the queue does not log the error itself.
		cancelled = attr.Key == "error" && strings.HasSuffix(attr.Value.String(), context.Canceled.Error())
		return !cancelled
	})
	if cancelled {
		return nil
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs leaves out the same.
func (h withoutCancellations) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withoutCancellations{h.Handler.WithAttrs(attrs)}
}

// WithGroup leaves out the same.
func (h withoutCancellations) WithGroup(name string) slog.Handler {
	return withoutCancellations{h.Handler.WithGroup(name)}
}
