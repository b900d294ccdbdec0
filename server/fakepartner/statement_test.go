package fakepartner_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/errs"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/reconcile"
)

// A partner of any dialect that lists what was bought tells its statement: it agrees with the books, and a second
// reading finds nothing new; what goes wrong on the way is compared with nothing.
func TestStatementsAreAskedFor(t *testing.T) {
	for _, l := range loops {
		t.Run(l.dialect, func(t *testing.T) {
			for name, open := range configs {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					b := newBuyer(t, open(t), l.currency)
					partner := start(t, l.dialect, fakepartner.Script{RequestSecret: askSecret, Config: sim.Config{
						DelayMS: 50, Faults: []sim.Fault{{On: sim.Statement, Do: sim.StatusBefore, Status: 500, First: 1}},
					}})
					l.connect(b, partner.Address())
					for n := range 6 {
						b.place(n, l.skus[n%len(l.skus)], int64(1+n/2), l.useDate)
					}
					all := b.finished(time.Minute)
					require.Len(t, all, 6)
					l.tells(t, b)
					verified(t, &b.cfg)
				})
			}
		})
	}
}

func (l *loop) tells(t *testing.T, b *buyer) {
	t.Helper()
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	read := func() (reconcile.Run, error) {
		t.Helper()
		begun, err := b.Reconcile.Read(t.Context(), reconcile.Run{
			ProviderID: b.provider.ID, From: &from, To: &to, AskedBy: "ada",
		})
		if err != nil {
			return begun, err
		}
		return b.Reconcile.Compare(t.Context(), begun.ID)
	}
	_, err := read()
	if l.dialect == "gameso" || l.dialect == "bursagb" || l.dialect == "axcloud" {
		require.ErrorIs(t, err, fulfil.ErrTellsNoStatement)
		return
	}
	require.True(t, errors.Is(err, errs.ErrUnavailable), err)
	for range 2 {
		done, err := read()
		require.NoError(t, err)
		require.Equal(t, reconcile.Done, done.Status)
		require.Zero(t, done.Found)
		require.GreaterOrEqual(t, done.Matched, int64(4))
	}
}
