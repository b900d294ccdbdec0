package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/webhook/standard"
)

// webhookTime is how long the tour waits for a message; it takes a few
// hundredths of a second.
const webhookTime = 10 * time.Second

// showEvents shows how a merchant's receiver is told of an order, and verifies it.
func (t *tour) showEvents(ctx context.Context) error {
	t.begin("A webhook: the merchant's own server is told, and verifies who tells it")
	messages := make(chan message, 1)
	address, stop, err := receive(ctx, messages)
	if err != nil {
		return err
	}
	defer stop()
	wanted := &orderhubv1.WebhookEndpoint{Url: address, EventTypes: []string{"order.completed"}}
	t.showSent("POST /hub/v1/webhook-endpoints", wanted)
	var endpoint orderhubv1.WebhookEndpoint
	status, err := t.rest.post(ctx, MerchantKey, "/hub/v1/webhook-endpoints", wanted, &endpoint)
	if err != nil {
		return err
	}
	t.printf(
		"  %s endpoint %d, its secret %s is shown this once\n", t.paint.good(status), endpoint.GetId(), endpoint.GetSecret(),
	)

	order := &orderhubv1.Order{
		ReferenceId: t.reference(), Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
	}
	t.showSent("POST /hub/v1/orders", order)
	var placed orderhubv1.Order
	if _, err := t.rest.post(ctx, MerchantKey, "/hub/v1/orders", order, &placed); err != nil {
		return err
	}
	if err := t.verifyTold(ctx, messages, endpoint.GetSecret()); err != nil {
		return err
	}
	// The receiver ends with this stop: the endpoint stays for the console, switched off.
	off := &orderhubv1.WebhookEndpoint{Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE}
	path := fmt.Sprintf("/hub/v1/webhook-endpoints/%d", endpoint.GetId())
	if _, err := t.rest.patch(ctx, MerchantKey, path, off, &endpoint); err != nil {
		return err
	}
	t.printf("  What was sent and answered: %s/console/webhooks/demo/endpoints/%d\n", t.url(), endpoint.GetId())
	return nil
}

// verifyTold waits for a message and shows it.
func (t *tour) verifyTold(ctx context.Context, messages <-chan message, secret string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(webhookTime):
		return errors.New("the receiver was not told of the order")
	case m := <-messages:
		t.printf("  %s\n", t.paint.sent("POST / at the merchant's server"))
		for _, name := range []string{standard.HeaderID, standard.HeaderTimestamp, standard.HeaderSignature} {
			t.printf("    %s: %s\n", name, m.header.Get(name))
		}
		t.printf("    %s\n", t.paint.dim(shortened(string(m.body))))
		if err := standard.Verify(secret, m.header.Get, m.body, time.Now()); err != nil {
			return fmt.Errorf("the webhook cannot be verified: %w", err)
		}
		t.printf("  %s\n", t.paint.good("verified: it is the hub's, and nobody has changed it"))
		return nil
	}
}

// message is what a receiver got.
type message struct {
	header http.Header
	body   []byte
}

// receive listens on this machine as a merchant's server would, until stop.
func receive(ctx context.Context, messages chan<- message) (address string, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{
		ReadTimeout: webhookTime, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			select {
			case messages <- message{r.Header, body}:
			default: // showEvents again
			}
		}),
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	return "http://" + listener.Addr().String() + "/", func() {
		_ = server.Close()
		<-ended
	}, nil
}
