package fulfil_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// purses keep what is known of our money without a database.
type purses struct {
	*memory

	funds map[int64]*fulfil.Funds
	told  []operatorevent.Event
}

func (p *purses) Funds(context.Context) (all []fulfil.Funds, err error) {
	for _, f := range p.funds {
		all = append(all, *f)
	}
	return all, nil
}

func (p *purses) of(id int64) *fulfil.Funds {
	if p.funds[id] == nil {
		p.funds[id] = &fulfil.Funds{ProviderID: id}
	}
	return p.funds[id]
}

func (p *purses) BeginReading(_ context.Context, id int64) (int64, error) {
	p.of(id).AskedAt = p.clock.now()
	return 0, nil
}

func (p *purses) ChangeFunds(_ context.Context, id int64, change func(*fulfil.Funds) []operatorevent.Event) error {
	p.told = append(p.told, change(p.of(id))...)
	return nil
}

// kinds are those of what operators were told, since they were last asked for.
func (p *purses) kinds() (kinds []operatorevent.Kind) {
	for _, e := range p.told {
		kinds = append(kinds, e.Kind)
	}
	p.told = nil
	return kinds
}

// teller is a provider that says what it is told to say.
type teller struct {
	dialect.Connector

	balance dialect.Balance
	fails   error
	outcome dialect.Outcome
}

func (c *teller) ReadBalance(context.Context) (dialect.Balance, error) { return c.balance, c.fails }

func (c *teller) Idempotent() bool { return true }

func (c *teller) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return c.outcome, nil
}

func baht(n int64) dialect.Balance {
	return dialect.Balance{Amount: money.Amount(n) * money.Unit, Currency: "THB"}
}

// till is a desk whose engine knows our money; the order is three units at 10.00 THB.
type till struct {
	*desk

	purses   *purses
	balances *fulfil.Balances
	engine   *fulfil.Engine
	low      dialect.Balance // below which our money there is low; none for never
}

// thresholds finds providers with a low balance.
type thresholds struct {
	directory

	till *till
}

func (s thresholds) Connect(ctx context.Context, id int64) (*fulfil.Provider, dialect.Connector, error) {
	p, c, err := s.directory.Connect(ctx, id)
	p.LowBalance, p.LowBalanceCurrency = s.till.low.Amount, s.till.low.Currency
	return p, c, err
}

// twoBaht knows one rate, of two THB for a EUR.
type twoBaht struct{}

func (twoBaht) Rates(context.Context) (*exchange.Rates, error) {
	return exchange.NewRates([]exchange.Entry{
		{Pair: exchange.Pair{Base: "EUR", Quote: "THB"}, Rate: 2 * exchange.Scale, From: noon.Add(-time.Hour)},
	}), nil
}

func newTill(t *testing.T, connectors ...dialect.Connector) *till {
	t.Helper()
	d := newDesk(t)
	all := make(directory)
	for i, c := range connectors {
		all[int64(i+1)] = c
	}
	full := &till{desk: d}
	p := &purses{memory: d.memory, funds: make(map[int64]*fulfil.Funds)}
	log := slog.New(slog.DiscardHandler)
	b := fulfil.NewBalances(fulfil.BalancesOptions{
		Store: p, Directory: thresholds{all, full}, Log: log, Now: d.clock.now, Every: time.Minute, Rates: twoBaht{},
	})
	e := fulfil.NewEngine(fulfil.Options{
		Store: d.memory, Providers: d.memory, Directory: all, Log: log, Now: d.clock.now, CallTimeout: callTimeout,
		Balances: b,
		Rates:    twoBaht{},
	})
	t.Cleanup(e.Close)
	full.purses, full.balances, full.engine = p, b, e
	return full
}

// routed is the offer that the line is bought by now; 0 for none, and when to look again.
func (d *till) routed(t *testing.T) (offer int64, wait time.Duration) {
	t.Helper()
	before := len(d.attempts)
	next, err := d.engine.Route(t.Context(), []int64{1})
	require.NoError(t, err)
	if len(d.attempts) > before {
		offer = d.attempts[before].OfferID
	}
	if !next.IsZero() {
		wait = next.Sub(d.clock.now())
	}
	return offer, wait
}

func offerFor(cost int64, edit ...func(*fulfil.Offer)) fulfil.Offer {
	o := fulfil.Offer{Cost: money.Amount(cost) * money.Unit, Currency: "THB"}
	for _, change := range edit {
		change(&o)
	}
	return o
}

func second(o *fulfil.Offer) { o.Priority = 1 }

func in(c money.Currency) func(*fulfil.Offer) { return func(o *fulfil.Offer) { o.Currency = c } }

func listedAt(cost int64) func(*fulfil.Offer) {
	return func(o *fulfil.Offer) { o.ListedCost = money.Amount(cost) * money.Unit }
}

func losing(most int) func(*fulfil.Offer) { return func(o *fulfil.Offer) { o.MaxLoss = &most } }

