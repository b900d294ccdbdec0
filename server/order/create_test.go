package order_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

func create(t *testing.T, s *order.Service, d *order.Draft) order.Placement {
	t.Helper()
	placed, err := s.Create(t.Context(), d)
	require.NoError(t, err)
	return placed
}

// as is the error as what a caller can act on.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	var wanted E
	require.ErrorAs(t, err, &wanted)
	return wanted
}

// A draft that was placed is placed once, whatever has become of what it named.
func TestRepeatedDraftIsOneOrder(t *testing.T) {
	for name, change := range map[string]func(*memory){
		"nothing":            func(*memory) {},
		"stock is gone":      func(m *memory) { m.state.Units[1] = &order.UnitPool{} },
		"money is gone":      func(m *memory) { m.state.Wallets[7].Balance = 0 },
		"price has risen":    func(m *memory) { m.change(1, func(p *catalog.Product) { p.Price = baht("99.00") }) },
		"no longer on sale":  func(m *memory) { m.change(1, archive); _ = m.Refresh(context.Background()) },
		"fewer may be asked": func(m *memory) { m.change(1, single); _ = m.Refresh(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(codes(1, "10.00"))
			s := serve(t, m, order.Options{})
			first := create(t, s, draft("r", "CODE1", 2))
			create(t, s, draft("between", "CODE1", 1))
			change(m)
			again := create(t, s, draft("r", "CODE1", 2))
			require.True(t, again.Replayed)
			require.Equal(t, first.Order, again.Order)
			require.Equal(t, baht("80.00"), again.Balance, "as it was right after the charge")
			require.Len(t, m.orders, 2)

			_, err := s.Create(t.Context(), draft("r", "CODE1", 3))
			require.Equal(
				t, order.DuplicateReferenceError{Reference: "r", OrderNumber: first.Order.Number},
				*as[*order.DuplicateReferenceError](t, err),
			)
		})
	}
}

func archive(p *catalog.Product) { p.Status = catalog.StatusArchived }
func single(p *catalog.Product)  { p.MaxQuantity = 1 }

func TestReferencesAreEachMerchantsOwn(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	m.state.Wallets[8] = &order.WalletState{AccountID: 80, Currency: thb, Balance: baht("10.00")}
	s := serve(t, m, order.Options{})
	create(t, s, draft("r", "CODE1", 1))
	other := draft("r", "CODE1", 1)
	other.MerchantID = 8
	require.False(t, create(t, s, other).Replayed)

	unnamed := create(t, s, draft("", "CODE1", 1))
	require.Equal(t, unnamed.Order.Number, unnamed.Order.Reference, "its number stands for it")
	require.False(t, create(t, s, draft("", "CODE1", 1)).Replayed, "without a reference each is another order")
	own := draft("", "CODE1", 1)
	own.NewNumber = func() string { return "DOOR-1" }
	require.Equal(t, "DOOR-1", create(t, s, own).Order.Number)
}

