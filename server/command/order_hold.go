package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// errNeedsMerchant is of commands that a merchant alone can use.
var errNeedsMerchant = errors.New("needs --address and the key of a merchant: orders are held at a running hub")

// merchantFlags are what commands take that a merchant alone can use.
type merchantFlags struct{ readFlags }

func (f *merchantFlags) withAPI(ctx context.Context, std *Streams, a access, work func(*client) error) error {
	if f.Address == "" {
		return errNeedsMerchant
	}
	return f.hubFlags.withAPI(ctx, std, a, work)
}

type orderHoldCommand struct {
	merchantFlags
	Products  []string          `arg:"" name:"sku" help:"What, each a SKU or SKU=QUANTITY."`
	Reference string            `required:"" placeholder:"TEXT" help:"The merchant's own reference of the order."`
	For       time.Duration     `placeholder:"DURATION" help:"For how long, such as 30m; at most 1h (default: 15m)."`
	Coupon    string            `placeholder:"CODE" help:"A coupon."`
	Field     map[string]string `placeholder:"NAME=VALUE" help:"What products ask of the customer; repeat it for more."`
	UseDate   string            `placeholder:"DATE" help:"Day of use of tickets, YYYY-MM-DD."`
	User      string            `placeholder:"ID" help:"Who receives it, as the game knows them."`
	Server    string            `placeholder:"ID" help:"The game server."`
	Character string            `placeholder:"ID" help:"The game character."`
	Expected  string            `name:"expected-total" placeholder:"AMOUNT" help:"Hold only if it costs this."`
	NotifyURL string            `name:"notify-url" placeholder:"URL" help:"Where news of this order goes, too."`
	Metadata  map[string]string `placeholder:"NAME=VALUE" help:"A note of the merchant's on it; repeat it for more."`
}

func (*orderHoldCommand) Help() string {
	return `Prices an order at the hub at --address and keeps price, stock and money for it, until it is confirmed,
released or its time is over. Repeating it with the same reference shows the hold as it is now.

Examples:

    orderhub order hold EPIN_25=2 --reference basket-17 --for 30m --address hub.example:9090 --key-file shop.key
    orderhub order hold GOLD_10 --reference basket-18 --user player-7 --server eu-1 --metadata shelf=4 \
        --expected-total 99.00 --address hub.example:9090 --key-file shop.key
    orderhub order confirm ord_2m8f0q4r6t1v3x5z --address hub.example:9090 --key-file shop.key`
}

func (c *orderHoldCommand) call(ctx context.Context, std *Streams, api *client) error {
	lines, err := contract.LinesOf(c.Products, c.Field, c.UseDate)
	if err != nil {
		return err
	}
	o := &orderhubv1.Order{
		ReferenceId: c.Reference, Coupon: c.Coupon, Lines: lines, ExpectedTotalAmount: c.Expected,
		NotifyUrl: c.NotifyURL, Metadata: c.Metadata,
	}
	if c.User != "" || c.Server != "" || c.Character != "" {
		o.Recipient = &orderhubv1.Recipient{UserId: c.User, ServerId: c.Server, CharacterId: c.Character}
	}
	answer, err := api.holds.HoldOrder(ctx, &orderhubv1.HoldOrderRequest{Order: o, HoldFor: toAPIDuration(c.For)})
	return sayHold(std, c.jsonFlag, answer.GetHold(), err)
}

func sayHold(std *Streams, f jsonFlag, h *orderhubv1.Hold, err error) error {
	if err != nil {
		return err
	}
	return f.say(
		std, asMessage(h), "Hold %s of %s is %s: %s, expires %s.\n", h.GetHoldNumber(), h.GetMerchant(),
		word(h.GetStatus()), sum(h.GetCurrency(), h.GetTotalAmount()), shownTime(h.GetExpireTime()),
	)
}

type orderConfirmCommand struct {
	merchantFlags
	Number string `arg:"" help:"Number of the hold."`
}

func (*orderConfirmCommand) Help() string {
	return `Makes a hold the order that was held, exactly once, at the price that it has. Repeating it shows the order.

Examples:

    orderhub order confirm ord_2m8f0q4r6t1v3x5z --address hub.example:9090 --key-file shop.key`
}

func (c *orderConfirmCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.holds.ConfirmHold(ctx, &orderhubv1.ConfirmHoldRequest{HoldNumber: c.Number})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.Out, asMessage(answer.GetOrder()))
	}
	return printOrder(std, answer.GetOrder())
}

