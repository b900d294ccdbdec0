// Package webhooktest puts the telling of events together for tests.
package webhooktest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/ident"
	"orderhub/server/webhook"
	_ "orderhub/server/webhook/standard" // its format
	"orderhub/server/webhook/transport"
)

// Services is everything about webhooks but the jobs.
type Services struct {
	Sender     *webhook.Sender
	Fanout     *webhook.Fanout
	Deliveries *webhook.Deliveries
	Replays    *webhook.Replays
}

// Store is what a hub's database is to webhooks.
type Store interface {
	webhook.Outbox
	webhook.FanoutStore
	webhook.DeliveryStore
	webhook.ReplayStore
}

// Quiet watches and says nothing.
type Quiet struct{}

func (Quiet) Posted(*webhook.Due, *webhook.Answer) {}

func (Quiet) Delivered(string, time.Duration) {}

func (Quiet) Lanes(int, int) {}

// Open posts over real connections, to local addresses too, until the test ends.
func Open(t testing.TB, store Store, to webhook.Receivers, formats map[string]webhook.Format) *Services {
	t.Helper()
	client := transport.New(transport.Options{AllowLocal: true})
	return OpenWith(t, store, to, webhook.SenderOptions{Poster: client, Formats: formats, Lease: time.Minute})
}

// OpenWith fills in what the options leave out.
func OpenWith(t testing.TB, store Store, to webhook.Receivers, o webhook.SenderOptions) *Services {
	t.Helper()
	ids := ident.New(nil, nil)
	o.Outbox, o.RequestID = store, ids.RequestID
	if o.Observer == nil {
		o.Observer = Quiet{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	sender := webhook.NewSender(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, sender.Close(ctx))
	})
	fanout := webhook.NewFanout(store, to, o.Formats, ids.MessageID, sender.Wake, o.Now, o.Log)
	t.Cleanup(fanout.Close)
	return &Services{
		Sender: sender, Fanout: fanout, Deliveries: webhook.NewDeliveries(store, sender, o.Formats, ids.MessageID,
			o.Now),
		Replays: webhook.NewReplays(store, to, o.Now),
	}
}
