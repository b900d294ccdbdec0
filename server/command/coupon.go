package command

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
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
	if len(f.Products) > 0 {
		c.Products, mask.Paths = f.Products, append(mask.Paths, "products")
	}
	if len(f.Categories) > 0 {
		c.Categories, mask.Paths = f.Categories, append(mask.Paths, "categories")
	}
	if f.From.Timestamp != nil {
		c.StartTime, mask.Paths = f.From.Timestamp, append(mask.Paths, "start_time")
	}
	if f.To.Timestamp != nil {
		c.EndTime, mask.Paths = f.To.Timestamp, append(mask.Paths, "end_time")
	}
	if f.MaxUses != nil {
		c.MaxUses, mask.Paths = f.MaxUses, append(mask.Paths, "max_uses")
	}
	if f.PerMerchant != nil {
		c.MaxUsesPerMerchant, mask.Paths = f.PerMerchant, append(mask.Paths, "max_uses_per_merchant")
	}
	return c, mask
}

type couponListCommand struct {
	hubFlags
	jsonFlag
	watchFlag
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with an example.
func (*couponListCommand) Help() string {
	return `Example:

    orderhub coupon list`
}

// Run lists coupons.
func (c *couponListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		return c.watch(ctx, std, func(std *Streams) error {
			coupons, err := readPages(
				ctx, api.catalog.ListCoupons, &orderhubv1.ListCouponsRequest{}, (*orderhubv1.ListCouponsResponse).GetCoupons,
				int(c.Limit),
			)
			if err != nil {
				return err
			}
			return printList(
				std, c.JSON, coupons, asMessage, couponCells, "CODE", "OFF", "FOR", "FROM", "TO", "USED", "OF", "STATUS",
			)
		})
	})
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
	hubFlags
	jsonFlag
	couponFlags
	Code string `arg:"" help:"What orders name it by: letters, digits, _ or -."`
}

// Help explains the command with examples.
func (*couponCreateCommand) Help() string {
	return `Examples:

    orderhub coupon create WELCOME10 --percent 10 --per-merchant 1
    orderhub coupon create BULK50 --amount 50.00 --currency THB --min-subtotal 1000.00 --to 2027-01-01T00:00:00Z`
}

// Run creates the coupon.
func (c *couponCreateCommand) Run(ctx context.Context, std *Streams) error {
	coupon, _ := c.coupon()
	coupon.Code = c.Code
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.catalog.CreateCoupon(ctx, &orderhubv1.CreateCouponRequest{Coupon: coupon})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, asMessage(answer.GetCoupon()))
		}
		fmt.Fprintf(std.Out, "Created coupon %s: takes %s off.\n", answer.GetCoupon().GetCode(), takesOff(answer.GetCoupon()))
		return nil
	})
}

type couponSetCommand struct {
	hubFlags
	jsonFlag
	couponFlags
	Code   string `arg:"" help:"The coupon's code."`
	Status string `enum:",active,archived" default:"" placeholder:"STATUS" help:"active, or archived: it can no longer be used."`
}

// Help explains the command with examples.
func (*couponSetCommand) Help() string {
	return `What is not named stays as it is; a list is replaced. It holds for orders that are placed afterwards.

Examples:

    orderhub coupon set WELCOME10 --max-uses 500
    orderhub coupon set WELCOME10 --status archived`
}

// Run changes the coupon.
func (c *couponSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask := c.coupon()
	if c.Status != "" {
		changes.Status, mask.Paths = valueOf[orderhubv1.CatalogStatus](c.Status), append(mask.Paths, "status")
	}
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
		if c.JSON {
			return printJSON(std.Out, asMessage(answer.GetCoupon()))
		}
		fmt.Fprintf(
			std.Out, "Changed coupon %s: takes %s off, %s.\n", coupon.GetCode(), takesOff(coupon), word(coupon.GetStatus()),
		)
		return nil
	})
}