func TestRefusalStoresNothing(t *testing.T) {
	total := baht("19.99")
	for _, tt := range []struct {
		name   string
		change func(*memory, *order.Draft)
		check  func(*testing.T, error)
	}{
		{"invalid", func(_ *memory, d *order.Draft) { d.Lines = nil }, kind[*errs.InvalidError]},
		{"unknown product", func(_ *memory, d *order.Draft) { d.Lines[0].SKU = "?" }, kind[*order.LinesError]},
		{"out of stock", func(_ *memory, d *order.Draft) { d.Lines[0].Quantity = 11 }, kind[*order.LinesError]},
		{
			"too dear", func(m *memory, _ *order.Draft) { m.state.Wallets[7].Balance = baht("19.99") },
			kind[*order.InsufficientBalanceError],
		},
		{
			"another total", func(_ *memory, d *order.Draft) { d.ExpectedTotal = &total }, kind[*order.PriceChangedError],
		},
		{"no such coupon", func(_ *memory, d *order.Draft) { d.Coupon = "NONE" }, kind[*order.CouponError]},
		{
			"too many units", func(m *memory, d *order.Draft) { d.Lines[0].Quantity, m.state.Units[1].Counted = 21, 11 },
			kind[*order.TooManyUnitsError],
		},
		{
			"total too large", func(m *memory, _ *order.Draft) {
				m.change(1, func(p *catalog.Product) { p.Price = money.MaxAmount })
				_ = m.Refresh(context.Background())
			}, kind[*order.TotalTooLargeError],
		},
		{
			"suspended", func(m *memory, _ *order.Draft) { m.state.Wallets[7].Suspended = true },
			is(order.ErrMerchantSuspended),
		},
		{
			"a unit cannot be read",
			func(m *memory, _ *order.Draft) {
				m.state.Open = func(order.Unit) (string, error) { return "", errs.ErrUnavailable }
			},
			is(errs.ErrUnavailable),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(codes(1, "10.00"))
			s := serve(t, m, order.Options{Limits: order.Limits{Units: 20}})
			d := draft("r", "CODE1", 2)
			tt.change(m, d)
			before := *m.state.Wallets[7]
			_, err := s.Create(t.Context(), d)
			tt.check(t, err)
			require.Equal(t, before, *m.state.Wallets[7])
			require.Empty(t, m.orders)
			require.Empty(t, m.state.References)
			require.Len(t, m.state.Units[1].Units, 10)
		})
	}
}

func kind[E error](t *testing.T, err error) {
	t.Helper()
	as[E](t, err)
}

// A price that rose while the order came in is charged, unless the caller said
// what it counts on.
func TestPriceChangesWhileBeingPlaced(t *testing.T) {
	placing := func(change func(*order.Draft)) (order.Placement, error) {
		m := newMemory(codes(1, "10.00"))
		m.change(1, func(p *catalog.Product) { p.Price = baht("12.00") })
		d := draft("r", "CODE1", 2)
		change(d)
		return serve(t, m, order.Options{}).Create(t.Context(), d)
	}
	placed, err := placing(func(*order.Draft) {})
	require.NoError(t, err)
	require.Equal(t, baht("24.00"), placed.Order.Total)
	require.Equal(t, baht("76.00"), placed.Balance)
	_, err = placing(func(d *order.Draft) { d.FixedPrices = true })
	require.Equal(t, order.ReasonPriceChanged, as[*order.LinesError](t, err).Problems[0].Reason)
	_, err = placing(func(d *order.Draft) { total := baht("20.00"); d.ExpectedTotal = &total })
	require.Equal(t, baht("24.00"), as[*order.PriceChangedError](t, err).Actual)
}

func TestUnitsHeldByOthersAreWaitedFor(t *testing.T) {
	for _, tt := range []struct {
		held   int
		placed bool
	}{{1, true}, {49, true}, {50, false}} {
		t.Run(fmt.Sprint(tt.held), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(codes(1, "10.00"))
				m.contended = tt.held
				_, err := serve(t, m, order.Options{}).Create(t.Context(), draft("r", "CODE1", 1))
				if tt.placed {
					require.NoError(t, err)
					return
				}
				later := as[*order.RetryLaterError](t, err)
				require.ErrorIs(t, later, order.ErrContended)
				require.Positive(t, later.After)
				require.Empty(t, m.orders)
			})
		})
	}
}

func TestTakenNumberIsMadeAgain(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	numbers := []string{"same", "same", "other"}
	s := serve(t, m, order.Options{NewNumber: func() string {
		number := numbers[0]
		numbers = numbers[1:]
		return number
	}})
	create(t, s, draft("", "CODE1", 1))
	second := create(t, s, draft("", "CODE1", 1)).Order
	require.Equal(t, "other", second.Number)
	require.Equal(t, "other", second.Reference)
	require.Equal(t, baht("80.00"), m.state.Wallets[7].Balance)
}

