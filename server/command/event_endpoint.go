package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
	"orderhub/server/webhook"
)

type eventEndpointCreateCommand struct {
	webhookFlags
	URL         string   `arg:"" name:"url" help:"Where to post."`
	Events      []string `placeholder:"KIND" help:"Kinds of events, with commas (default: all): ${kinds}."`
	Description string   `placeholder:"TEXT" help:"A note, for people."`
}

func (*eventEndpointCreateCommand) Help() string {
	return `The endpoint is the hub's own: it is told what "event list" shows, and no merchant sees it. The secret that
messages are signed with is printed alone on standard output and cannot be shown again.

Examples:

    orderhub event endpoint create https://pager.example/orderhub
    orderhub event endpoint create https://pager.example/orderhub --events stock.low,supply.held > secret.txt`
}

func (c *eventEndpointCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.pager.CreateOperatorEndpoint(ctx, &orderhubv1.CreateOperatorEndpointRequest{
		Endpoint: &orderhubv1.OperatorEndpoint{Url: c.URL, EventTypes: c.Events, Description: c.Description},
	})
	if err != nil {
		return err
	}
	created := answer.GetEndpoint()
	done := fmt.Sprintf("Created endpoint %d.", created.GetId())
	return c.saySecret(std, asMessage(created), done, "its secret", created.GetSecret())
}

type eventEndpointListCommand struct {
	webhookFlags
	watchFlag
}

func (*eventEndpointListCommand) Help() string {
	return `Example:

    orderhub event endpoint list`
}

func (c *eventEndpointListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.pager.ListOperatorEndpoints, &orderhubv1.ListOperatorEndpointsRequest{},
		(*orderhubv1.ListOperatorEndpointsResponse).GetEndpoints, 0,
	)
	return showList(ctx, std, c, found, operatorEndpointCells, "ID", "STATUS", "FAILING SINCE", "EVENTS", "URL", "WHY")
}

func operatorEndpointCells(e *orderhubv1.OperatorEndpoint) []string {
	return []string{
		fmt.Sprint(e.GetId()), word(e.GetStatus()), shownTime(e.GetFailingSinceTime()),
		cmp.Or(strings.Join(e.GetEventTypes(), ","), "all"), e.GetUrl(), orDash(e.GetDisableReason()),
	}
}

type operatorEndpointArg struct {
	Endpoint int64 `arg:"" help:"Id of the endpoint, as \"event endpoint list\" shows it."`
}

type eventEndpointSetCommand struct {
	webhookFlags
	operatorEndpointArg
	URL       *string   `name:"url" help:"Where to post."`
	Status    string    `enum:",active,inactive" default:"" help:"active or inactive."`
	Events    *[]string `placeholder:"KIND" help:"Kinds of events, with commas; empty for all: ${kinds}."`
	NewSecret bool      `help:"Make a new secret and print it, once. The old one goes on to sign for 24 hours, beside the new one."`
}

func (*eventEndpointSetCommand) Help() string {
	return `What is not named stays as it is. An endpoint that the hub switched off is switched on again with --status
active: what waited for it is sent then.

Examples:

    orderhub event endpoint set 3 --status active
    orderhub event endpoint set 3 --new-secret > secret.txt`
}

func (c *eventEndpointSetCommand) call(ctx context.Context, std *Streams, api *client) error {
	changes, mask := &orderhubv1.OperatorEndpoint{}, &fieldmaskpb.FieldMask{}
	take(mask, "url", c.URL, &changes.Url)
	take(mask, "event_types", c.Events, &changes.EventTypes)
	takeWord(mask, "status", c.Status, &changes.Status)
	if c.NewSecret {
		changes.Secret, mask.Paths = webhook.NewSecret(), append(mask.Paths, "secret")
	}
	answer, err := api.pager.UpdateOperatorEndpoint(ctx, &orderhubv1.UpdateOperatorEndpointRequest{
		Endpoint: c.Endpoint, Changes: changes, UpdateMask: mask,
	})
	if err != nil {
		return err
	}
	changed, done := answer.GetEndpoint(), fmt.Sprintf("Changed endpoint %d.", c.Endpoint)
	changed.Secret = changes.GetSecret() // which is shown once, as at "event endpoint create"
	if !c.NewSecret {
		return c.say(std, asMessage(changed), "%s\n", done)
	}
	return c.saySecret(std, asMessage(changed), done, "its secret", changes.GetSecret())
}

