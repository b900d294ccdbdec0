package approval_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/money"
)

var (
	noon  = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	ada   = audit.Actor{Kind: audit.KindOperator, ID: 1, Name: "ada", KeyID: 11}
	grace = audit.Actor{Kind: audit.KindOperator, ID: 2, Name: "grace", KeyID: 21}
)

func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	otherKey, machine := ada, audit.Actor{Kind: audit.KindLocal, Name: "root"}
	otherKey.KeyID = 12
	adaThere := audit.Actor{Kind: audit.KindLocal, Name: "ada"}
	adminKey := audit.Actor{Kind: audit.KindAdminKey, ID: 1, Name: "ops", KeyID: 31}
	for _, test := range []struct {
		name    string
		asked   audit.Actor
		verdict approval.Status
		by      audit.Actor
		want    error
	}{
		{"another operator approves", ada, approval.Approved, grace, nil},
		{"another operator rejects", ada, approval.Rejected, grace, nil},
		{"who asked", ada, approval.Approved, ada, approval.ErrOwnRequest},
		{"who asked, with another key", ada, approval.Approved, otherKey, approval.ErrOwnRequest},
		{"who asked rejects", ada, approval.Rejected, ada, approval.ErrOwnRequest},
		{"who asked, on the machine", ada, approval.Approved, adaThere, approval.ErrOwnRequest},
		{"a key of admin scope approves", ada, approval.Approved, adminKey, approval.ErrNotAPerson},
		{"a key of admin scope rejects", ada, approval.Rejected, adminKey, approval.ErrNotAPerson},
		{"asked with a key of admin scope", adminKey, approval.Approved, ada, nil},
		{"asked and approved with keys of one merchant", adminKey, approval.Approved, adminKey, approval.ErrOwnRequest},
		{"the machine", ada, approval.Approved, machine, nil},
		{"who asked withdraws", ada, approval.Withdrawn, otherKey, nil},
		{"another one withdraws", ada, approval.Withdrawn, grace, approval.ErrNotYours},
		{"the machine withdraws", ada, approval.Withdrawn, machine, approval.ErrNotYours},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := approval.Request{AskedBy: test.asked, Status: approval.Pending, ExpiresAt: noon.Add(time.Hour)}
			before := r
			again, err := r.Decide(approval.Decision{Verdict: test.verdict, By: test.by, Note: "why"}, noon)
			require.False(t, again)
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
				require.Equal(t, before, r)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []any{test.verdict, test.by, noon, "why"}, []any{r.Status, r.DecidedBy, *r.DecidedAt, r.Note})
		})
	}
}

func TestDecidedOnceAndInTime(t *testing.T) {
	t.Parallel()
	decide := func(r *approval.Request, verdict approval.Status, by audit.Actor, at time.Time) (bool, error) {
		return r.Decide(approval.Decision{Verdict: verdict, By: by}, at)
	}
	r := &approval.Request{AskedBy: ada, Status: approval.Pending, ExpiresAt: noon}
	require.Equal(t, approval.Pending, r.StatusAt(noon.Add(-time.Microsecond)))
	require.Equal(t, approval.Expired, r.StatusAt(noon))
	var settled *approval.SettledError
	_, err := decide(r, approval.Approved, grace, noon)
	require.ErrorAs(t, err, &settled)
	require.Equal(t, approval.Expired, settled.Status)
	_, err = decide(r, approval.Approved, grace, noon.Add(-time.Microsecond))
	require.NoError(t, err)
	require.Equal(t, approval.Approved, r.StatusAt(noon.Add(time.Hour)), "what was decided does not expire")

	again, err := decide(r, approval.Approved, grace, noon.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, again)
	for _, other := range []struct {
		verdict approval.Status
		by      audit.Actor
	}{
		{approval.Rejected, grace},
		{approval.Approved, audit.Actor{Kind: audit.KindOperator, ID: 3, Name: "mary"}},
		{approval.Withdrawn, ada},
	} {
		_, err = decide(r, other.verdict, other.by, noon)
		require.ErrorAs(t, err, &settled)
		require.Equal(t, approval.Approved, settled.Status)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	l, err := approval.ParseLimits([]string{"1000", "50.50 EUR", " 0  TRY "})
	require.NoError(t, err)
	for _, test := range []struct {
		amount   money.Amount
		currency money.Currency
		want     bool
	}{
		{1000 * money.Unit, "THB", false},
		{1000*money.Unit + 1, "THB", true},
		{-1000*money.Unit - 1, "THB", true},
		{-1000 * money.Unit, "THB", false},
		{50_500_000, "EUR", false},
		{50_510_000, "EUR", true},
		{1, "TRY", true},
		{money.MinAmount, "THB", true},
	} {
		require.Equal(t, test.want, l.Exceeded(test.amount, test.currency), "%+v", test)
	}
	named, err := approval.ParseLimits([]string{"1 EUR"})
	require.NoError(t, err)
	require.False(t, named.Exceeded(money.MaxAmount, "THB"), "only what is named waits")
	none, err := approval.ParseLimits(nil)
	require.NoError(t, err)
	require.False(t, none.Exceeded(money.MaxAmount, "EUR"))
	for _, texts := range [][]string{
		{""},
		{"-1"},
		{"1.5"},
		{"much"},
		{"1 XXQ"},
		{"1 THB 2"},
		{"THB 1"},
		{"-1 THB"},
		{"1.005 THB"},
		{"1", "2"},
		{"1 THB", "2 THB"},
		{"99999999999999"},
	} {
		_, err := approval.ParseLimits(texts)
		require.Error(t, err, texts)
	}
}
