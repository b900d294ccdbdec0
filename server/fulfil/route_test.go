package fulfil_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

const leftAlone = "PROVIDER_LEFT_ALONE" // kept with attempts

// sells has these offers, each of the provider with the same number.
func (d *desk) sells(offers ...fulfil.Offer) {
	for i, o := range offers {
		o.ID, o.ProviderID, o.ProductID = int64(i+1), int64(i+1), 5
		o.Status = fulfil.StatusActive
		d.offers = append(d.offers, o)
	}
}

// Which offer a line is bought by next, when it is tried again, and what it fails
// with when nobody is left.
func TestWhichProviderIsNext(t *testing.T) {
	const unavailable = dialect.CodeProviderUnavailable
	one, two := []fulfil.Offer{{}}, []fulfil.Offer{{}, {Priority: 1}}
	tried := func(codes ...string) func(*desk) { // one after the other on offers 1, 2 and so on, ended just now
		return func(d *desk) {
			for i, code := range codes {
				d.attempt(fulfil.AttemptRefused, int64(i+1), refusedWith(code, d.clock.now()))
			}
		}
	}
	again := func(times int, code string, ago time.Duration) func(*desk) { // on the first offer
		return func(d *desk) {
			for range times {
				d.attempt(fulfil.AttemptRefused, 1, refusedWith(code, d.clock.now().Add(-ago)))
			}
		}
	}
	for _, tt := range []struct {
		name   string
		offers []fulfil.Offer
		within time.Duration
		after  time.Duration // since it was ordered
		tried  func(*desk)
		offer  int64 // 0 for none
		wait   time.Duration
		fails  string
	}{
		{name: "the first", offers: two, offer: 1},
		{
			name: "priority before cost", offers: []fulfil.Offer{{Priority: 2, Cost: 1}, {Priority: 1, Cost: 9}},
			offer: 2,
		},
		{name: "the cheaper one", offers: []fulfil.Offer{{Cost: 9}, {Cost: 8}}, offer: 2},
		{name: "the older of equals", offers: []fulfil.Offer{{Cost: 8}, {Cost: 8}}, offer: 1},
		{name: "nobody sells it", fails: dialect.CodeNoProvider},
		{name: "the first refused", offers: two, tried: tried("NO"), offer: 2},
		{name: "all refused", offers: two, tried: tried("NO", "NEVER"), fails: "NEVER"},
		{name: "the first was away", offers: two, tried: tried(unavailable), offer: 2},
		{name: "all were away", offers: two, tried: tried(unavailable, unavailable), fails: unavailable},
		{name: "refused, though there is time", offers: one, within: time.Hour, tried: tried("NO"), fails: "NO"},
		{
			name: "away, and there is time", offers: one, within: time.Hour, tried: again(1, unavailable, 0),
			wait: time.Second,
		},
		{name: "a second later", offers: one, within: time.Hour, tried: again(1, unavailable, time.Second), offer: 1},
		{
			name: "a moment before", offers: one, within: time.Hour, tried: again(1, unavailable, time.Second-1),
			wait: 1,
		},
		{
			name: "twice away", offers: one, within: time.Hour, tried: again(2, unavailable, time.Second),
			wait: time.Second,
		},
		{name: "six times", offers: one, within: time.Hour, tried: again(6, unavailable, 0), wait: 32 * time.Second},
		{
			name: "from then on each minute", offers: one, within: time.Hour, tried: again(99, unavailable, 0),
			wait: time.Minute,
		},
		{
			name: "no later than the deadline", offers: one, within: time.Hour, after: time.Hour - time.Second,
			tried: again(9, unavailable, 0), wait: time.Second,
		},
		{
			name: "a moment before the deadline", offers: one, within: time.Hour, after: time.Hour - 1,
			tried: again(1, unavailable, time.Second), offer: 1,
		},
		{
			name: "at the deadline", offers: one, within: time.Hour, after: time.Hour,
			tried: again(1, unavailable, time.Minute),
			fails: dialect.CodeDeadlineExceeded,
		},
		{
			name: "refused by the other, at the deadline", offers: two, within: time.Hour, after: time.Hour,
			tried: tried(unavailable, "NO"), fails: "NO",
		},
		{name: "left alone, without a deadline", offers: one, tried: again(1, leftAlone, 0), wait: time.Second},
		{name: "left alone for longer", offers: one, tried: again(9, leftAlone, 0), wait: 10 * time.Second},
		{
			name: "left alone for two minutes", offers: one, after: 2 * time.Minute,
			tried: again(1, leftAlone, time.Minute),
			fails: unavailable,
		},
		{
			name: "left alone for nearly two minutes", offers: one, after: 2*time.Minute - 1,
			tried: again(1, leftAlone, time.Minute), offer: 1,
		},
		{
			name: "the earlier of two", offers: two, within: time.Hour,
			tried: func(d *desk) {
				again(3, unavailable, 0)(d)
				d.attempt(fulfil.AttemptRefused, 2, refusedWith(leftAlone, noon))
			},
			wait: time.Second,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			d.sells(tt.offers...)
			d.within = tt.within
			d.clock.moveTo(noon.Add(tt.after))
			if tt.tried != nil {
				tt.tried(d)
			}
			before := len(d.attempts)
			next, err := d.engine.Route(t.Context(), []int64{1})
			require.NoError(t, err)
			var offer int64
			if len(d.attempts) > before {
				offer = d.attempts[before].OfferID
				require.Equal(t, before+1, d.attempts[before].Number)
			}
			require.Equal(t, tt.offer, offer)
			var wait time.Duration
			if !next.IsZero() {
				wait = next.Sub(d.clock.now())
			}
			require.Equal(t, tt.wait, wait)
			require.Equal(t, tt.fails, d.order.FailureCode)
			require.Equal(t, tt.fails != "", d.wallet.Balance == d.order.Total, "then it is paid back")
		})
	}
}

