package app

import (
	"context"
	"log/slog"
	"strings"
)

// calm leaves out what is logged as an error and only says that something was
// cancelled: the job queue does that whenever it is stopped at a busy moment.
type calm struct{ slog.Handler }

// Handle passes on everything else.
func (c calm) Handle(ctx context.Context, record slog.Record) error {
	cancelled := false
	record.Attrs(func(attr slog.Attr) bool {
		// As text: the queue does not log the error itself.
		cancelled = attr.Key == "error" && strings.HasSuffix(attr.Value.String(), context.Canceled.Error())
		return !cancelled
	})
	if cancelled {
		return nil
	}
	return c.Handler.Handle(ctx, record)
}

// WithAttrs keeps the log calm.
func (c calm) WithAttrs(attrs []slog.Attr) slog.Handler { return calm{c.Handler.WithAttrs(attrs)} }

// WithGroup keeps the log calm.
func (c calm) WithGroup(name string) slog.Handler { return calm{c.Handler.WithGroup(name)} }
