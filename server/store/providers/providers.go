package providers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"orderhub/ent"
	entoffer "orderhub/ent/offer"
	entprovider "orderhub/ent/provider"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/store"
)

func (s *Store) ListProviders(ctx context.Context) ([]fulfil.Provider, error) {
	rows, err := s.db.Reader.Provider.Query().Order(entprovider.ByID()).All(ctx)
	if err != nil {
		return nil, store.During("list providers", err)
	}
	providers, err := store.Converted(rows, fromDBProvider)
	return store.NoneIfEmpty(providers), err
}

func (s *Store) Provider(ctx context.Context, id int64) (fulfil.Provider, error) {
	row, err := s.db.Reader.Provider.Get(ctx, id)
	if err != nil {
		return fulfil.Provider{}, store.During("find provider", store.Translate(err, fulfil.ErrProviderNotFound))
	}
	return fromDBProvider(row)
}

// CreateProvider implements fulfil.ProviderStore. Further errors: *errs.InvalidError on "config" when it is no JSON
// object.
func (s *Store) CreateProvider(
	ctx context.Context, p fulfil.Provider, credentials map[string]string,
) (fulfil.Provider, error) {
	config, err := toDBConfig(p.Config)
	if err != nil {
		return fulfil.Provider{}, err
	}
	var created fulfil.Provider
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		now := s.db.Now()
		row, err := tx.Provider.Create().SetName(p.Name).SetConnector(p.Connector).
			SetStatus(string(cmp.Or(p.Status, fulfil.StatusActive))).SetConfig(config).
			SetMaxConcurrency(p.Limits.Concurrency).SetRequestsPerMinute(p.Limits.RequestsPerMinute).
			SetBurst(p.Limits.Burst).
			SetTimeoutMs(int(p.Limits.Timeout.Milliseconds())).SetHorizonS(int(p.Limits.Horizon / time.Second)).
			SetLowBalanceMicros(int64(p.LowBalance)).SetLowBalanceCurrency(string(p.LowBalanceCurrency)).
			SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil, store.NewConflict("providers_name_key", &fulfil.AlreadyExistsError{Kind: "provider"}),
			)
		}
		if len(credentials) > 0 { // sealed for the row, whose id is known only now
			if row, err = s.setCredentials(row.Update(), row.ID, credentials).Save(ctx); err != nil {
				return err
			}
		}
		created, err = fromDBProvider(row)
		return err
	})
	return created, store.During("create provider", err)
}

// UpdateProvider implements fulfil.ProviderStore. Further errors: as CreateProvider.
func (s *Store) UpdateProvider(
	ctx context.Context, p fulfil.Provider, credentials map[string]string,
) (fulfil.Provider, error) {
	config, err := toDBConfig(p.Config)
	if err != nil {
		return fulfil.Provider{}, err
	}
	var updated fulfil.Provider
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := store.MoveCosts(ctx, tx); err != nil {
			return err
		}
		row, err := tx.Provider.Get(ctx, p.ID)
		if err != nil {
			return store.Translate(err, fulfil.ErrProviderNotFound)
		}
		update := row.Update().SetStatus(string(cmp.Or(p.Status, fulfil.StatusActive))).SetConfig(config).
			SetMaxConcurrency(p.Limits.Concurrency).SetRequestsPerMinute(p.Limits.RequestsPerMinute).
			SetBurst(p.Limits.Burst).
			SetTimeoutMs(int(p.Limits.Timeout.Milliseconds())).SetHorizonS(int(p.Limits.Horizon / time.Second)).
			SetLowBalanceMicros(int64(p.LowBalance)).SetLowBalanceCurrency(string(p.LowBalanceCurrency)).
			SetUpdatedAt(s.db.Now())
		if credentials != nil {
			s.setCredentials(update, p.ID, credentials)
		}
		if row, err = store.SaveDifferent(ctx, row, update); err != nil {
			return err
		}
		updated, err = fromDBProvider(row)
		return err
	})
	return updated, store.During("update provider", err)
}

func (s *Store) ProviderCredentials(ctx context.Context, providerID int64) (credentials map[string]string, err error) {
	row, err := s.db.Reader.Provider.Get(ctx, providerID)
	if err != nil {
		return nil, store.During("find provider", store.Translate(err, fulfil.ErrProviderNotFound))
	}
	err = s.db.Vault.OpenJSON(row.Credentials, store.ProviderCredentials.At(row.ID), &credentials)
	return credentials, store.During("read credentials", err)
}

// setCredentials seals them for the provider's row; none removes what there is.
func (s *Store) setCredentials(
	update *ent.ProviderUpdateOne, providerID int64, credentials map[string]string,
) *ent.ProviderUpdateOne {
	if len(credentials) == 0 {
		return update.ClearCredentials()
	}
	plain, _ := json.Marshal(credentials) // texts always have a form in JSON
	return update.SetCredentials(s.db.Sealer.Seal(plain, store.ProviderCredentials.At(providerID)))
}

