package app

import (
	"context"
	"maps"

	"orderhub/server/api"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/ident"
	"orderhub/server/metrics"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
	"orderhub/server/webhook/transport"
)

// sendWebhooks posts what is to be told of events, but for what another process sees to. It is closed after the jobs,
// which make the deliveries.
func (a *App) sendWebhooks(ctx context.Context) error {
	signature, err := gameso.ParseSignatureSettings(a.config.GameSOSignature)
	if err != nil {
		return err
	}
	toOperators := api.NewOperatorFormat(a.Providers, a.Catalog)
	formats := map[string]webhook.Format{
		standard.Name:      api.NewStandardFormat(a.Accounts),
		standard.Operators: toOperators,
		gameso.Name:        gameso.Format{Signature: signature},
		bursagb.Name:       bursagb.Format{},
	}
	outbox := a.tracing.Outbox(a.store.Deliveries, a.store.Orders)
	if a.beside {
		outbox = webhook.Idle{Outbox: outbox}
	}
	ids := ident.New(a.now, nil)
	client := transport.New(transport.Options{
		AllowLocal: a.config.AllowLocalTargets, Now: a.now, Log: a.log, Through: a.tracedTransport(),
	})
	sender := webhook.NewSender(webhook.SenderOptions{
		Outbox: outbox, Poster: client, Formats: formats, Observer: metrics.NewWebhooks(maps.Keys(formats), a.metrics),
		Lease: a.config.RescueAfter, RequestID: ids.RequestID, Now: a.now, Log: a.log, Tracer: a.tracer(),
	})
	a.Webhooks = webhook.NewService(a.store.Endpoints, a.config.AllowLocalTargets)
	a.Deliveries = webhook.NewDeliveries(a.store.Deliveries, sender, formats, ids.MessageID, a.now)
	a.Replays = webhook.NewReplays(a.store.Deliveries, a.store.Endpoints, a.now)
	a.fanout = webhook.NewFanout(
		a.store.Deliveries, a.store.Endpoints, formats, ids.MessageID, sender.Wake, a.now, a.log,
	)
	a.closing.OnClose("webhooks", func(ctx context.Context) error {
		a.fanout.Close()
		err := sender.Close(ctx)
		client.Close()
		return err
	})
	if a.beside {
		return nil
	}
	a.closing.WhileOpen(ctx, "operators' endpoints", webhook.NewOperatorFanout(webhook.OperatorFanoutOptions{
		Outbox: a.store.OperatorEvents, Store: a.store.Deliveries, To: a.store.Endpoints, Words: toOperators,
		NewID: ids.MessageID, Wake: sender.Wake, Now: a.now, Log: a.log,
	}).Run)
	return nil
}
