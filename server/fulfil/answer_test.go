package fulfil_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

// says is what a provider answers every time.
func says(o dialect.Outcome, err error) func(int, dialect.Purchase) (dialect.Outcome, error) {
	return func(int, dialect.Purchase) (dialect.Outcome, error) { return o, err }
}

// units is a delivery of so many units.
func units(n int) (goods []dialect.Goods) {
	for i := range n {
		goods = append(goods, dialect.Goods{Content: fmt.Sprint("unit ", i)})
	}
	return goods
}

// lineOf is what an answer left behind.
type lineOf struct {
	attempt   fulfil.AttemptStatus
	wait      time.Duration // until the next check; -1 for none
	delivered int64
	cancelled int64
	code      string
}

func (d *desk) found() lineOf {
	a := d.attempts[len(d.attempts)-1]
	found := lineOf{a.Status, -1, d.line.Completed, d.line.Cancelled, a.FailureCode}
	if a.NextCheckAt != nil {
		found.wait = a.NextCheckAt.Sub(d.clock.now())
	}
	return found
}

// What an answer to a purchase of three units makes of the attempt and its line.
func TestWhatAnAnswerMeans(t *testing.T) {
	const parked = fulfil.AttemptParked
	for _, tt := range []struct {
		name    string
		outcome dialect.Outcome
		err     error
		want    lineOf
		dispute bool
	}{
		{
			"all of it",
			dialect.Outcome{State: dialect.Delivered, Goods: units(3)},
			nil,
			lineOf{fulfil.AttemptDelivered, -1, 3, 0, ""},
			false,
		},
		{
			"a part, with a reason",
			dialect.Outcome{State: dialect.Delivered, Goods: units(2), FailureCode: "SOLD_OUT"},
			nil,
			lineOf{fulfil.AttemptDelivered, -1, 2, 0, "SOLD_OUT"},
			false,
		},
		{
			"a part, without a reason",
			dialect.Outcome{State: dialect.Delivered, Goods: units(2)},
			nil,
			lineOf{fulfil.AttemptDelivered, -1, 2, 0, dialect.CodeProviderError},
			true,
		},
		{
			"nothing of it", dialect.Outcome{State: dialect.Delivered}, nil, lineOf{parked, -1, 0, 0, ""}, false,
		},
		{
			"more than was bought",
			dialect.Outcome{State: dialect.Delivered, Goods: units(4)},
			nil,
			lineOf{parked, -1, 0, 0, ""},
			false,
		},
		{"goods that are no text", dialect.Outcome{
			State: dialect.Delivered, Goods: []dialect.Goods{{Content: "\xff"}},
		}, nil, lineOf{parked, -1, 0, 0, ""}, false},
		{"no such state", dialect.Outcome{State: 99}, nil, lineOf{parked, -1, 0, 0, ""}, false},
		{
			"refused",
			dialect.Outcome{State: dialect.Refused, FailureCode: "NO"},
			nil,
			lineOf{fulfil.AttemptRefused, -1, 0, 0, "NO"},
			false,
		},
		{
			"taken back", dialect.Outcome{State: dialect.Cancelled}, nil, lineOf{fulfil.AttemptCancelled, -1, 0, 3, ""}, false,
		},
		{
			"accepted",
			dialect.Outcome{State: dialect.Accepted},
			nil,
			lineOf{fulfil.AttemptAccepted, time.Second, 0, 0, ""},
			false,
		},
		{
			"accepted until then",
			dialect.Outcome{State: dialect.Accepted, CheckAfter: time.Hour},
			nil,
			lineOf{fulfil.AttemptAccepted, time.Hour, 0, 0, ""},
			false,
		},
		{
			"busy",
			dialect.Outcome{},
			&dialect.BusyError{After: time.Minute},
			lineOf{fulfil.AttemptWaiting, time.Minute, 0, 0, ""},
			false,
		},
		{
			"busy for longer than anybody waits",
			dialect.Outcome{},
			&dialect.BusyError{After: time.Hour + time.Second},
			lineOf{fulfil.AttemptWaiting, time.Hour, 0, 0, ""},
			false,
		},
		{
			"not sent",
			dialect.Outcome{},
			dialect.ErrNotSent,
			lineOf{fulfil.AttemptRefused, -1, 0, 0, dialect.CodeProviderUnavailable},
			false,
		},
		{
			"no answer", dialect.Outcome{}, errors.New("lost"), lineOf{fulfil.AttemptUnknown, time.Second, 0, 0, ""}, false,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &act{place: says(tt.outcome, tt.err)})
			d.attempt(fulfil.AttemptSubmitting, 1, due(noon.Add(2*callTimeout)))
			_, err := d.engine.Call(t.Context(), []int64{1}, true)
			require.NoError(t, err)
			require.Equal(t, tt.want, d.found())
			require.Equal(t, tt.dispute, d.attempts[0].Dispute != "")
			require.Equal(t, tt.want.attempt == parked, d.attempts[0].FailureMessage != "" && tt.want.code == "")
			require.Equal(t, money.Amount(tt.want.cancelled)*10*money.Unit, d.wallet.Balance, "paid back")
		})
	}
}

