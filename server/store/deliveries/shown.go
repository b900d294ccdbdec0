package deliveries

import (
	"context"

	"orderhub/ent"
	entbody "orderhub/ent/webhookbody"
	entdelivery "orderhub/ent/webhookdelivery"
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
