package console

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
)

// Who reads steadily has all the time it takes; who reads next to nothing does not keep the hub waiting by that.
func TestPace(t *testing.T) {
	const part = 4 << 10
	at := time.Unix(1_000, 0)
	var until time.Time
	read := func(p *pace, takes time.Duration) error {
		deadline := func(d time.Time) error { until = d; return nil }
		n, err := p.write(make([]byte, part), deadline, func(b []byte) (int, error) {
			at = at.Add(takes)
			return len(b), nil
		})
		require.Equal(t, part, n)
		return err
	}
	steady := newPace(func() time.Time { return at })
	for range 10_000 {
		require.NoError(t, read(steady, 900*time.Millisecond))
		require.Equal(t, 45*time.Second, until.Add(900*time.Millisecond).Sub(at), "patience is not saved up")
	}
	slow := newPace(func() time.Time { return at })
	require.NoError(t, read(slow, 40*time.Second))
	require.NoError(t, read(slow, 5*time.Second))
	require.Equal(t, 6*time.Second, until.Add(5*time.Second).Sub(at), "the deadline comes nearer")
	require.ErrorIs(t, read(slow, 5*time.Second), errTooSlow)
}

// entrance is one with few places.
type entrance struct{ control *admission.Control }

func (e entrance) Admission() *admission.Control { return e.control }

func (entrance) Address(string, []string) netip.Addr { return netip.Addr{} }

// A file that nobody reads takes no place.
func TestDownloadTakesNoPlace(t *testing.T) {
	control, err := admission.New(admission.Options{Calls: 1})
	require.NoError(t, err)
	begun, stuck := make(chan struct{}), make(chan struct{})
	c := &Console{Options: Options{Entrance: entrance{control}}}
	c.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/file" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		c.download(&request{Request: r, console: c, w: w}, &download{
			write: func(*request, *fileWriter) error {
				close(begun)
				<-stuck // as long as its reader likes
				return nil
			},
		})
	})
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(stuck) })
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "GET /file HTTP/1.1\r\nHost: hub\r\n\r\n")
	require.NoError(t, err)
	<-begun
	answer, err := http.Get(server.URL + "/other")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusNoContent, answer.StatusCode)
}
