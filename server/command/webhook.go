package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/event"
	"orderhub/server/webhook"
)

// webhookFlags are what every command about webhooks takes.
type webhookFlags struct {
	databaseFlags
	AllowLocal bool `name:"allow-local-targets" env:"ORDERHUB_ALLOW_LOCAL_TARGETS" help:"Let plain http and local addresses be. For tests."`
}

// withWebhooks works for one merchant.
func (f *webhookFlags) withWebhooks(ctx context.Context, std *Streams, name string, work func(w *app.Webhooks, m *account.Merchant) error) (err error) {
	s, err := f.openStore(ctx, std, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w, err := app.NewWebhooks(s, f.AllowLocal, newLogger(std.Err, slog.LevelError))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(ctx)) }()
	m, err := findMerchant(ctx, account.NewService(s), name)
	if err != nil {
		return err
	}
	return explained(work(w, &m))
}

// explained says what a person can do about an error.
func explained(err error) error {
	switch {
	case errors.Is(err, webhook.ErrEndpointNotFound):
		return errors.New("the merchant has no such endpoint; \"orderhub webhook list\" shows those it has")
	case errors.Is(err, webhook.ErrDeliveryNotFound):
		return errors.New("the merchant has no such delivery; \"orderhub webhook deliveries\" shows those it has")
	default:
		return oneLine(err)
	}
}

type webhookCreateCommand struct {
	webhookFlags
	jsonFlag
	Merchant    string   `arg:"" help:"Name or id of the merchant."`
	URL         string   `arg:"" name:"url" help:"Where to post."`
	Events      []string `placeholder:"TYPE" help:"Types of events, with commas, such as order.completed,order.failed (default: all)."`
	Format      string   `enum:"standard,gameso,bursagb" default:"standard" help:"standard, gameso or bursagb (default: standard)."`
	Description string   `placeholder:"TEXT" help:"A note, for people."`
}

// Help explains the command with examples.
func (*webhookCreateCommand) Help() string {
	return `The secret that messages are signed with is printed alone on standard output and cannot be shown again. Format bursagb has none: it carries the merchant's callback key.

Examples:

    orderhub webhook create shop https://shop.example/orderhub
    orderhub webhook create shop https://shop.example/orderhub --events order.completed,order.failed > secret.txt`
}

// Run registers the endpoint.
func (c *webhookCreateCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		created, secret, err := w.Endpoints.Create(ctx, webhook.Endpoint{
			MerchantID: m.ID, URL: c.URL, Format: c.Format, EventTypes: c.Events, Description: c.Description, MaxRetries: webhook.ByFormat,
		}, "")
		if err != nil {
			return err
		}
		if twins := twinsOf(ctx, w, &created); len(twins) > 0 {
			fmt.Fprintf(std.Err, "Note: the address is told of the same events by endpoint %s already.\n", strings.Join(twins, ", "))
		}
		if c.JSON {
			row := toJSONEndpoint(&created)
			row.Secret = secret
			return printJSON(std.Out, row)
		}
		if secret == "" {
			fmt.Fprintf(std.Err, "Created endpoint %d of %s.\n", created.ID, m.Name)
			return nil
		}
		fmt.Fprintf(std.Err, "Created endpoint %d of %s. This is the only time its secret is shown:\n", created.ID, m.Name)
		fmt.Fprintln(std.Out, secret)
		return nil
	})
}

// twinsOf are the ids of other endpoints at the same address for the same events.
func twinsOf(ctx context.Context, w *app.Webhooks, created *webhook.Endpoint) (ids []string) {
	endpoints, err := w.Endpoints.List(ctx, created.MerchantID, "")
	if err != nil {
		return nil // a note is not worth hiding what was created
	}
	wanted := slices.Sorted(slices.Values(created.EventTypes))
	for i := range endpoints {
		e := &endpoints[i]
		if e.ID != created.ID && e.URL == created.URL && slices.Equal(wanted, slices.Sorted(slices.Values(e.EventTypes))) {
			ids = append(ids, fmt.Sprint(e.ID))
		}
	}
	return ids
}

type jsonEndpoint struct {
	ID            int64    `json:"id"`
	URL           string   `json:"url"`
	Format        string   `json:"format"`
	EventTypes    []string `json:"eventTypes,omitempty"`
	Status        string   `json:"status"`
	DisableReason string   `json:"disableReason,omitempty"`
	FailingSince  string   `json:"failingSince,omitempty"`
	Secret        string   `json:"secret,omitempty"`
	SecretHint    string   `json:"secretHint,omitempty"`
	Description   string   `json:"description,omitempty"`
}

func toJSONEndpoint(e *webhook.Endpoint) jsonEndpoint {
	row := jsonEndpoint{
		ID: e.ID, URL: e.URL, Format: e.Format, EventTypes: e.EventTypes, Status: string(e.Status), DisableReason: e.DisableReason,
		SecretHint: e.SecretHint, Description: e.Description,
	}
	if e.FailingSince != nil {
		row.FailingSince = e.FailingSince.Format(time.RFC3339)
	}
	return row
}

