package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/webhook"
)

// webhookFlags are what every command about webhooks takes.
type webhookFlags struct {
	hubFlags
	AllowLocal bool `name:"allow-local-targets" env:"ORDERHUB_ALLOW_LOCAL_TARGETS" help:"Let plain http and local addresses be. For tests."`
	jsonFlag
}

func (f *webhookFlags) access() access { return access{key: keySeals, allowLocal: f.AllowLocal} }

type webhookCreateCommand struct {
	webhookFlags
	Merchant    string   `arg:"" help:"Name or id of the merchant."`
	URL         string   `arg:"" name:"url" help:"Where to post."`
	Events      []string `placeholder:"TYPE" help:"Types of events, with commas (default: all): ${events}; of other formats in their words."`
	Format      string   `enum:"standard,gameso,bursagb" default:"standard" help:"standard, gameso or bursagb (default: standard)."`
	Description string   `placeholder:"TEXT" help:"A note, for people."`
}

func (*webhookCreateCommand) Help() string {
	return `The secret that messages are signed with is printed alone on standard output and cannot be shown again. Format
bursagb has none: it carries the merchant's callback key.

Examples:

    orderhub webhook create shop https://shop.example/orderhub
    orderhub webhook create shop https://shop.example/orderhub --events order.completed,order.failed > secret.txt`
}

func (c *webhookCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.webhooks.CreateEndpoint(ctx, &orderhubv1.CreateEndpointRequest{
		Merchant: c.Merchant, Endpoint: &orderhubv1.WebhookEndpoint{
			Url: c.URL, Format: formats[c.Format], EventTypes: c.Events, Description: c.Description,
		},
	})
	if err != nil {
		return err
	}
	created := answer.GetEndpoint()
	noteWarnings(std, created)
	done := fmt.Sprintf("Created endpoint %d of %s.", created.GetId(), created.GetMerchant())
	return c.saySecret(std, asEndpoint(created), done, "its secret", created.GetSecret())
}

// formats are those of the API by their names here.
var formats = map[string]orderhubv1.WebhookFormat{
	webhook.FormatStandard: orderhubv1.WebhookFormat_WEBHOOK_FORMAT_HUB,
	gameso.Name:            orderhubv1.WebhookFormat_WEBHOOK_FORMAT_GAMESO,
	bursagb.Name:           orderhubv1.WebhookFormat_WEBHOOK_FORMAT_BURSAGB,
}

func formatName(format orderhubv1.WebhookFormat) string {
	if format == orderhubv1.WebhookFormat_WEBHOOK_FORMAT_HUB {
		return webhook.FormatStandard
	}
	return word(format)
}

// noteWarnings says what is probably not meant.
func noteWarnings(std *Streams, e *orderhubv1.WebhookEndpoint) {
	for _, warning := range e.GetWarnings() {
		fmt.Fprintf(std.Err, "Note: %s.\n", warning)
	}
}

type webhookListCommand struct {
	webhookFlags
	watchFlag
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

func (*webhookListCommand) Help() string {
	return `Example:

    orderhub webhook list shop`
}

func (c *webhookListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.webhooks.ListEndpoints, &orderhubv1.ListEndpointsRequest{Merchant: c.Merchant},
		(*orderhubv1.ListEndpointsResponse).GetEndpoints, 0,
	)
	return showListAs(
		ctx, std, c, found, asEndpoint, endpointCells, "ID", "FORMAT", "STATUS", "FAILING SINCE", "EVENTS", "URL",
		"WHY",
	)
}

func endpointCells(e *orderhubv1.WebhookEndpoint) []string {
	return []string{
		fmt.Sprint(e.GetId()), formatName(e.GetFormat()), word(e.GetStatus()), shownTime(e.GetFailingSinceTime()),
		cmp.Or(strings.Join(e.GetEventTypes(), ","), "all"), e.GetUrl(), orDash(e.GetDisableReason()),
	}
}

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

func (*webhookSetCommand) Help() string {
	return `What is not named stays as it is. An endpoint that the hub switched off is switched on again with --status
active: what waited for it is sent then.

Examples:

    orderhub webhook set shop 3 --status active
    orderhub webhook set shop 3 --new-secret > secret.txt`
}

func (c *webhookSetCommand) call(ctx context.Context, std *Streams, api *client) error {
	changes, mask := c.changes()
	answer, err := api.webhooks.UpdateEndpoint(ctx, &orderhubv1.UpdateEndpointRequest{
		Merchant: c.Merchant, Endpoint: c.Endpoint, Changes: changes, UpdateMask: mask,
	})
	if err != nil {
		return err
	}
	changed := answer.GetEndpoint()
	noteWarnings(std, changed)
	done := fmt.Sprintf("Changed endpoint %d of %s.", c.Endpoint, changed.GetMerchant())
	changed.Secret = changes.GetSecret() // which is shown once, as at "webhook create"
	if !c.NewSecret {
		return c.say(std, asEndpoint(changed), "%s\n", done)
	}
	return c.saySecret(std, asEndpoint(changed), done, "its secret", changes.GetSecret())
}

func (c *webhookSetCommand) changes() (*orderhubv1.WebhookEndpoint, *fieldmaskpb.FieldMask) {
	changes, mask := &orderhubv1.WebhookEndpoint{}, &fieldmaskpb.FieldMask{}
	take(mask, "url", c.URL, &changes.Url)
	take(mask, "event_types", c.Events, &changes.EventTypes)
	takeWord(mask, "status", c.Status, &changes.Status)
	if c.NewSecret {
		changes.Secret, mask.Paths = webhook.NewSecret(), append(mask.Paths, "secret")
	}
	return changes, mask
}

type webhookDeleteCommand struct {
	webhookFlags
	endpointArgs
}

func (*webhookDeleteCommand) Help() string {
	return `What waits for the endpoint is given up.

Example:

    orderhub webhook delete shop 3`
}

func (c *webhookDeleteCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.DeleteEndpointRequest{Merchant: c.Merchant, Endpoint: c.Endpoint}
	if _, err := api.webhooks.DeleteEndpoint(ctx, request); err != nil {
		return err
	}
	return c.say(std, asMessage(request), "Removed endpoint %d of %s.\n", c.Endpoint, c.Merchant)
}

type webhookTestCommand struct {
	webhookFlags
	endpointArgs
}

func (*webhookTestCommand) Help() string {
	return `The message is posted from here, once, whatever the endpoint's status. The exit code is 1 unless a 2xx answers
it.

Example:

    orderhub webhook test shop 3`
}

func (c *webhookTestCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.webhooks.SendTestEvent(
		ctx, &orderhubv1.SendTestEventRequest{Merchant: c.Merchant, Endpoint: c.Endpoint},
	)
	if err != nil {
		return err
	}
	return printTested(std, c.JSON, answer.GetDelivery())
}

// printTested says what answered a test, and fails where nothing good did.
func printTested(std *Streams, asJSON bool, d *orderhubv1.WebhookDelivery) (err error) {
	if asJSON {
		err = printJSON(std.Out, asDelivery(d))
	}
	if d.GetStatus() != orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED {
		return errors.Join(err, fmt.Errorf("%s: %s", d.GetUrl(), answered(d)))
	}
	if !asJSON {
		fmt.Fprintf(std.Out, "%s: %s\n", d.GetUrl(), answered(d))
	}
	return err
}
