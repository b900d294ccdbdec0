package order_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

const krw = money.Currency("KRW")

// discounted is what a coupon takes off one unit at the price.
func discounted(price string, c catalog.Coupon) (*order.Order, error) {
	p := codes(1, price)
	s, candidate := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 1})
	s.Wallets[7].Balance = baht("1000000.00")
	withCoupon(c)(s, candidate)
	verdicts, err := order.Judge(s, []*order.Candidate{candidate})
	if err != nil {
		return nil, err
	}
	if verdicts[0].Err != nil {
		return nil, verdicts[0].Err
	}
	return &verdicts[0].Accepted.Order, nil
}

// A share of a satang is rounded half up.
func TestPercentIsRoundedToTheMinorUnit(t *testing.T) {
	for _, tt := range []struct {
		price    string
		points   int64
		discount string
	}{
		{"0.04", 1000, "0.00"},
		{"0.05", 1000, "0.01"},
		{"0.14", 1000, "0.01"},
		{"0.15", 1000, "0.02"},
		{"99.99", 1, "0.01"},
		{"49.99", 1, "0.00"},
		{"50.00", 1, "0.01"},
		{"10.01", 5000, "5.01"},
		{"10.01", 10_000, "10.01"},
		{"10.01", 9999, "10.01"},
		{"33.33", 3333, "11.11"},
	} {
		t.Run(fmt.Sprint(tt.points, " of ", tt.price), func(t *testing.T) {
			o, err := discounted(tt.price, catalog.Coupon{
				Code: "X", Status: catalog.StatusActive, Kind: catalog.CouponPercent, PercentBasisPoints: tt.points,
			})
			require.NoError(t, err)
			require.Equal(t, baht(tt.discount), o.Discount)
			require.Equal(t, baht(tt.price)-baht(tt.discount), o.Total)
			require.Equal(t, "X", o.CouponCode)
		})
	}
}

// A coupon is good from its first moment to before its last, from its minimum on,
// and as often as it says.
func TestCouponsBounds(t *testing.T) {
	moment := func(d time.Duration) *time.Time { at := noon.Add(d); return &at }
	uses := func(n int64) *int64 { return &n }
	for _, tt := range []struct {
		name  string
		c     catalog.Coupon
		cause order.CouponCause
	}{
		{"starts now", catalog.Coupon{StartsAt: moment(0)}, ""},
		{"starts in a moment", catalog.Coupon{StartsAt: moment(1)}, order.CouponNotStarted},
		{"ends in a moment", catalog.Coupon{EndsAt: moment(1)}, ""},
		{"exactly the minimum", catalog.Coupon{MinSubtotal: baht("10.00")}, ""},
		{"one satang short", catalog.Coupon{MinSubtotal: baht("10.01")}, order.CouponMinimum},
		{"its last use", catalog.Coupon{MaxUses: uses(3), Uses: 2}, ""},
		{"all uses gone", catalog.Coupon{MaxUses: uses(3), Uses: 3}, order.CouponUsedUp},
		{"the merchant's only use", catalog.Coupon{MaxUsesPerMerchant: uses(1)}, ""},
		{"its currency", catalog.Coupon{Currency: thb}, ""},
		{"the product's category", catalog.Coupon{CategoryIDs: []int64{10}, ProductIDs: []int64{99}}, ""},
		{"another category", catalog.Coupon{CategoryIDs: []int64{20}}, order.CouponScope},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Code, tt.c.Status = "X", catalog.StatusActive
			_, err := discounted("10.00", tt.c)
			if tt.cause == "" {
				require.NoError(t, err)
				return
			}
			coupon(tt.cause)(t, err)
		})
	}
}

// A batch counts a coupon's uses as it goes, over all merchants and for each.
func TestCouponIsUsedUpWithinABatch(t *testing.T) {
	two, one := int64(2), int64(1)
	for _, tt := range []struct {
		name      string
		all, each *int64
		merchants []int64
		accepted  []bool
	}{
		{"over all", &two, nil, []int64{7, 8, 7}, []bool{true, true, false}},
		{"each merchant", nil, &one, []int64{7, 7, 8}, []bool{true, false, true}},
		{"without end", nil, nil, []int64{7, 7, 7}, []bool{true, true, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := codes(1, "10.00")
			s := state(p)
			s.Wallets[8] = &order.WalletState{AccountID: 80, Currency: thb, Balance: baht("100.00")}
			var batch []*order.Candidate
			for i, merchant := range tt.merchants {
				c := candidate(fmt.Sprint(i), order.PricedLine{Product: p, Quantity: 1})
				c.Draft.MerchantID, c.Draft.Coupon = merchant, " x "
				batch = append(batch, c)
			}
			s.Coupons["X"] = &order.CouponState{Coupon: catalog.Coupon{
				Code: "X", Status: catalog.StatusActive, Kind: catalog.CouponAmount, Amount: baht("1.00"),
				MaxUses: tt.all, MaxUsesPerMerchant: tt.each,
			}, UsesByMerchant: map[int64]int64{}}
			var used int64
			for i, v := range judge(t, s, batch) {
				require.Equal(t, tt.accepted[i], v.Accepted != nil, i)
				if v.Err == nil {
					used++
					continue
				}
				coupon(order.CouponUsedUp)(t, v.Err)
			}
			require.Equal(t, used, s.Coupons["X"].Uses)
		})
	}
}

