package order_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// slow is a store whose transactions wait to be let go.
type slow struct {
	*memory
	begun, release chan struct{}
}

func (s *slow) Place(ctx context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	s.begun <- struct{}{}
	<-s.release
	return s.memory.Place(ctx, candidates, judge)
}

func stateOf(t *testing.T, s *order.Service, reference string) order.ReferenceState {
	t.Helper()
	o, err := s.Outcome(t.Context(), 7, reference)
	require.NoError(t, err)
	return o.State
}

// Who gives up while the transaction is at work is told that it is, until it is known what came of it; what still
// waited then never happens.
func TestReferenceIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(codes(1, "10.00"))
		held := &slow{m, make(chan struct{}), make(chan struct{})}
		s := order.NewService(order.Options{Store: held, Catalog: m, NewNumber: func() string { return "N" }, Alone: true})
		defer s.Close()
		require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "first"))

		ctx, cancel := context.WithCancel(t.Context())
		outcomes := make(chan error, 2)
		call := func(reference string) {
			_, err := s.Create(ctx, draft(reference, "CODE1", 1))
			outcomes <- err
		}
		go call("first")
		<-held.begun
		go call("second")
		synctest.Wait()
		require.Equal(t, order.ReferenceInFlight, stateOf(t, s, "first"), "in a transaction")
		require.Equal(t, order.ReferenceInFlight, stateOf(t, s, "second"), "waits")
		require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "third"))

		cancel()
		require.ErrorIs(t, <-outcomes, context.Canceled)
		require.ErrorIs(t, <-outcomes, context.Canceled)
		require.Equal(t, order.ReferenceInFlight, stateOf(t, s, "first"), "its transaction goes on")
		require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "second"), "nobody will begin with it")
		held.release <- struct{}{}
		synctest.Wait()
		require.Equal(t, order.ReferenceOrdered, stateOf(t, s, "first"))

		alone, err := s.Outcome(t.Context(), 7, "second")
		require.NoError(t, err)
		require.Equal(t, alone.AsOf, alone.Settled, "there is nobody else who could be at work with it")
	})
}

// What says nothing of the order, and what could not be read, is not kept as a refusal.
func TestWhatIsNoRefusal(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{})
	m.state.Wallets[7].Suspended = true
	_, err := s.Create(t.Context(), draft("r", "CODE1", 1))
	require.ErrorIs(t, err, order.ErrMerchantSuspended)
	require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "r"))

	_, err = s.Create(t.Context(), draft("", "CODE9", 1))
	require.Error(t, err)
	require.Empty(t, m.refusals, "nobody could ask for it")

	m.broken = errors.New("broken")
	_, err = s.Outcome(t.Context(), 7, "r")
	require.ErrorIs(t, err, m.broken)
}

// A merchant that is refused without end fills nothing.
func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(codes(1, "10.00"))
		s := serve(t, m, order.Options{})
		for range 2100 {
			_, err := s.Create(t.Context(), draft("r", "CODE9", 1))
			require.Error(t, err)
		}
		require.Equal(t, 2000, m.kept)
		require.EqualValues(t, 100, s.ForgottenRefusals())
	})
}

// confirming has holds that become orders while they are read.
type confirming struct {
	order.HoldStore

	confirm func() *order.Hold
}

func (c confirming) HoldByReference(context.Context, int64, string) (*order.Hold, error) {
	return c.confirm(), nil
}

// A reference whose hold becomes an order while it is asked for has an order.
func TestReferenceOfAHoldThatIsConfirmedMeanwhile(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{Alone: true, Holds: confirming{confirm: func() *order.Hold {
		m.orders = append(m.orders, order.Order{ID: 5, MerchantID: 7, Reference: "r", Number: "N"})
		return &order.Hold{Number: "N", MerchantID: 7, Reference: "r", Status: order.HoldConfirmed, OrderID: 5}
	}}})
	require.Equal(t, order.ReferenceOrdered, stateOf(t, s, "r"))
}
