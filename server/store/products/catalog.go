package products

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"orderhub/ent"
	entcategory "orderhub/ent/category"
	entlisting "orderhub/ent/listing"
	entproduct "orderhub/ent/product"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/store"
)

var _ catalog.Store = (*Store)(nil)

// catalogCounter is the counter whose value is the catalogue's version.
const catalogCounter = "catalog"

func (s *Store) CatalogVersion(ctx context.Context) (int64, error) {
	version, err := catalogVersion(ctx, s.db.Reader.Counter)
	return version, store.During("read catalogue version", err)
}

func catalogVersion(ctx context.Context, counters *ent.CounterClient) (int64, error) {
	row, err := counters.Get(ctx, catalogCounter)
	switch {
	case ent.IsNotFound(err):
		return 0, nil // nothing has changed yet
	case err != nil:
		return 0, err
	}
	return row.Value, nil
}

func (s *Store) LoadSnapshot(ctx context.Context) (*catalog.Snapshot, error) {
	var snapshot *catalog.Snapshot
	err := s.db.Retry(ctx, func() error {
		// SQLite knows one isolation level, which is stricter.
		tx, err := s.db.Reader.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		snapshot, err = readSnapshot(ctx, tx, s.db.Now())
		return err
	})
	return snapshot, store.During("read catalogue", err)
}

func readSnapshot(ctx context.Context, tx *ent.Tx, now time.Time) (*catalog.Snapshot, error) {
	version, err := catalogVersion(ctx, tx.Counter)
	if err != nil {
		return nil, err
	}
	categoryRows, err := tx.Category.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	productRows, err := tx.Product.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	listingRows, err := tx.Listing.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	categories := store.Mapped(categoryRows, fromDBCategory)
	byID := make(map[int64]catalog.Category, len(categories))
	for _, c := range categories {
		byID[c.ID] = c
	}
	products := make([]*catalog.Product, len(productRows))
	for i, row := range productRows {
		p, err := fromDBProduct(row, byID[row.CategoryID])
		if err != nil {
			return nil, err
		}
		products[i] = &p
	}
	listings := store.Mapped(listingRows, func(row *ent.Listing) *catalog.Listing {
		l := fromDBListing(row)
		return &l
	})
	prices, err := readPrices(ctx, tx, products, now)
	if err != nil {
		return nil, err
	}
	return catalog.NewSnapshot(version, categories, products, listings).WithPrices(prices), nil
}

// count moves a counter by one.
var count = store.Same(
	`INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`,
)

// changeCatalog runs fn in a transaction that moves the catalogue's version. The version goes first: the lock on its
// row makes changes follow one another, so that what fn reads stays true until it has written.
func (s *Store) changeCatalog(ctx context.Context, fn func(tx *ent.Tx) error) error {
	return s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := s.db.Execute(ctx, tx, count, catalogCounter); err != nil {
			return fmt.Errorf("move catalogue version: %w", err)
		}
		return fn(tx)
	})
}

func (s *Store) CreateCategory(ctx context.Context, c catalog.Category) (catalog.Category, error) {
	var created catalog.Category
	err := s.changeCatalog(ctx, func(tx *ent.Tx) error {
		if err := store.ReserveID(ctx, s.db, tx, entcategory.Table, c.ID); err != nil {
			return err
		}
		now := s.db.Now()
		create := tx.Category.Create().SetSlug(c.Slug).SetName(c.Name).SetDescription(c.Description).SetCreatedAt(now).
			SetUpdatedAt(now)
		if c.ID != 0 {
			create.SetID(c.ID)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil,
				store.NewConflict("categories_slug_key", &catalog.AlreadyExistsError{Kind: "category", Name: c.Slug}),
				store.NewConflict(
					"categories_pkey", &catalog.AlreadyExistsError{Kind: "category", Name: strconv.FormatInt(c.ID, 10)},
				),
			)
		}
		created = fromDBCategory(row)
		return nil
	})
	return created, store.During("create category", err)
}

func (s *Store) UpdateCategory(ctx context.Context, c catalog.Category) (catalog.Category, error) {
	var updated catalog.Category
	err := s.changeCatalog(ctx, func(tx *ent.Tx) error {
		row, err := tx.Category.Get(ctx, c.ID)
		if err != nil {
			return store.Translate(err, catalog.ErrCategoryNotFound)
		}
		update := row.Update().SetName(c.Name).SetDescription(c.Description).SetUpdatedAt(s.db.Now())
		if row, err = store.SaveDifferent(ctx, row, update); err != nil {
			return err
		}
		updated = fromDBCategory(row)
		return nil
	})
	return updated, store.During("update category", err)
}

