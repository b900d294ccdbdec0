package fakepartner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/config"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

// A partner of any dialect that runs dry refuses for want of money: the hub leaves it
// alone and the order waits, until the partner's own word says that there is money.
func TestPartnerRunsDry(t *testing.T) {
	for _, l := range loops {
		t.Run(l.dialect, func(t *testing.T) {
			for name, open := range configs {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					b := newBuyer(t, open(t), l.currency)
					partner := start(t, l.dialect, fakepartner.Script{Config: sim.Config{
						DelayMS: 50, Balance: &sim.Balance{Amount: "0", Currency: l.currency},
					}})
					l.connect(b, partner.Address())
					l.runsDry(t, b, partner)
				})
			}
		})
	}
}

// configs are those of the hub that buys, on either database.
var configs = map[string]func(t *testing.T) config.Config{"sqlite": sqliteConfig, "postgres": postgresConfig}

func (b *buyer) get(number string) *order.Order {
	b.t.Helper()
	o, err := b.Orders.Get(b.t.Context(), order.ByOperator(), number)
	require.NoError(b.t, err)
	return o
}

func (l *loop) runsDry(t *testing.T, b *buyer, partner *fakepartner.Partner) {
	t.Helper()
	placed := b.place(1, "good", 1, l.useDate)
	funds := func() *fulfil.Funds {
		known, err := b.Providers.Funds(t.Context())
		require.NoError(t, err)
		return known[b.provider.ID]
	}
	require.Eventually(t, func() bool {
		f := funds()
		return f != nil && f.Refusal != nil
	}, time.Minute, 50*time.Millisecond)
	attempts, err := b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 10})
	require.NoError(t, err)
	require.Len(t, attempts, 1)
	o := b.get(placed.Number)
	require.False(t, o.Status.Final(), "it waits")
	// The refusal is written, and the line routed, a moment after the refusal is known.
	require.Eventually(t, func() bool {
		story, err := b.Fulfilment.Explain(t.Context(), o, []event.Event{}, true)
		require.NoError(t, err)
		return story.At != nil && (strings.Contains(story.Next, "refused a purchase for want of money") ||
			strings.Contains(story.Next, "has a balance of"))
	}, time.Minute, 50*time.Millisecond)
	attempts, err = b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, dialect.CodeOutOfFunds, attempts[0].FailureCode)

	if l.dialect == "gameso" || l.dialect == "axcloud" {
		_, err := b.Providers.ReadBalance(t.Context(), b.provider.ID)
		require.ErrorIs(t, err, fulfil.ErrTellsNoBalance)
		return
	}
	require.Eventually(t, func() bool { // it is read at once, without being asked for
		f := funds()
		return f.Balance.Currency == l.currency && f.Balance.Amount == 0
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, partner.Fund(t.Context(), sim.Balance{Amount: "1000000", Currency: l.currency}))
	known, err := b.Providers.ReadBalance(t.Context(), b.provider.ID)
	require.NoError(t, err)
	require.Nil(t, known.Refusal)
	require.Eventually(t, func() bool { return b.get(placed.Number).Status == order.StatusCompleted },
		time.Minute, 50*time.Millisecond)
	verified(t, &b.cfg)
}