// A provider whose balance does not cover a purchase is passed over, as long as the
// balance is fresh.
func TestBalanceThatDoesNotCover(t *testing.T) {
	for _, tt := range []struct {
		name    string
		funds   fulfil.Funds
		offers  []fulfil.Offer
		offer   int64
		waiting bool
	}{
		{
			"enough", fulfil.Funds{Balance: baht(24)}, []fulfil.Offer{offerFor(8), offerFor(9, second)}, 1, false,
		},
		{"a little less", fulfil.Funds{Balance: baht(23)}, []fulfil.Offer{offerFor(8), offerFor(9, second)}, 2, false},
		{"alone", fulfil.Funds{Balance: baht(23)}, []fulfil.Offer{offerFor(8)}, 0, true},
		{
			"spoken for",
			fulfil.Funds{Balance: baht(25), UnderWay: []dialect.Balance{baht(2)}},
			[]fulfil.Offer{offerFor(8)},
			0, true,
		},
		{
			"spoken for in another currency",
			fulfil.Funds{Balance: baht(25), UnderWay: []dialect.Balance{{Amount: money.Unit, Currency: "EUR"}}},
			[]fulfil.Offer{offerFor(8)},
			0, true,
		},
		{
			"spoken for in a currency without a rate",
			fulfil.Funds{Balance: baht(25), UnderWay: []dialect.Balance{{Amount: 9 * money.Unit, Currency: "USD"}}},
			[]fulfil.Offer{offerFor(8)},
			1, false,
		},
		{
			"in another currency",
			fulfil.Funds{Balance: dialect.Balance{Amount: 11 * money.Unit, Currency: "EUR"}},
			[]fulfil.Offer{offerFor(8)},
			0, true,
		},
		{
			"without a rate",
			fulfil.Funds{Balance: dialect.Balance{Amount: 1, Currency: "USD"}},
			[]fulfil.Offer{offerFor(8)},
			1, false,
		},
		{
			"stale",
			fulfil.Funds{Balance: baht(1), ReadAt: noon.Add(-3*time.Minute - 1)},
			[]fulfil.Offer{offerFor(8)},
			1,
			false,
		},
		{
			"nearly stale",
			fulfil.Funds{Balance: baht(1), ReadAt: noon.Add(-3 * time.Minute)},
			[]fulfil.Offer{offerFor(8)},
			0, true,
		},
		{"never read", fulfil.Funds{}, []fulfil.Offer{offerFor(8)}, 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newTill(t)
			d.sells(tt.offers...)
			if tt.funds.ProviderID = 1; tt.funds.ReadAt.IsZero() {
				tt.funds.ReadAt = noon
			}
			d.purses.funds[1] = &tt.funds
			offer, wait := d.routed(t)
			require.Equal(t, tt.offer, offer)
			require.Equal(t, tt.waiting, wait > 0)
			require.NotEqual(t, order.StatusFailed, d.order.Status)
			if !tt.waiting {
				return
			}
			story, err := d.engine.Explain(t.Context(), d.order, nil, true)
			require.NoError(t, err)
			require.Contains(t, story.Next, "first has a balance of")
			require.NotNil(t, story.At)
			story, err = d.engine.Explain(t.Context(), d.order, nil, false)
			require.NoError(t, err)
			require.NotContains(t, story.Next, "balance")
			d.clock.moveTo(noon.Add(2 * time.Minute))
			d.purses.funds[1].ReadAt = d.clock.now()
			_, _ = d.routed(t)
			require.Equal(t, dialect.CodeProviderUnavailable, d.order.FailureCode, "nobody waits for ever")
			require.NotContains(t, d.order.FailureMessage, "balance")
		})
	}
}

// Operators are told once that a balance does not cover what waits, and once that it does again.
func TestShortBalanceIsToldOncePerCrossing(t *testing.T) {
	c := &teller{balance: baht(20)}
	d := newTill(t, c)
	d.sells(offerFor(8))
	read := func(b dialect.Balance) {
		c.balance = b
		_, err := d.balances.Read(t.Context(), 1)
		require.NoError(t, err)
	}
	read(baht(20))
	require.Empty(t, d.purses.kinds(), "nobody wants to buy")
	for range 2 {
		offer, _ := d.routed(t)
		require.Zero(t, offer)
	}
	require.Equal(t, []operatorevent.Kind{fulfil.KindOutOfFunds}, d.purses.kinds())
	d.clock.moveTo(noon.Add(time.Minute))
	read(baht(23))
	_, _ = d.routed(t)
	require.Empty(t, d.purses.kinds(), "it is still too little")
	read(baht(24))
	require.Equal(t, []operatorevent.Kind{fulfil.KindFundsBack}, d.purses.kinds())
	offer, _ := d.routed(t)
	require.EqualValues(t, 1, offer)
}

