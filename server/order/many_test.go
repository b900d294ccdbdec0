package order_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/order"
)

func drafts(n int, sku string) []*order.Draft {
	all := make([]*order.Draft, n)
	for i := range all {
		all[i] = draft(fmt.Sprintf("r%d", i), sku, 1)
	}
	return all
}

// Rows are placed each by itself, in their order: money goes to the first of them.
func TestEachRowIsItsOwn(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	m.state.Wallets[7].Balance = baht("25.00")
	s := serve(t, m, order.Options{})
	batch := drafts(5, "CODE1")
	batch[1].Lines[0].SKU = "CODE9"
	batch[2].Reference = "r0"
	batch[3] = nil // what could not be read
	batch = append(batch, draft("last", "CODE1", 1), draft("bad", "", 1))
	rows, err := s.CreateEach(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, "r0", rows[0].Order.Reference)
	require.Equal(t, order.ReasonProductNotFound, as[*order.LinesError](t, rows[1].Err).Problems[0].Reason)
	require.Equal(t, "reference_id", as[*errs.InvalidError](t, rows[2].Err).Violations[0].Field)
	require.Equal(t, order.Row{}, rows[3])
	require.Equal(t, "r4", rows[4].Order.Reference)
	_ = as[*order.InsufficientBalanceError](t, rows[5].Err)
	require.Equal(t, "lines[0].sku", as[*errs.InvalidError](t, rows[6].Err).Violations[0].Field)

	again, err := s.CreateEach(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, rows[0].Order, again[0].Order)
	require.True(t, again[0].Replayed)
	require.Equal(t, rows[4].Balance, again[4].Balance)
	require.Len(t, m.orders, 2, "a batch that is sent again places nothing twice")
}

// What changed while the batch was judged is tried again row by row.
func TestRowsAreTriedAgain(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{})
	m.change(1, func(p *catalog.Product) { p.Price = baht("5.00") })
	m.contended = 4
	rows, err := s.CreateEach(t.Context(), drafts(4, "CODE1"))
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, row.Err)
		require.Equal(t, baht("5.00"), row.Order.Total)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	s := serve(t, newMemory(codes(1, "10.00")), order.Options{})
	for _, batch := range [][]*order.Draft{nil, drafts(order.MaxBatch+1, "CODE1")} {
		_, err := s.CreateEach(t.Context(), batch)
		_ = as[*errs.InvalidError](t, err)
		_, err = s.CreateTogether(t.Context(), batch)
		_ = as[*errs.InvalidError](t, err)
	}
	wide := drafts(51, "CODE1")
	for _, d := range wide {
		for range 99 {
			d.Lines = append(d.Lines, d.Lines[0])
		}
	}
	_, err := s.CreateEach(t.Context(), wide)
	require.Contains(t, as[*errs.InvalidError](t, err).Violations[0].Message, "5000 lines")
}

// What is not begun in time is not placed, and its caller hears so.
func TestBatchEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(codes(1, "1.00"))
		held := &slow{m, make(chan struct{}), make(chan struct{})}
		s := order.NewService(order.Options{Store: held, Catalog: m, NewNumber: numbers()})
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		go func() {
			<-held.begun
			time.Sleep(8 * time.Second)
			held.release <- struct{}{}
			<-held.begun
			time.Sleep(1500 * time.Millisecond)
			held.release <- struct{}{}
		}()
		rows, err := s.CreateEach(ctx, drafts(300, "CODE1"))
		require.NoError(t, err)
		require.NotNil(t, rows[0].Order)
		require.ErrorIs(t, rows[299].Err, order.ErrNoTime)
		require.NoError(t, ctx.Err())
	})
}

// Rows that wait behind others of their batch are at work, too: who hears that one was not seen orders it anew.
func TestWaitingRowsAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(codes(1, "1.00"))
		m.state.Wallets[7].Balance = baht("300.00")
		for id := range int64(300) {
			m.state.Units[1].Units = append(m.state.Units[1].Units, order.Unit{ID: 1000 + id})
		}
		held := &slow{m, make(chan struct{}), make(chan struct{})}
		s := order.NewService(order.Options{Store: held, Catalog: m, NewNumber: numbers(), Alone: true})
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan []order.Row, 1)
		go func() {
			batch := drafts(300, "CODE1")
			batch[0].Lines[0].SKU = "CODE9"
			rows, err := s.CreateEach(ctx, batch)
			if err != nil {
				t.Error(err)
			}
			ended <- rows
		}()
		<-held.begun
		for _, reference := range []string{"r0", "r1", "r127", "r128", "r299"} {
			require.Equal(t, order.ReferenceInFlight, stateOf(t, s, reference), reference)
		}
		require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "r300"))

		held.release <- struct{}{}
		<-held.begun
		require.Equal(t, order.ReferenceRefused, stateOf(t, s, "r0"), "its part is done")
		require.Equal(t, order.ReferenceOrdered, stateOf(t, s, "r1"))
		require.Equal(t, order.ReferenceInFlight, stateOf(t, s, "r128"))
		require.Equal(t, order.ReferenceInFlight, stateOf(t, s, "r299"), "waits still")

		cancel()
		held.release <- struct{}{}
		rows := <-ended
		synctest.Wait()
		require.Equal(t, order.ReferenceOrdered, stateOf(t, s, "r128"), "its transaction went on")
		require.ErrorIs(t, rows[299].Err, context.Canceled)
		require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "r299"), "nobody will begin with it")
	})
}

func numbers() func() string {
	var made atomic.Int64 // rows are made beside each other
	return func() string { return fmt.Sprint("ord_", made.Add(1)) }
}

// All are placed or none, and the row is told for which none was.
func TestAllOrNone(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	m.state.Wallets[7].Balance = baht("25.00")
	s := serve(t, m, order.Options{})
	_, err := s.CreateTogether(t.Context(), drafts(3, "CODE1"))
	require.Equal(t, 2, as[*order.RowError](t, err).Row)
	_ = as[*order.InsufficientBalanceError](t, err)
	require.Empty(t, m.orders)
	require.Equal(t, order.ReferenceRefused, stateOf(t, s, "r2"))
	require.Equal(t, order.ReferenceNotSeen, stateOf(t, s, "r0"))

	rows, err := s.CreateTogether(t.Context(), drafts(2, "CODE1"))
	require.NoError(t, err)
	require.Len(t, m.orders, 2)
	m.change(1, archive)
	require.NoError(t, m.Refresh(t.Context()))
	again, err := s.CreateTogether(t.Context(), drafts(2, "CODE1"))
	require.NoError(t, err, "what was placed is answered, whatever is on sale now")
	require.Equal(t, rows[1].Order, again[1].Order)

	twice := drafts(2, "CODE1")
	twice[1].Reference = "r0"
	_, err = s.CreateTogether(t.Context(), twice)
	require.Equal(t, 1, as[*order.RowError](t, err).Row)
}

func TestTogetherIsTriedAgain(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{})
	m.change(1, func(p *catalog.Product) { p.Price = baht("5.00") })
	m.contended = 1
	rows, err := s.CreateTogether(t.Context(), drafts(3, "CODE1"))
	require.NoError(t, err)
	require.Equal(t, baht("5.00"), rows[2].Order.Total)
}