// While an attempt is open nobody else is asked; what is due is seen to.
func TestOpenAttemptIsFollowed(t *testing.T) {
	for _, tt := range []struct {
		status fulfil.AttemptStatus
		edit   func(*fulfil.Attempt)
		woken  bool
	}{
		{fulfil.AttemptAccepted, due(noon), true},
		{fulfil.AttemptAccepted, due(noon.Add(1)), false},
		{fulfil.AttemptUnknown, due(noon.Add(-time.Hour)), true},
		{fulfil.AttemptWaiting, func(*fulfil.Attempt) {}, true},
		{fulfil.AttemptParked, due(noon), false},
	} {
		d := newDesk(t)
		d.sells(fulfil.Offer{}, fulfil.Offer{})
		d.attempt(tt.status, 1, tt.edit)
		next, err := d.engine.Route(t.Context(), []int64{1})
		require.NoError(t, err)
		require.Zero(t, next)
		require.Equal(t, tt.woken, len(d.woken) == 1, tt.status)
		require.Len(t, d.attempts, 1)
	}
}

// An attempt asks for what is open, under a name made of its place, and is its
// caller's for as long as two calls take.
func TestNewAttempt(t *testing.T) {
	d := newDesk(t)
	d.sells(fulfil.Offer{ProviderSKU: "theirs", Cost: 7, Currency: "USD"}, fulfil.Offer{Priority: 1})
	d.line.Completed = 1
	_, err := d.engine.Route(t.Context(), []int64{1})
	require.NoError(t, err)
	until := noon.Add(2 * callTimeout)
	require.Equal(t, fulfil.Attempt{
		ID: 1, OrderID: 1, LineID: 11, MerchantID: 7, ProviderID: 1, OfferID: 1, ProviderSKU: "theirs", Cost: 7,
		Currency: "USD", Number: 1, Reference: "n1-1-1", Quantity: 2, Status: fulfil.AttemptSubmitting,
		SubmittedAt: noon,
		NextCheckAt: &until, UpdatedAt: noon,
	}, d.attempts[0])
	require.Equal(t, order.StatusProcessing, d.line.Status)
}

// A line that changed since it was read is looked at again at once.
func TestLineThatChangedIsRoutedAgain(t *testing.T) {
	d := newDesk(t)
	d.sells(fulfil.Offer{})
	e := fulfil.NewEngine(fulfil.Options{
		Store: &outdated{d.memory}, Providers: d.memory, Directory: directory{}, Now: d.clock.now,
	})
	defer e.Close()
	next, err := e.Route(t.Context(), []int64{1})
	require.NoError(t, err)
	require.Equal(t, noon.Add(100*time.Millisecond), next)
	require.Len(t, d.attempts, 1, "somebody else's")
}

// outdated is a store in which somebody else begins an attempt meanwhile.
type outdated struct{ *memory }

func (o *outdated) Begin(ctx context.Context, attempts []fulfil.Attempt) ([]fulfil.Attempt, error) {
	if _, err := o.memory.Begin(ctx, attempts); err != nil {
		return nil, err
	}
	return o.memory.Begin(ctx, attempts)
}