func (s *Store) CreateProduct(ctx context.Context, p catalog.Product) (catalog.Product, error) {
	fields, err := toDBFields(p.Fields)
	if err != nil {
		return catalog.Product{}, err
	}
	var created catalog.Product
	err = s.changeCatalog(ctx, func(tx *ent.Tx) error {
		if err := store.ReserveID(ctx, s.db, tx, entproduct.Table, p.ID); err != nil {
			return err
		}
		category, err := tx.Category.Get(ctx, p.Category.ID)
		if err != nil {
			return store.Translate(err, catalog.ErrCategoryNotFound)
		}
		now := s.db.Now()
		create := tx.Product.Create().SetSku(p.SKU).SetSlug(p.Slug).SetName(p.Name).SetDescription(p.Description).
			SetCategoryID(category.ID).SetCurrency(string(p.Currency)).SetPriceMicros(int64(p.Price)).
			SetSource(string(p.Source)).
			SetFormat(p.Format).SetStatus(string(cmp.Or(p.Status, catalog.StatusActive))).SetFields(fields).
			SetMinQuantity(int(p.MinQuantity)).SetMaxQuantity(int(p.MaxQuantity)).
			SetFulfilWithinS(int(p.FulfilWithin / time.Second)).SetMaxLossBp(p.MaxLoss).
			SetRecipientCheckWithinS(int(p.RecipientCheckWithin / time.Second)).
			SetLossPolicy(string(cmp.Or(p.LossPolicy, catalog.LossFails))).SetDated(p.Dated).
			SetAttributes(attributesOf(&p)).
			SetExpiryMarginS(int(p.ExpiryMargin / time.Second)).SetNillableLowStock(orNil(p.LowStock)).
			SetVersion(1).SetCreatedAt(now).SetUpdatedAt(now)
		if p.ID != 0 {
			create.SetID(p.ID)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return store.Translate(err, nil, productConflicts(&p)...)
		}
		created, err = fromDBProduct(row, fromDBCategory(category))
		return err
	})
	return created, store.During("create product", err)
}

func (s *Store) UpdateProduct(ctx context.Context, p catalog.Product) (catalog.Product, error) {
	fields, err := toDBFields(p.Fields)
	if err != nil {
		return catalog.Product{}, err
	}
	var updated catalog.Product
	err = s.changeCatalog(ctx, func(tx *ent.Tx) error {
		present, err := tx.Product.Get(ctx, p.ID)
		if err != nil {
			return store.Translate(err, catalog.ErrProductNotFound)
		}
		if p.Version != 0 && p.Version != present.Version {
			return catalog.ErrStaleVersion
		}
		if err := checkCurrencyChange(ctx, tx, present, p.Currency); err != nil {
			return err
		}
		category, err := tx.Category.Get(ctx, p.Category.ID)
		if err != nil {
			return store.Translate(err, catalog.ErrCategoryNotFound)
		}
		update := present.Update().SetSlug(p.Slug).SetName(p.Name).SetDescription(p.Description).
			SetCategoryID(category.ID).
			SetCurrency(string(p.Currency)).SetPriceMicros(int64(p.Price)).SetSource(string(p.Source)).
			SetFormat(p.Format).
			SetStatus(string(p.Status)).SetFields(fields).SetMinQuantity(int(p.MinQuantity)).
			SetMaxQuantity(int(p.MaxQuantity)).
			SetFulfilWithinS(int(p.FulfilWithin / time.Second)).SetMaxLossBp(p.MaxLoss).
			SetRecipientCheckWithinS(int(p.RecipientCheckWithin / time.Second)).
			SetLossPolicy(string(cmp.Or(p.LossPolicy, catalog.LossFails))).
			SetExpiryMarginS(int(p.ExpiryMargin / time.Second)).
			SetDated(p.Dated).SetAttributes(attributesOf(&p)).SetVersion(present.Version + 1).SetUpdatedAt(s.db.Now())
		if update.SetNillableLowStock(orNil(p.LowStock)); p.LowStock == 0 {
			update.ClearLowStock()
		}
		row, err := store.SaveDifferent(ctx, present, update)
		if err != nil {
			return store.Translate(err, nil, productConflicts(&p)...)
		}
		updated, err = fromDBProduct(row, fromDBCategory(category))
		return err
	})
	return updated, store.During("update product", err)
}

