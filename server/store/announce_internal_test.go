package store

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// rung notes who was woken.
type rung struct {
	merchants []int64
	all       int
}

func (r *rung) Ring(merchantIDs ...int64) { r.merchants = append(r.merchants, merchantIDs...) }
func (r *rung) RingAll()                  { r.all++ }

// Whatever arrives on the channel, nothing is an error, which the listener would
// warn of each time.
func TestHearing(t *testing.T) {
	for payload, want := range map[string]rung{
		"": {}, "7": {merchants: []int64{7}}, "7,8": {merchants: []int64{7, 8}}, "*": {all: 1}, "7,": {all: 1},
		"what's up": {all: 1},
	} {
		var got rung
		require.NoError(
			t, hearing{&got}.HandleNotification(t.Context(), &pgconn.Notification{Payload: payload}, nil), payload,
		)
		require.Equal(t, want, got, payload)
	}
}

func TestNothingIsAnnouncedTwice(t *testing.T) {
	a := &announcer{pending: map[int64]bool{7: true, 12: true}}
	require.Equal(t, "12,7", a.payload())
	require.Empty(t, a.payload(), "whoever woke late finds nothing left to tell")
}
