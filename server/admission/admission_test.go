package admission_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
)

func control(t *testing.T, o admission.Options) *admission.Control {
	t.Helper()
	c, err := admission.New(o)
	require.NoError(t, err)
	return c
}

func address(text string) netip.Addr { return netip.MustParseAddr(text) }

// enter takes n places, leaving nothing to the caller but the visits.
func enter(t *testing.T, c *admission.Control, from string, n int) []*admission.Visit {
	t.Helper()
	visits := make([]*admission.Visit, n)
	for i := range visits {
		v, err := c.Enter(t.Context(), address(from))
		require.NoError(t, err, "place %d", i+1)
		t.Cleanup(v.Leave)
		visits[i] = v
	}
	return visits
}

func full(t *testing.T, err error) {
	t.Helper()
	var refusal *admission.FullError
	require.ErrorAs(t, err, &refusal)
	require.Positive(t, refusal.After)
}

func TestNoAddressTakesEveryPlace(t *testing.T) {
	c := control(t, admission.Options{Calls: 8})
	held := enter(t, c, "192.0.2.1", 6)
	_, err := c.Enter(t.Context(), address("192.0.2.1"))
	full(t, err)
	_, err = c.Enter(t.Context(), address("::ffff:192.0.2.1"))
	full(t, err)
	require.Nil(t, c.Full(t.Context()))
	enter(t, c, "192.0.2.2", 2)
	require.NotNil(t, c.Full(t.Context()))
	_, err = c.Enter(t.Context(), address("192.0.2.3"))
	full(t, err)

	held[0].Leave()
	held[0].Leave() // again gives nothing more
	enter(t, c, "192.0.2.3", 1)
	_, err = c.Enter(t.Context(), address("192.0.2.3"))
	full(t, err)
}

func TestNoMerchantTakesEveryPlace(t *testing.T) {
	c := control(t, admission.Options{Calls: 8})
	for i, v := range enter(t, c, "192.0.2.1", 6) {
		require.NoError(t, v.Identify(t.Context(), 7), "place %d", i+1)
	}
	other := enter(t, c, "192.0.2.2", 1)[0]
	full(t, other.Identify(t.Context(), 7))
	require.NoError(t, other.Identify(t.Context(), 8))
}

func TestWhoIsWaitedForHoldsNoPlace(t *testing.T) {
	c := control(t, admission.Options{Calls: 2})
	slow := enter(t, c, "192.0.2.1", 1)[0]
	require.NoError(t, slow.Identify(t.Context(), 7))
	slow.Wait()
	others := enter(t, c, "192.0.2.1", 1)
	others = append(others, enter(t, c, "192.0.2.2", 1)...)
	full(t, slow.Work(t.Context()))
	others[0].Leave()
	require.NoError(t, slow.Work(t.Context()))
	slow.Leave()
	others[1].Leave()
	enter(t, c, "192.0.2.1", 1)
}

func TestBytesAreBounded(t *testing.T) {
	c := control(t, admission.Options{Bytes: 400})
	reserve := func(from string, merchantID, n int64) (*admission.Visit, error) {
		v := enter(t, c, from, 1)[0]
		require.NoError(t, v.Identify(t.Context(), merchantID))
		return v, v.Reserve(t.Context(), n)
	}
	first, err := reserve("192.0.2.1", 7, 100)
	require.NoError(t, err)
	_, err = reserve("192.0.2.2", 7, 1)
	full(t, err) // the merchant's share, wherever it calls from
	for _, other := range []int64{8, -8, 9} {
		_, err = reserve("192.0.2.1", other, 100)
		require.NoError(t, err)
	}
	_, err = reserve("192.0.2.4", 10, 1)
	full(t, err)
	_, err = reserve("192.0.2.4", 0, 1)
	full(t, err)
	first.Leave()
	_, err = reserve("192.0.2.4", 10, 100)
	require.NoError(t, err)
}

// Strangers of however many networks hold a quarter of the bytes, and those of one a small part, so that merchants and
// operators always have the rest.
func TestStrangersHoldFewBytes(t *testing.T) {
	c := control(t, admission.Options{Bytes: 3200})
	reserve := func(from string, n int64) (*admission.Visit, error) {
		v := c.Await(address(from))
		require.True(t, v.Stranger())
		return v, v.Reserve(t.Context(), n)
	}
	for range 100 {
		_, err := reserve("192.0.2.1", 1)
		require.NoError(t, err)
	}
	_, err := reserve("192.0.2.1", 1)
	full(t, err)
	large, err := reserve("192.0.2.2", 700)
	require.NoError(t, err, "nothing is too large for ever")
	_, err = reserve("192.0.2.3", 1)
	full(t, err)
	v := enter(t, c, "192.0.2.4", 1)[0]
	require.NoError(t, v.Identify(t.Context(), 7))
	require.False(t, v.Stranger())
	require.NoError(t, v.Reserve(t.Context(), 800))
	large.Leave()
	large.Leave() // again gives nothing more
	_, err = reserve("192.0.2.3", 700)
	require.NoError(t, err)
	_, err = reserve("192.0.2.5", 1)
	full(t, err)
}

// A stranger's body takes room as it comes, whatever it says to have; others' at once.
func TestRoomForStrangersBodies(t *testing.T) {
	c := control(t, admission.Options{Bytes: 3 << 20})
	silent, send := io.Pipe()
	read := make(chan error)
	go func() {
		_, err := c.Await(address("192.0.2.1")).ReadOf(t.Context(), silent, 1<<20, 1<<20)
		read <- err
	}()
	_, err := send.Write([]byte("x")) // returns when it was read: room was made before
	require.NoError(t, err)
	for range 15 { // of 96 KiB, of which the first has 4
		_, err := c.Await(address("192.0.2.1")).ReadOf(t.Context(), strings.NewReader("x"), 1, 10)
		require.NoError(t, err)
	}
	full(t, c.Await(address("192.0.2.1")).Reserve(t.Context(), 93<<10))
	require.NoError(t, c.Await(address("192.0.2.1")).Reserve(t.Context(), 91<<10))
	require.NoError(t, send.Close())
	require.NoError(t, <-read)
	_, err = c.Await(address("192.0.2.1")).ReadOf(t.Context(), strings.NewReader("x"), 11, 10)
	require.ErrorIs(t, err, admission.ErrTooLarge)
}

func TestALargerCrowdComesBackLater(t *testing.T) {
	now := time.Unix(1_000, 0)
	c := control(t, admission.Options{Calls: 100, Now: func() time.Time { return now }})
	enter(t, c, "192.0.2.1", 75)
	enter(t, c, "192.0.2.2", 25)
	require.Less(t, c.Full(t.Context()).After, 2*time.Second)
	for range 399 {
		require.GreaterOrEqual(t, c.Full(t.Context()).After, 500*time.Millisecond)
	}
	now = now.Add(time.Second)
	require.GreaterOrEqual(t, c.Full(t.Context()).After, 4500*time.Millisecond, "400 came in the second before")
	var after time.Duration
	for range 10_000 {
		after = c.Full(t.Context()).After
	}
	require.Equal(t, 10*time.Second, after)
}

func TestNetwork(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::",
		"fe80::1%eth0": "fe80::",
	} {
		require.Equal(t, address(want), admission.Network(address(from)), from)
	}
	require.False(t, admission.Network(netip.Addr{}).IsValid())
}