func checkCurrencyChange(ctx context.Context, tx *ent.Tx, present *ent.Product, to money.Currency) error {
	if present.Currency == string(to) {
		return nil
	}
	prices, err := tx.Listing.Query().
		Where(entlisting.ProductID(present.ID), entlisting.PriceMicrosNotNil()).Count(ctx)
	if err != nil {
		return store.Unavailable(err)
	}
	return catalog.CheckCurrencyChange(money.Currency(present.Currency), to, prices)
}

func productConflicts(p *catalog.Product) []store.Conflict {
	return []store.Conflict{
		store.NewConflict("products_sku_key", &catalog.AlreadyExistsError{Kind: "product", Name: p.SKU}),
		store.NewConflict("products_slug_key", &catalog.AlreadyExistsError{Kind: "product", Name: p.Slug}),
		store.NewConflict("products_pkey", &catalog.AlreadyExistsError{
			Kind: "product",
			Name: strconv.FormatInt(p.ID, 10),
		}),
	}
}

// bumpProduct moves the product's version.
func (s *Store) bumpProduct(ctx context.Context, tx *ent.Tx, id int64) error {
	err := tx.Product.UpdateOneID(id).AddVersion(1).SetUpdatedAt(s.db.Now()).Exec(ctx)
	return store.Translate(err, catalog.ErrProductNotFound)
}

// CreateListing implements catalog.Store. Further errors: catalog.ErrProductNotFound, account.ErrMerchantNotFound.
func (s *Store) CreateListing(ctx context.Context, l catalog.Listing) (catalog.Listing, error) {
	var created catalog.Listing
	err := s.changeCatalog(ctx, func(tx *ent.Tx) error {
		if err := s.bumpProduct(ctx, tx, l.ProductID); err != nil {
			return err
		}
		if _, err := tx.Merchant.Get(ctx, l.MerchantID); err != nil {
			return store.Translate(err, account.ErrMerchantNotFound)
		}
		row, err := tx.Listing.Create().SetMerchantID(l.MerchantID).SetProductID(l.ProductID).
			SetExternalID(l.ExternalID).
			SetExternalOptionID(l.ExternalOptionID).SetNillablePriceMicros((*int64)(l.Price)).SetCreatedAt(s.db.Now()).
			Save(ctx)
		if err != nil {
			name := l.ExternalID
			if l.ExternalOptionID != "" {
				name += "/" + l.ExternalOptionID
			}
			return store.Translate(err, nil, store.NewConflict(
				"listing_merchant_id_external_id_external_option_id",
				&catalog.AlreadyExistsError{Kind: "listing", Name: name},
			))
		}
		created = fromDBListing(row)
		audit.Changed(ctx, "listing", nil, recordedListing(&created))
		return nil
	})
	return created, store.During("create listing", err)
}

func (s *Store) ListListings(ctx context.Context, merchantID, afterID int64, limit int) ([]catalog.Listing, error) {
	rows, err := s.db.Reader.Listing.Query().
		Where(entlisting.MerchantID(merchantID), entlisting.IDGT(afterID)).
		Order(entlisting.ByID()).Limit(store.LimitOf(limit)).All(ctx)
	return store.Mapped(rows, fromDBListing), store.During("list listings", err)
}

func (s *Store) DeleteListing(ctx context.Context, merchantID, id int64) error {
	err := s.changeCatalog(ctx, func(tx *ent.Tx) error {
		row, err := tx.Listing.Query().Where(entlisting.ID(id), entlisting.MerchantID(merchantID)).Only(ctx)
		if err != nil {
			return store.Translate(err, catalog.ErrListingNotFound)
		}
		if err := tx.Listing.DeleteOne(row).Exec(ctx); err != nil {
			return err
		}
		deleted := fromDBListing(row)
		audit.Changed(ctx, "listing", recordedListing(&deleted), nil)
		return s.bumpProduct(ctx, tx, row.ProductID)
	})
	return store.During("delete listing", err)
}

// recordedListing is a listing in the record.
func recordedListing(l *catalog.Listing) map[string]any {
	fields := map[string]any{
		"id": l.ID, "merchantId": l.MerchantID, "productId": l.ProductID, "externalId": l.ExternalID,
		"externalOptionId": l.ExternalOptionID,
	}
	if l.Price != nil {
		fields["priceMicros"] = int64(*l.Price)
	}
	return fields
}

// orNil is nil for 0.
func orNil(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

// attributesOf is never nil, which the column does not take.
func attributesOf(p *catalog.Product) map[string]string {
	if p.Attributes == nil {
		return map[string]string{}
	}
	return p.Attributes
}