// What asking after a purchase that may be with the provider makes of it: it is
// bought again or elsewhere only where that is safe.
func TestWhatAskingMeans(t *testing.T) {
	missing := dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeNotReceived}
	accepted := says(dialect.Outcome{State: dialect.Accepted, CheckAfter: time.Minute}, nil)
	for _, tt := range []struct {
		name    string
		act     *act
		status  fulfil.AttemptStatus
		after   time.Duration // since it was submitted
		want    fulfil.AttemptStatus
		repeats int
	}{
		{
			"refused",
			&act{inquire: says(dialect.Outcome{State: dialect.Refused, FailureCode: "NO"}, nil)},
			fulfil.AttemptUnknown, time.Second, fulfil.AttemptRefused, 0,
		},
		{
			"delivered",
			&act{inquire: says(dialect.Outcome{State: dialect.Delivered, Goods: units(3)}, nil)},
			fulfil.AttemptUnknown, time.Second, fulfil.AttemptDelivered, 0,
		},
		{
			"no answer",
			&act{inquire: says(missing, errors.New("lost"))},
			fulfil.AttemptUnknown, time.Hour,
			fulfil.AttemptUnknown, 0,
		},
		{
			"no answer after an acceptance",
			&act{inquire: says(missing, errors.New("lost"))},
			fulfil.AttemptAccepted, time.Hour,
			fulfil.AttemptAccepted, 0,
		},
		{
			"missing while it may be on its way",
			&act{inquire: says(missing, nil)},
			fulfil.AttemptUnknown,
			2*callTimeout - time.Second, fulfil.AttemptUnknown, 0,
		},
		{
			"missing for good",
			&act{inquire: says(missing, nil)},
			fulfil.AttemptUnknown, 2 * callTimeout,
			fulfil.AttemptRefused, 0,
		},
		{
			"missing, and safe to repeat",
			&act{inquire: says(missing, nil), safe: true, place: accepted},
			fulfil.AttemptUnknown,
			time.Second, fulfil.AttemptAccepted, 1,
		},
		{
			"missing after an acceptance",
			&act{inquire: says(missing, nil), safe: true},
			fulfil.AttemptAccepted, time.Hour,
			fulfil.AttemptParked, 0,
		},
		{"nobody to ask", &act{}, fulfil.AttemptUnknown, time.Second, fulfil.AttemptParked, 0},
		{
			"nobody to ask, and safe to repeat",
			&act{safe: true, place: accepted},
			fulfil.AttemptUnknown, time.Second,
			fulfil.AttemptAccepted, 1,
		},
		{
			"a repetition that is not sent",
			&act{safe: true, place: says(missing, dialect.ErrNotSent)},
			fulfil.AttemptUnknown,
			time.Second, fulfil.AttemptUnknown, 1,
		},
		{
			"given up after a day",
			&act{inquire: says(dialect.Outcome{State: dialect.Accepted}, nil)},
			fulfil.AttemptAccepted,
			time.Hour + 1, fulfil.AttemptParked, 0,
		},
		{
			"not yet after the day",
			&act{inquire: says(dialect.Outcome{State: dialect.Accepted}, nil)},
			fulfil.AttemptAccepted,
			time.Hour, fulfil.AttemptAccepted, 0,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, tt.act)
			d.attempt(tt.status, 1, due(noon))
			d.clock.moveTo(noon.Add(tt.after))
			_, err := d.engine.Call(t.Context(), []int64{1}, false)
			require.NoError(t, err)
			require.Equal(t, tt.want, d.attempts[0].Status)
			require.Equal(t, tt.repeats, tt.act.placed)
			if tt.repeats > 0 {
				require.True(t, tt.act.references["n1-1-1"], "under the name it had")
			}
		})
	}
}

// The interval between questions doubles up to five minutes.
func TestIntervalGrows(t *testing.T) {
	d := newDesk(t, &act{inquire: says(dialect.Outcome{State: dialect.Accepted}, nil)})
	d.attempt(fulfil.AttemptAccepted, 1, due(noon))
	for i, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		next, err := d.engine.Call(t.Context(), []int64{1}, false)
		require.NoError(t, err)
		require.Equal(t, time.Duration(seconds)*time.Second, next.Sub(d.clock.now()), i)
		require.Equal(t, i+1, d.attempts[0].Checks)
		d.clock.moveTo(next)
	}
}

// At the product's deadline nothing is submitted any more.
func TestNothingIsSubmittedTooLate(t *testing.T) {
	for _, tt := range []struct {
		after  time.Duration
		placed int
	}{{time.Minute - 1, 1}, {time.Minute, 0}} {
		a := &act{place: says(dialect.Outcome{State: dialect.Delivered, Goods: units(3)}, nil)}
		d := newDesk(t, a)
		d.within = time.Minute
		d.attempt(fulfil.AttemptWaiting, 1, due(noon))
		d.clock.moveTo(noon.Add(tt.after))
		_, err := d.engine.Call(t.Context(), []int64{1}, false)
		require.NoError(t, err)
		require.Equal(t, tt.placed, a.placed)
		if tt.placed == 0 {
			require.Equal(t, dialect.CodeDeadlineExceeded, d.attempts[0].FailureCode)
		}
	}
}

// What the provider said is kept when the job that asked is stopped, and told to a
// person when it cannot be kept for a day.
func TestAnswerIsKept(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := newDesk(t, &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		cancel()
		return dialect.Outcome{State: dialect.Delivered, Goods: units(3)}, nil
	}})
	d.attempt(fulfil.AttemptSubmitting, 1, due(noon.Add(2*callTimeout)))
	_, err := d.engine.Call(ctx, []int64{1}, true)
	require.NoError(t, err)
	require.Equal(t, order.StatusCompleted, d.order.Status)

	d = newDesk(t, &act{inquire: says(dialect.Outcome{State: dialect.Refused, FailureCode: "NO"}, nil)})
	d.attempt(fulfil.AttemptAccepted, 1, due(noon))
	tries := 0
	d.before = func() {
		if tries++; tries == 1 {
			d.broken = errors.New("no room for it")
			return
		}
		d.broken = nil
	}
	d.clock.moveTo(noon.Add(24*time.Hour + 1))
	_, err = d.engine.Call(t.Context(), []int64{1}, false)
	require.NoError(t, err)
	require.Equal(t, fulfil.AttemptParked, d.attempts[0].Status)
}
