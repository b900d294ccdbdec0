package bench

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Seeds is what a benchmark needs in a hub, made through its own API with an
// operator's key. Everything is named after Name.
type Seeds struct {
	OperatorKey string
	Name        string // lower-case letters, digits and -
	Wallets     int    // merchants with plenty of money
	Products    int    // bought from a simulated provider, which delivers after DelayMS
	DelayMS     int
}

const (
	currency = "THB"
	price    = "1.00"
	plenty   = "1000000000.00"
)

// Sow makes the merchants, their keys and the products.
func Sow(ctx context.Context, conn grpc.ClientConnInterface, s Seeds) (Buyers, error) {
	ctx = metadata.NewOutgoingContext(ctx, metadata.Pairs("x-api-key", s.OperatorKey))
	var b Buyers
	if err := s.sowProducts(ctx, conn, &b); err != nil {
		return b, fmt.Errorf("products for the benchmark: %w", err)
	}
	if err := s.sowWallets(ctx, conn, &b); err != nil {
		return b, fmt.Errorf("wallets for the benchmark: %w", err)
	}
	return b, nil
}

func (s *Seeds) sowProducts(ctx context.Context, conn grpc.ClientConnInterface, b *Buyers) error {
	if s.Products < 1 || s.Wallets < 1 {
		return errors.New("at least one product and one wallet are needed")
	}
	catalog, admin := orderhubv1.NewCatalogServiceClient(conn), orderhubv1.NewAdminServiceClient(conn)
	category := &orderhubv1.Category{Slug: s.Name, Name: "Benchmark"}
	if _, err := catalog.CreateCategory(ctx, &orderhubv1.CreateCategoryRequest{Category: category}); err != nil {
		return err
	}
	settings, err := structpb.NewStruct(map[string]any{"delayMs": s.DelayMS})
	if err != nil {
		return err
	}
	provider := &orderhubv1.Provider{Name: s.Name, Connector: "sim", Settings: settings}
	if _, err := admin.CreateProvider(ctx, &orderhubv1.CreateProviderRequest{Provider: provider}); err != nil {
		return err
	}
	for i := range s.Products {
		sku := fmt.Sprintf("%s-%03d", s.Name, i+1)
		product := &orderhubv1.Product{
			Sku: sku, Name: fmt.Sprintf("Benchmark product %d", i+1), Price: price, Currency: currency,
			Category: &orderhubv1.ProductCategory{Slug: s.Name}, Source: orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER,
		}
		if _, err := catalog.CreateProduct(ctx, &orderhubv1.CreateProductRequest{Product: product}); err != nil {
			return err
		}
		offer := &orderhubv1.Offer{Product: sku, Provider: s.Name, ProviderSku: sku, Cost: price, Currency: currency}
		if _, err := admin.CreateOffer(ctx, &orderhubv1.CreateOfferRequest{Offer: offer}); err != nil {
			return err
		}
		b.SKUs = append(b.SKUs, sku)
	}
	return nil
}

func (s *Seeds) sowWallets(ctx context.Context, conn grpc.ClientConnInterface, b *Buyers) error {
	admin := orderhubv1.NewAdminServiceClient(conn)
	for i := range s.Wallets {
		name := fmt.Sprintf("%s-%03d", s.Name, i+1)
		merchant := &orderhubv1.Merchant{Name: name, Currency: currency, RateLimit: &orderhubv1.RateLimit{}} // without limit
		if _, err := admin.CreateMerchant(ctx, &orderhubv1.CreateMerchantRequest{Merchant: merchant}); err != nil {
			return err
		}
		if _, err := admin.Deposit(
			ctx, &orderhubv1.DepositRequest{Merchant: name, Amount: plenty, Reference: name},
		); err != nil {
			return err
		}
		key, err := admin.CreateKey(
			ctx, &orderhubv1.CreateKeyRequest{Merchant: name, Key: &orderhubv1.ApiKey{Label: "benchmark"}},
		)
		if err != nil {
			return err
		}
		b.Keys = append(b.Keys, key.GetSecret())
	}
	return nil
}

// Hot is the same buying by one merchant alone.
func (b Buyers) Hot() Buyers { return Buyers{Keys: b.Keys[:1], SKUs: b.SKUs} }
