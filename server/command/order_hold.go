package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// errNeedsMerchant is of commands that a merchant alone can use.
var errNeedsMerchant = errors.New("needs --address and the key of a merchant: orders are held at a running hub")

type orderHoldCommand struct {
	hubFlags
	jsonFlag
	Products  []string          `arg:"" name:"sku" help:"What, each a SKU or SKU=QUANTITY."`
	Reference string            `required:"" placeholder:"TEXT" help:"The merchant's own reference of the order."`
	For       time.Duration     `placeholder:"DURATION" help:"For how long, such as 30m; at most 1h (default: 15m)."`
	Coupon    string            `placeholder:"CODE" help:"A coupon."`
	Field     map[string]string `placeholder:"NAME=VALUE" help:"What the products ask of the customer; repeat it for more."`
	UseDate   string            `placeholder:"DATE" help:"Day of use of tickets, YYYY-MM-DD."`
	User      string            `placeholder:"ID" help:"Who receives it, as the game knows them."`
}

// Help explains the command with examples.
func (*orderHoldCommand) Help() string {
	return `Prices an order at the hub at --address and keeps price, stock and money for it, until it is confirmed,
released or its time is over. Repeating it with the same reference shows the hold as it is now.

Examples:

    orderhub order hold EPIN_25=2 --reference basket-17 --for 30m --address hub.example:9090 --key-file shop.key
    orderhub order confirm ord_2m8f0q4r6t1v3x5z --address hub.example:9090 --key-file shop.key`
}

// Run holds.
func (c *orderHoldCommand) Run(ctx context.Context, std *Streams) error {
	if c.Address == "" {
		return errNeedsMerchant
	}
	o := &orderhubv1.Order{ReferenceId: c.Reference, Coupon: c.Coupon}
	if c.User != "" {
		o.Recipient = &orderhubv1.Recipient{UserId: c.User}
	}
	for _, product := range c.Products {
		line := &orderhubv1.OrderLine{Sku: product, Quantity: 1, Fields: c.Field, UseDate: c.UseDate}
		if sku, quantity, several := strings.Cut(product, "="); several {
			n, err := strconv.ParseInt(quantity, 10, 32)
			if err != nil || n < 1 {
				return fmt.Errorf("%s: the quantity must be a whole number above 0", product)
			}
			line.Sku, line.Quantity = sku, int32(n)
		}
		o.Lines = append(o.Lines, line)
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		answer, err := api.holds.HoldOrder(ctx, &orderhubv1.HoldOrderRequest{Order: o, HoldFor: holdTime(c.For)})
		if err != nil {
			return err
		}
		return printHold(std, c.JSON, answer.GetHold())
	})
}

// holdTime is absent where none is given.
func holdTime(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func printHold(std *Streams, asJSON bool, h *orderhubv1.Hold) error {
	if asJSON {
		return printJSON(std.Out, asMessage(h))
	}
	_, err := fmt.Fprintf(
		std.Out, "Hold %s of %s is %s: %s, expires %s.\n", h.GetHoldNumber(), h.GetMerchant(), word(h.GetStatus()),
		sum(h.GetCurrency(), h.GetTotalAmount()), shownTime(h.GetExpireTime()),
	)
	return err
}

type orderConfirmCommand struct {
	hubFlags
	jsonFlag
	Number string `arg:"" help:"Number of the hold."`
}

// Help explains the command with examples.
func (*orderConfirmCommand) Help() string {
	return `Makes a hold the order that was held, exactly once, at the price that it has. Repeating it shows the order.

Examples:

    orderhub order confirm ord_2m8f0q4r6t1v3x5z --address hub.example:9090 --key-file shop.key`
}

// Run confirms.
func (c *orderConfirmCommand) Run(ctx context.Context, std *Streams) error {
	if c.Address == "" {
		return errNeedsMerchant
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		answer, err := api.holds.ConfirmHold(ctx, &orderhubv1.ConfirmHoldRequest{HoldNumber: c.Number})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, asMessage(answer.GetOrder()))
		}
		return printOrder(std, answer.GetOrder())
	})
}

type orderExtendCommand struct {
	hubFlags
	jsonFlag
	Number string        `arg:"" help:"Number of the hold."`
	For    time.Duration `placeholder:"DURATION" help:"How long from now on, such as 30m; at most 1h (default: 15m)."`
}

// Help explains the command with examples.
func (*orderExtendCommand) Help() string {
	return `Has a hold expire later, which can be done twice.

Examples:

    orderhub order extend ord_2m8f0q4r6t1v3x5z --for 30m --address hub.example:9090 --key-file shop.key`
}

// Run extends.
func (c *orderExtendCommand) Run(ctx context.Context, std *Streams) error {
	if c.Address == "" {
		return errNeedsMerchant
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		answer, err := api.holds.ExtendHold(
			ctx, &orderhubv1.ExtendHoldRequest{HoldNumber: c.Number, HoldFor: holdTime(c.For)},
		)
		if err != nil {
			return err
		}
		return printHold(std, c.JSON, answer.GetHold())
	})
}

type orderReleaseCommand struct {
	hubFlags
	jsonFlag
	Number string `arg:"" help:"Number of the hold."`
}

// Help explains the command with examples.
func (*orderReleaseCommand) Help() string {
	return `Gives back the money and the stock that a hold keeps. Operators may release any merchant's.

Examples:

    orderhub order release ord_2m8f0q4r6t1v3x5z`
}

// Run releases.
func (c *orderReleaseCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.holds.ReleaseHold(ctx, &orderhubv1.ReleaseHoldRequest{HoldNumber: c.Number})
		if err != nil {
			return err
		}
		return printHold(std, c.JSON, answer.GetHold())
	})
}

type orderHoldsCommand struct {
	hubFlags
	jsonFlag
	watchFlag
	Merchant string    `placeholder:"NAME" help:"Only this merchant's."`
	All      bool      `help:"Also those that have ended."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with examples.
func (*orderHoldsCommand) Help() string {
	return `Newest first.

Examples:

    orderhub order holds --merchant shop
    orderhub order holds --all --json`
}

// Run lists holds.
func (c *orderHoldsCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		return c.watch(ctx, std, func(std *Streams) error {
			holds, err := readPages(
				ctx, api.holds.ListHolds, &orderhubv1.ListHoldsRequest{Merchant: c.Merchant, Open: !c.All},
				(*orderhubv1.ListHoldsResponse).GetHolds, int(c.Limit),
			)
			if err != nil {
				return err
			}
			return printList(
				std, c.JSON, holds, asMessage, holdCells,
				"NUMBER", "REFERENCE", "MERCHANT", "STATUS", "LINES", "TOTAL", "EXTENDED", "EXPIRES",
			)
		})
	})
}

func holdCells(h *orderhubv1.Hold) []string {
	return []string{
		h.GetHoldNumber(), h.GetReferenceId(), h.GetMerchant(), word(h.GetStatus()), strconv.Itoa(len(h.GetLines())),
		sum(h.GetCurrency(), h.GetTotalAmount()), strconv.Itoa(int(h.GetExtensions())), shownTime(h.GetExpireTime()),
	}
}