// toDBConfig keeps numbers as they are written. Nothing is an empty object.
func toDBConfig(config json.RawMessage) (map[string]any, error) {
	values := map[string]any{}
	if len(config) == 0 {
		return values, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil || values == nil {
		return nil, errs.Invalid("config", "must be a JSON object")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errs.Invalid("config", "must be one JSON object and nothing after it")
	}
	return values, nil
}

func (s *Store) CreateOffer(ctx context.Context, o fulfil.Offer) (fulfil.Offer, error) {
	var created fulfil.Offer
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := store.MoveCosts(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Product.Get(ctx, o.ProductID); err != nil {
			return store.Translate(err, catalog.ErrProductNotFound)
		}
		if err := s.db.Execute(ctx, tx, store.LockProvider, o.ProviderID); err != nil {
			return err
		}
		if _, err := tx.Provider.Get(ctx, o.ProviderID); err != nil {
			return store.Translate(err, fulfil.ErrProviderNotFound)
		}
		now := s.db.Now()
		row, err := tx.Offer.Create().SetProductID(o.ProductID).SetProviderID(o.ProviderID).
			SetProviderSku(o.ProviderSKU).
			SetCostMicros(int64(o.Cost)).SetCurrency(string(o.Currency)).SetPriority(o.Priority).
			SetStatus(string(cmp.Or(o.Status, fulfil.StatusActive))).SetPriceLocked(o.PriceLocked).
			SetStateLocked(o.StateLocked).SetNillableMaxLossBp(o.MaxLoss).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil, store.NewConflict("offer_product_id_provider_id_provider_sku",
					&fulfil.AlreadyExistsError{Kind: "offer"}),
			)
		}
		created = fromDBOffer(row)
		return nil
	})
	return created, store.During("create offer", err)
}

func (s *Store) Offer(ctx context.Context, id int64) (fulfil.Offer, error) {
	row, err := s.db.Reader.Offer.Get(ctx, id)
	if err != nil {
		return fulfil.Offer{}, store.During("find offer", store.Translate(err, fulfil.ErrOfferNotFound))
	}
	return fromDBOffer(row), nil
}

var lockOffer = store.Same(`SELECT id FROM offers WHERE id = $1`).Locked(` FOR NO KEY UPDATE`)

func (s *Store) UpdateOffer(ctx context.Context, id int64, change func(o *fulfil.Offer) error) (fulfil.Offer, error) {
	var updated fulfil.Offer
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := store.MoveCosts(ctx, tx); err != nil {
			return err
		}
		if err := s.db.Execute(ctx, tx, lockOffer, id); err != nil {
			return err
		}
		row, err := tx.Offer.Get(ctx, id)
		if err != nil {
			return store.Translate(err, fulfil.ErrOfferNotFound)
		}
		o := fromDBOffer(row)
		if err := change(&o); err != nil {
			return err
		}
		update := row.Update().SetProviderSku(o.ProviderSKU).SetCostMicros(int64(o.Cost)).
			SetCurrency(string(o.Currency)).
			SetPriority(o.Priority).SetStatus(string(cmp.Or(o.Status, fulfil.StatusActive))).
			SetPriceLocked(o.PriceLocked).
			SetStateLocked(o.StateLocked).SetOffBySync(o.OffBySync).SetListedCostMicros(int64(o.ListedCost)).
			SetUpdatedAt(s.db.Now())
		if update.SetNillableMaxLossBp(o.MaxLoss); o.MaxLoss == nil {
			update.ClearMaxLossBp()
		}
		if row, err = store.SaveDifferent(ctx, row, update); err != nil {
			return store.Translate(err, nil, store.NewConflict(
				"offer_product_id_provider_id_provider_sku", &fulfil.AlreadyExistsError{Kind: "offer"},
			))
		}
		updated = fromDBOffer(row)
		return nil
	})
	return updated, store.During("update offer", err)
}

func (s *Store) DeleteOffer(ctx context.Context, id int64) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := store.MoveCosts(ctx, tx); err != nil {
			return err
		}
		return store.Translate(tx.Offer.DeleteOneID(id).Exec(ctx), fulfil.ErrOfferNotFound)
	})
	return store.During("delete offer", err)
}

func (s *Store) ProviderOffers(ctx context.Context, providerID int64) ([]fulfil.Offer, error) {
	rows, err := s.db.Reader.Offer.Query().Where(entoffer.ProviderID(providerID)).
		Order(entoffer.ByProviderSku(), entoffer.ByID()).All(ctx)
	return store.Mapped(rows, fromDBOffer), store.During("list offers", err)
}

func (s *Store) ListOffers(ctx context.Context, productID int64) ([]fulfil.Offer, error) {
	rows, err := s.db.Reader.Offer.Query().Where(entoffer.ProductID(productID)).
		Order(entoffer.ByPriority(), entoffer.ByCostMicros(), entoffer.ByID()).All(ctx)
	return store.Mapped(rows, fromDBOffer), store.During("list offers", err)
}

// One text however many products there are: fulfilment asks all the time.
var selectActiveOffers = store.FromPostgres(`SELECT o.id, o.product_id, o.provider_id, o.provider_sku, o.cost_micros,
	o.currency, o.priority, o.status, o.listed_cost_micros, o.max_loss_bp, o.created_at, o.updated_at
	FROM offers o JOIN providers p ON p.id = o.provider_id
	WHERE o.status = 'active' AND p.status = 'active' AND o.product_id = ANY($1::bigint[])
	ORDER BY o.priority, o.cost_micros, o.id`)

func (s *Store) ActiveOffers(ctx context.Context, productIDs []int64) (map[int64][]fulfil.Offer, error) {
	offers := make(map[int64][]fulfil.Offer, len(productIDs))
	err := s.db.Peek(
		ctx, store.NewQuery(selectActiveOffers, []any{store.SomeIfNil(productIDs)}, func(row store.Scanner) error {
			var o fulfil.Offer
			err := row.Scan(&o.ID, &o.ProductID, &o.ProviderID, &o.ProviderSKU, &o.Cost, &o.Currency, &o.Priority,
				&o.Status,
				&o.ListedCost, &o.MaxLoss, &o.CreatedAt, &o.UpdatedAt)
			offers[o.ProductID] = append(offers[o.ProductID], o)
			return err
		}),
	)
	return offers, store.During("find active offers", err)
}
