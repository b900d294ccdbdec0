package store

import (
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"time"

	"orderhub/ent"
	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// Rows as ent reads them, turned into what the domain knows.

func fromDBCategory(row *ent.Category) catalog.Category {
	return catalog.Category{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Description: row.Description,
		CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}
}

func fromDBProduct(row *ent.Product, category catalog.Category) (catalog.Product, error) {
	p := catalog.Product{
		ID: row.ID, SKU: row.Sku, Slug: row.Slug, Name: row.Name, Description: row.Description, Category: category,
		Currency: money.Currency(row.Currency), Price: money.Amount(row.PriceMicros), Source: catalog.Source(row.Source),
		Format: row.Format, Status: catalog.Status(row.Status), MinQuantity: int64(row.MinQuantity),
		MaxQuantity:  int64(row.MaxQuantity),
		FulfilWithin: time.Duration(row.FulfilWithinS) * time.Second, Dated: row.Dated, Version: row.Version,
		CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}
	if err := json.Unmarshal(row.Fields, &p.Fields); err != nil {
		return catalog.Product{}, fmt.Errorf("fields of product %d: %w", row.ID, err)
	}
	if len(p.Fields) == 0 {
		p.Fields = nil
	}
	if len(row.Attributes) > 0 {
		p.Attributes = row.Attributes
	}
	return p, nil
}

// toDBFields is a product's fields as its column keeps them.
func toDBFields(fields []catalog.Field) (json.RawMessage, error) {
	if len(fields) == 0 {
		return json.RawMessage("[]"), nil
	}
	return json.Marshal(fields)
}

func fromDBListing(row *ent.Listing) catalog.Listing {
	return catalog.Listing{
		ID: row.ID, MerchantID: row.MerchantID, ProductID: row.ProductID, ExternalID: row.ExternalID,
		ExternalOptionID: row.ExternalOptionID, Price: (*money.Amount)(row.PriceMicros), CreatedAt: utc(row.CreatedAt),
	}
}

func fromDBCoupon(row *ent.Coupon) catalog.Coupon {
	return catalog.Coupon{
		ID: row.ID, Code: row.Code, Kind: catalog.CouponKind(row.Kind), PercentBasisPoints: int64(row.PercentBp),
		Amount: money.Amount(row.AmountMicros), Currency: money.Currency(row.Currency),
		MinSubtotal: money.Amount(row.MinSubtotalMicros),
		ProductIDs:  noneIfEmpty(row.ProductIds), CategoryIDs: noneIfEmpty(row.CategoryIds),
		StartsAt: optionalUTC(row.StartsAt), EndsAt: optionalUTC(row.EndsAt),
		MaxUses: row.MaxUses, MaxUsesPerMerchant: row.MaxUsesPerMerchant, Uses: row.Uses, Status: catalog.Status(row.Status),
		CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}
}

// fromDBMerchant takes nil for the wallet of an operator.
func (s *Store) fromDBMerchant(row *ent.Merchant, wallet *ent.Account) (account.Merchant, error) {
	allowlist, err := fromDBAllowlist(row)
	if err != nil {
		return account.Merchant{}, err
	}
	m := account.Merchant{
		ID: row.ID, Name: row.Name, Role: account.Role(row.Role), Status: account.Status(row.Status),
		RateLimit:   fromDBRateLimit(row),
		IPAllowlist: allowlist, CredentialsVersion: row.CredentialsVersion, CreatedAt: utc(row.CreatedAt),
		UpdatedAt: utc(row.UpdatedAt),
	}
	settings, err := fromDBSettings(row)
	if err != nil {
		return account.Merchant{}, err
	}
	if m.Settings, err = s.publicSettings(row.ID, &settings); err != nil {
		return account.Merchant{}, err
	}
	m.Email, err = s.emailOf(row)
	m.EmailUnread = err != nil
	if err = s.withoutKeyOrIt("e-mail address of merchant", row.ID, err); err != nil {
		return account.Merchant{}, err
	}
	if wallet != nil {
		w := fromDBWallet(wallet)
		m.Wallet = &w
	}
	return m, nil
}

func fromDBRateLimit(row *ent.Merchant) account.RateLimit {
	return account.RateLimit{RequestsPerMinute: row.RequestsPerMinute, Burst: row.Burst}
}

func fromDBAllowlist(row *ent.Merchant) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range row.IPAllowlist {
		prefix, ok := account.ParsePrefix(text) // also of before such entries were cleaned up
		if !ok {
			return nil, fmt.Errorf("address allowlist of merchant %d: an entry is no prefix", row.ID)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

func toDBAllowlist(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		texts[i] = prefix.String()
	}
	return texts
}

func fromDBWallet(row *ent.Account) account.Wallet {
	w := account.Wallet{
		AccountID: row.ID, Currency: money.Currency(row.Currency),
		Balance: money.Amount(row.BalanceMicros), CreditLimit: money.Amount(row.CreditLimitMicros),
		LowBalance: (*money.Amount)(row.LowBalanceMicros),
	}
	if row.MerchantID != nil {
		w.MerchantID = *row.MerchantID
	}
	return w
}

func fromDBKey(row *ent.APIKey) account.Key {
	return account.Key{
		ID: row.ID, MerchantID: row.MerchantID, Scope: account.Scope(row.Scope), Label: row.Label,
		CreatedAt: utc(row.CreatedAt), RevokedAt: optionalUTC(row.RevokedAt),
	}
}

// fromDBTransfer signs the amount as the wallet sees it.
func fromDBTransfer(row *ent.Transfer, walletAccountID int64, orderNumber string) account.Transfer {
	t := account.Transfer{
		ID: row.ID, Kind: account.TransferKind(row.Kind), Currency: money.Currency(row.Currency),
		Amount:  money.Amount(row.AmountMicros),
		Balance: money.Amount(row.BalanceMicros), OrderNumber: orderNumber, Description: row.Description,
		CreatedAt: utc(row.CreatedAt),
	}
	if row.DebitAccountID == walletAccountID {
		t.Amount = money.Amount(0).SubCapped(t.Amount)
	}
	if row.Reference != nil {
		t.Reference = *row.Reference
	}
	return t
}

func fromDBProvider(row *ent.Provider) (fulfil.Provider, error) {
	config, err := json.Marshal(row.Config)
	if err != nil {
		return fulfil.Provider{}, fmt.Errorf("configuration of provider %d: %w", row.ID, err)
	}
	return fulfil.Provider{
		ID: row.ID, Name: row.Name, Connector: row.Connector, Status: fulfil.Status(row.Status), Config: config,
		Limits: fulfil.Limits{
			Concurrency: row.MaxConcurrency, RequestsPerMinute: row.RequestsPerMinute, Burst: row.Burst,
			Timeout: time.Duration(row.TimeoutMs) * time.Millisecond, Horizon: time.Duration(row.HorizonS) * time.Second,
		},
		HasCredentials: len(row.Credentials) > 0, CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}, nil
}

func fromDBOffer(row *ent.Offer) fulfil.Offer {
	return fulfil.Offer{
		ID: row.ID, ProductID: row.ProductID, ProviderID: row.ProviderID, ProviderSKU: row.ProviderSku,
		Cost: money.Amount(row.CostMicros), Currency: money.Currency(row.Currency), Priority: row.Priority,
		Status: fulfil.Status(row.Status), CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}
}

// mapped is every row converted; nil when there are none.
func mapped[Row, T any](rows []Row, convert func(Row) T) []T {
	if len(rows) == 0 {
		return nil
	}
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = convert(row)
	}
	return values
}

// noneIfEmpty makes an empty list nil, whatever the database made of it.
func noneIfEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// someIfNil makes a missing list an empty one: NULL and "null" are not lists.
func someIfNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// optionalUTC is an instant as both databases keep it, or nil.
func optionalUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	instant := t.UTC().Truncate(time.Microsecond)
	return &instant
}

// limitOf is the most rows to read: 0 and less means all.
func limitOf(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}

// during says what was being done when err came. Nil stays nil.
func during(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
