package command_test

import (
	"net"
	"testing"
)

// What cannot be listened with is refused in one line, before anything is printed.
func TestWebhookListenRefusals(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct{ name, want, flag, value string }{
		{"a port in use", "address already in use", "--address", taken.Addr().String()},
		{"no port", "missing port", "--address", "nonsense"},
		{"no such port", "invalid port", "--address", "127.0.0.1:99999"},
		{"no base64", "--secret must have base64", "--secret", "whsec_not base64!"},
		{"nothing after the prefix", "--secret must have base64", "--secret", "whsec_"},
		{"no status", "--status must be", "--status", "99"},
		{"beyond a status", "--status must be", "--status", "600"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"webhook", "listen", test.flag, test.value}
			if test.flag != "--address" {
				args = append(args, "--address", "127.0.0.1:0")
			}
			fails(t, test.want, args...)
		})
	}
}
