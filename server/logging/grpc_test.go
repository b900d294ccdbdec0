package logging_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"

	"orderhub/server/logging"
)

func TestFromGRPC(t *testing.T) {
	broken := &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	var text bytes.Buffer
	log := logging.FromGRPC(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	for want, tell := range map[string]func(){
		`level=DEBUG msg="gRPC library" text="Failed to flush response to client" error="write tcp: broken pipe"`: func() {
			log.Errorf("Failed to flush response to client: %v", broken)
		},
		`level=DEBUG msg="gRPC library" text="Failed to send response chunk"`: func() {
			log.Errorf("Failed to send response chunk: %v", errors.New("secret"))
		},
		`level=ERROR msg="gRPC library" text="Marshal error"`: func() {
			log.Errorf("Marshal error: %v", errors.New("secret"))
		},
		`level=ERROR msg="gRPC library" text="HTTP header name"`: func() {
			log.Errorf("HTTP header name %q is not valid as gRPC metadata key; skipping", "secret")
		},
		`level=DEBUG msg="gRPC library" text=[transport] error="context canceled"`: func() {
			log.Errorln("[transport]", "secret", context.Canceled)
		},
		`level=DEBUG msg="gRPC library" text=[core]`: func() { log.Warningln("[core] secret") },
	} {
		text.Reset()
		tell()
		if got := text.String(); got != want+"\n" {
			t.Errorf("logged %q, want %q", got, want)
		}
	}
}
