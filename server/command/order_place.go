package command

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
	"orderhub/server/contract"
)

const (
	// placeRows and placeLines are of one call: below what the hub takes, so that a call ends soon.
	placeRows  = 500
	placeLines = 2500
	// placePatience is how long orders that the hub cannot take yet are sent again.
	placePatience = 5 * time.Minute
)

type orderPlaceCommand struct {
	callFlags
	File   string `arg:"" help:"CSV file of orders, - for standard input."`
	Atomic bool   `help:"All or none: at most 1,000 orders."`
	Series string `placeholder:"TEXT" help:"Names the occasion of rows without a reference, where the same rows are placed again at another one, such as 2026-12."`
}

func (*orderPlaceCommand) Help() string {
	return `Places a file of orders at the hub at --address, with the key of the merchant whose orders they are. The first
row has the names of the columns: sku and quantity, and as wanted reference, user_id, server_id, character_id, coupon,
use_date, external_reference, expected_total, notify_url, field.NAME for a customer's field of the product and
metadata.NAME. Each row is an order of one line; rows that follow one another with the same reference are one order.

It can be run again at any time, also when rows were added, corrected or taken out: what was placed is not placed
twice, because each order has a reference. Rows without one get it from what they say, and how many before them say the
same: equal rows are the same orders in every file. To place them once more, next month perhaps, name the occasion with
--series or give references. What became of each order is printed as CSV, or with --json one object for each. An order
that the hub cannot take yet is sent again: every order counts in the merchant's rate limit, as many as come in a minute
(1,200 unless an operator says otherwise) at once.

Examples:

    orderhub order place orders.csv --address hub.example:9090 --key-file shop.key > placed.csv
    orderhub order place monthly.csv --address hub.example:9090 --series 2026-12
    orderhub order place orders.csv --address hub.example:9090 --atomic`
}

func (c *orderPlaceCommand) Run(ctx context.Context, std *Streams) error {
	if c.Address == "" {
		return errors.New("needs --address and the key of a merchant: orders are placed at a running hub")
	}
	file, err := openInput(c.File, std)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		p := &placing{
			api: api, std: std, out: csv.NewWriter(std.Out), atomic: c.Atomic, json: c.JSON, begun: time.Now(),
		}
		p.bar = newProgress(std, file, "order", "orders")
		defer p.bar.end()
		if !c.JSON {
			if err := p.out.Write(placedColumns); err != nil {
				return err
			}
		}
		return p.all(ctx, sheetOrders(p.bar, newReferences(c.Series)))
	})
}

var placedColumns = []string{
	"line", "reference", "order_number", "status", "total", "currency", "reason", "message",
}

// sheetOrder is an order of a file, with the line on which it begins.
type sheetOrder struct {
	line  int
	order *orderhubv1.Order
}

// placing is the placing of one file.
type placing struct {
	api    *client
	std    *Streams
	out    *csv.Writer
	bar    *progress
	atomic bool
	json   bool
	begun  time.Time

	done, refused int
	before        int // of those that are done, placed by an earlier run
}

func (p *placing) all(ctx context.Context, orders iter.Seq2[sheetOrder, error]) error {
	var part []sheetOrder
	lines := 0
	for o, err := range orders {
		if err != nil {
			return errors.Join(err, p.flush())
		}
		part, lines = append(part, o), lines+len(o.order.GetLines())
		if !p.atomic && (len(part) == placeRows || lines >= placeLines) {
			if err := p.place(ctx, part); err != nil {
				return errors.Join(err, p.flush())
			}
			part, lines = nil, 0
		}
	}
	if len(part) > 0 {
		if err := p.place(ctx, part); err != nil {
			return errors.Join(err, p.flush())
		}
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.bar.end()
	placed := p.done - p.refused
	fmt.Fprintf(
		p.std.Err, "%s placed or there already, %s refused.\n", count(placed, "order", "orders"), grouped(p.refused),
	)
	if p.before > 0 { // who meant them once more has to see it
		fmt.Fprintf(p.std.Err, "%s placed before this run.\n", count(p.before, "of them was", "of them were"))
	}
	if p.refused > 0 {
		return fmt.Errorf("%s refused; see reason and message", count(p.refused, "order was", "orders were"))
	}
	return nil
}

func (p *placing) flush() error {
	p.out.Flush()
	return p.out.Error()
}

// place sends orders until each has an answer that stays.
func (p *placing) place(ctx context.Context, part []sheetOrder) error {
	for until := time.Now().Add(placePatience); len(part) > 0; {
		again, after, err := p.send(ctx, part, time.Now().After(until))
		if err != nil {
			return err
		}
		if len(again) < len(part) {
			until = time.Now().Add(placePatience)
		}
		if part = again; len(part) == 0 {
			break
		}
		if err := clock.Sleep(ctx, after); err != nil {
			return err
		}
	}
	return nil
}

// send sends orders once and returns those to be sent again, after a while; none when it is the last time.
func (p *placing) send(ctx context.Context, part []sheetOrder, last bool) (
	again []sheetOrder, after time.Duration, err error,
) {
	request := &orderhubv1.BatchCreateOrdersRequest{Atomic: p.atomic}
	for _, o := range part {
		request.Orders = append(request.Orders, o.order)
	}
	answer, err := p.api.batches.BatchCreateOrders(ctx, request)
	if wait, passes := passesSoon(err); passes && !last {
		return part, wait, nil // with the same references
	}
	if err != nil {
		return nil, 0, err
	}
	if len(answer.GetRows()) != len(part) {
		return nil, 0, errors.New("the hub answered another number of orders than were sent")
	}
	for i, row := range answer.GetRows() {
		if wait := row.GetError().GetRetryAfter().AsDuration(); row.GetError() != nil && wait > 0 && !last {
			again, after = append(again, part[i]), max(after, wait)
			continue
		}
		if err := p.print(part[i].line, row); err != nil {
			return nil, 0, err
		}
	}
	return again, after, p.flush()
}

// passesSoon reports whether the hub may take the same call in a while, and when: each that comes too early counts in
// the limit that has no room for it.
func passesSoon(err error) (after time.Duration, passes bool) {
	r, ok := errors.AsType[*refusal](err)
	if !ok || r.code != codes.Unavailable && r.code != codes.ResourceExhausted {
		return 0, false
	}
	return max(r.after, time.Second), true
}

// print prints what became of an order.
func (p *placing) print(line int, row *orderhubv1.BatchRow) error {
	p.done++
	if row.GetError() != nil {
		p.refused++
	} else if row.GetOrder().GetCreateTime().AsTime().Before(p.begun) {
		p.before++
	}
	p.bar.show(p.done)
	if p.json {
		return printJSONLine(p.std.Out, asMessage(row))
	}
	o, state := row.GetOrder(), "refused"
	if o != nil {
		state = word(o.GetStatus())
	}
	return p.out.Write([]string{
		strconv.Itoa(line), contract.Plain(row.GetReferenceId()), o.GetOrderNumber(), state, o.GetTotalAmount(),
		o.GetCurrency(), row.GetError().GetReason(), contract.Plain(said(row.GetError())),
	})
}

// said is an error with the columns that are wrong.
func said(e *orderhubv1.OrderError) string {
	text := e.GetMessage()
	if len(e.GetViolations()) > 1 {
		for _, v := range e.GetViolations() {
			text += "; " + v.GetField() + ": " + v.GetDescription()
		}
	}
	return text
}
