package account

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
		require.Equal(t, want, placeOf(netip.MustParseAddr(address)).String(), address)
	}
	require.Equal(t, netip.Prefix{}, placeOf(netip.Addr{}), "without an address they count together")
}

func TestQueueForHashingIsBounded(t *testing.T) {
	h := newHashing()
	places := func(i int) netip.Prefix { return placeOf(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})) }
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
	h := newHashing()
	require.Positive(t, cap(h.turns))
	require.LessOrEqual(t, cap(h.turns)*argonMemory, 2*19<<10, "KiB that hashing takes at once")
	leaves := make([]func(), cap(h.turns))
	for i := range leaves {
		var err error
		leaves[i], err = h.enter(t.Context(), netip.Addr{})
		require.NoError(t, err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := h.enter(gone, netip.Addr{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, len(leaves), h.inside)
	_, err = h.newPasswordHash(gone, "password")
	require.ErrorIs(t, err, context.Canceled, "an operator waits for a turn too")
	for _, leave := range leaves {
		leave()
	}
	require.Zero(t, h.inside)
	require.Empty(t, h.turns)
}

func TestHashesThatAreNone(t *testing.T) {
	encoded, err := newHashing().newPasswordHash(t.Context(), "password")
	require.NoError(t, err)
	require.True(t, matches(encoded, "password"))
	require.False(t, matches(encoded, "password "))
	salt, hash, err := decodePassword(encoded)
	require.NoError(t, err)
	require.Len(t, salt, saltBytes)
	require.Len(t, hash, hashBytes)
	for name, damaged := range map[string]string{
		"none": "", "no salt": passwordFormat, "no hash": passwordFormat + "AAAA",
		"salt of no alphabet": passwordFormat + "!$AA",
		"hash of no alphabet": passwordFormat + "AAAA$!", "short hash": encoded[:len(encoded)-4],
		"of another cost": strings.Replace(encoded, "t=2", "t=1", 1),
		"zeroes":          fmt.Sprint(passwordFormat, strings.Repeat("A", 22), "$"),
	} {
		_, _, err := decodePassword(damaged)
		require.Error(t, err, name)
		require.False(t, matches(damaged, "password"), name)
	}
}
