package fulfil_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// A provider that says something else than what was settled is contradicted to a
// person, once; nothing is given or taken back by itself.
func TestContradictions(t *testing.T) {
	gone := dialect.Outcome{State: dialect.Refused}
	for _, tt := range []struct {
		name    string
		status  fulfil.AttemptStatus
		outcome dialect.Outcome
		err     error
		how     string
	}{
		{"delivered and still so", fulfil.AttemptDelivered, dialect.Outcome{State: dialect.Delivered}, nil, ""},
		{"delivered and worked on", fulfil.AttemptDelivered, dialect.Outcome{State: dialect.Accepted}, nil, ""},
		{"delivered and refused", fulfil.AttemptDelivered, gone, nil, "it was delivered and is refused now"},
		{
			"delivered and taken back", fulfil.AttemptDelivered,
			dialect.Outcome{State: dialect.Cancelled},
			nil,
			"it was delivered and is cancelled now",
		},
		{"refused and still so", fulfil.AttemptRefused, gone, nil, ""},
		{"cancelled, which is refused", fulfil.AttemptCancelled, gone, nil, ""},
		{
			"refused and delivered", fulfil.AttemptRefused,
			dialect.Outcome{State: dialect.Delivered, Goods: units(1)},
			nil,
			"it was refused and is delivered now",
		},
		{
			"cancelled and worked on", fulfil.AttemptCancelled,
			dialect.Outcome{State: dialect.Accepted},
			nil,
			"it was cancelled and is accepted now",
		},
		{
			"refused and delivered unreadably", fulfil.AttemptRefused,
			dialect.Outcome{State: dialect.Delivered, Goods: []dialect.Goods{{Content: "\xff"}}},
			nil,
			"it was refused and is delivered now",
		},
		{"nobody to ask", fulfil.AttemptDelivered, gone, dialect.ErrNotAskable, ""},
		{"open", fulfil.AttemptAccepted, gone, nil, ""},
		{"parked", fulfil.AttemptParked, gone, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &act{inquire: says(tt.outcome, tt.err)})
			d.attempt(tt.status, 1)
			line, balance := *d.line, d.wallet.Balance
			require.NoError(t, d.engine.Audit(t.Context(), []int64{1}))
			require.Equal(t, tt.how, d.attempts[0].Dispute)
			require.Equal(t, tt.status, d.attempts[0].Status)
			require.Equal(t, line, *d.line)
			require.Equal(t, balance, d.wallet.Balance)
		})
	}
}

// A disputed attempt is not asked for again, and one that cannot be asked for now
// does not keep the others from it.
func TestAuditGoesOn(t *testing.T) {
	lost := errors.New("lost")
	a := &act{inquire: func(calls int, _ dialect.Purchase) (dialect.Outcome, error) {
		if calls == 1 {
			return dialect.Outcome{}, lost
		}
		return dialect.Outcome{State: dialect.Refused}, nil
	}}
	d := newDesk(t, a)
	d.attempt(fulfil.AttemptDelivered, 1)
	d.attempt(fulfil.AttemptDelivered, 1)
	err := d.engine.Audit(t.Context(), []int64{1, 9, 2})
	require.ErrorIs(t, err, lost)
	require.ErrorIs(t, err, fulfil.ErrAttemptNotFound)
	require.Empty(t, d.attempts[0].Dispute)
	require.NotEmpty(t, d.attempts[1].Dispute)
	require.NoError(t, d.engine.Audit(t.Context(), []int64{2}))
	require.Equal(t, 2, a.asked)
}
