package fakepartner_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

// What is kept of exchanges with any partner says what was asked and answered, and has nothing of what was
// delivered, of who it was for, or of what the hub signs in with.
func TestExchangesHaveNothingSecret(t *testing.T) {
	for _, l := range loops {
		t.Run(l.dialect, func(t *testing.T) {
			b := newBuyer(t, sqliteConfig(t), l.currency)
			partner := start(t, l.dialect, fakepartner.Script{Config: sim.Config{DelayMS: 20, Seed: 7}})
			l.connect(b, partner.Address())
			const recipient = "recipient-of-goods"
			for i, sku := range l.skus {
				_, err := b.Orders.Create(t.Context(), &order.Draft{
					MerchantID: b.merchant.ID, Currency: b.currency, Reference: "order-" + sku, Door: "hub",
					Recipient: order.Recipient{UserID: recipient, ServerID: recipient, CharacterID: recipient},
					Lines:     []order.DraftLine{{SKU: sku, Quantity: int64(1 + i%2), UseDate: l.useDate}},
				})
				require.NoError(t, err)
			}
			secrets := []string{
				recipient, demo.MerchantKey, demo.ResellerKey, demo.ChannelKey, demo.ChannelCode, "demo-password",
				"reseller@example.com", "hub@example.com", "0100000000",
			}
			for _, o := range b.finished(time.Minute) {
				for i := range o.Lines {
					for _, g := range o.Lines[i].Goods {
						if g.Content != "" { // as of a ticket that was refused
							secrets = append(secrets, g.Content)
						}
					}
				}
			}
			require.Greater(t, len(secrets), 9, "something was delivered")
			attempts, err := b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 100})
			require.NoError(t, err)
			require.Len(t, attempts, len(l.skus))
			for _, a := range attempts {
				require.NotEmpty(t, a.Exchanges)
				text, err := json.Marshal(a.Exchanges)
				require.NoError(t, err)
				require.Contains(t, string(text), a.Reference, "what was asked for can be read")
				require.NotContains(t, string(text), "‹withheld›", "the names that are shown are enough")
				for _, s := range secrets {
					require.NotContains(t, string(text), s)
				}
			}
		})
	}
}
