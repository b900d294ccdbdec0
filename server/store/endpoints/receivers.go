package endpoints

import (
	"context"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	entendpoint "orderhub/ent/webhookendpoint"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

func (s *Store) EndpointsByID(ctx context.Context, ids []int64) (map[int64]webhook.Endpoint, error) {
	return s.ByID(ctx, s.db.Reader, ids)
}

// ByID is the same by any client.
func (s *Store) ByID(ctx context.Context, c *ent.Client, ids []int64) (map[int64]webhook.Endpoint, error) {
	rows, err := c.WebhookEndpoint.Query().Where(entendpoint.IDIn(store.Distinct(ids)...)).All(ctx)
	if err != nil {
		return nil, store.During("read webhook endpoints", err)
	}
	found := make(map[int64]webhook.Endpoint, len(rows))
	for _, row := range rows {
		if found[row.ID], err = s.FromDB(row); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) CallbackURLs(ctx context.Context, merchantIDs []int64) (map[int64]string, error) {
	rows, err := s.db.Reader.Merchant.Query().Where(entmerchant.IDIn(store.Distinct(merchantIDs)...)).All(ctx)
	if err != nil {
		return nil, store.During("read callback addresses", err)
	}
	urls := make(map[int64]string)
	for _, row := range rows {
		settings, err := store.FromDBSettings(row)
		if err != nil {
			return nil, err
		}
		address, err := s.db.Vault.CallbackURLOf(row.ID, &settings)
		if err = s.db.Vault.WithoutIt("callback address of merchant", row.ID, err); err != nil {
			return nil, err
		}
		if address != "" {
			urls[row.ID] = address
		}
	}
	return urls, nil
}
