package logging_test

import (
	"bytes"
	"fmt"
	"log"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/logging"
)

// The words are those of net/http.
func TestFromLibraries(t *testing.T) {
	var out bytes.Buffer
	library := log.New(logging.FromLibraries(slog.New(slog.NewTextHandler(&out, nil))), "", 0)
	library.Printf(
		"Unsolicited response received on idle HTTP channel starting with %q; err=%v", "SECRET-CODE",
		fmt.Errorf("malformed %q", "SECRET-CODE"),
	)
	require.Contains(t, out.String(), `message="Unsolicited response received on idle HTTP channel"`)
	require.NotContains(t, out.String(), "SECRET")
	library.Print("http: TLS handshake error from 192.0.2.1:4711: EOF")
	require.NotContains(t, out.String(), "handshake", "below what is logged")
}
