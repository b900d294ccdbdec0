package logging

import (
	"context"
	"io"
	"log/slog"
	"strings"
)

// libraryLog takes what libraries log by themselves, package net/http above all,
// into the hub's log. It leaves out the bytes that a peer sent unasked, which
// net/http repeats: they may be goods.
type libraryLog struct{ log *slog.Logger }

// FromLibraries is for the standard logger to write to.
func FromLibraries(log *slog.Logger) io.Writer { return libraryLog{log} }

// Write logs one message.
func (l libraryLog) Write(message []byte) (int, error) {
	text, _, _ := strings.Cut(strings.TrimSpace(string(message)), " starting with ")
	level := slog.LevelWarn
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = slog.LevelDebug // whoever comes by and speaks something else makes one
	}
	l.log.Log(context.Background(), level, "a library reports", "message", text)
	return len(message), nil
}
