package attempts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// costs says what an offer of a product costs.
func costs(t *testing.T, w *storetest.World, p catalog.Product, cost money.Amount) {
	t.Helper()
	offers, err := w.Store.Providers.ListOffers(t.Context(), p.ID)
	require.NoError(t, err)
	_, err = w.Store.Providers.UpdateOffer(t.Context(), offers[0].ID, func(o *fulfil.Offer) error {
		o.Cost = cost
		return nil
	})
	require.NoError(t, err)
}

// moved are the transfers between the hub and its providers.
func moved(t *testing.T, w *storetest.World) (all []string) {
	t.Helper()
	rows, err := w.Store.ReadDB.QueryContext(t.Context(), `SELECT concat(t.kind, ' ', t.amount_micros / 1000000, ' ',
			t.currency, ' ', d.kind, ' ', c.kind, ' ', t.merchant_id)
		FROM transfers t JOIN accounts d ON d.id = t.debit_account_id JOIN accounts c ON c.id = t.credit_account_id
		WHERE t.attempt_id IS NOT NULL ORDER BY t.id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		all = append(all, text)
	}
	require.NoError(t, rows.Err())
	return all
}

func TestPurchasesAreBooked(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 10_000)
		viewer := order.ByMerchant(m.ID)
		const slow = int64(time.Hour / time.Millisecond)
		for sku, script := range map[string]sim.Script{
			"SILENT":  {FailLast: 1},
			"SAME":    {Charge: "40"},
			"DEAR":    {Charge: "45"},
			"PARTLY":  {Charge: "41", FailLast: 1},
			"FOREIGN": {Charge: "2", ChargeCurrency: "USD"},
			"ABSURD":  {Charge: "-1"},
			"FREE":    {Charge: "0"},
			"BAD":     {FailCode: "NO", Charge: "99"},
			"SLOW":    {DelayMS: slow, Cancellable: true, Charge: "50"},
		} {
			costs(t, w, w.Simulated(sku, 100, script), storetest.Baht(40))
		}
		for _, c := range []struct {
			sku     string
			units   int
			charged string
			booked  string
			moved   []string
			told    string
		}{
			{sku: "SILENT", units: 3, charged: "nothing", booked: "THB 80.00", moved: []string{"purchase 80 THB"}},
			{sku: "SAME", units: 2, charged: "THB 80.00", booked: "THB 80.00", moved: []string{"purchase 80 THB"}},
			{
				sku: "DEAR", units: 2, charged: "THB 90.00", booked: "THB 90.00", moved: []string{"purchase 90 THB"},
				told: "2 units of DEAR charged as THB 90.00 rather than THB 80.00.",
			},
			{
				sku: "DEAR", units: 3, charged: "THB 135.00", booked: "THB 135.00", moved: []string{"purchase 135 THB"},
			},
			{
				sku: "PARTLY", units: 3, charged: "THB 82.00", booked: "THB 82.00", moved: []string{"purchase 82 THB"},
				told: "2 units of PARTLY charged as THB 82.00 rather than THB 80.00.",
			},
			{
				sku: "FOREIGN", units: 1, charged: "USD 2.00", booked: "USD 2.00", moved: []string{"purchase 2 USD"},
				told: "1 unit of FOREIGN charged as USD 2.00 rather than THB 40.00.",
			},
			{sku: "ABSURD", units: 1, charged: "nothing", booked: "THB 40.00", moved: []string{"purchase 40 THB"}},
			{
				sku: "FREE", units: 1, charged: "THB 0.00", booked: "THB 0.00",
				told: "1 unit of FREE charged as THB 0.00 rather than THB 40.00.",
			},
			{sku: "BAD", units: 1, charged: "nothing", booked: "THB 0.00"},
			{
				sku: "SLOW", units: 2, charged: "THB 100.00", booked: "THB 0.00",
				moved: []string{"purchase 100 THB", "credit 100 THB"},
			},
		} {
			before, toldBefore := len(moved(t, w)), len(toldOf(t, w))
			placed, err := w.Orders.Create(ctx, storetest.Draft(m, c.sku+string(rune('0'+c.units)), c.sku, c.units))
			require.NoError(t, err)
			if c.sku == "SLOW" {
				_, err = w.Advance(ctx, placed.Order.ID)
				require.NoError(t, err)
				_, err = w.Orders.Cancel(ctx, viewer, placed.Order.Number, order.Cancellation{})
				require.NoError(t, err)
			} else {
				w.Finish(placed.Order)
			}
			attempts, err := w.Engine.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: placed.Order.ID, Limit: 5})
			require.NoError(t, err)
			require.Len(t, attempts, 1)
			require.Equal(t, []string{c.charged, c.booked},
				[]string{attempts[0].Charged.String(), attempts[0].Booked.String()}, c.sku)
			all := moved(t, w)[before:]
			require.Len(t, all, len(c.moved), c.sku)
			for i, want := range c.moved {
				accounts := " cost provider:"
				if want[:6] == "credit" {
					accounts = " provider:"
				}
				require.Regexp(t, "^"+want+accounts+`.* 0$`, all[i], "no merchant has it")
			}
			told := toldOf(t, w)
			if c.told == "" {
				require.Len(t, told, toldBefore, c.sku)
				continue
			}
			require.Len(t, told, toldBefore+1, c.sku)
			require.Equal(t, c.told, told[0].Message)
			require.Equal(t, fulfil.CostDiffers, told[0].Kind)
			require.Equal(t, []int64{attempts[0].ProviderID, w.Catalog.Snapshot().ProductBySKU(c.sku).ID},
				[]int64{told[0].ProviderID, told[0].ProductID})
		}
		statement, err := w.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{Limit: 100})
		require.NoError(t, err)
		for _, transfer := range statement {
			require.Contains(t, []account.TransferKind{
				account.TransferDeposit, account.TransferCharge, account.TransferRefund,
			}, transfer.Kind, "what the hub pays is none of the merchant's")
		}
		storetest.RequireClean(t, w.Store)
	})
}

func toldOf(t *testing.T, w *storetest.World) []operatorevent.Event {
	t.Helper()
	told, err := w.Store.OperatorEvents.List(t.Context(), operatorevent.Filter{Limit: 100})
	require.NoError(t, err)
	return told
}
