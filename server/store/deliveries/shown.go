package deliveries

import (
	"context"

	"orderhub/ent"
	entbody "orderhub/ent/webhookbody"
	entdelivery "orderhub/ent/webhookdelivery"
	entlane "orderhub/ent/webhooklane"
	"orderhub/server/dialect"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// shownBody is what a delivery says, with all masked but what its format names; "" where it is not kept, or cannot be
// read. Goods may be in it: what is not masked goes nowhere.
func (s *Store) shownBody(ctx context.Context, c *ent.Client, row *ent.WebhookDelivery) (string, error) {
	own, err := c.WebhookDelivery.Query().Where(entdelivery.ID(row.ID)).Select(entdelivery.FieldPayload).Only(ctx)
	if err != nil {
		return "", store.Unavailable(err)
	}
	sealed, place := own.Payload, store.DeliveryBodies.AtRow(row.MessageID)
	if len(sealed) == 0 {
		key := bodyKey{row.EventID, row.Format, row.LineID}
		shared, err := c.WebhookBody.Query().Where(
			entbody.EventID(key.eventID), entbody.Format(key.format), entbody.LineID(key.lineID),
		).Only(ctx)
		if ent.IsNotFound(err) {
			return "", nil
		}
		if err != nil {
			return "", store.Unavailable(err)
		}
		sealed, place = shared.Payload, key.place()
	}
	body, err := s.db.Vault.Unseal(sealed, place)
	if err != nil {
		s.db.Vault.SetAside("webhook delivery", row.ID, err)
		return "", nil
	}
	return dialect.Shown(webhook.TraitsOf(row.Format).Shown).Mask(body), nil
}

// holdBack says until when endpoints get nothing because they failed.
func (s *Store) holdBack(ctx context.Context, endpoints []webhook.Endpoint) error {
	byLane := make(map[string]*webhook.Endpoint)
	for i := range endpoints {
		if e := &endpoints[i]; e.FailingSince != nil {
			byLane[webhook.EndpointLane(e.ID)] = e
		}
	}
	if len(byLane) == 0 {
		return nil
	}
	names := make([]string, 0, len(byLane))
	for name := range byLane {
		names = append(names, name)
	}
	lanes, err := s.db.Reader.WebhookLane.Query().
		Where(entlane.NameIn(names...), entlane.LeftAloneUntilGT(s.db.Now())).All(ctx)
	for _, lane := range lanes {
		byLane[lane.Name].HeldUntil = store.OptionalUTC(&lane.LeftAloneUntil)
	}
	return store.During("read lanes", store.Unavailable(err))
}