type orderExtendCommand struct {
	merchantFlags
	Number string        `arg:"" help:"Number of the hold."`
	For    time.Duration `placeholder:"DURATION" help:"How long from now on, such as 30m; at most 1h (default: 15m)."`
}

func (*orderExtendCommand) Help() string {
	return `Has a hold expire later, which can be done twice.

Examples:

    orderhub order extend ord_2m8f0q4r6t1v3x5z --for 30m --address hub.example:9090 --key-file shop.key`
}

func (c *orderExtendCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.holds.ExtendHold(ctx, &orderhubv1.ExtendHoldRequest{
		HoldNumber: c.Number, HoldFor: toAPIDuration(c.For),
	})
	return sayHold(std, c.jsonFlag, answer.GetHold(), err)
}

type orderReleaseCommand struct {
	callFlags
	Number   string `arg:"" optional:"" help:"Number of the hold."`
	All      bool   `help:"All open holds, of every merchant unless --merchant is given."`
	Merchant string `placeholder:"NAME" help:"With --all: only this merchant's."`
}

func (*orderReleaseCommand) Help() string {
	return `Gives back the money and the stock that a hold keeps. Operators may release any merchant's, and all at once,
which is for going back to a version that knows no holds: their customers have to order anew.

Examples:

    orderhub order release ord_2m8f0q4r6t1v3x5z
    orderhub order release --all`
}

func (c *orderReleaseCommand) Validate() error {
	switch {
	case c.All == (c.Number != ""):
		return errors.New("name a hold, or give --all")
	case c.Merchant != "" && !c.All:
		return errors.New("--merchant goes with --all")
	default:
		return nil
	}
}

func (c *orderReleaseCommand) call(ctx context.Context, std *Streams, api *client) error {
	if c.All {
		return c.releaseAll(ctx, std, api)
	}
	answer, err := api.holds.ReleaseHold(ctx, &orderhubv1.ReleaseHoldRequest{HoldNumber: c.Number})
	return sayHold(std, c.jsonFlag, answer.GetHold(), err)
}

// releaseAll releases what is open, and says what was released also when it fails on the way.
func (c *orderReleaseCommand) releaseAll(ctx context.Context, std *Streams, api *client) error {
	open, err := collect(std, contract.Each(
		ctx, api.holds.ListHolds, &orderhubv1.ListHoldsRequest{Merchant: c.Merchant, Open: true},
		(*orderhubv1.ListHoldsResponse).GetHolds, 0,
	))
	var released []*orderhubv1.Hold
	for i := 0; err == nil && i < len(open); i++ {
		var answer *orderhubv1.ReleaseHoldResponse
		answer, err = api.holds.ReleaseHold(ctx, &orderhubv1.ReleaseHoldRequest{HoldNumber: open[i].GetHoldNumber()})
		switch {
		case refused(err, "HOLD_ENDED"): // it was confirmed meanwhile
			err = nil
		case err == nil:
			released = append(released, answer.GetHold())
		}
	}
	if !c.JSON {
		fmt.Fprintf(std.Out, "Released %s.\n", count(len(released), "hold", "holds"))
	}
	if len(released) > 0 {
		err = errors.Join(err, printList(std, c.JSON, released, asMessage, holdCells, holdColumns...))
	}
	return err
}

type orderHoldsCommand struct {
	callFlags
	watchFlag
	Merchant string    `placeholder:"NAME" help:"Only this merchant's."`
	All      bool      `help:"Also those that have ended."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*orderHoldsCommand) Help() string {
	return `Newest first.

Examples:

    orderhub order holds --merchant shop
    orderhub order holds --all --json`
}

func (c *orderHoldsCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.holds.ListHolds, &orderhubv1.ListHoldsRequest{Merchant: c.Merchant, Open: !c.All},
		(*orderhubv1.ListHoldsResponse).GetHolds, int(c.Limit),
	)
	return showList(ctx, std, c, found, holdCells, holdColumns...)
}

var holdColumns = []string{"NUMBER", "REFERENCE", "MERCHANT", "STATUS", "LINES", "TOTAL", "EXTENDED", "EXPIRES"}

func holdCells(h *orderhubv1.Hold) []string {
	return []string{
		h.GetHoldNumber(), h.GetReferenceId(), h.GetMerchant(), word(h.GetStatus()), strconv.Itoa(len(h.GetLines())),
		sum(h.GetCurrency(), h.GetTotalAmount()), strconv.Itoa(int(h.GetExtensions())), shownTime(h.GetExpireTime()),
	}
}
