package password

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPlacesOfAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8::1": "2001:db8::/64",
		"2001:db8::ffff:ffff:ffff:ffff": "2001:db8::/64", "2001:db8:0:1::": "2001:db8:0:1::/64", "fe80::1%eth0": "fe80::/64",
	} {
		require.Equal(t, want, PlaceOf(netip.MustParseAddr(address)).String(), address)
	}
	require.Equal(t, netip.Prefix{}, PlaceOf(netip.Addr{}), "without an address they count together")
}

// crowd is a queue in which nobody has a turn yet, with so many of each place waiting.
func crowd(t *testing.T, places, ofEach int) (q *Queue, waiting []*waiter) {
	t.Helper()
	q = NewQueue(1)
	for i := range places * ofEach {
		w := newcomer(i % places)
		require.True(t, q.strangers.join(w), "%d", i)
		waiting = append(waiting, w)
	}
	return q, waiting
}

func newcomer(place int) *waiter {
	at := PlaceOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(place)}))
	return &waiter{place: at, counted: true, called: make(chan bool, 1)}
}

// order lets everybody have a turn and says from which places they came.
func (q *Queue) order(t *testing.T, all []*waiter) (order []int) {
	t.Helper()
	for range all {
		q.free = 1
		q.callNext()
		for _, w := range all {
			select {
			case turn := <-w.called:
				require.True(t, turn)
				order = append(order, int(w.place.Addr().As4()[3]))
			default:
			}
		}
	}
	return order
}

func TestQueueForHashingIsBounded(t *testing.T) {
	q, waiting := crowd(t, mostHashing, 1)
	require.False(t, q.strangers.join(newcomer(99)), "nobody has more than who comes")
	require.True(t, q.known.join(newcomer(99)), "who is known waits elsewhere")
	for _, w := range waiting {
		q.strangers.remove(w)
		q.strangers.quit(w)
	}
	require.Zero(t, q.strangers.inside)
	require.Empty(t, q.strangers.places, "of who has gone nothing is kept")
	require.Empty(t, q.strangers.round)
	for range mostHashingOfOne {
		require.True(t, q.strangers.join(newcomer(1)))
	}
	require.False(t, q.strangers.join(newcomer(1)), "there is room, but not for that place")
}

// A few addresses do not keep others out, however many they send: who comes takes the place of one who came last of
// those that have most.
func TestFewPlacesFillNoQueue(t *testing.T) {
	q, waiting := crowd(t, 4, mostHashingOfOne)
	late := newcomer(99)
	require.True(t, q.strangers.join(late))
	require.Equal(t, mostHashing, q.strangers.inside)
	require.False(t, <-waiting[len(waiting)-4].called, "the last of the first place has to come back")
	order := q.order(t, append(waiting, late))
	require.Equal(t, []int{0, 1, 2, 3, 99, 0, 1, 2, 3, 0}, order[:10], "places take turns")
	require.Len(t, order, mostHashing)
}

// Who is known waits for one stranger at most, and strangers for one who is known.
func TestLinesTakeTurns(t *testing.T) {
	q, waiting := crowd(t, mostHashing, 1)
	for range 3 {
		w := newcomer(99)
		require.True(t, q.known.join(w))
		waiting = append(waiting, w)
	}
	require.Equal(t, []int{0, 99, 1, 99, 2, 99, 3, 4}, q.order(t, waiting)[:8])
}

// Who is sent away is told so while waiting.
func TestSentAway(t *testing.T) {
	q, waiting := crowd(t, 3, mostHashingOfOne)
	q.free = 0
	for range mostHashingOfOne - 1 {
		require.True(t, q.strangers.join(newcomer(3)))
	}
	told := make(chan error)
	go func() {
		_, err := q.Enter(t.Context(), Guest{From: netip.MustParseAddr("192.0.2.3")})
		told <- err
	}()
	require.Eventually(t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.strangers.inside == mostHashing
	}, 10*time.Second, time.Millisecond)
	for _, w := range waiting[:3] { // so that place 3 has most
		q.strangers.remove(w)
		q.strangers.quit(w)
	}
	for range 3 {
		require.True(t, q.strangers.join(newcomer(98)))
	}
	require.True(t, q.strangers.join(newcomer(97)))
	var busy *BusyError
	require.ErrorAs(t, <-told, &busy)
}

// Whoever gives up while waiting for a turn leaves the queue, and no turn is lost.
func TestTurnsForHashing(t *testing.T) {
	q := NewQueue(2)
	leaves := make([]func(), 2)
	for i := range leaves {
		var err error
		leaves[i], err = q.Enter(t.Context(), Guest{Known: i == 0})
		require.NoError(t, err)
	}
	gone, leave := context.WithTimeout(t.Context(), time.Millisecond)
	defer leave()
	for _, known := range []bool{true, false} {
		_, err := q.Enter(gone, Guest{Known: known})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	_, err := q.Hash(gone, "password")
	require.ErrorIs(t, err, context.DeadlineExceeded, "an operator waits for a turn too")
	for _, leave := range leaves {
		leave()
	}
	for _, l := range []*line{&q.known, &q.strangers} {
		require.Zero(t, l.inside)
		require.Empty(t, l.places)
		require.Empty(t, l.round)
	}
	require.Equal(t, 2, q.free)
	_, err = q.Hash(t.Context(), "password")
	require.NoError(t, err)
	require.Equal(t, 2, q.free)
}

func TestHashesThatAreNone(t *testing.T) {
	encoded := Hash("password")
	require.True(t, Matches(encoded, "password"))
	require.False(t, Matches(encoded, "password "))
	salt, hash, err := decode(encoded)
	require.NoError(t, err)
	require.Len(t, salt, saltBytes)
	require.Len(t, hash, hashBytes)
	for name, damaged := range map[string]string{
		"none": "", "no salt": format, "no hash": format + "AAAA",
		"salt of no alphabet": format + "!$AA",
		"hash of no alphabet": format + "AAAA$!", "short hash": encoded[:len(encoded)-4],
		"of another cost": strings.Replace(encoded, "t=2", "t=1", 1),
		"zeroes":          fmt.Sprint(format, strings.Repeat("A", 22), "$"),
	} {
		_, _, err := decode(damaged)
		require.Error(t, err, name)
		require.False(t, Matches(damaged, "password"), name)
	}
}
