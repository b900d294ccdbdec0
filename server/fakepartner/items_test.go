package fakepartner_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/supply"
)

// shown is what each simulated partner can say of its items, by its contract.
var shown = map[string]struct {
	repriced string // the demo's product that its script gives another cost
	lists    bool
	counts   bool   // whether its list says how many there are
	sold     string // the failure of a purchase of more than there is
}{
	"gameso":    {"DIAMOND_100", false, false, "PROVIDER_ERROR"}, // its contract has no list, and no word for sold out
	"bursagb":   {"GOLD_10", true, true, "OUT_OF_STOCK"},
	"marketacc": {"DIAMOND_100", true, true, "OUT_OF_STOCK"},
	"axcloud":   {"PARK_DAY", true, false, "OUT_OF_STOCK"}, // it has stock by the day alone
	"orderhub":  {"DIAMOND_100", true, true, "OUT_OF_STOCK"},
	"http":      {"DIAMOND_100", true, true, "OUT_OF_STOCK"},
	"sim":       {"DIAMOND_100", true, true, "OUT_OF_STOCK"},
}

// A partner of any dialect lists what its script says at the costs that it says, sells that until there is no more, and
// shows as much.
func TestPartnerSellsWhatItsScriptLists(t *testing.T) {
	all := append([]loop{{dialect: "sim", currency: "THB"}}, loops...)
	for _, l := range all {
		t.Run(l.dialect, func(t *testing.T) {
			for name, open := range configs {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l.sellsOut(t, newBuyer(t, open(t), l.currency))
				})
			}
		})
	}
}

func (l *loop) sellsOut(t *testing.T, b *buyer) {
	t.Helper()
	ctx, can, useDate := t.Context(), shown[l.dialect], ""
	if l.useDate != "" {
		useDate = time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly)
	}
	two := int64(2)
	script := sim.Config{DelayMS: 50, Items: []sim.Item{
		{SKU: "THING", Name: "A thing", Cost: "7", Currency: string(l.currency), Stock: &two},
		{SKU: can.repriced, Name: "dearer", Cost: "23", Currency: string(l.currency)},
		{SKU: "ENDLESS", Name: "Without end", Cost: "8", Currency: string(l.currency)},
	}}
	if l.dialect == "sim" {
		settings, err := json.Marshal(script)
		require.NoError(t, err)
		b.buysFrom("sim", string(settings), nil)
	} else {
		l.connect(b, start(t, l.dialect, fakepartner.Script{Config: script, RequestSecret: askSecret}).Address())
	}
	thing, endless := "thing", "endless"
	if !can.lists {
		_, err := b.Supply.Follow(ctx, b.provider.ID, "ada")
		require.ErrorIs(t, err, fulfil.ErrListsNothing)
		b.sells(thing, "THING", "7", false)
		b.sells(endless, "ENDLESS", "8", false)
	} else {
		_, err := b.Supply.SetPolicy(ctx, supply.Policy{
			ProviderID: b.provider.ID, NewItems: supply.Import, HoldGone: 100, HoldRise: 1000, Rules: []supply.Rule{
				{Name: "thing", Terms: supply.Terms{CategoryID: b.category.ID, Markup: 2000, Dated: useDate != ""}},
				{Name: "without", Terms: supply.Terms{CategoryID: b.category.ID, Markup: 2000, Dated: useDate != ""}},
			},
		})
		require.NoError(t, err)
		done, err := b.Supply.Follow(ctx, b.provider.ID, "ada")
		require.NoError(t, err)
		if done.Status == supply.Held { // what is sold before costs less than half by the script
			done, err = b.Supply.Approve(ctx, done.ID, "ada")
			require.NoError(t, err)
		}
		require.Equal(t, supply.Applied, done.Status, done.Reason)
		thing, endless = b.imported(t, "A thing").SKU, b.imported(t, "Without end").SKU
		require.Equal(t, 7*money.Unit, b.offerOf(t, thing).Cost)
		require.Equal(t, 8*money.Unit, b.offerOf(t, endless).Cost)
	}
	if good := b.Catalog.Snapshot().ProductBySKU("good"); good != nil && can.lists {
		require.Equal(t, 23*money.Unit, b.offerOf(t, "good").Cost)
	}
	b.place(1, thing, 2, useDate)
	b.finished(time.Minute)
	b.place(2, thing, 1, useDate)
	b.place(3, endless, 3, useDate)
	for _, o := range b.finished(time.Minute) {
		if o.Reference == "order-2" {
			require.Equal(t, order.StatusFailed, o.Status)
			require.Equal(t, can.sold, o.Lines[0].FailureCode)
			continue
		}
		require.Equal(t, order.StatusCompleted, o.Status, o.Reference)
	}
	if can.counts {
		require.Eventually(t, func() bool { // what a partner counts may be a second old
			b.follows(t)
			return b.offerOf(t, thing).Status == fulfil.StatusDisabled
		}, time.Minute, 200*time.Millisecond, "it is sold out")
		require.Equal(t, fulfil.StatusActive, b.offerOf(t, endless).Status)
	}
	verified(t, &b.cfg)
}

// follows takes the provider's list over.
func (b *buyer) follows(t *testing.T) {
	t.Helper()
	done, err := b.Supply.Follow(t.Context(), b.provider.ID, "ada")
	require.NoError(t, err)
	require.Equal(t, supply.Applied, done.Status, done.Reason)
}

// imported finds a product by its name.
func (b *buyer) imported(t *testing.T, name string) *catalog.Product {
	t.Helper()
	for _, p := range b.Catalog.Snapshot().Products() {
		if strings.Contains(p.Name, name) {
			return p
		}
	}
	require.Fail(t, "no product "+name)
	return nil
}

// offerOf is the only offer of a product.
func (b *buyer) offerOf(t *testing.T, sku string) fulfil.Offer {
	t.Helper()
	offers, err := b.Providers.ListOffers(t.Context(), b.Catalog.Snapshot().ProductBySKU(sku).ID)
	require.NoError(t, err)
	require.Len(t, offers, 1)
	return offers[0]
}

// What a script's items cannot be is said before the partner serves.
func TestItemsThatAreNone(t *testing.T) {
	stock := int64(3)
	for want, item := range map[string]sim.Item{
		"items[0]: currency must be THB, that of the partner's clients": {
			SKU: "A", Name: "a", Cost: "1", Currency: "EUR",
		},
		"items[0]: cost": {SKU: "A", Name: "a", Cost: "-1", Currency: "THB"},
		"items[0]: stock cannot be given of what the demo sells": {
			SKU: "DIAMOND_100", Name: "a", Cost: "1", Currency: "THB", Stock: &stock,
		},
	} {
		_, err := fakepartner.Start(t.Context(), fakepartner.Options{
			Dialect: "gameso", Listen: "127.0.0.1:0", Dir: t.TempDir(), Log: logger(t),
			Script: fakepartner.Script{Config: sim.Config{Items: []sim.Item{item}}},
		})
		require.ErrorContains(t, err, want)
	}
	_, err := fakepartner.ParseScript([]byte(`{"down": true}`))
	require.ErrorContains(t, err, "connector sim alone")
}
