package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/store/stores"
	"orderhub/server/webhook"
)

// NewCategory has the slug as its name.
func NewCategory(t *testing.T, s *stores.All, slug string) catalog.Category {
	t.Helper()
	c, err := s.Products.CreateCategory(t.Context(), catalog.Category{Slug: slug, Name: slug})
	require.NoError(t, err)
	return c
}

// NewProduct creates a product for 10 THB, of stock unless change says otherwise.
func NewProduct(
	t *testing.T, s *stores.All, category catalog.Category, sku string, change func(*catalog.Product),
) catalog.Product {
	t.Helper()
	p := catalog.Product{
		SKU: sku, Slug: catalog.SlugOf(sku), Name: sku, Category: category, Currency: THB, Price: Baht(10),
		Source: catalog.SourceStock, Status: catalog.StatusActive, MinQuantity: 1, MaxQuantity: 1000,
	}
	if change != nil {
		change(&p)
	}
	created, err := s.Products.CreateProduct(t.Context(), p)
	require.NoError(t, err)
	return created
}

// NewMerchant has a wallet without money.
func NewMerchant(t *testing.T, s *stores.All, name string) account.Merchant {
	t.Helper()
	m, err := s.Accounts.CreateMerchant(t.Context(), account.NewMerchant{Name: name, Currency: THB})
	require.NoError(t, err)
	return m
}

// Snapshot is the catalogue as it is for sale.
func Snapshot(t *testing.T, s *stores.All) *catalog.Snapshot {
	t.Helper()
	loaded, err := s.Products.LoadSnapshot(t.Context())
	require.NoError(t, err)
	return loaded
}

// Endpoint is of a merchant, with every field.
func Endpoint(m account.Merchant) webhook.Endpoint {
	return webhook.Endpoint{
		MerchantID: m.ID, Format: webhook.FormatStandard, URL: "https://a.example/ü?x=1",
		EventTypes: []string{"order.failed", "order.completed"},
		Status:     webhook.StatusActive, MaxRetries: 0, RetryDelay: time.Hour, SecretHint: "ゆ\"<1...", Description: "<ü>",
	}
}

// ReadEvents reads a log to its end in pages.
func ReadEvents(t *testing.T, log *event.Log, c event.Cursor, page int) []event.Entry {
	t.Helper()
	var all []event.Entry
	for {
		entries, next, err := log.Read(t.Context(), c, page)
		require.NoError(t, err)
		all, c = append(all, entries...), next
		if len(entries) < page {
			return all
		}
	}
}
