package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/webhook"
)

// webhookFlags are what every command about webhooks takes.
type webhookFlags struct {
	databaseFlags
	AllowLocal bool `name:"allow-local-targets" env:"ORDERHUB_ALLOW_LOCAL_TARGETS" help:"Let plain http and local addresses be. For tests."`
}

// withWebhooks works for one merchant.
func (f *webhookFlags) withWebhooks(
	ctx context.Context, std *Streams, name string, work func(w *app.Webhooks, m *account.Merchant) error,
) (err error) {
	s, err := f.openStore(ctx, std, keySeals)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w, err := app.NewWebhooks(s, f.AllowLocal, newLogger(std.Err, slog.LevelError))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close(ctx)) }()
	m, err := findMerchant(ctx, account.NewService(s.Accounts), name)
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
	Events      []string `placeholder:"TYPE" help:"Types of events, with commas (default: all): ${events}; of other formats in their words."`
	Format      string   `enum:"standard,gameso,bursagb" default:"standard" help:"standard, gameso or bursagb (default: standard)."`
	Description string   `placeholder:"TEXT" help:"A note, for people."`
}

// Help explains the command with examples.
func (*webhookCreateCommand) Help() string {
	return `The secret that messages are signed with is printed alone on standard output and cannot be shown again. Format
bursagb has none: it carries the merchant's callback key.

Examples:

    orderhub webhook create shop https://shop.example/orderhub
    orderhub webhook create shop https://shop.example/orderhub --events order.completed,order.failed > secret.txt`
}

// Run registers the endpoint.
func (c *webhookCreateCommand) Run(ctx context.Context, std *Streams) error {
	return c.withWebhooks(ctx, std, c.Merchant, func(w *app.Webhooks, m *account.Merchant) error {
		created, secret, err := w.Endpoints.Create(ctx, webhook.Endpoint{
			MerchantID: m.ID, URL: c.URL, Format: c.Format, EventTypes: c.Events, Description: c.Description,
			MaxRetries: webhook.ByFormat,
		}, "")
		if err != nil {
			return err
		}
		noteTwins(ctx, std, w, &created)
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

// noteTwins says who else tells the address of the same events. A note is not worth
// hiding what was done when they cannot be listed.
func noteTwins(ctx context.Context, std *Streams, w *app.Webhooks, e *webhook.Endpoint) {
	twins, err := w.Endpoints.Twins(ctx, e)
	if err != nil {
		return
	}
	for _, id := range twins {
		fmt.Fprintf(std.Err, "Note: the address is told of the same events by endpoint %d already.\n", id)
	}
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
		ID: e.ID, URL: e.URL, Format: e.Format, EventTypes: e.EventTypes, Status: string(e.Status),
		DisableReason: e.DisableReason,
		SecretHint:    e.SecretHint, Description: e.Description,
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
	Events    *[]string `placeholder:"TYPE" help:"Types of events, with commas; empty for all: ${events}; of other formats in their words."`
	NewSecret bool      `help:"Make a new secret and print it, once. The old one goes on to sign for 24 hours, beside the new one."`
}

// Help explains the command with examples.
func (*webhookSetCommand) Help() string {
	return `What is not named stays as it is. An endpoint that the hub switched off is switched on again with --status
active: what waited for it is sent then.

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
		changed, err := w.Endpoints.Update(ctx, m.ID, c.Endpoint, "", change)
		if err != nil {
			return err
		}
		noteTwins(ctx, std, w, &changed)
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
	return `The message is posted from here, once, whatever the endpoint's status. The exit code is 1 unless a 2xx answers
it.

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