// Whatever is bought with whatever coupon, the lines add up to the order, and no
// line pays for another.
func FuzzLinesAddUp(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		chance := rand.New(rand.NewPCG(seed, 1))
		currency := []money.Currency{thb, krw}[chance.IntN(2)]
		minor := money.MinorUnit(currency)
		var products []*catalog.Product
		var lines []order.PricedLine
		for i := range 1 + chance.IntN(6) {
			p := codes(int64(i+1), "0.00")
			p.Currency, p.Price = currency, money.Amount(chance.Int64N(1000))*minor
			products = append(products, p)
			lines = append(lines, order.PricedLine{Product: p, Quantity: 1 + chance.Int64N(9)})
		}
		s, c := state(products...), candidate("r", lines...)
		c.Draft.Currency, s.Wallets[7].Balance = currency, money.MaxAmount
		coupon := catalog.Coupon{
			Code: "X", Status: catalog.StatusActive, Kind: catalog.CouponPercent,
			PercentBasisPoints: 1 + chance.Int64N(10_000), ProductIDs: []int64{1, 1 + chance.Int64N(6)},
		}
		if chance.IntN(2) == 0 {
			coupon.Kind, coupon.Amount = catalog.CouponAmount, money.Amount(1+chance.Int64N(9000))*minor
		}
		withCoupon(coupon)(s, c)
		v := judge(t, s, []*order.Candidate{c})[0]
		if v.Err != nil {
			require.Equal(t, order.CouponScope, as[*order.CouponError](t, v.Err).Cause, "what it covers is free")
			return
		}
		o := &v.Accepted.Order
		var subtotal, discount, total money.Amount
		for i := range o.Lines {
			l := &o.Lines[i]
			require.Equal(t, l.UnitPrice*money.Amount(l.Quantity), l.Subtotal)
			require.Equal(t, l.Subtotal-l.Discount, l.Total)
			require.GreaterOrEqual(t, l.Total, money.Amount(0), "nobody is paid for buying")
			require.GreaterOrEqual(t, l.Discount, money.Amount(0))
			require.Zero(t, l.Discount%minor)
			if !coupon.Covers(products[i]) {
				require.Zero(t, l.Discount)
			}
			subtotal, discount, total = subtotal+l.Subtotal, discount+l.Discount, total+l.Total
		}
		require.Equal(t, [...]money.Amount{o.Subtotal, o.Discount, o.Total}, [...]money.Amount{subtotal, discount, total})
		require.Equal(t, o.Total, v.Accepted.Charge.Amount)
		require.Equal(t, money.MaxAmount-o.Total, s.Wallets[7].Balance)
	})
}

// What a merchant pays is its own price where it has one; what its customer says
// counts by the product's own names.
func TestWhatALineMeans(t *testing.T) {
	own := baht("7.00")
	p := codes(1, "10.00")
	p.MinQuantity, p.MaxQuantity = 2, 5
	p.Fields = []catalog.Field{{Identifier: "UserID", Required: true}, {Identifier: "note", MaxLength: 3}}
	m := newMemory(p)
	m.shown = catalog.NewSnapshot(1, nil, m.products, []*catalog.Listing{{MerchantID: 7, ProductID: 1, Price: &own}})
	s := serve(t, m, order.Options{})
	asking := func(quantity int64, fields map[string]string) *order.Draft {
		d := draft("", "CODE1", quantity)
		d.Lines[0].Fields = fields
		return d
	}
	line := create(t, s, asking(2, map[string]string{"userid": "me", "note": "", "other": "x"})).Order.Lines[0]
	require.Equal(t, map[string]string{"UserID": "me"}, line.Fields)
	require.Equal(t, own, line.UnitPrice)
	create(t, s, asking(5, map[string]string{"UserID": "me", "NOTE": "abc"}))
	for _, tt := range []struct {
		quantity int64
		fields   map[string]string
		want     order.LineProblem
	}{
		{1, nil, order.LineProblem{Reason: order.ReasonQuantityNotAllowed}},
		{6, nil, order.LineProblem{Reason: order.ReasonQuantityNotAllowed}},
		{2, map[string]string{"UserID": ""}, order.LineProblem{
			Reason: order.ReasonFieldInvalid, Field: "UserID", Missing: true,
		}},
		{2, map[string]string{"UserID": "me", "Note": "abcd"}, order.LineProblem{
			Reason: order.ReasonFieldInvalid, Field: "note",
		}},
	} {
		_, err := s.Create(t.Context(), asking(tt.quantity, tt.fields))
		problem := as[*order.LinesError](t, err).Problems[0]
		require.NotEmpty(t, problem.Message)
		tt.want.SKU, tt.want.Message = "CODE1", problem.Message
		require.Equal(t, tt.want, problem)
	}
}