type webhookListCommand struct {
	webhookFlags
	jsonFlag
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

// Help explains the command with an example.
func (*webhookListCommand) Help() string {
	return `Example:

    orderhub webhook list shop`
}

// Run lists endpoints.
func (c *webhookListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		found, err := w.Endpoints.List(ctx, m.ID, "")
		if err != nil {
			return err
		}
		if c.JSON {
			rows := make([]jsonEndpoint, len(found))
			for i := range found {
				rows[i] = toJSONEndpoint(&found[i])
			}
			return printJSONLines(std.Out, rows)
		}
		rows := newTable(std.Out, "ID", "FORMAT", "STATUS", "FAILING SINCE", "EVENTS", "URL", "WHY")
		for i := range found {
			e := &found[i]
			since := "-"
			if e.FailingSince != nil {
				since = instant(*e.FailingSince)
			}
			events := "all"
			if len(e.EventTypes) > 0 {
				events = strings.Join(e.EventTypes, ",")
			}
			rows.add(fmt.Sprint(e.ID), e.Format, string(e.Status), since, events, e.URL, orDash(e.DisableReason))
		}
		return rows.flush()
	})
}

// endpointArgs name an endpoint.
type endpointArgs struct {
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Endpoint int64  `arg:"" help:"Id of the endpoint, as \"webhook list\" shows it."`
}

type webhookSetCommand struct {
	webhookFlags
	endpointArgs
	URL       *string   `name:"url" help:"Where to post."`
	Status    string    `enum:",active,inactive" default:"" help:"active or inactive."`
	Events    *[]string `placeholder:"TYPE" help:"Types of events, with commas; empty for all."`
	NewSecret bool      `help:"Make a new secret and print it, once. The old one goes on to sign for 24 hours, beside the new one."`
}

// Help explains the command with examples.
func (*webhookSetCommand) Help() string {
	return `What is not named stays as it is. An endpoint that the hub switched off is switched on again with --status active: what waited for it is sent then.

Examples:

    orderhub webhook set shop 3 --status active
    orderhub webhook set shop 3 --new-secret > secret.txt`
}

// Run changes the endpoint.
func (c *webhookSetCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		change := webhook.Change{URL: c.URL, EventTypes: c.Events}
		if status := webhook.Status(c.Status); status != "" {
			change.Status = &status
		}
		secret := ""
		if c.NewSecret {
			secret = webhook.NewSecret()
			change.Secret = &secret
		}
		if _, err := w.Endpoints.Update(ctx, m.ID, c.Endpoint, "", change); err != nil {
			return err
		}
		if secret == "" {
			fmt.Fprintf(std.Out, "Changed endpoint %d of %s.\n", c.Endpoint, m.Name)
			return nil
		}
		fmt.Fprintf(std.Err, "Changed endpoint %d of %s. This is the only time its secret is shown:\n", c.Endpoint, m.Name)
		fmt.Fprintln(std.Out, secret)
		return nil
	})
}

type webhookDeleteCommand struct {
	webhookFlags
	endpointArgs
}

// Help explains the command with an example.
func (*webhookDeleteCommand) Help() string {
	return `What waits for the endpoint is given up.

Example:

    orderhub webhook delete shop 3`
}

// Run removes the endpoint.
func (c *webhookDeleteCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		if _, err := w.Endpoints.Delete(ctx, m.ID, c.Endpoint, ""); err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "Removed endpoint %d of %s.\n", c.Endpoint, m.Name)
		return nil
	})
}

type webhookTestCommand struct {
	webhookFlags
	endpointArgs
}

// Help explains the command with an example.
func (*webhookTestCommand) Help() string {
	return `The message is posted from here, once, whatever the endpoint's status. The exit code is 1 unless a 2xx answers it.

Example:

    orderhub webhook test shop 3`
}

// Run posts the test.
func (c *webhookTestCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		e, err := w.Endpoints.Get(ctx, m.ID, c.Endpoint, "")
		if err != nil {
			return err
		}
		d, err := w.Deliveries.Test(ctx, &e)
		if err != nil {
			return err
		}
		if d.Status != webhook.DeliveryDelivered {
			return fmt.Errorf("%s: %s", d.URL, answered(&d.Last))
		}
		fmt.Fprintf(std.Out, "%s: %s\n", d.URL, answered(&d.Last))
		return nil
	})
}

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
			rows.add(fmt.Sprint(d.ID), fmt.Sprint(d.EndpointID), fmt.Sprint(d.Sequence), d.Type, orDash(d.OrderNumber), string(d.Status),
				fmt.Sprint(d.Attempts), next, last)
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
	return `The same message is sent under the same identifier, with a fresh set of attempts, by the hub that runs on the database.

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
	Events    []string `aliases:"types" placeholder:"TYPE" help:"Only events of these types, with commas, such as order.completed,order.failed (default: all)."`
	From      moment   `placeholder:"TIME" help:"Only events from this moment on, such as 2026-11-25T08:00:00Z."`
	To        moment   `placeholder:"TIME" help:"Only events before this moment (default: now)."`
	PerSecond int      `placeholder:"N" help:"Most events told per second, to 1000 (default: 10)."`
	Send      bool     `help:"Do it. Without it the events are only counted."`
}

// Help explains the command with examples.
func (*webhookReplayCommand) Help() string {
	return `Events are counted first: nothing is sent without --send. Messages keep their identifiers, so that a receiver that has had one can tell.

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
