package command

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type postAnswer interface {
	GetResponseStatus() int32
	GetResponseDuration() *durationpb.Duration
	GetResponseExcerpt() string
}

// answered is an answer in a line.
func answered(a postAnswer) string {
	took := fmt.Sprintf("%d ms", a.GetResponseDuration().AsDuration().Milliseconds())
	said := fmt.Sprintf("%d after %s", a.GetResponseStatus(), took)
	if a.GetResponseStatus() == 0 {
		said = "no answer after " + took
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(a.GetResponseExcerpt()), "\n"); line != "" {
		said += ": " + line
	}
	return said
}

type webhookDeliveriesCommand struct {
	webhookFlags
	watchFlag
	Merchant string    `arg:"" help:"Name or id of the merchant."`
	Delivery int64     `arg:"" optional:"" help:"Id of one delivery, to show with its attempts."`
	Endpoint int64     `placeholder:"ID" help:"Only those to this endpoint."`
	Order    string    `placeholder:"NUMBER" help:"Only those about this order."`
	Status   []string  `enum:"pending,delivered,failed,superseded" placeholder:"STATUS" help:"Only pending, delivered, failed or superseded ones, with commas."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*webhookDeliveriesCommand) Help() string {
	return `Newest first.

Examples:

    orderhub webhook deliveries shop --status failed
    orderhub webhook deliveries shop 4711`
}

func (c *webhookDeliveriesCommand) call(ctx context.Context, std *Streams, api *client) error {
	if c.Delivery != 0 {
		answer, err := api.webhooks.GetDelivery(
			ctx, &orderhubv1.GetDeliveryRequest{Merchant: c.Merchant, Delivery: c.Delivery},
		)
		if err != nil {
			return err
		}
		return showDelivery(std, c.JSON, answer.GetDelivery())
	}
	request := &orderhubv1.ListDeliveriesRequest{
		Merchant: c.Merchant, Endpoint: c.Endpoint, OrderNumber: c.Order,
		Status: valuesOf[orderhubv1.WebhookDeliveryStatus](c.Status),
	}
	return showDeliveries(ctx, std, c, contract.Each(
		ctx, api.webhooks.ListDeliveries, request, (*orderhubv1.ListDeliveriesResponse).GetDeliveries, int(c.Limit),
	))
}

func showDelivery(std *Streams, asJSON bool, d *orderhubv1.WebhookDelivery) error {
	if asJSON {
		return printJSON(std.Out, asDelivery(d))
	}
	rows := newTable(std.Out, "ATTEMPT", "REQUEST", "POSTED", "ANSWER")
	for _, a := range d.GetAttempts() {
		rows.add(fmt.Sprint(a.GetNumber()), a.GetRequestId(), shownTime(a.GetCreateTime()), answered(a))
	}
	fmt.Fprintf(std.Out, "%s, %s to %s, %s\n", d.GetMessageId(), d.GetEventType(), d.GetUrl(), word(d.GetStatus()))
	return rows.flush()
}

func showDeliveries(
	ctx context.Context, std *Streams, c lister, found iter.Seq2[*orderhubv1.WebhookDelivery, error],
) error {
	return showListAs(
		ctx, std, c, found, asDelivery, deliveryCells, "ID", "ENDPOINT", "SEQUENCE", "TYPE", "ORDER", "STATUS",
		"ATTEMPTS", "NEXT", "LAST ANSWER",
	)
}

func deliveryCells(d *orderhubv1.WebhookDelivery) []string {
	last := "-"
	if d.GetAttemptCount() > 0 {
		last = answered(d)
	}
	return []string{
		fmt.Sprint(d.GetId()), fmt.Sprint(d.GetEndpointId()), fmt.Sprint(d.GetEventSequence()), d.GetEventType(),
		orDash(d.GetOrderNumber()), word(d.GetStatus()), fmt.Sprint(d.GetAttemptCount()), shownTime(d.GetNextAttemptTime()),
		last,
	}
}

type webhookRedeliverCommand struct {
	webhookFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Delivery int64  `arg:"" help:"Id of the delivery, as \"webhook deliveries\" shows it."`
}

func (*webhookRedeliverCommand) Help() string {
	return `The same message is sent under the same identifier, with a fresh set of attempts, by the hub that runs on the
database.

Example:

    orderhub webhook redeliver shop 4711`
}

func (c *webhookRedeliverCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.webhooks.RedeliverDelivery(
		ctx, &orderhubv1.RedeliverDeliveryRequest{Merchant: c.Merchant, Delivery: c.Delivery},
	)
	if err != nil {
		return err
	}
	return sayRedelivered(std, c.jsonFlag, answer.GetDelivery())
}

func sayRedelivered(std *Streams, f jsonFlag, d *orderhubv1.WebhookDelivery) error {
	return f.say(std, asDelivery(d), "Delivery %d is %s and will be sent.\n", d.GetId(), word(d.GetStatus()))
}

// moment is a time that a person writes; nil where none is given.
type moment struct{ *timestamppb.Timestamp }

func (m *moment) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("must be a time such as 2026-11-25T08:00:00Z")
	}
	m.Timestamp = timestamppb.New(at)
	return nil
}

type webhookReplayCommand struct {
	webhookFlags
	endpointArgs
	Events    []string `aliases:"types" placeholder:"TYPE" help:"Only events of these types, with commas (default: all): ${events}."`
	From      moment   `placeholder:"TIME" help:"Only events from this moment on, such as 2026-11-25T08:00:00Z."`
	To        moment   `placeholder:"TIME" help:"Only events before this moment (default: now)."`
	PerSecond int32    `placeholder:"N" help:"Most events told per second, to 1000 (default: 10)."`
	Send      bool     `help:"Do it. Without it the events are only counted."`
}

func (*webhookReplayCommand) Help() string {
	return `Events are counted first: nothing is sent without --send. Messages keep their identifiers, so that a receiver
that has had one can tell.

Examples:

    orderhub webhook replay shop 3 --from 2026-11-25T08:00:00Z --events order.completed
    orderhub webhook replay shop 3 --from 2026-11-25T08:00:00Z --events order.completed --per-second 50 --send`
}

func (c *webhookReplayCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.webhooks.ReplayEvents(ctx, &orderhubv1.ReplayEventsRequest{
		Merchant: c.Merchant, Endpoint: c.Endpoint, EventTypes: c.Events, StartTime: c.From.Timestamp,
		EndTime: c.To.Timestamp, EventsPerSecond: c.PerSecond, DryRun: !c.Send,
	})
	if err != nil {
		return err
	}
	done := "%s would be told; add --send to do it.\n"
	if c.Send {
		done = "%s will be told by the hub that runs on the database.\n"
	}
	return c.say(std, asMessage(answer), done, count(int(answer.GetEventCount()), "event", "events"))
}
