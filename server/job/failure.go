package job

import (
	"context"
	"log/slog"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// failures logs jobs that fail. River tells of them as information only.
type failures struct{ log *slog.Logger }

var _ river.ErrorHandler = failures{}

func (f failures) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	level, text := slog.LevelWarn, "a job failed and is tried again"
	if job.Attempt >= job.MaxAttempts {
		level, text = slog.LevelError, "a job failed for the last time"
	}
	f.log.Log(ctx, level, text, "job", job.ID, "kind", job.Kind, "attempt", job.Attempt, "error", err.Error())
	return nil
}

// HandlePanic implements river.ErrorHandler. River itself tells of a panic as an error.
func (failures) HandlePanic(context.Context, *rivertype.JobRow, any, string) *river.ErrorHandlerResult {
	return nil
}

// onlyTroubles leaves out what River tells of its daily work, every few seconds for each queue.
type onlyTroubles struct{ slog.Handler }

func (h onlyTroubles) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

func (h onlyTroubles) WithAttrs(attrs []slog.Attr) slog.Handler {
	return onlyTroubles{h.Handler.WithAttrs(attrs)}
}

func (h onlyTroubles) WithGroup(name string) slog.Handler {
	return onlyTroubles{h.Handler.WithGroup(name)}
}
