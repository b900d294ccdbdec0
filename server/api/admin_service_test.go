package api_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/store/storetest"
)

func TestMerchants(t *testing.T) {
	h := startHub(t, nil)
	create := func(m *orderhubv1.Merchant) (*orderhubv1.Merchant, error) {
		resp, err := h.admin().CreateMerchant(h.asAdmin(), &orderhubv1.CreateMerchantRequest{Merchant: m})
		return resp.GetMerchant(), err
	}
	made, err := create(&orderhubv1.Merchant{
		Name: "reseller", Email: "r@example.com", Currency: "TRY", CreditLimit: "50.5",
		RateLimit:   &orderhubv1.RateLimit{RequestsPerMinute: 60, Burst: 5},
		IpAllowlist: []string{"192.0.2.7", "2001:db8::/32", "10.1.2.3/8"},
	})
	require.NoError(t, err)
	assert.Equal(t, "50.50", made.GetCreditLimit())
	assert.Equal(t, "0.00", made.GetBalance())
	assert.Equal(t, orderhubv1.MerchantRole_MERCHANT_ROLE_MERCHANT, made.GetRole())
	assert.Equal(t, orderhubv1.MerchantStatus_MERCHANT_STATUS_ACTIVE, made.GetStatus())
	assert.Equal(t, []string{"192.0.2.7", "2001:db8::/32", "10.0.0.0/8"}, made.GetIpAllowlist())

	operator, err := create(&orderhubv1.Merchant{Name: "second", Role: orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR})
	require.NoError(t, err)
	assert.Empty(t, operator.GetCurrency())
	assert.Empty(t, operator.GetCreditLimit())

	for name, tt := range map[string]struct {
		merchant *orderhubv1.Merchant
		field    string
	}{
		"no name":      {&orderhubv1.Merchant{Currency: "THB"}, "name"},
		"bad name":     {&orderhubv1.Merchant{Name: "Shop", Currency: "THB"}, "name"},
		"no currency":  {&orderhubv1.Merchant{Name: "x"}, "currency"},
		"odd currency": {&orderhubv1.Merchant{Name: "x", Currency: "QQQ"}, "currency"},
		"too fine":     {&orderhubv1.Merchant{Name: "x", Currency: "KRW", CreditLimit: "0.5"}, "creditLimit"},
		"no address": {
			&orderhubv1.Merchant{Name: "x", Currency: "KRW", IpAllowlist: []string{"example.com"}}, "ipAllowlist[0]",
		},
		"no e-mail": {&orderhubv1.Merchant{Name: "x", Currency: "KRW", Email: "nobody"}, "email"},
		"negative rate": {
			&orderhubv1.Merchant{Name: "x", Currency: "KRW", RateLimit: &orderhubv1.RateLimit{Burst: -1}},
			"rateLimit.burst",
		},
		"rich operator": {
			&orderhubv1.Merchant{Name: "x", Role: orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR, CreditLimit: "1"},
			"creditLimit",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := create(tt.merchant)
			assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, tt.field)
		})
	}
	_, err = create(&orderhubv1.Merchant{Name: "reseller", Currency: "THB"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	_, err = create(&orderhubv1.Merchant{Name: "x", Currency: "THB", Email: "r@example.com"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")

	listed, err := h.admin().ListMerchants(h.asAdmin(), &orderhubv1.ListMerchantsRequest{PageSize: 3})
	require.NoError(t, err)
	assert.Len(t, listed.GetMerchants(), 3)
	assert.NotEmpty(t, listed.GetNextPageToken())
	_, err = h.admin().GetMerchant(h.asAdmin(), &orderhubv1.GetMerchantRequest{Merchant: "99999999999"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func TestUpdateMerchant(t *testing.T) {
	h := startHub(t, nil)
	update := func(merchant string, changes *orderhubv1.Merchant, paths ...string) (*orderhubv1.Merchant, error) {
		in := &orderhubv1.UpdateMerchantRequest{Merchant: merchant, Changes: changes}
		if paths != nil {
			in.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		resp, err := h.admin().UpdateMerchant(h.asAdmin(), in)
		return resp.GetMerchant(), err
	}
	changed, err := update(
		"shop",
		&orderhubv1.Merchant{CreditLimit: "10", RateLimit: &orderhubv1.RateLimit{RequestsPerMinute: 6000, Burst: 100}},
	)
	require.NoError(t, err)
	assert.Equal(t, "10.00", changed.GetCreditLimit())
	changed, err = update("shop", &orderhubv1.Merchant{RateLimit: &orderhubv1.RateLimit{Burst: 200}},
		"rate_limit.burst")
	require.NoError(t, err)
	assert.True(t, proto.Equal(&orderhubv1.RateLimit{RequestsPerMinute: 6000, Burst: 200}, changed.GetRateLimit()))
	edited := proto.CloneOf(changed)
	edited.Email = "shop@example.com"
	changed, err = update("shop", edited)
	require.NoError(t, err, "an answer may be edited and sent back")
	assert.Equal(t, "shop@example.com", changed.GetEmail())
	changed, err = update("shop", &orderhubv1.Merchant{}, "rate_limit", "credit_limit")
	require.NoError(t, err)
	assert.Nil(t, changed.GetRateLimit())
	assert.Equal(t, "0.00", changed.GetCreditLimit())

	for _, changes := range []*orderhubv1.Merchant{
		{Name: "other"}, {Currency: "KRW"}, {Role: orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR},
	} {
		_, err = update("shop", changes)
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}
	_, err = update("operator", &orderhubv1.Merchant{CreditLimit: "1"})
	refused(t, err, codes.FailedPrecondition, "NO_WALLET")

	suspended, err := h.admin().SuspendMerchant(h.asAdmin(), &orderhubv1.SuspendMerchantRequest{Merchant: "shop"})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.MerchantStatus_MERCHANT_STATUS_SUSPENDED, suspended.GetMerchant().GetStatus())
	_, err = h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	refused(t, err, codes.PermissionDenied, "MERCHANT_SUSPENDED")
	resumed, err := h.admin().ResumeMerchant(h.asAdmin(), &orderhubv1.ResumeMerchantRequest{Merchant: "shop"})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.MerchantStatus_MERCHANT_STATUS_ACTIVE, resumed.GetMerchant().GetStatus())
}

func TestDeposit(t *testing.T) {
	h := startHub(t, nil)
	deposit := func(in *orderhubv1.DepositRequest) (*orderhubv1.DepositResponse, error) {
		return h.admin().Deposit(h.asAdmin(), in)
	}
	in := &orderhubv1.DepositRequest{
		Merchant: "shop", Amount: "250.50", Currency: "THB", Reference: "bank-1", Description: "Transfer",
	}
	first, err := deposit(in)
	require.NoError(t, err)
	assert.Equal(t, "250.50", first.GetTransfer().GetAmount())
	assert.Equal(t, "1250.50", first.GetTransfer().GetBalanceAfter())
	assert.Equal(t, "1250.50", first.GetAccount().GetBalance())
	again, err := deposit(in)
	require.NoError(t, err)
	assert.Equal(t, first.GetTransfer().GetId(), again.GetTransfer().GetId())
	assert.Equal(t, "1250.50", again.GetAccount().GetAvailableBalance())
	in.Amount = "1"
	_, err = deposit(in)
	refused(t, err, codes.AlreadyExists, "DUPLICATE_REFERENCE")

	_, err = deposit(&orderhubv1.DepositRequest{Merchant: "shop", Amount: "1"})
	require.NoError(t, err, "the currency is the wallet's when left out")
	_, err = deposit(&orderhubv1.DepositRequest{Merchant: "shop", Amount: "1", Currency: "KRW"})
	refused(t, err, codes.InvalidArgument, "CURRENCY_MISMATCH")
	_, err = deposit(&orderhubv1.DepositRequest{Merchant: "operator", Amount: "1"})
	refused(t, err, codes.FailedPrecondition, "NO_WALLET")
	_, err = deposit(&orderhubv1.DepositRequest{Merchant: "nobody", Amount: "1"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	for _, amount := range []string{"", "0", "-1", "0.001", "1e3", "9999999999999"} {
		_, err = deposit(&orderhubv1.DepositRequest{Merchant: "shop", Amount: amount})
		assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "amount", amount)
	}
}

func TestAdjustWallet(t *testing.T) {
	h := startHub(t, nil)
	adjust := func(in *orderhubv1.AdjustWalletRequest) (*orderhubv1.AdjustWalletResponse, error) {
		return h.admin().AdjustWallet(h.asAdmin(), in)
	}
	in := &orderhubv1.AdjustWalletRequest{
		Merchant: "shop", Amount: "-250.50", Currency: "THB", Reference: "ticket-1", Reason: "Booked twice",
	}
	first, err := adjust(in)
	require.NoError(t, err)
	assert.Equal(t, "-250.50", first.GetTransfer().GetAmount())
	assert.Equal(t, orderhubv1.TransferKind_TRANSFER_KIND_ADJUSTMENT, first.GetTransfer().GetKind())
	assert.Equal(t, "Booked twice", first.GetTransfer().GetDescription())
	assert.Equal(t, "749.50", first.GetTransfer().GetBalanceAfter())
	assert.Equal(t, "749.50", first.GetAccount().GetBalance())
	again, err := adjust(in)
	require.NoError(t, err)
	assert.Equal(t, first.GetTransfer().GetId(), again.GetTransfer().GetId())
	assert.Equal(t, first.GetTransfer().GetCreateTime().AsTime(), again.GetTransfer().GetCreateTime().AsTime())
	in.Amount = "250.50"
	_, err = adjust(in)
	refused(t, err, codes.AlreadyExists, "DUPLICATE_REFERENCE")

	in = &orderhubv1.AdjustWalletRequest{Merchant: "shop", Amount: "-750", Reason: "Chargeback"}
	_, err = adjust(in)
	assert.Equal(t, "0.50", refused(t, err, codes.FailedPrecondition, "INSUFFICIENT_BALANCE").
		Metadata["missing_amount"])
	in.Force = true
	forced, err := adjust(in)
	require.NoError(t, err)
	assert.Equal(t, "-0.50", forced.GetAccount().GetBalance())

	for _, wrong := range []*orderhubv1.AdjustWalletRequest{
		{Merchant: "shop", Amount: "0", Reason: "r"},
		{Merchant: "shop", Amount: "0.001", Reason: "r"},
		{Merchant: "shop", Amount: "-9999999999999", Reason: "r"},
		{Merchant: "shop", Amount: "+1", Reason: "r"},
	} {
		_, err = adjust(wrong)
		assert.Contains(
			t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "amount", wrong.GetAmount(),
		)
	}
	_, err = adjust(&orderhubv1.AdjustWalletRequest{Merchant: "shop", Amount: "1"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "reason")
	_, err = adjust(&orderhubv1.AdjustWalletRequest{Merchant: "operator", Amount: "1", Reason: "r"})
	refused(t, err, codes.FailedPrecondition, "NO_WALLET")
	_, err = adjust(&orderhubv1.AdjustWalletRequest{Merchant: "shop", Amount: "1", Reason: "r", Currency: "KRW"})
	refused(t, err, codes.InvalidArgument, "CURRENCY_MISMATCH")
}

func TestKeys(t *testing.T) {
	h := startHub(t, nil)
	made, err := h.admin().CreateKey(
		h.asAdmin(), &orderhubv1.CreateKeyRequest{Merchant: "shop", Key: &orderhubv1.ApiKey{Label: "till"}},
	)
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.KeyScope_KEY_SCOPE_MERCHANT, made.GetKey().GetScope())
	assert.Equal(t, "till", made.GetKey().GetLabel())
	require.NotEmpty(t, made.GetSecret())
	_, err = h.account().GetAccount(withKey(t, made.GetSecret()), &orderhubv1.GetAccountRequest{})
	require.NoError(t, err)
	admin, err := h.admin().CreateKey(
		h.asAdmin(), &orderhubv1.CreateKeyRequest{Merchant: "operator", Key: &orderhubv1.ApiKey{}},
	)
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.KeyScope_KEY_SCOPE_ADMIN, admin.GetKey().GetScope())
	_, err = h.admin().CreateKey(
		h.asAdmin(),
		&orderhubv1.CreateKeyRequest{
			Merchant: "shop",
			Key:      &orderhubv1.ApiKey{Scope: orderhubv1.KeyScope_KEY_SCOPE_ADMIN},
		},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "scope")

	revoked, err := h.admin().RevokeKey(
		h.asAdmin(), &orderhubv1.RevokeKeyRequest{Merchant: "shop", Key: made.GetKey().GetId()},
	)
	require.NoError(t, err)
	assert.NotNil(t, revoked.GetKey().GetRevokeTime())
	_, err = h.admin().RevokeKey(
		h.asAdmin(), &orderhubv1.RevokeKeyRequest{Merchant: "operator", Key: made.GetKey().GetId()},
	)
	refused(t, err, codes.NotFound, "KEY_NOT_FOUND")
	listed, err := h.admin().ListKeys(h.asAdmin(), &orderhubv1.ListKeysRequest{Merchant: "shop", PageSize: 1})
	require.NoError(t, err)
	require.Len(t, listed.GetKeys(), 1)
	listed, err = h.admin().ListKeys(
		h.asAdmin(), &orderhubv1.ListKeysRequest{Merchant: "shop", PageSize: 1, PageToken: listed.GetNextPageToken()},
	)
	require.NoError(t, err)
	assert.Equal(t, made.GetKey().GetId(), listed.GetKeys()[0].GetId())
	assert.Empty(t, listed.GetNextPageToken())
	assert.NotContains(t, h.log.String(), made.GetSecret())
}

func TestProvidersAndOffers(t *testing.T) {
	store := storetest.SQLite(t)()
	onlySim := func(connector string, _ json.RawMessage, _ map[string]string) error {
		if connector != "sim" {
			return errs.Invalid("connector", "must be one that this hub knows")
		}
		return nil
	}
	h := startHubOn(t, store, nil)
	h.Providers = fulfil.NewProviders(fulfil.ProvidersOptions{
		Store: store.Providers, Directory: h, CheckConnector: onlySim, Log: slog.New(slog.DiscardHandler),
	})
	h.registry = prometheus.NewRegistry()
	h.start(store, nil)
	h.shelf("GOLD", func(p *orderhubv1.Product) { p.Source = orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER })
	h.shelf("CODE", nil)
	settings, err := structpb.NewStruct(
		map[string]any{"delayMs": 300, "scripts": map[string]any{"A": map[string]any{"failCode": "X"}}},
	)
	require.NoError(t, err)
	create := func(p *orderhubv1.Provider) (*orderhubv1.Provider, error) {
		resp, err := h.admin().CreateProvider(h.asAdmin(), &orderhubv1.CreateProviderRequest{Provider: p})
		return resp.GetProvider(), err
	}
	made, err := create(&orderhubv1.Provider{Name: "sim", Connector: "sim", Settings: settings})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.SupplyStatus_SUPPLY_STATUS_ACTIVE, made.GetStatus())
	assert.True(t, proto.Equal(settings, made.GetSettings()))
	_, err = create(&orderhubv1.Provider{Name: "sim", Connector: "sim"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	_, err = create(&orderhubv1.Provider{Name: "other", Connector: "telepathy"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "connector")
	other, err := create(&orderhubv1.Provider{
		Name: "other", Connector: "sim", Credentials: map[string]string{"api_key": "a secret"}, MaxConcurrency: 3,
		RateLimit: &orderhubv1.RateLimit{RequestsPerMinute: 60}, Timeout: durationpb.New(2 * time.Second),
	})
	require.NoError(t, err)
	assert.True(t, other.GetHasCredentials())
	assert.Empty(t, other.GetCredentials())
	assert.Equal(t, int32(3), other.GetMaxConcurrency())
	assert.Equal(t, 2*time.Second, other.GetTimeout().AsDuration())
	kept, err := h.Store.Providers.ProviderCredentials(t.Context(), other.GetId())
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"api_key": "a secret"}, kept)
	changed, err := h.admin().UpdateProvider(h.asAdmin(), &orderhubv1.UpdateProviderRequest{
		Provider: "other", Changes: &orderhubv1.Provider{Horizon: durationpb.New(time.Hour), Settings: settings},
	})
	require.NoError(t, err)
	assert.Equal(t, time.Hour, changed.GetProvider().GetHorizon().AsDuration())
	assert.True(t, changed.GetProvider().GetHasCredentials(), "left alone")
	assert.NotContains(t, h.log.String(), "a secret")

	updated, err := h.admin().UpdateProvider(h.asAdmin(), &orderhubv1.UpdateProviderRequest{
		Provider: "sim", Changes: &orderhubv1.Provider{Status: orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED},
	})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.SupplyStatus_SUPPLY_STATUS_DISABLED, updated.GetProvider().GetStatus())
	assert.True(t, proto.Equal(settings, updated.GetProvider().GetSettings()))
	_, err = h.admin().GetProvider(h.asAdmin(), &orderhubv1.GetProviderRequest{Provider: "none"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
	providers, err := h.admin().ListProviders(h.asAdmin(), &orderhubv1.ListProvidersRequest{})
	require.NoError(t, err)
	assert.Len(t, providers.GetProviders(), 2)

	offer := func(o *orderhubv1.Offer) (*orderhubv1.Offer, error) {
		resp, err := h.admin().CreateOffer(h.asAdmin(), &orderhubv1.CreateOfferRequest{Offer: o})
		return resp.GetOffer(), err
	}
	sold, err := offer(&orderhubv1.Offer{Product: "gold", Provider: "sim", ProviderSku: "G1", Cost: "8", Priority: 3})
	require.NoError(t, err)
	assert.Equal(t, "GOLD", sold.GetProduct())
	assert.Equal(t, "sim", sold.GetProvider())
	assert.Equal(t, "8.00", sold.GetCost())
	assert.Equal(t, "THB", sold.GetCurrency())
	_, err = offer(&orderhubv1.Offer{Product: "GOLD", Provider: "sim", ProviderSku: "G1"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	_, err = offer(&orderhubv1.Offer{Product: "GOLD", Provider: "none", ProviderSku: "G1"})
	refused(t, err, codes.NotFound, "PROVIDER_NOT_FOUND")
	_, err = offer(&orderhubv1.Offer{Product: "CODE", Provider: "sim", ProviderSku: "G1"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "product")
	_, err = offer(&orderhubv1.Offer{})
	violations := refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations
	assert.Contains(t, violations, "product")
	assert.Contains(t, violations, "providerSku")

	for _, in := range []*orderhubv1.ListOffersRequest{{}, {Product: "GOLD"}, {Provider: "sim"}} {
		offers, err := h.admin().ListOffers(h.asAdmin(), in)
		require.NoError(t, err)
		require.Len(t, offers.GetOffers(), 1)
	}
	dearer, err := h.admin().UpdateOffer(
		h.asAdmin(), &orderhubv1.UpdateOfferRequest{Offer: sold.GetId(), Changes: &orderhubv1.Offer{Cost: "9"}},
	)
	require.NoError(t, err)
	assert.Equal(t, "9.00", dearer.GetOffer().GetCost())
	assert.Equal(t, int32(3), dearer.GetOffer().GetPriority())
	_, err = h.admin().UpdateOffer(
		h.asAdmin(), &orderhubv1.UpdateOfferRequest{Offer: sold.GetId(), Changes: &orderhubv1.Offer{Product: "CODE"}},
	)
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "product")
	_, err = h.admin().DeleteOffer(h.asAdmin(), &orderhubv1.DeleteOfferRequest{Offer: sold.GetId()})
	require.NoError(t, err)
	_, err = h.admin().DeleteOffer(h.asAdmin(), &orderhubv1.DeleteOfferRequest{Offer: sold.GetId()})
	refused(t, err, codes.NotFound, "OFFER_NOT_FOUND")
}
