package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/event"
	"orderhub/server/webhook"
)

// answered is an answer in a line.
func answered(a *webhook.Answer) string {
	took := fmt.Sprintf("%d ms", a.Took.Milliseconds())
	said := fmt.Sprintf("%d after %s", a.Status, took)
	if a.Status == 0 {
		said = "no answer after " + took
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(a.Excerpt), "\n"); line != "" {
		said += ": " + line
	}
	return said
}

type webhookDeliveriesCommand struct {
	webhookFlags
	jsonFlag
	Merchant string    `arg:"" help:"Name or id of the merchant."`
	Delivery int64     `arg:"" optional:"" help:"Id of one delivery, to show with its attempts."`
	Endpoint int64     `placeholder:"ID" help:"Only those to this endpoint."`
	Order    string    `placeholder:"NUMBER" help:"Only those about this order."`
	Status   []string  `placeholder:"STATUS" help:"Only pending, delivered, failed or superseded ones, with commas."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with examples.
func (*webhookDeliveriesCommand) Help() string {
	return `Newest first.

Examples:

    orderhub webhook deliveries shop --status failed
    orderhub webhook deliveries shop 4711`
}

var deliveryStatuses = []webhook.DeliveryStatus{
	webhook.DeliveryPending, webhook.DeliveryDelivered, webhook.DeliveryFailed, webhook.DeliverySuperseded,
}

// jsonDelivery is a delivery as --json prints it.
type jsonDelivery struct {
	ID              int64      `json:"id"`
	EndpointID      int64      `json:"endpointId"`
	Sequence        int64      `json:"eventSequence"`
	Type            string     `json:"eventType"`
	OrderNumber     string     `json:"orderNumber,omitempty"`
	Status          string     `json:"status"`
	Attempts        int        `json:"attemptCount"`
	ResponseStatus  int        `json:"responseStatus,omitempty"`
	NextAttemptTime *time.Time `json:"nextAttemptTime,omitempty"`

	Log []jsonDeliveryAttempt `json:"attempts,omitempty"` // of one delivery that is shown alone
}

// jsonDeliveryAttempt is one posting of a delivery as --json prints it.
type jsonDeliveryAttempt struct {
	Number         int       `json:"number"`
	RequestID      string    `json:"requestId"`
	ResponseStatus int       `json:"responseStatus,omitempty"`
	ResponseMillis int64     `json:"responseMillis"`
	CreateTime     time.Time `json:"createTime"`
}

func toJSONDelivery(d *webhook.Delivery) jsonDelivery {
	row := jsonDelivery{
		ID: d.ID, EndpointID: d.EndpointID, Sequence: d.Sequence, Type: d.Type, OrderNumber: d.OrderNumber,
		Status: string(d.Status), Attempts: d.Attempts, ResponseStatus: d.Last.Status, NextAttemptTime: d.NextAt,
	}
	for i := range d.Log {
		a := &d.Log[i]
		row.Log = append(row.Log, jsonDeliveryAttempt{a.Number, a.RequestID, a.Status, a.Took.Milliseconds(), a.At})
	}
	return row
}

func toJSONDeliveries(found []webhook.Delivery) []jsonDelivery {
	rows := make([]jsonDelivery, len(found))
	for i := range found {
		rows[i] = toJSONDelivery(&found[i])
	}
	return rows
}

// Run lists deliveries, or shows one.
func (c *webhookDeliveriesCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		if c.Delivery != 0 {
			d, err := w.Deliveries.Get(ctx, m.ID, c.Delivery)
			if err != nil {
				return err
			}
			if c.JSON {
				return printJSON(std.Out, toJSONDelivery(&d))
			}
			rows := newTable(std.Out, "ATTEMPT", "REQUEST", "POSTED", "ANSWER")
			for i := range d.Log {
				a := &d.Log[i]
				rows.add(fmt.Sprint(a.Number), a.RequestID, instant(a.At), answered(&a.Answer))
			}
			fmt.Fprintf(std.Out, "%s, %s to %s, %s\n", d.MessageID, d.Type, d.URL, d.Status)
			return rows.flush()
		}
		f := webhook.Filter{EndpointID: c.Endpoint, OrderNumber: c.Order, Limit: int(c.Limit)}
		for _, status := range c.Status {
			if !slices.Contains(deliveryStatuses, webhook.DeliveryStatus(status)) {
				return fmt.Errorf("--status must be pending, delivered, failed or superseded, not %q", status)
			}
			f.Statuses = append(f.Statuses, webhook.DeliveryStatus(status))
		}
		found, err := w.Deliveries.List(ctx, m.ID, f)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(std.Out, toJSONDeliveries(found))
		}
		rows := newTable(std.Out, "ID", "ENDPOINT", "SEQUENCE", "TYPE", "ORDER", "STATUS", "ATTEMPTS", "NEXT", "LAST ANSWER")
		for i := range found {
			d := &found[i]
			next, last := "-", "-"
			if d.NextAt != nil {
				next = instant(*d.NextAt)
			}
			if d.Attempts > 0 {
				last = answered(&d.Last)
			}
			rows.add(
				fmt.Sprint(d.ID), fmt.Sprint(d.EndpointID), fmt.Sprint(d.Sequence), d.Type, orDash(d.OrderNumber), string(d.Status),
				fmt.Sprint(d.Attempts), next, last,
			)
		}
		return rows.flush()
	})
}

type webhookRedeliverCommand struct {
	webhookFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Delivery int64  `arg:"" help:"Id of the delivery, as \"webhook deliveries\" shows it."`
}

// Help explains the command with an example.
func (*webhookRedeliverCommand) Help() string {
	return `The same message is sent under the same identifier, with a fresh set of attempts, by the hub that runs on the
database.

Example:

    orderhub webhook redeliver shop 4711`
}

// Run has the delivery sent again.
func (c *webhookRedeliverCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		d, err := w.Deliveries.Redeliver(ctx, m.ID, c.Delivery)
		if err == nil {
			fmt.Fprintf(std.Out, "Delivery %d is %s and will be sent.\n", d.ID, d.Status)
		}
		return err
	})
}

// moment is a time that a person writes; an absent one is not the zero time.
type moment struct {
	time.Time

	given bool
}

// UnmarshalText reads RFC 3339.
func (m *moment) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("must be a time such as 2026-11-25T08:00:00Z")
	}
	m.Time, m.given = at, true
	return nil
}

type webhookReplayCommand struct {
	webhookFlags
	endpointArgs
	Events    []string `aliases:"types" placeholder:"TYPE" help:"Only events of these types, with commas (default: all): ${events}."`
	From      moment   `placeholder:"TIME" help:"Only events from this moment on, such as 2026-11-25T08:00:00Z."`
	To        moment   `placeholder:"TIME" help:"Only events before this moment (default: now)."`
	PerSecond int      `placeholder:"N" help:"Most events told per second, to 1000 (default: 10)."`
	Send      bool     `help:"Do it. Without it the events are only counted."`
}

// Help explains the command with examples.
func (*webhookReplayCommand) Help() string {
	return `Events are counted first: nothing is sent without --send. Messages keep their identifiers, so that a receiver
that has had one can tell.

Examples:

    orderhub webhook replay shop 3 --from 2026-11-25T08:00:00Z --events order.completed
    orderhub webhook replay shop 3 --from 2026-11-25T08:00:00Z --events order.completed --per-second 50 --send`
}

// Run counts, or begins to tell.
func (c *webhookReplayCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		q := webhook.Query{MerchantID: m.ID, EndpointID: c.Endpoint, From: c.From.Time, To: c.To.Time}
		if c.To.given && c.To.IsZero() {
			return errors.New("--to must be after the first moment of the year 1")
		}
		for _, t := range c.Events {
			q.Types = append(q.Types, event.Type(t))
		}
		selected, err := w.Replays.Start(ctx, q, c.PerSecond, !c.Send)
		if err != nil {
			return err
		}
		events := count(int(selected), "event", "events")
		if c.Send {
			fmt.Fprintf(std.Out, "%s will be told by the hub that runs on the database.\n", events)
		} else {
			fmt.Fprintf(std.Out, "%s would be told; add --send to do it.\n", events)
		}
		return nil
	})
}
