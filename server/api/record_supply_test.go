package api_test

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/store/storetest"
)

// listing is a provider whose list is not ours.
type listing struct {
	mute

	items []dialect.Item
}

func (l *listing) ListItems(_ context.Context, take func([]dialect.Item) error) error {
	return take(append([]dialect.Item(nil), l.items...))
}

func listedItem(sku string, cost int64) dialect.Item {
	return dialect.Item{
		SKU: sku, Name: sku, Cost: storetest.Baht(cost), Currency: storetest.THB, Stock: -1, Available: true,
	}
}

func (a *acting) supply() {
	const service = "AdminService."
	listed := a.Product("LISTED", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	list := &listing{items: []dialect.Item{listedItem("LISTED", 5)}}
	a.Supplied(listed, "listing", list)
	do[*orderhubv1.CreateProviderRequest, *orderhubv1.CreateProviderResponse](a, service+"CreateProvider",
		&orderhubv1.CreateProviderRequest{Provider: &orderhubv1.Provider{
			Name: "topups", Connector: "sim",
		}}, to("provider", "topups"))
	do[*orderhubv1.UpdateProviderRequest, *orderhubv1.UpdateProviderResponse](a, service+"UpdateProvider",
		&orderhubv1.UpdateProviderRequest{Provider: "topups", Changes: &orderhubv1.Provider{
			Status: orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED,
		}}, to("provider", "topups"))
	offer := do[*orderhubv1.CreateOfferRequest, *orderhubv1.CreateOfferResponse](a, service+"CreateOffer",
		&orderhubv1.CreateOfferRequest{Offer: &orderhubv1.Offer{
			Product: "LISTED", Provider: "topups", ProviderSku: "D1", Cost: "1.00",
		}}, to("offer", "D1")).GetOffer().GetId()
	do[*orderhubv1.UpdateOfferRequest, *orderhubv1.UpdateOfferResponse](a, service+"UpdateOffer",
		&orderhubv1.UpdateOfferRequest{Offer: offer, Changes: &orderhubv1.Offer{Cost: "2.00"}}, to("offer", asText(offer)))
	do[*orderhubv1.DeleteOfferRequest, *orderhubv1.DeleteOfferResponse](a, service+"DeleteOffer",
		&orderhubv1.DeleteOfferRequest{Offer: offer}, to("offer", asText(offer)))
	do[*orderhubv1.SyncProviderRequest, *orderhubv1.SyncProviderResponse](a, "CatalogService.SyncProvider",
		&orderhubv1.SyncProviderRequest{Provider: "listing", Apply: true}, to("provider", "listing"))
	a.follows(list)
}

func (a *acting) follows(list *listing) {
	const service = "SupplyService."
	terms := &orderhubv1.ImportTerms{Category: "things", MarkupPercent: "10"}
	do[*orderhubv1.SetSyncPolicyRequest, *orderhubv1.SetSyncPolicyResponse](a, service+"SetSyncPolicy",
		&orderhubv1.SetSyncPolicyRequest{Provider: "listing", Policy: &orderhubv1.SyncPolicy{
			Rules: []*orderhubv1.ImportRule{{MatchName: "x", Terms: terms}},
		}}, to("provider", "listing"))
	run := func(cost int64, others ...string) *orderhubv1.Sync {
		list.items = []dialect.Item{listedItem("LISTED", cost)}
		for _, sku := range others {
			list.items = append(list.items, listedItem(sku, 5))
		}
		return do[*orderhubv1.RunSyncRequest, *orderhubv1.RunSyncResponse](a, service+"RunSync",
			&orderhubv1.RunSyncRequest{Provider: "listing"}, to("provider", "listing")).GetSync()
	}
	run(5, "A", "B")
	do[*orderhubv1.AcceptProposalsRequest, *orderhubv1.AcceptProposalsResponse](a, service+"AcceptProposals",
		&orderhubv1.AcceptProposalsRequest{Proposals: []int64{1}, Terms: terms}, to("proposals", "1"))
	do[*orderhubv1.DismissProposalsRequest, *orderhubv1.DismissProposalsResponse](a, service+"DismissProposals",
		&orderhubv1.DismissProposalsRequest{Proposals: []int64{2}}, to("proposals", "2"))
	cost := run(6, "A").GetId()
	changes, err := orderhubv1.NewSupplyServiceClient(a.conn).ListSyncChanges(
		a.ctx, &orderhubv1.ListSyncChangesRequest{Sync: cost},
	)
	require.NoError(a.t, err)
	require.Len(a.t, changes.GetChanges(), 1)
	change := changes.GetChanges()[0].GetId()
	undone := do[*orderhubv1.UndoSyncChangeRequest, *orderhubv1.UndoSyncChangeResponse](a, service+"UndoSyncChange",
		&orderhubv1.UndoSyncChangeRequest{Change: change}, to("sync_change", asText(change)))
	require.Equal(a.t, orderhubv1.SyncChangeStatus_SYNC_CHANGE_STATUS_UNDONE, undone.GetChange().GetStatus())
	cost = run(6, "A").GetId()
	do[*orderhubv1.UndoSyncRequest, *orderhubv1.UndoSyncResponse](a, service+"UndoSync",
		&orderhubv1.UndoSyncRequest{Sync: cost}, to("sync", asText(cost)))
	held := run(50, "A").GetId()
	do[*orderhubv1.RejectSyncRequest, *orderhubv1.RejectSyncResponse](a, service+"RejectSync",
		&orderhubv1.RejectSyncRequest{Sync: held}, to("sync", asText(held)))
	held = run(50, "A").GetId()
	approved := do[*orderhubv1.ApproveSyncRequest, *orderhubv1.ApproveSyncResponse](a, service+"ApproveSync",
		&orderhubv1.ApproveSyncRequest{Sync: held}, to("sync", asText(held))).GetSync()
	require.Equal(a.t, orderhubv1.SyncStatus_SYNC_STATUS_APPLIED, approved.GetStatus())
	require.Equal(a.t, "ada", approved.GetDecidedBy())
}

func (a *acting) endpoints() {
	const service = "WebhookService."
	r := receive(a.t)
	made := do[*orderhubv1.CreateEndpointRequest, *orderhubv1.CreateEndpointResponse](a, service+"CreateEndpoint",
		&orderhubv1.CreateEndpointRequest{
			Merchant: "shop", Endpoint: &orderhubv1.WebhookEndpoint{Url: r.url + "?token=s3cret"},
		}, to("merchant", "shop")).GetEndpoint()
	r.set(func() { r.secret = made.GetSecret() })
	endpoint := to("endpoint", asText(made.GetId()))
	do[*orderhubv1.UpdateEndpointRequest, *orderhubv1.UpdateEndpointResponse](a, service+"UpdateEndpoint",
		&orderhubv1.UpdateEndpointRequest{Merchant: "shop", Endpoint: made.GetId(), Changes: &orderhubv1.WebhookEndpoint{
			Url: r.url + "?token=other",
		}}, endpoint)
	do[*orderhubv1.SendTestEventRequest, *orderhubv1.SendTestEventResponse](a, service+"SendTestEvent",
		&orderhubv1.SendTestEventRequest{Merchant: "shop", Endpoint: made.GetId()}, endpoint)
	do[*orderhubv1.ReplayEventsRequest, *orderhubv1.ReplayEventsResponse](a, service+"ReplayEvents",
		&orderhubv1.ReplayEventsRequest{Merchant: "shop", Endpoint: made.GetId()}, endpoint)
	a.placed("told", "CODE")
	a.Tell(a.hooks.Fanout)
	var delivery int64
	require.Eventually(a.t, func() bool {
		listed, err := a.webhooks().ListDeliveries(a.ctx, &orderhubv1.ListDeliveriesRequest{
			Merchant: "shop",
			Status:   []orderhubv1.WebhookDeliveryStatus{orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED},
		})
		require.NoError(a.t, err)
		for _, d := range listed.GetDeliveries() {
			if d.GetEventSequence() > 0 {
				delivery = d.GetId()
			}
		}
		return delivery != 0
	}, time.Minute, 10*time.Millisecond)
	do[*orderhubv1.RedeliverDeliveryRequest, *orderhubv1.RedeliverDeliveryResponse](a, service+"RedeliverDelivery",
		&orderhubv1.RedeliverDeliveryRequest{Merchant: "shop", Delivery: delivery}, to("delivery", asText(delivery)))
	do[*orderhubv1.DeleteEndpointRequest, *orderhubv1.DeleteEndpointResponse](a, service+"DeleteEndpoint",
		&orderhubv1.DeleteEndpointRequest{Merchant: "shop", Endpoint: made.GetId()}, endpoint)
}
