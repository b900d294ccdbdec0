package command

import (
	"context"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// couponFlags are what can be said of a coupon.
type couponFlags struct {
	Percent     *string  `placeholder:"N" help:"How much it takes off, in per cent of the lines in its scope."`
	Amount      *string  `placeholder:"AMOUNT" help:"Or how much money it takes off."`
	Currency    *string  `placeholder:"CODE" help:"Currency of its amounts; only orders in it can use the coupon."`
	MinSubtotal *string  `placeholder:"AMOUNT" help:"What the lines in its scope must cost at least."`
	Products    []string `placeholder:"SKU" help:"Only for these products, with commas."`
	Categories  []string `placeholder:"SLUG" help:"Only for these categories, with commas."`
	From        moment   `placeholder:"TIME" help:"From when it can be used, such as 2026-11-25T08:00:00Z."`
	To          moment   `placeholder:"TIME" help:"Until when it can be used."`
	MaxUses     *int32   `placeholder:"N" help:"How many orders may use it."`
	PerMerchant *int32   `placeholder:"N" help:"How many orders of one merchant may use it."`
}

// coupon is what is said, and the mask of it.
func (f *couponFlags) coupon() (*orderhubv1.Coupon, *fieldmaskpb.FieldMask) {
	c, mask := &orderhubv1.Coupon{}, &fieldmaskpb.FieldMask{}
	take(mask, "percent", f.Percent, &c.Percent)
	take(mask, "amount", f.Amount, &c.Amount)
	take(mask, "currency", f.Currency, &c.Currency)
	take(mask, "min_subtotal", f.MinSubtotal, &c.MinSubtotal)
	takeIf(mask, "products", len(f.Products) > 0, f.Products, &c.Products)
	takeIf(mask, "categories", len(f.Categories) > 0, f.Categories, &c.Categories)
	takeIf(mask, "start_time", f.From.Timestamp != nil, f.From.Timestamp, &c.StartTime)
	takeIf(mask, "end_time", f.To.Timestamp != nil, f.To.Timestamp, &c.EndTime)
	takeIf(mask, "max_uses", f.MaxUses != nil, f.MaxUses, &c.MaxUses)
	takeIf(mask, "max_uses_per_merchant", f.PerMerchant != nil, f.PerMerchant, &c.MaxUsesPerMerchant)
	return c, mask
}

type couponListCommand struct {
	listFlags
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*couponListCommand) Help() string {
	return `Example:

    orderhub coupon list`
}

func (c *couponListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.catalog.ListCoupons, &orderhubv1.ListCouponsRequest{}, (*orderhubv1.ListCouponsResponse).GetCoupons,
		int(c.Limit),
	)
	return showList(ctx, std, c, found, couponCells, "CODE", "OFF", "FOR", "FROM", "TO", "USED", "OF", "STATUS")
}

func couponCells(c *orderhubv1.Coupon) []string {
	most := "-"
	if c.MaxUses != nil {
		most = grouped(int(c.GetMaxUses()))
	}
	scope := append(append([]string{}, c.GetProducts()...), c.GetCategories()...)
	return []string{
		c.GetCode(), takesOff(c), orDash(strings.Join(scope, " ")), shownTime(c.GetStartTime()), shownTime(c.GetEndTime()),
		grouped(int(c.GetUseCount())), most, word(c.GetStatus()),
	}
}

// takesOff is a coupon's discount.
func takesOff(c *orderhubv1.Coupon) string {
	if c.GetPercent() != "" {
		return c.GetPercent() + " %"
	}
	return sum(c.GetCurrency(), c.GetAmount())
}

type couponCreateCommand struct {
	callFlags
	couponFlags
	Code string `arg:"" help:"What orders name it by: letters, digits, _ or -."`
}

func (*couponCreateCommand) Help() string {
	return `Examples:

    orderhub coupon create WELCOME10 --percent 10 --per-merchant 1
    orderhub coupon create BULK50 --amount 50.00 --currency THB --min-subtotal 1000.00 --to 2027-01-01T00:00:00Z`
}

func (c *couponCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	coupon, _ := c.coupon()
	coupon.Code = c.Code
	answer, err := api.catalog.CreateCoupon(ctx, &orderhubv1.CreateCouponRequest{Coupon: coupon})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetCoupon()), "Created coupon %s: takes %s off.\n", answer.GetCoupon().GetCode(),
		takesOff(answer.GetCoupon()))
}

type couponSetCommand struct {
	callFlags
	couponFlags
	Code   string `arg:"" help:"The coupon's code."`
	Status string `enum:",active,archived" default:"" placeholder:"STATUS" help:"active, or archived: it can no longer be used."`
}

func (*couponSetCommand) Help() string {
	return `What is not named stays as it is; a list is replaced. It holds for orders that are placed afterwards.

Examples:

    orderhub coupon set WELCOME10 --max-uses 500
    orderhub coupon set WELCOME10 --status archived`
}

func (c *couponSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask := c.coupon()
	takeWord(mask, "status", c.Status, &changes.Status)
	if len(mask.Paths) == 0 {
		return errNothingToChange
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.catalog.UpdateCoupon(
			ctx, &orderhubv1.UpdateCouponRequest{Code: c.Code, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		coupon := answer.GetCoupon()
		return c.say(
			std, asMessage(coupon), "Changed coupon %s: takes %s off, %s.\n", coupon.GetCode(), takesOff(coupon),
			word(coupon.GetStatus()),
		)
	})
}
