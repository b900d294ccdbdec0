package providers_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		none, err := s.Providers.ListProviders(ctx)
		require.NoError(t, err)
		require.Empty(t, none)

		created, err := s.Providers.CreateProvider(ctx, fulfil.Provider{
			Name: "sim", Connector: "sim", Status: fulfil.StatusActive,
			Config: json.RawMessage(`{"delayMs": 300, "big": 9007199254740991, "text": "<ü>"}`),
		}, nil)
		require.NoError(t, err)
		require.NotZero(t, created.ID)
		require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
		require.JSONEq(t, `{"delayMs": 300, "big": 9007199254740991, "text": "<ü>"}`, string(created.Config))
		bare, err := s.Providers.CreateProvider(ctx, fulfil.Provider{Name: "bare", Connector: "sim"}, nil)
		require.NoError(t, err)
		require.Equal(t, fulfil.StatusActive, bare.Status)
		require.JSONEq(t, `{}`, string(bare.Config))

		found, err := s.Providers.Provider(ctx, created.ID)
		require.NoError(t, err)
		requireSameProvider(t, created, found)
		all, err := s.Providers.ListProviders(ctx)
		require.NoError(t, err)
		require.Len(t, all, 2)
		requireSameProvider(t, created, all[0])
		requireSameProvider(t, bare, all[1])

		_, err = s.Providers.CreateProvider(ctx, fulfil.Provider{Name: "sim", Connector: "other"}, nil)
		var exists *fulfil.AlreadyExistsError
		require.ErrorAs(t, err, &exists)
		require.Equal(t, "provider", exists.Kind)
		for _, config := range []string{`[]`, `null`, `1`, `{`, `{} {}`, `{"a":1}x`} {
			_, err = s.Providers.CreateProvider(
				ctx, fulfil.Provider{Name: "bad", Connector: "sim", Config: json.RawMessage(config)}, nil,
			)
			storetest.RequireViolations(t, err, "config")
			_, err = s.Providers.UpdateProvider(ctx, fulfil.Provider{ID: created.ID, Config: json.RawMessage(config)},
				nil)
			storetest.RequireViolations(t, err, "config")
		}

		updated, err := s.Providers.UpdateProvider(ctx, fulfil.Provider{
			ID: created.ID, Name: "ignored", Connector: "ignored", Status: fulfil.StatusDisabled,
			Config: json.RawMessage(`{"down": true}`),
		}, nil)
		require.NoError(t, err)
		require.Equal(t, "sim", updated.Name)
		require.Equal(t, "sim", updated.Connector)
		require.Equal(t, fulfil.StatusDisabled, updated.Status)
		require.JSONEq(t, `{"down": true}`, string(updated.Config))
		require.Equal(t, created.CreatedAt, updated.CreatedAt)
		require.True(t, updated.UpdatedAt.After(created.UpdatedAt))
		_, err = s.Providers.UpdateProvider(ctx, fulfil.Provider{ID: 999}, nil)
		require.ErrorIs(t, err, fulfil.ErrProviderNotFound)
		_, err = s.Providers.Provider(ctx, 999)
		require.ErrorIs(t, err, fulfil.ErrProviderNotFound)
	})
}

// requireSameProvider leaves it to the database how it writes JSON.
func requireSameProvider(t *testing.T, want, got fulfil.Provider) {
	t.Helper()
	require.JSONEq(t, string(want.Config), string(got.Config))
	want.Config, got.Config = nil, nil
	require.Equal(t, want, got)
}

