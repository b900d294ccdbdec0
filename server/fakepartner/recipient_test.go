package fakepartner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/order"
	"orderhub/server/recipient"
)

// A hub whose provider is another hub, or a supplier over HTTP, passes the question on, and the answer back; what goes
// wrong on the way is no answer.
func TestRecipientsAreAskedAcross(t *testing.T) {
	connects := map[string]func(b *buyer, address string){
		"orderhub": func(b *buyer, address string) {
			b.buysFrom("orderhub", `{"address": "`+address+`", "insecure": true}`, map[string]string{
				"api_key": demo.MerchantKey,
			})
		},
		"http": func(b *buyer, address string) {
			b.buysFrom("http", `{"baseUrl": "http://`+address+`"}`, map[string]string{
				"request_secret": askSecret, "api_key": demo.MerchantKey,
			})
		},
	}
	for dialect, connect := range connects {
		for name, open := range configs {
			t.Run(dialect+"/"+name, func(t *testing.T) {
				t.Parallel()
				b := newBuyer(t, open(t), "THB")
				partner := start(t, dialect, fakepartner.Script{RequestSecret: askSecret, Config: sim.Config{
					DelayMS: 50, Players: map[string]string{"player": "Ann"},
					Faults: []sim.Fault{{On: sim.Check, Do: sim.Malformed, SKUs: []string{"DIAMOND_500"}}},
				}})
				connect(b, partner.Address())
				b.sells("gold", "DIAMOND_100", "82.50", false)
				b.sells("broken", "DIAMOND_500", "82.50", false)
				b.wantsChecks(t, "gold", "broken")
				check := func(sku, user string) recipient.Answer {
					t.Helper()
					c, err := b.Recipients.Check(
						t.Context(), b.merchant.ID, b.Catalog.Snapshot().ProductBySKU(sku), recipient.Who{UserID: user},
					)
					require.NoError(t, err)
					return c.Answer
				}
				require.Equal(t, recipient.Answer{Result: recipient.Exists, Name: "Ann"}, check("gold", "player"))
				require.Equal(t, recipient.Answer{Result: recipient.NotFound}, check("gold", "nobody"))
				require.Equal(
					t, recipient.Answer{Result: recipient.Unknown, Cause: recipient.Unavailable}, check("broken", "player"),
				)
				o := b.place(1, "gold", 1, "")
				require.NotNil(t, o)
				require.Equal(t, order.StatusCompleted, b.finished(time.Minute)[0].Status)
				_, err := b.Orders.Create(t.Context(), &order.Draft{
					MerchantID: b.merchant.ID, Currency: b.currency, Reference: "broken", Door: "hub",
					Recipient: order.Recipient{UserID: "player"}, Lines: []order.DraftLine{{SKU: "broken", Quantity: 1}},
				})
				require.ErrorContains(t, err, "the recipient has to be checked")
				verified(t, &b.cfg)
			})
		}
	}
}

// A reseller whose provider is a hub that wants checks buys there all the same: the connector has them made.
func TestResellerOfAHubThatWantsChecks(t *testing.T) {
	b := newBuyer(t, sqliteConfig(t), "THB")
	upstream := newBuyer(t, sqliteConfig(t), "THB")
	upstream.buysFrom("sim", `{"players": {"player": "Ann"}}`, nil)
	upstream.sells("gold", "any", "10", false)
	upstream.wantsChecks(t, "gold")
	_, key, err := upstream.Accounts.IssueKey(
		t.Context(), account.Key{MerchantID: upstream.merchant.ID, Scope: account.ScopeOrders},
	)
	require.NoError(t, err)
	b.buysFrom(
		"orderhub", fmt.Sprintf(`{"address": %q, "insecure": true}`, upstream.Addresses().GRPC),
		map[string]string{"api_key": key},
	)
	b.sells("resold", "gold", "20", false)
	require.NotNil(t, b.place(1, "resold", 1, ""))
	_, err = b.Orders.Create(t.Context(), &order.Draft{
		MerchantID: b.merchant.ID, Currency: b.currency, Reference: "nobody", Door: "hub",
		Recipient: order.Recipient{UserID: "nobody"}, Lines: []order.DraftLine{{SKU: "resold", Quantity: 1}},
	})
	require.NoError(t, err)
	for _, o := range b.finished(time.Minute) {
		if o.Reference == "nobody" {
			require.Equal(t, order.StatusFailed, o.Status)
			require.Equal(t, "RECIPIENT_NOT_FOUND", o.Lines[0].FailureCode)
			continue
		}
		require.Equal(t, order.StatusCompleted, o.Status)
	}
	verified(t, &b.cfg)
}

// wantsChecks has the recipients of products checked from now on.
func (b *buyer) wantsChecks(t *testing.T, skus ...string) {
	t.Helper()
	for _, sku := range skus {
		p := *b.Catalog.Snapshot().ProductBySKU(sku)
		p.RecipientCheckWithin, p.Version = time.Hour, 0
		_, err := b.Catalog.UpdateProduct(t.Context(), p)
		require.NoError(t, err)
	}
}
