package endpoints

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	entdelivery "orderhub/ent/webhookdelivery"
	entendpoint "orderhub/ent/webhookendpoint"
	entlane "orderhub/ent/webhooklane"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var insertHouse = store.Same(
	`INSERT INTO merchants (id, name, role, status, created_at, updated_at)
		VALUES ($1, '', 'house', 'suspended', $2, $2) ON CONFLICT (id) DO NOTHING`,
)

// lockOwner holds a merchant against others who hold it, but lets orders be placed meanwhile.
const lockOwner = "FOR NO KEY UPDATE"

// endpointSettings is the settings column of an endpoint.
type endpointSettings struct {
	SecretHint  string `json:"secretHint,omitempty"`
	MaxRetries  *int   `json:"maxRetries,omitempty"`   // absent: as the format has it
	RetryDelay  int64  `json:"retryDelayMs,omitempty"` // likewise
	Description string `json:"description,omitempty"`
}

func toDBEndpointSettings(e *webhook.Endpoint) (json.RawMessage, error) {
	settings := endpointSettings{
		SecretHint: e.SecretHint, RetryDelay: e.RetryDelay.Milliseconds(), Description: e.Description,
	}
	if e.MaxRetries != webhook.ByFormat {
		settings.MaxRetries = &e.MaxRetries
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	return text, nil
}

// FromDB is the endpoint of a row.
func (s *Store) FromDB(row *ent.WebhookEndpoint) (webhook.Endpoint, error) {
	var settings endpointSettings
	if err := json.Unmarshal(row.Settings, &settings); err != nil {
		return webhook.Endpoint{}, fmt.Errorf("settings of webhook endpoint %d: %w", row.ID, err)
	}
	address, err := s.db.Vault.OpenText(row.SealedURL, row.URL, store.EndpointURLs.At(row.ID))
	if err = s.db.Vault.WithoutIt("address of webhook endpoint", row.ID, err); err != nil {
		return webhook.Endpoint{}, fmt.Errorf("webhook endpoint %d: %w", row.ID, err)
	}
	e := webhook.Endpoint{
		ID: row.ID, MerchantID: row.MerchantID, Format: row.Format, URL: address,
		EventTypes: store.NoneIfEmpty(row.EventTypes), Status: webhook.Status(row.Status),
		SecretHint: webhook.ShortHint(settings.SecretHint), Description: settings.Description,
		MaxRetries: webhook.ByFormat,
		RetryDelay: time.Duration(settings.RetryDelay) * time.Millisecond, DisableReason: row.DisableReason,
		FailingSince: row.FailingSince, CreatedAt: row.CreatedAt,
		UpdatedAt: row.UpdatedAt,
	}
	if settings.MaxRetries != nil {
		e.MaxRetries = *settings.MaxRetries
	}
	return e, nil
}

func (s *Store) CreateEndpoint(ctx context.Context, e webhook.Endpoint, secret string, most int) (
	webhook.Endpoint, error,
) {
	settings, err := toDBEndpointSettings(&e)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	var created webhook.Endpoint
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := s.checkRoom(ctx, tx, e.MerchantID, most); err != nil {
			return err
		}
		now := s.db.Now()
		create := tx.WebhookEndpoint.Create().SetMerchantID(e.MerchantID).SetURL("").SetFormat(e.Format).
			SetEventTypes(store.SomeIfNil(e.EventTypes)).
			SetStatus(string(e.Status)).SetSettings(settings).SetCreatedAt(now).SetUpdatedAt(now)
		row, err := create.Save(ctx)
		if err != nil {
			return err
		}
		sealed := row.Update().SetUpdatedAt(now) // for the id that it has now
		s.setURL(sealed, row.ID, e.URL)
		if secret != "" {
			sealed.SetSecret(s.db.Sealer.Seal([]byte(secret), store.EndpointSecrets.At(row.ID)))
		}
		if row, err = sealed.Save(ctx); err != nil {
			return err
		}
		created, err = s.FromDB(row)
		return err
	})
	return created, store.During("create webhook endpoint", err)
}

// setURL has an endpoint's messages posted to an address.
func (s *Store) setURL(update *ent.WebhookEndpointUpdateOne, endpointID int64, address string) {
	sealed, inClear := s.db.Vault.SealText(address, store.EndpointURLs.At(endpointID))
	if update.SetURL(inClear); sealed == nil {
		update.ClearSealedURL()
		return
	}
	update.SetSealedURL(sealed)
}

// checkRoom returns an error unless the merchant may have one more endpoint. It holds the merchant until the end of tx,
// so that two that come at once are counted one after the other.
func (s *Store) checkRoom(ctx context.Context, tx *ent.Tx, merchantID int64, most int) error {
	if merchantID == webhook.House {
		if err := s.db.Execute(ctx, tx, insertHouse, store.House, s.db.Now()); err != nil {
			return err
		}
	}
	owner := tx.Merchant.Query().Where(entmerchant.ID(merchantID))
	if _, err := store.Locking(s.db, owner, entsql.WithLockClause(lockOwner)).Only(ctx); err != nil {
		return store.Translate(err, account.ErrMerchantNotFound)
	}
	count, err := tx.WebhookEndpoint.Query().Where(entendpoint.MerchantID(merchantID)).Count(ctx)
	if err == nil && count >= most {
		err = &webhook.TooManyError{Most: most}
	}
	return err
}

