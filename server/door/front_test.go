package door_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
	"orderhub/server/door"
)

// guard is one with few places.
type guard struct{ control *admission.Control }

func (g guard) Admission() *admission.Control { return g.control }

func (guard) Address(string, []string) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

// An answer that is read slowly takes no place: what the hub had to do for it is done.
func TestAnswerTakesNoPlace(t *testing.T) {
	control, err := admission.New(admission.Options{Calls: 1})
	require.NoError(t, err)
	hub := &door.Services{Gate: door.NewGate(nil, guard{control}), Log: slog.New(slog.DiscardHandler)}
	front := door.NewFront(hub, "", nil, nil)
	front.Enter(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil),
		func(w http.ResponseWriter, _ *http.Request) {
			require.NotNil(t, control.Full(t.Context()))
			_, err := w.Write([]byte("{"))
			require.NoError(t, err)
			require.Nil(t, control.Full(t.Context()))
		})
	require.Nil(t, control.Full(t.Context()))
}
