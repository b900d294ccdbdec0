package logging

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"

	"google.golang.org/grpc/grpclog"
)

// grpcLog takes what gRPC and its gateway log by themselves into the hub's log. Of
// their texts it keeps what is written in their code, and errors of connections:
// the rest may repeat what a peer sent.
type grpcLog struct{ log *slog.Logger }

// FromGRPC is for [grpclog.SetLoggerV2].
func FromGRPC(log *slog.Logger) grpclog.LoggerV2 { return grpcLog{log} }

// write logs a text of the library. That a peer has gone is no trouble of the hub's.
func (g grpcLog) write(level slog.Level, text string, args []any) {
	text, _, _ = strings.Cut(text, "%")
	attrs := []slog.Attr{slog.String("text", strings.TrimRight(text, ": \"`"))}
	if err := connectionError(args); err != nil {
		level = slog.LevelDebug
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	for _, gone := range []string{"Failed to flush", "Failed to send", "Failed to write", "Failed to notify"} {
		if strings.HasPrefix(text, gone) {
			level = slog.LevelDebug
		}
	}
	g.log.LogAttrs(context.Background(), level, "gRPC library", attrs...)
}

// connectionError is the error among the arguments that comes of a connection, nil
// for none.
func connectionError(args []any) error {
	for _, arg := range args {
		err, ok := arg.(error)
		if !ok {
			continue
		}
		if _, ofNetwork := errors.AsType[*net.OpError](err); ofNetwork || errors.Is(err, context.Canceled) ||
			errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
	}
	return nil
}

// first is what stands in front of unformatted arguments: the part of the library.
func first(args []any) string {
	if len(args) == 0 {
		return ""
	}
	text, _ := args[0].(string)
	if part, _, found := strings.Cut(text, "]"); found {
		return part + "]"
	}
	return text
}

// The library tells much that is of use to who works on it alone, also as warnings.

func (g grpcLog) Info(args ...any)                  { g.write(slog.LevelDebug, first(args), args) }
func (g grpcLog) Infoln(args ...any)                { g.write(slog.LevelDebug, first(args), args) }
func (g grpcLog) Infof(format string, args ...any)  { g.write(slog.LevelDebug, format, args) }
func (g grpcLog) Warning(args ...any)               { g.write(slog.LevelDebug, first(args), args) }
func (g grpcLog) Warningln(args ...any)             { g.write(slog.LevelDebug, first(args), args) }
func (g grpcLog) Warningf(format string, a ...any)  { g.write(slog.LevelDebug, format, a) }
func (g grpcLog) Error(args ...any)                 { g.write(slog.LevelError, first(args), args) }
func (g grpcLog) Errorln(args ...any)               { g.write(slog.LevelError, first(args), args) }
func (g grpcLog) Errorf(format string, args ...any) { g.write(slog.LevelError, format, args) }

// What the library calls fatal it ends the program for by itself.

func (g grpcLog) Fatal(args ...any)                 { g.write(slog.LevelError, first(args), args) }
func (g grpcLog) Fatalln(args ...any)               { g.write(slog.LevelError, first(args), args) }
func (g grpcLog) Fatalf(format string, args ...any) { g.write(slog.LevelError, format, args) }

// V leaves out what is only told when asked for.
func (grpcLog) V(int) bool { return false }
