package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	entendpoint "orderhub/ent/webhookendpoint"
	"orderhub/server/webhook"
)

var _ webhook.Store = (*Store)(nil)

// endpointSettings is the settings column of an endpoint.
type endpointSettings struct {
	SecretHint string `json:"secretHint,omitempty"`
	MaxRetries int    `json:"maxRetries"`
	RetryDelay int64  `json:"retryDelayMs"`
}

func toDBEndpointSettings(e *webhook.Endpoint) (json.RawMessage, error) {
	text, err := json.Marshal(endpointSettings{e.SecretHint, e.MaxRetries, e.RetryDelay.Milliseconds()})
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return text, nil
}

func fromDBEndpoint(row *ent.WebhookEndpoint) (webhook.Endpoint, error) {
	var settings endpointSettings
	if err := json.Unmarshal(row.Settings, &settings); err != nil {
		return webhook.Endpoint{}, fmt.Errorf("settings of webhook endpoint %d: %w", row.ID, err)
	}
	return webhook.Endpoint{
		ID: row.ID, MerchantID: row.MerchantID, Format: row.Format, URL: row.URL, EventTypes: row.EventTypes, Status: webhook.Status(row.Status),
		SecretHint: settings.SecretHint, MaxRetries: settings.MaxRetries, RetryDelay: time.Duration(settings.RetryDelay) * time.Millisecond,
		CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}, nil
}

// CreateEndpoint implements webhook.Store.
func (s *Store) CreateEndpoint(ctx context.Context, e webhook.Endpoint, secret string, most int) (webhook.Endpoint, error) {
	settings, err := toDBEndpointSettings(&e)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	var created webhook.Endpoint
	err = s.inTx(ctx, func(tx *ent.Tx) error {
		// The merchant's row is held, so that two at once are counted one after the other.
		owner := tx.Merchant.Query().Where(entmerchant.ID(e.MerchantID))
		if s.dialect == dialect.Postgres {
			owner.ForUpdate()
		}
		if _, err := owner.OnlyID(ctx); err != nil {
			return err
		}
		count, err := tx.WebhookEndpoint.Query().Where(entendpoint.MerchantID(e.MerchantID)).Count(ctx)
		if err != nil {
			return err
		}
		if count >= most {
			return &webhook.TooManyError{Most: most}
		}
		now := s.now()
		row, err := tx.WebhookEndpoint.Create().SetMerchantID(e.MerchantID).SetURL(e.URL).SetFormat(e.Format).SetEventTypes(nonNil(e.EventTypes)).
			SetStatus(string(e.Status)).SetSecret(s.sealer.Seal([]byte(secret), sealWebhookSecret)).SetSettings(settings).
			SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		created, err = fromDBEndpoint(row)
		return err
	})
	return created, during("create webhook endpoint", wrap(err, nil))
}

// Endpoint implements webhook.Store.
func (s *Store) Endpoint(ctx context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	row, err := s.reader.WebhookEndpoint.Query().Where(entendpoint.ID(id), entendpoint.MerchantID(merchantID)).Only(ctx)
	if err != nil {
		return webhook.Endpoint{}, during("find webhook endpoint", wrap(err, webhook.ErrEndpointNotFound))
	}
	return fromDBEndpoint(row)
}

// ListEndpoints implements webhook.Store.
func (s *Store) ListEndpoints(ctx context.Context, merchantID int64, format string) ([]webhook.Endpoint, error) {
	query := s.reader.WebhookEndpoint.Query().Where(entendpoint.MerchantID(merchantID)).Order(entendpoint.ByID())
	if format != "" {
		query.Where(entendpoint.Format(format))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, during("list webhook endpoints", wrap(err, nil))
	}
	endpoints := make([]webhook.Endpoint, len(rows))
	for i, row := range rows {
		if endpoints[i], err = fromDBEndpoint(row); err != nil {
			return nil, err
		}
	}
	return endpoints, nil
}

// UpdateEndpoint implements webhook.Store.
func (s *Store) UpdateEndpoint(ctx context.Context, e webhook.Endpoint, secret *string) (webhook.Endpoint, error) {
	settings, err := toDBEndpointSettings(&e)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	var updated webhook.Endpoint
	err = s.inTx(ctx, func(tx *ent.Tx) error {
		update := tx.WebhookEndpoint.UpdateOneID(e.ID).Where(entendpoint.MerchantID(e.MerchantID)).SetURL(e.URL).
			SetEventTypes(nonNil(e.EventTypes)).SetStatus(string(e.Status)).SetSettings(settings).SetUpdatedAt(s.now())
		if secret != nil {
			update.SetSecret(s.sealer.Seal([]byte(*secret), sealWebhookSecret))
		}
		row, err := update.Save(ctx)
		if err != nil {
			return wrap(err, webhook.ErrEndpointNotFound)
		}
		updated, err = fromDBEndpoint(row)
		return err
	})
	return updated, during("update webhook endpoint", wrap(err, nil))
}

// DeleteEndpoint implements webhook.Store.
func (s *Store) DeleteEndpoint(ctx context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	var deleted webhook.Endpoint
	err := s.inTx(ctx, func(tx *ent.Tx) error {
		row, err := tx.WebhookEndpoint.Query().Where(entendpoint.ID(id), entendpoint.MerchantID(merchantID)).Only(ctx)
		if err != nil {
			return wrap(err, webhook.ErrEndpointNotFound)
		}
		if deleted, err = fromDBEndpoint(row); err != nil {
			return err
		}
		return wrap(tx.WebhookEndpoint.DeleteOne(row).Exec(ctx), webhook.ErrEndpointNotFound)
	})
	return deleted, during("delete webhook endpoint", wrap(err, nil))
}

// nonNil is what a JSON column takes for no entries.
func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
