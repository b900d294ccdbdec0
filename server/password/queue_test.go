package password

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

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

func TestQueueForHashingIsBounded(t *testing.T) {
	h := NewQueue(2)
	places := func(i int) netip.Prefix { return PlaceOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})) }
	for i := range mostHashing {
		require.True(t, h.join(places(i/mostHashingOfOne)), "%d", i)
	}
	require.False(t, h.join(places(99)), "it is full")
	h.quit(places(0))
	require.False(t, h.join(places(1)), "there is room, but not for that place")
	require.True(t, h.join(places(99)))
	for i := range mostHashing {
		if i > 0 {
			h.quit(places(i / mostHashingOfOne))
		}
	}
	h.quit(places(99))
	require.Zero(t, h.inside)
	require.Empty(t, h.byPlace, "of who has gone nothing is kept")
}

// Whoever gives up while waiting for a turn leaves the queue, and no turn is lost.
func TestTurnsForHashing(t *testing.T) {
	h := NewQueue(2)
	leaves := make([]func(), cap(h.turns))
	for i := range leaves {
		var err error
		leaves[i], err = h.Enter(t.Context(), netip.Addr{})
		require.NoError(t, err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := h.Enter(gone, netip.Addr{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, len(leaves), h.inside)
	_, err = h.Hash(gone, "password")
	require.ErrorIs(t, err, context.Canceled, "an operator waits for a turn too")
	for _, leave := range leaves {
		leave()
	}
	require.Zero(t, h.inside)
	require.Empty(t, h.turns)
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