// The references of a door's lines are used once, by all lines of one request.
func TestUniqueLines(t *testing.T) {
	lines := func(references ...string) *order.Draft {
		d := &order.Draft{MerchantID: 7, Currency: thb, UniqueLines: true}
		for _, reference := range references {
			d.Lines = append(d.Lines, order.DraftLine{SKU: "CODE1", Quantity: 1, ExternalReference: reference})
		}
		return d
	}
	for name, change := range map[string]func(*memory){
		"on sale": func(*memory) {},
		"not any more": func(m *memory) {
			m.change(1, archive)
			_ = m.Refresh(context.Background())
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory(codes(1, "10.00"))
			s := serve(t, m, order.Options{})
			first := create(t, s, lines("a", "b"))
			change(m)
			require.Equal(t, first.Order.ID, create(t, s, lines("a", "b")).Order.ID)
			for _, used := range []struct {
				d     *order.Draft
				index []int
			}{
				{lines("a", "new"), []int{0}},
				{lines("new", "b"), []int{1}},
				{lines("a"), []int{0}},
				{lines("b", "a"), []int{0, 1}},
			} {
				_, err := s.Create(t.Context(), used.d)
				problems := as[*order.LinesError](t, err).Problems
				require.Len(t, problems, len(used.index))
				for i, p := range problems {
					require.Equal(t, order.ReasonReferenceUsed, p.Reason)
					require.Equal(t, used.index[i], p.Index)
				}
			}
			require.Len(t, m.orders, 1)
		})
	}
}

// Whoever asks for more than there is hears of it before it hears of sums, however
// large the order.
func TestStockIsToldBeforeSums(t *testing.T) {
	for _, quantity := range []int64{order.SmallOrder, order.SmallOrder + 1, 30} {
		m := newMemory(codes(1, "10.00"))
		s := serve(t, m, order.Options{Limits: order.Limits{Units: 20}})
		m.state.Wallets[7].Balance = 0
		_, err := s.Create(t.Context(), draft("r", "CODE1", quantity))
		require.Equal(t, order.ReasonOutOfStock, as[*order.LinesError](t, err).Problems[0].Reason, quantity)
	}
}

func TestClosedServicePlacesNothing(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{})
	s.Close()
	_, err := s.Create(t.Context(), draft("r", "CODE1", 1))
	require.ErrorIs(t, as[*order.RetryLaterError](t, err), order.ErrShuttingDown)
	require.Zero(t, m.judged)
}

func TestEventsAreTheViewersOwn(t *testing.T) {
	m := newMemory(codes(1, "10.00"))
	s := serve(t, m, order.Options{})
	placed := create(t, s, draft("r", "CODE1", 1)).Order
	all, err := s.Events(t.Context(), order.ByOperator(), placed.Number, 0, 10)
	require.NoError(t, err)
	require.Len(t, all, 2)
	rest, err := s.Events(t.Context(), order.ByMerchant(7), placed.Number, all[0].Sequence, 10)
	require.NoError(t, err)
	require.Equal(t, event.OrderCompleted, rest[0].Type)
	for _, v := range []order.Viewer{order.ByMerchant(8), {}} {
		_, err = s.Events(t.Context(), v, placed.Number, 0, 10)
		require.ErrorIs(t, err, order.ErrNotFound)
	}
}

// counting is a store that counts for some time.
type counting struct {
	order.Store
	takes  time.Duration
	times  int
	broken error
}

func (c *counting) SoldUnits(context.Context) (map[int64]int64, error) {
	time.Sleep(c.takes)
	c.times++
	return map[int64]int64{1: int64(c.times)}, c.broken
}

// Counting what was sold takes a fiftieth of the time at most.
func TestSoldIsCountedSeldom(t *testing.T) {
	for _, tt := range []struct{ takes, fresh time.Duration }{
		{0, time.Second}, {20 * time.Millisecond, time.Second}, {time.Second, 50 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &counting{takes: tt.takes}
			s := order.NewService(order.Options{Store: c})
			defer s.Close()
			for _, step := range []struct {
				after time.Duration
				want  int64
			}{{0, 1}, {tt.fresh - 1, 1}, {1, 2}} {
				time.Sleep(step.after)
				sold, err := s.Sold(t.Context())
				require.NoError(t, err)
				require.Equal(t, step.want, sold[1])
			}
			c.broken = errors.New("away")
			time.Sleep(tt.fresh)
			_, err := s.Sold(t.Context())
			require.ErrorIs(t, err, c.broken)
		})
	}
}