func (s *Store) Endpoint(ctx context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	row, err := s.db.Reader.WebhookEndpoint.Query().Where(entendpoint.ID(id), entendpoint.MerchantID(merchantID)).
		Only(ctx)
	if err != nil {
		return webhook.Endpoint{}, store.During("find webhook endpoint",
			store.Translate(err, webhook.ErrEndpointNotFound))
	}
	found, err := s.FromDB(row)
	if err != nil {
		return webhook.Endpoint{}, err
	}
	one := []webhook.Endpoint{found}
	err = s.holdBack(ctx, one)
	return one[0], err
}

func (s *Store) ListEndpoints(ctx context.Context, merchantID int64, format string) ([]webhook.Endpoint, error) {
	rows, err := s.db.Reader.WebhookEndpoint.Query().
		Where(entendpoint.MerchantID(merchantID), store.Given(entendpoint.Format, format)).Order(entendpoint.ByID()).
		All(ctx)
	if err != nil {
		return nil, store.During("list webhook endpoints", err)
	}
	endpoints, err := store.Converted(rows, s.FromDB)
	if err != nil {
		return nil, err
	}
	return store.NoneIfEmpty(endpoints), s.holdBack(ctx, endpoints)
}

func (s *Store) UpdateEndpoint(
	ctx context.Context, merchantID, id int64, edit func(*webhook.Endpoint) (secret string, err error),
) (webhook.Endpoint, error) {
	var updated webhook.Endpoint
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.lockEndpoint(ctx, tx, merchantID, id)
		if err != nil {
			return err
		}
		before, err := s.FromDB(row)
		if err != nil {
			return err
		}
		updated = before
		secret, err := edit(&updated)
		if err != nil {
			return err
		}
		present, err := s.presentSecret(row)
		if err != nil && !store.IsUnreadable(err) { // which another secret mends
			return err
		}
		if secret == present {
			secret = "" // a change sent again is none
		}
		if secret == "" && reflect.DeepEqual(before, updated) {
			return nil
		}
		audit.Changed(ctx, "status", before.Status, updated.Status)
		audit.Changed(ctx, "url", s.db.Vault.Mark(before.URL), s.db.Vault.Mark(updated.URL))
		settings, err := toDBEndpointSettings(&updated)
		if err != nil {
			return err
		}
		update := row.Update().SetEventTypes(store.SomeIfNil(updated.EventTypes)).SetStatus(string(updated.Status)).
			SetSettings(settings).SetUpdatedAt(s.db.Now())
		if before.URL != updated.URL {
			s.setURL(update, row.ID, updated.URL)
		}
		if secret != "" {
			if err := s.replaceSecret(update, row, secret); err != nil {
				return err
			}
		}
		if before.Status != updated.Status {
			update.SetDisableReason("").ClearFailingSince()
			if err := s.switchDeliveries(ctx, tx, &updated); err != nil {
				return err
			}
		}
		if row, err = update.Save(ctx); err != nil {
			return err
		}
		updated, err = s.FromDB(row)
		return err
	})
	return updated, store.During("update webhook endpoint", err)
}

// switchDeliveries puts what waits for an endpoint off until it is active again,
// or gives it up where the format does not wait; or has it posted now.
func (s *Store) switchDeliveries(ctx context.Context, tx *ent.Tx, e *webhook.Endpoint) error {
	waiting := tx.WebhookDelivery.Update().
		Where(entdelivery.EndpointID(e.ID), entdelivery.Status(string(webhook.DeliveryPending)),
			entdelivery.EventIDGT(0)).
		ClearClaimedUntil()
	switch {
	case e.Status == webhook.StatusActive:
		waiting.SetNextAttemptAt(s.db.Now())
	case webhook.TraitsOf(e.Format).Waits:
		waiting.ClearNextAttemptAt()
	default:
		waiting.ClearNextAttemptAt().SetStatus(string(webhook.DeliveryFailed)).
			SetResponseExcerpt(webhook.ReasonEndpointInactive)
	}
	return waiting.Exec(ctx)
}

// lockEndpoint reads an endpoint so that nobody else changes it meanwhile.
func (s *Store) lockEndpoint(ctx context.Context, tx *ent.Tx, merchantID, id int64) (*ent.WebhookEndpoint, error) {
	query := tx.WebhookEndpoint.Query().Where(entendpoint.ID(id), entendpoint.MerchantID(merchantID))
	row, err := store.Locking(s.db, query).Only(ctx)
	return row, store.Translate(err, webhook.ErrEndpointNotFound)
}

func (s *Store) DeleteEndpoint(ctx context.Context, merchantID, id int64) (webhook.Endpoint, error) {
	var deleted webhook.Endpoint
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.lockEndpoint(ctx, tx, merchantID, id)
		if err != nil {
			return err
		}
		if deleted, err = s.FromDB(row); err != nil {
			return err
		}
		err = tx.WebhookDelivery.Update().Where(
			entdelivery.EndpointID(id), entdelivery.Status(string(webhook.DeliveryPending)),
		).
			SetStatus(string(webhook.DeliveryFailed)).SetResponseExcerpt(webhook.ReasonEndpointDeleted).
			ClearNextAttemptAt().
			ClearClaimedUntil().Exec(ctx)
		if err != nil {
			return err
		}
		return tx.WebhookEndpoint.DeleteOne(row).Exec(ctx)
	})
	return deleted, store.During("delete webhook endpoint", err)
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
		byLane[lane.Name].HeldUntil = &lane.LeftAloneUntil
	}
	return store.During("read lanes", err)
}
