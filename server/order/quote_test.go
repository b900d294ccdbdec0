package order

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

func quoteProducts() *catalog.Snapshot {
	product := func(id int64, sku string, price money.Amount) *catalog.Product {
		return &catalog.Product{
			ID: id, SKU: sku, Name: sku, Status: catalog.StatusActive, Source: catalog.SourceStock, Currency: "USD",
			Price:       price * money.Unit,
			MinQuantity: 1, MaxQuantity: 10, Version: 1,
		}
	}
	ticket := product(3, "DAY", 7)
	archived := product(4, "OLD", 1)
	foreign := product(5, "WON", 1)
	form := product(6, "FORM", 2)
	ticket.Dated, archived.Status, foreign.Currency = true, catalog.StatusArchived, "KRW"
	form.Fields = []catalog.Field{{ID: 1, Identifier: "player", Required: true}}
	all := []*catalog.Product{product(1, "PLENTY", 3), product(2, "FEW", 5), ticket, archived, foreign, form}
	return catalog.NewSnapshot(1, nil, all, nil)
}

// Every line has its price and its problem, whatever is wrong with the others.
func TestQuote(t *testing.T) {
	snapshot := quoteProducts()
	const unit = money.Unit
	for _, tt := range []struct {
		name                     string
		lines                    []DraftLine
		balance                  money.Amount
		coupon                   *CouponState
		subtotal, total, missing money.Amount
		reasons                  []LineReason // "" for none
	}{
		{"paid and there", []DraftLine{{SKU: "PLENTY", Quantity: 2}}, 10, nil, 6, 6, 0, []LineReason{""}},
		{"not paid", []DraftLine{{SKU: "PLENTY", Quantity: 2}}, 1, nil, 6, 6, 5, []LineReason{""}},
		{
			"several lines of one product share its stock",
			[]DraftLine{{SKU: "FEW", Quantity: 2}, {SKU: "FEW", Quantity: 2}},
			100, nil, 20, 20, 0,
			[]LineReason{"", ReasonOutOfStock},
		},
		{
			"each for its own reason",
			[]DraftLine{
				{SKU: "NONE", Quantity: 1},
				{SKU: "OLD", Quantity: 1},
				{SKU: "WON", Quantity: 1},
				{SKU: "PLENTY", Quantity: 11},
				{SKU: "FORM", Quantity: 1},
				{SKU: "DAY", Quantity: 1},
				{SKU: "FEW", Quantity: 9},
				{SKU: "PLENTY", Quantity: 1},
			},
			1000, nil, 1 + 33 + 2 + 7 + 45 + 3, 1 + 33 + 2 + 7 + 45 + 3, 0,
			[]LineReason{
				ReasonProductNotFound, ReasonProductNotAvailable, ReasonProductNotFound, ReasonQuantityNotAllowed,
				ReasonFieldInvalid, ReasonDateNotAvailable, ReasonOutOfStock, "",
			},
		},
		{
			"nothing that can be ordered, with a coupon",
			[]DraftLine{{SKU: "OLD", Quantity: 2}},
			1, &CouponState{}, 2, 2, 1,
			[]LineReason{ReasonProductNotAvailable},
		},
		{
			"a coupon on what can be ordered",
			[]DraftLine{{SKU: "PLENTY", Quantity: 2}, {SKU: "OLD", Quantity: 1}},
			100,
			&CouponState{Coupon: catalog.Coupon{
				Code: "TWO", Kind: catalog.CouponAmount, Amount: 2 * unit, Currency: "USD", Status: catalog.StatusActive,
			}}, 7, 5, 0,
			[]LineReason{"", ReasonProductNotAvailable},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &Draft{MerchantID: 1, Currency: "USD", Lines: tt.lines}
			state := &State{
				Now: time.Unix(1_700_000_000, 0), Wallets: map[int64]*WalletState{1: {Balance: tt.balance * unit, Currency: "USD"}},
				Versions: map[int64]int64{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1},
				Units:    map[int64]*UnitPool{1: {Counted: 100}, 2: {Counted: 3}},
			}
			if tt.coupon != nil {
				d.Coupon = "TWO"
				state.Coupons = map[string]*CouponState{"TWO": tt.coupon}
			}
			orderable, problems := sortOut(d, snapshot)
			c, err := price(orderable.draft, snapshot, Limits{}.orDefault(), time.Now())
			require.NoError(t, err)
			q, err := quote(d, snapshot, state, c, &orderable, problems)
			require.NoError(t, err)
			require.Equal(
				t, []money.Amount{tt.subtotal * unit, tt.total * unit, tt.missing * unit},
				[]money.Amount{q.Subtotal, q.Total, q.Missing},
			)
			good := tt.missing == 0
			for i, reason := range tt.reasons {
				if reason == "" {
					require.Nil(t, q.Lines[i].Problem, i)
					continue
				}
				good = false
				require.Equal(t, reason, q.Lines[i].Problem.Reason, i)
				require.Equal(t, i, q.Lines[i].Problem.Index)
			}
			require.Equal(t, good, q.Orderable())
		})
	}
}
