package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type orderCommands struct {
	List      orderListCommand      `cmd:"" help:"List orders."`
	Export    orderExportCommand    `cmd:"" help:"Write orders as CSV or JSON, however many there are."`
	Get       orderGetCommand       `cmd:"" help:"Show one order."`
	Explain   orderExplainCommand   `cmd:"" help:"Tell an order's whole story."`
	Quote     orderQuoteCommand     `cmd:"" help:"Price an order without placing it."`
	Place     orderPlaceCommand     `cmd:"" help:"Place a CSV file of orders; it can be run again."`
	Reference orderReferenceCommand `cmd:"" help:"Tell what became of a merchant's reference."`
	Hold      orderHoldCommand      `cmd:"" help:"Keep price, stock and money for an order."`
	Holds     orderHoldsCommand     `cmd:"" help:"List what is held."`
	Extend    orderExtendCommand    `cmd:"" help:"Have a hold expire later."`
	Confirm   orderConfirmCommand   `cmd:"" help:"Make a hold the order that was held."`
	Release   orderReleaseCommand   `cmd:"" help:"Give back what a hold keeps."`
	Cancel    orderCancelCommand    `cmd:"" help:"Cancel what can be cancelled, and give its price back."`

	Recipient orderRecipientCommand `cmd:"" help:"List the orders of a recipient."`
	Goods     orderGoodsCommand     `cmd:"" help:"Find what was sold by what it is, such as a code."`
}

type orderFilter struct {
	Merchant  string   `placeholder:"NAME" help:"Only this merchant's."`
	Status    []string `enum:"pending,processing,completed,failed,cancelled" placeholder:"STATUS" help:"Only those that are pending, processing, completed, failed or cancelled; several with commas."`
	Reference string   `placeholder:"TEXT" help:"Only those whose reference begins so."`
	Number    string   `placeholder:"TEXT" help:"Only those whose number begins so."`
	Product   string   `placeholder:"SKU" help:"Only those with a line of this SKU, as it was when they were placed."`
	Door      string   `placeholder:"NAME" help:"Only those that came by this door, such as hub or gameso."`
	From      moment   `placeholder:"TIME" help:"Only those placed at this moment or later, such as 2026-11-25T08:00:00Z."`
	To        moment   `placeholder:"TIME" help:"Only those placed before this moment."`
}

func (f *orderFilter) request() *orderhubv1.ListOrdersRequest {
	return &orderhubv1.ListOrdersRequest{
		Merchant: f.Merchant, ReferenceIdPrefix: f.Reference, CreateTimeFrom: f.From.Timestamp, CreateTimeTo: f.To.Timestamp,
		OrderNumberPrefix: f.Number, Sku: f.Product, Door: f.Door, Status: valuesOf[orderhubv1.OrderStatus](f.Status),
	}
}

type orderListCommand struct {
	callFlags
	watchFlag
	orderFilter
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*orderListCommand) Help() string {
	return `Newest first, without goods.

Examples:

    orderhub order list --merchant shop --status pending,processing
    orderhub order list --product EPIN_25 --door gameso --limit 10
    orderhub order list --from 2026-11-25T08:00:00Z --limit 10000 --json`
}

func (c *orderListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.orders.ListOrders, c.request(), (*orderhubv1.ListOrdersResponse).GetOrders, int(c.Limit),
	)
	return showList(ctx, std, c, found, orderCells, orderColumns...)
}

var orderColumns = []string{
	"NUMBER", "REFERENCE", "MERCHANT", "STATUS", "LINES", "TOTAL", "REFUNDED", "PLACED",
}

func orderCells(o *orderhubv1.Order) []string {
	return []string{
		o.GetOrderNumber(), o.GetReferenceId(), o.GetMerchant(), word(o.GetStatus()), strconv.Itoa(len(o.GetLines())),
		sum(o.GetCurrency(), o.GetTotalAmount()), o.GetRefundedAmount(), shownTime(o.GetCreateTime()),
	}
}

type orderGetCommand struct {
	callFlags
	Number string `arg:"" help:"Number of the order, or the merchant's reference."`
	Goods  bool   `help:"Also what was delivered."`
}

func (*orderGetCommand) Help() string {
	return `What was delivered is shown only with --goods, which is recorded.

Examples:

    orderhub order get ord_2m8f0q4r6t1v3x5z
    orderhub order get ref-4711 --goods`
}

func (c *orderGetCommand) call(ctx context.Context, std *Streams, api *client) error {
	o, err := findOrder(ctx, api, c.Number)
	if err != nil {
		return err
	}
	if c.Goods {
		shown, err := api.orders.GetOrder(
			ctx, &orderhubv1.GetOrderRequest{OrderNumber: o.GetOrderNumber(), ShowGoods: true},
		)
		if err != nil {
			return err
		}
		o = shown.GetOrder()
	} else {
		for _, line := range o.GetLines() {
			line.Goods = nil
		}
	}
	if c.JSON {
		return printJSON(std.Out, message{o})
	}
	return printOrder(std, o)
}

