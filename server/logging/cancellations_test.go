package logging_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"orderhub/server/logging"
)

func TestWithoutCancellations(t *testing.T) {
	var text bytes.Buffer
	log := slog.New(logging.WithoutCancellations(slog.NewTextHandler(&text, nil))).With("name", "queue")
	log.Error("stopped", "error", context.Canceled.Error())
	log.Error("stopped", "error", context.Canceled)
	log.Error("broken", "error", errors.New("disk full"))
	log.Info("started")
	if got := text.String(); strings.Contains(got, "stopped") || !strings.Contains(got, "broken") ||
		!strings.Contains(got, "started") {
		t.Errorf("logged:\n%s", got)
	}
}