// A refusal for want of money pauses all offers of the provider until its balance shows
// that there is money.
func TestRefusalForWantOfMoneyPauses(t *testing.T) {
	c := &teller{outcome: dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeOutOfFunds}}
	d := newTill(t, c)
	d.sells(offerFor(8))
	offer, _ := d.routed(t)
	require.EqualValues(t, 1, offer)
	_, err := d.engine.Call(t.Context(), []int64{1}, true)
	require.NoError(t, err)
	require.Equal(t, dialect.CodeOutOfFunds, d.attempts[0].FailureCode)
	require.Equal(t, []operatorevent.Kind{fulfil.KindOutOfFunds}, d.purses.kinds())
	d.within = time.Hour

	d.clock.moveTo(noon.Add(30 * time.Second))
	offer, wait := d.routed(t)
	require.Zero(t, offer, "it is left alone")
	require.NotZero(t, wait)

	read := func(amount int64) {
		t.Helper()
		c.balance = baht(amount)
		_, err := d.balances.Read(t.Context(), 1)
		require.NoError(t, err)
	}
	read(20)
	require.Empty(t, d.purses.kinds(), "too little for what was refused")
	offer, _ = d.routed(t)
	require.Zero(t, offer)
	read(24)
	require.Equal(t, []operatorevent.Kind{fulfil.KindFundsBack}, d.purses.kinds())
	offer, _ = d.routed(t)
	require.EqualValues(t, 1, offer)

	// It refuses again, although it says that there is enough: its word counts for less.
	_, err = d.engine.Call(t.Context(), []int64{2}, true)
	require.NoError(t, err)
	require.Equal(t, []operatorevent.Kind{fulfil.KindOutOfFunds}, d.purses.kinds())
	d.clock.moveTo(d.clock.now().Add(time.Minute))
	read(24)
	offer, _ = d.routed(t)
	require.Zero(t, offer)
	d.clock.moveTo(d.clock.now().Add(time.Minute))
	read(24)
	offer, _ = d.routed(t)
	require.EqualValues(t, 1, offer)
	require.Equal(t, []operatorevent.Kind{fulfil.KindFundsBack}, d.purses.kinds())
}

// Where no balance can be read, one purchase tries after a pause that grows, and
// lifts it when it is taken.
func TestProviderThatTellsNoBalanceIsTriedAgain(t *testing.T) {
	c := &teller{
		outcome: dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeOutOfFunds},
		fails:   dialect.ErrNoBalance,
	}
	d := newTill(t, c)
	d.sells(offerFor(8))
	d.within = 24 * time.Hour
	_, err := d.balances.Read(t.Context(), 1)
	require.ErrorIs(t, err, fulfil.ErrTellsNoBalance)
	for n, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		offer, _ := d.routed(t)
		require.EqualValues(t, 1, offer, "try %d", n+1)
		_, err := d.engine.Call(t.Context(), []int64{int64(n + 1)}, true)
		require.NoError(t, err)
		d.clock.moveTo(d.clock.now().Add(pause - 1))
		offer, wait := d.routed(t)
		require.Zero(t, offer, "pause %d", n+1)
		require.NotZero(t, wait)
		d.clock.moveTo(d.clock.now().Add(1))
	}
	c.outcome = dialect.Outcome{State: dialect.Accepted, ProviderReference: "x"}
	offer, _ := d.routed(t)
	require.EqualValues(t, 1, offer)
	require.True(t, d.purses.funds[1].Refusal.TryAt.After(d.clock.now()), "one tries, and nobody else meanwhile")
	d.purses.kinds()
	_, err = d.engine.Call(t.Context(), []int64{4}, true)
	require.NoError(t, err)
	require.Equal(t, []operatorevent.Kind{fulfil.KindFundsBack}, d.purses.kinds())
	require.Nil(t, d.purses.funds[1].Refusal)
}

// A balance that falls below the threshold is told once, and so is one that is back.
func TestLowBalanceIsToldOncePerCrossing(t *testing.T) {
	c := &teller{}
	d := newTill(t, c)
	d.low = baht(50)
	read := func(b dialect.Balance) []operatorevent.Kind {
		t.Helper()
		c.balance = b
		_, err := d.balances.Read(t.Context(), 1)
		require.NoError(t, err)
		return d.purses.kinds()
	}
	require.Empty(t, read(baht(50)))
	require.Equal(t, []operatorevent.Kind{fulfil.KindBalanceLow}, read(baht(49)))
	require.Empty(t, read(baht(10)))
	require.Empty(t, read(dialect.Balance{Amount: 99 * money.Unit, Currency: "USD"}), "no rate says what that is")
	require.Equal(t, []operatorevent.Kind{fulfil.KindBalanceRestored}, read(dialect.Balance{
		Amount: 25 * money.Unit, Currency: "EUR",
	}))
	c.fails = errors.New("status 500: a secret")
	_, err := d.balances.Read(t.Context(), 1)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	require.Equal(t, "the provider answered with an error", d.purses.funds[1].Problem)
	require.EqualValues(t, "EUR", d.purses.funds[1].Balance.Currency, "what was known stays")
	c.fails = nil
	require.Empty(t, read(baht(99)))
	require.Empty(t, d.purses.funds[1].Problem)
}