func printOrder(std *Streams, o *orderhubv1.Order) error {
	fmt.Fprintf(std.Out, "Order %s of %s is %s.\n\n", o.GetOrderNumber(), o.GetMerchant(), word(o.GetStatus()))
	facts := newTable(std.Out, "Reference", o.GetReferenceId())
	facts.add("Door", o.GetDoor())
	facts.add("Placed", shownTime(o.GetCreateTime()))
	facts.add("Completed", shownTime(o.GetCompleteTime()))
	facts.add("Total", sum(o.GetCurrency(), o.GetTotalAmount()))
	facts.add("Discount", sum(o.GetCurrency(), o.GetDiscountAmount()))
	facts.add("Refunded", sum(o.GetCurrency(), o.GetRefundedAmount()))
	if o.GetFailureCode() != "" {
		facts.add("Failure", strings.TrimSpace(o.GetFailureCode()+" "+o.GetFailureMessage()))
	}
	if err := facts.flush(); err != nil {
		return err
	}
	fmt.Fprintln(std.Out)
	lines := newTable(std.Out, "LINE", "SKU", "UNITS", "STATUS", "DELIVERED", "FAILED", "CANCELLED", "TOTAL", "REFUNDED")
	goods := newTable(std.Out, "\nLINE", "DELIVERED", "STATUS", "TICKET", "CONTENT")
	delivered := false
	for _, line := range o.GetLines() {
		position := strconv.Itoa(int(line.GetPosition()))
		lines.add(
			position, line.GetSku(), fmt.Sprint(line.GetQuantity()), word(line.GetStatus()),
			fmt.Sprint(line.GetCompletedQuantity()), fmt.Sprint(line.GetFailedQuantity()),
			fmt.Sprint(line.GetCancelledQuantity()), line.GetTotalAmount(), line.GetRefundedAmount(),
		)
		for _, unit := range line.GetGoods() {
			delivered = true
			content := unit.GetContent()
			if unit.GetUnreadable() {
				content = "(cannot be read with this key)"
			}
			goods.add(
				position, shownTime(unit.GetDeliverTime()), word(unit.GetStatus()), orDash(unit.GetTicketCode()), orDash(content),
			)
		}
	}
	if err := lines.flush(); err != nil || !delivered {
		return err
	}
	return goods.flush()
}

type orderCancelCommand struct {
	callFlags
	Number  string   `arg:"" help:"Number of the order, or the merchant's reference."`
	Line    int32    `placeholder:"N" help:"Only this line, from 1 (default: the whole order)."`
	Tickets []string `placeholder:"CODE" help:"Of that line only these tickets, with commas."`
	Reason  string   `placeholder:"TEXT" help:"Why, as the merchant reads it in the order's events."`
}

func (*orderCancelCommand) Help() string {
	return `What can still be cancelled is, and its price is given back. Doing it again changes nothing.

Examples:

    orderhub order cancel ord_2m8f0q4r6t1v3x5z --reason "Asked for by the buyer"
    orderhub order cancel ord_2m8f0q4r6t1v3x5z --line 2 --tickets T-4711,T-4712`
}

func (c *orderCancelCommand) Run(ctx context.Context, std *Streams) error {
	request := &orderhubv1.CancelOrderRequest{Reason: c.Reason}
	switch {
	case c.Line != 0:
		request.Lines = []*orderhubv1.CancelOrderLine{{Position: c.Line, TicketCodes: c.Tickets}}
	case len(c.Tickets) > 0:
		return fmt.Errorf("--tickets needs --line: the line that the tickets are of")
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		o, err := findOrder(ctx, api, c.Number)
		if err != nil {
			return err
		}
		request.OrderNumber = o.GetOrderNumber()
		answer, err := api.orders.CancelOrder(ctx, request)
		if err != nil {
			return err
		}
		o = answer.GetOrder()
		return c.say(
			std, asMessage(o), "Order %s is %s; %s of %s was given back.\n", o.GetOrderNumber(), word(o.GetStatus()),
			sum(o.GetCurrency(), o.GetRefundedAmount()), o.GetTotalAmount(),
		)
	})
}

type orderExplainCommand struct {
	callFlags
	Number string `arg:"" help:"Number of the order, or the merchant's reference."`
}

func (*orderExplainCommand) Help() string {
	return `Tells an order's whole story: what was asked and charged, tried where with what outcome, delivered, given back,
and what happens next.

Example:

    orderhub order explain ord_2m8f0q4r6t1v3x5z`
}

func (c *orderExplainCommand) call(ctx context.Context, std *Streams, api *client) error {
	o, err := findOrder(ctx, api, c.Number)
	if err != nil {
		return err
	}
	story, err := api.orders.ExplainOrder(ctx, &orderhubv1.ExplainOrderRequest{OrderNumber: o.GetOrderNumber()})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.Out, asMessage(story))
	}
	fmt.Fprintf(std.Out, "Order %s is %s.\n\n", o.GetOrderNumber(), word(o.GetStatus()))
	rows := newTable(std.Out, "TIME", "LINE", "WHAT")
	for _, step := range story.GetSteps() {
		at := step.GetTime().AsTime().Format("2006-01-02 15:04:05.000")
		rows.add(at, numberOrDash(step.GetLinePosition()), step.GetText())
	}
	if err := rows.flush(); err != nil || story.GetNext() == "" {
		return err
	}
	when := ""
	if story.GetNextTime() != nil {
		when = ", at " + shownTime(story.GetNextTime())
	}
	fmt.Fprintf(std.Out, "\nNext%s: %s\n", when, story.GetNext())
	return nil
}

// findOrder reads an order by its number or, where one merchant has it, by the merchant's reference.
func findOrder(ctx context.Context, api *client, name string) (*orderhubv1.Order, error) {
	answer, err := api.orders.GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: name})
	if !refused(err, "ORDER_NOT_FOUND") {
		return answer.GetOrder(), err
	}
	list, err := api.orders.ListOrders(ctx, &orderhubv1.ListOrdersRequest{ReferenceId: name, PageSize: 2})
	switch found := list.GetOrders(); {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("there is no order %q", name)
	case len(found) > 1:
		return nil, fmt.Errorf("several merchants have an order %q: name it by its number", name)
	default:
		answer, err = api.orders.GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: found[0].GetOrderNumber()})
		return answer.GetOrder(), err
	}
}