type eventEndpointDeleteCommand struct {
	webhookFlags
	operatorEndpointArg
}

func (*eventEndpointDeleteCommand) Help() string {
	return `What waits for the endpoint is given up.

Example:

    orderhub event endpoint delete 3`
}

func (c *eventEndpointDeleteCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.DeleteOperatorEndpointRequest{Endpoint: c.Endpoint}
	if _, err := api.pager.DeleteOperatorEndpoint(ctx, request); err != nil {
		return err
	}
	return c.say(std, asMessage(request), "Removed endpoint %d.\n", c.Endpoint)
}

type eventEndpointTestCommand struct {
	webhookFlags
	operatorEndpointArg
}

func (*eventEndpointTestCommand) Help() string {
	return `The message is posted from here, once, whatever the endpoint's status. The exit code is 1 unless a 2xx answers
it.

Example:

    orderhub event endpoint test 3`
}

func (c *eventEndpointTestCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.pager.SendOperatorTestEvent(ctx, &orderhubv1.SendOperatorTestEventRequest{Endpoint: c.Endpoint})
	if err != nil {
		return err
	}
	return printTested(std, c.JSON, answer.GetDelivery())
}

type eventEndpointDeliveriesCommand struct {
	webhookFlags
	watchFlag
	Delivery int64     `arg:"" optional:"" help:"Id of one delivery, to show with its attempts."`
	Endpoint int64     `placeholder:"ID" help:"Only those to this endpoint."`
	Status   []string  `enum:"pending,delivered,failed,superseded" placeholder:"STATUS" help:"Only pending, delivered, failed or superseded ones, with commas."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*eventEndpointDeliveriesCommand) Help() string {
	return `Newest first. SEQUENCE is the number of the event in "event list".

Examples:

    orderhub event endpoint deliveries --status failed
    orderhub event endpoint deliveries 4711`
}

func (c *eventEndpointDeliveriesCommand) call(ctx context.Context, std *Streams, api *client) error {
	if c.Delivery != 0 {
		answer, err := api.pager.GetOperatorDelivery(ctx, &orderhubv1.GetOperatorDeliveryRequest{Delivery: c.Delivery})
		if err != nil {
			return err
		}
		return showDelivery(std, c.JSON, answer.GetDelivery())
	}
	request := &orderhubv1.ListOperatorDeliveriesRequest{
		Endpoint: c.Endpoint, Status: valuesOf[orderhubv1.WebhookDeliveryStatus](c.Status),
	}
	return showDeliveries(ctx, std, c, contract.Each(
		ctx, api.pager.ListOperatorDeliveries, request, (*orderhubv1.ListOperatorDeliveriesResponse).GetDeliveries,
		int(c.Limit),
	))
}

type eventEndpointRedeliverCommand struct {
	webhookFlags
	Delivery int64 `arg:"" help:"Id of the delivery, as \"event endpoint deliveries\" shows it."`
}

func (*eventEndpointRedeliverCommand) Help() string {
	return `The same message is sent under the same identifier, with a fresh set of attempts, by the hub that runs on the
database.

Example:

    orderhub event endpoint redeliver 4711`
}

func (c *eventEndpointRedeliverCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.pager.RedeliverOperatorDelivery(
		ctx, &orderhubv1.RedeliverOperatorDeliveryRequest{Delivery: c.Delivery},
	)
	if err != nil {
		return err
	}
	return sayRedelivered(std, c.jsonFlag, answer.GetDelivery())
}