func TestOffers(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "game-topup")
		bought := func(p *catalog.Product) { p.Source = catalog.SourceProvider }
		gold := storetest.NewProduct(t, s, category, "GOLD", bought)
		silver := storetest.NewProduct(t, s, category, "SILVER", bought)
		lead := storetest.NewProduct(t, s, category, "LEAD", bought)
		down, err := s.Providers.CreateProvider(
			ctx, fulfil.Provider{Name: "down", Connector: "sim", Status: fulfil.StatusDisabled}, nil,
		)
		require.NoError(t, err)
		sim, err := s.Providers.CreateProvider(ctx, fulfil.Provider{Name: "sim", Connector: "sim"}, nil)
		require.NoError(t, err)
		offer := func(
			product, provider int64, sku string, cost money.Amount, priority int, status fulfil.Status,
		) fulfil.Offer {
			t.Helper()
			created, err := s.Providers.CreateOffer(ctx, fulfil.Offer{
				ProductID: product, ProviderID: provider, ProviderSKU: sku, Cost: cost, Currency: "TRY",
				Priority: priority,
				Status:   status,
			})
			require.NoError(t, err)
			require.Equal(t, fulfil.Offer{
				ID: created.ID, ProductID: product, ProviderID: provider, ProviderSKU: sku, Cost: cost, Currency: "TRY",
				Priority: priority, Status: status, CreatedAt: created.CreatedAt, UpdatedAt: created.CreatedAt,
			}, created)
			return created
		}
		last := offer(gold.ID, sim.ID, "last", 1, 9, fulfil.StatusActive)
		dear := offer(gold.ID, sim.ID, "dear", 7, 1, fulfil.StatusActive)
		cheap := offer(gold.ID, sim.ID, "cheap", 5, 1, fulfil.StatusActive)
		same := offer(gold.ID, sim.ID, "same", 5, 1, fulfil.StatusActive)
		off := offer(gold.ID, sim.ID, "off", 0, 0, fulfil.StatusDisabled)
		unreachable := offer(gold.ID, down.ID, "down", 0, 0, fulfil.StatusActive)
		other := offer(silver.ID, sim.ID, "cheap", 3, 0, fulfil.StatusActive)

		listed, err := s.Providers.ListOffers(ctx, gold.ID)
		require.NoError(t, err)
		require.Equal(t, []fulfil.Offer{off, unreachable, cheap, same, dear, last}, listed)
		active, err := s.Providers.ActiveOffers(ctx, []int64{silver.ID, gold.ID, lead.ID, 999})
		require.NoError(t, err)
		require.Equal(t, map[int64][]fulfil.Offer{gold.ID: {cheap, same, dear, last}, silver.ID: {other}}, active)
		active, err = s.Providers.ActiveOffers(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, active)

		_, err = s.Providers.CreateOffer(ctx, fulfil.Offer{
			ProductID: gold.ID, ProviderID: sim.ID,
			ProviderSKU: "cheap",
		})
		var exists *fulfil.AlreadyExistsError
		require.ErrorAs(t, err, &exists)
		require.Equal(t, "offer", exists.Kind)
		_, err = s.Providers.CreateOffer(ctx, fulfil.Offer{ProductID: 999, ProviderID: sim.ID, ProviderSKU: "x"})
		require.ErrorIs(t, err, catalog.ErrProductNotFound)
		_, err = s.Providers.CreateOffer(ctx, fulfil.Offer{ProductID: gold.ID, ProviderID: 999, ProviderSKU: "x"})
		require.ErrorIs(t, err, fulfil.ErrProviderNotFound)
	})
}

// TestCredentialsOfProvider keeps them with the provider, in one step.
func TestCredentialsOfProvider(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		read := func(p fulfil.Provider) map[string]string {
			t.Helper()
			credentials, err := s.Providers.ProviderCredentials(ctx, p.ID)
			require.NoError(t, err)
			require.Equal(t, len(credentials) > 0, p.HasCredentials)
			return credentials
		}
		first := map[string]string{"token": "first"}
		created, err := s.Providers.CreateProvider(ctx, fulfil.Provider{Name: "sim", Connector: "sim"}, first)
		require.NoError(t, err)
		require.Equal(t, first, read(created))
		_, err = s.Providers.CreateProvider(
			ctx, fulfil.Provider{Name: "sim", Connector: "sim"}, map[string]string{"token": "of nobody"},
		)
		require.Error(t, err)

		for _, change := range []struct{ given, want map[string]string }{
			{nil, first},
			{map[string]string{"token": "second"}, map[string]string{"token": "second"}},
			{map[string]string{}, nil},
			{nil, nil},
			{first, first},
		} {
			updated, err := s.Providers.UpdateProvider(ctx, fulfil.Provider{ID: created.ID}, change.given)
			require.NoError(t, err)
			require.Equal(t, change.want, read(updated))
		}
	})
}
