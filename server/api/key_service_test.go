package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

const (
	scopeMerchant = orderhubv1.KeyScope_KEY_SCOPE_MERCHANT
	scopeRead     = orderhubv1.KeyScope_KEY_SCOPE_READ
	scopeOrders   = orderhubv1.KeyScope_KEY_SCOPE_ORDERS
	scopeAdmin    = orderhubv1.KeyScope_KEY_SCOPE_ADMIN
)

func (h *services) keys() orderhubv1.KeyServiceClient { return orderhubv1.NewKeyServiceClient(h.conn) }

func (h *services) own(ctx context.Context, scope orderhubv1.KeyScope) (*orderhubv1.CreateOwnKeyResponse, error) {
	return h.keys().CreateOwnKey(ctx, &orderhubv1.CreateOwnKeyRequest{
		Key: &orderhubv1.ApiKey{Scope: scope, Label: "its own"},
	})
}

func (h *services) revokeOwn(ctx context.Context, key int64) error {
	_, err := h.keys().RevokeOwnKey(ctx, &orderhubv1.RevokeOwnKeyRequest{Key: key})
	return err
}

// The life of keys that a merchant keeps itself.
func TestOwnKeys(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h := startHubOn(t, open(), nil)
		h.Stocked("CODE", 10, 2)
		reading, err := h.own(h.asShop(), scopeRead)
		require.NoError(t, err)
		ordering, err := h.own(h.asShop(), scopeOrders)
		require.NoError(t, err)
		assert.Equal(t, "its own", reading.GetKey().GetLabel())
		assert.Equal(t, "shop", reading.GetKey().GetMerchant())

		// Each does what it is for.
		reader, buyer := withKey(t, reading.GetSecret()), withKey(t, ordering.GetSecret())
		_, err = h.account().GetAccount(reader, &orderhubv1.GetAccountRequest{})
		require.NoError(t, err)
		_, err = h.orders().CreateOrder(reader, newOrder("one", line("CODE", 1)))
		refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
		_, err = h.orders().CreateOrder(buyer, newOrder("one", line("CODE", 1)))
		require.NoError(t, err)
		_, err = h.account().GetAccount(buyer, &orderhubv1.GetAccountRequest{})
		refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")

		// All are listed, with who made them; nobody else's are.
		other := h.issueKey(h.Merchant("other", 0).ID, account.ScopeMerchant)
		listed, err := h.keys().ListOwnKeys(reader, &orderhubv1.ListOwnKeysRequest{PageSize: 1})
		require.NoError(t, err)
		require.Len(t, listed.GetKeys(), 1)
		first := listed.GetKeys()[0]
		assert.Equal(t, scopeMerchant, first.GetScope())
		assert.Zero(t, first.GetMadeBy())
		listed, err = h.keys().ListOwnKeys(reader, &orderhubv1.ListOwnKeysRequest{PageToken: listed.GetNextPageToken()})
		require.NoError(t, err)
		require.Len(t, listed.GetKeys(), 2)
		assert.True(t, proto.Equal(reading.GetKey(), listed.GetKeys()[0]))
		assert.Equal(t, first.GetId(), listed.GetKeys()[1].GetMadeBy())
		_, err = h.own(withKey(t, other), scopeRead)
		require.NoError(t, err)
		refused(t, h.revokeOwn(withKey(t, other), reading.GetKey().GetId()), codes.NotFound, "KEY_NOT_FOUND")

		// Revoked ones are none within a second.
		require.NoError(t, h.revokeOwn(h.asShop(), reading.GetKey().GetId()))
		require.NoError(t, h.revokeOwn(h.asShop(), reading.GetKey().GetId()), "again")
		require.Eventually(t, func() bool {
			_, err := h.account().GetAccount(reader, &orderhubv1.GetAccountRequest{})
			return problemOf(err).Reason == "UNAUTHENTICATED"
		}, time.Minute, 10*time.Millisecond)
		assert.NotContains(t, h.log.String(), ordering.GetSecret())
	})
}

func TestOwnKeysAreRefused(t *testing.T) {
	h := startHub(t, nil)
	for _, scope := range []orderhubv1.KeyScope{scopeMerchant, scopeAdmin} {
		_, err := h.own(h.asShop(), scope)
		refused(t, err, codes.PermissionDenied, "SCOPE_TOO_WIDE")
	}
	_, err := h.own(h.asShop(), orderhubv1.KeyScope_KEY_SCOPE_UNSPECIFIED)
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.keys().CreateOwnKey(h.asShop(), &orderhubv1.CreateOwnKeyRequest{Key: &orderhubv1.ApiKey{
		Scope: scopeRead, CertificateSha256: account.FingerprintOf([]byte("till")).String(),
	}})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	for _, scope := range []account.Scope{account.ScopeRead, account.ScopeOrders} {
		_, err := h.own(withKey(t, h.issueKey(h.shop.ID, scope)), scopeRead)
		refused(t, err, codes.PermissionDenied, "SCOPE_MISSING")
	}
	_, err = h.own(h.asAdmin(), scopeRead)
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	for range account.MostOwnKeys {
		_, err := h.own(h.asShop(), scopeRead)
		require.NoError(t, err)
	}
	_, err = h.own(h.asShop(), scopeRead)
	assert.Equal(t, "100", refused(t, err, codes.FailedPrecondition, "TOO_MANY_KEYS").Metadata["max_keys"])
	_, err = h.admin().CreateKey(h.asAdmin(), &orderhubv1.CreateKeyRequest{
		Merchant: "shop", Key: &orderhubv1.ApiKey{Scope: scopeOrders},
	})
	require.NoError(t, err, "operators are not bound")
}

// A key does not end itself by mistake, and a stolen one goes with what was made with it.
func TestKeysThatRevokeThemselves(t *testing.T) {
	h := startHub(t, nil)
	key, plain, err := h.Accounts.IssueKey(t.Context(), account.Key{MerchantID: h.shop.ID, Scope: account.ScopeMerchant})
	require.NoError(t, err)
	with := withKey(t, plain)
	made, err := h.own(with, scopeOrders)
	require.NoError(t, err)
	other, err := h.own(h.asShop(), scopeOrders)
	require.NoError(t, err)
	refused(t, h.revokeOwn(with, key.ID), codes.FailedPrecondition, "OWN_KEY")
	revoked, err := h.keys().RevokeOwnKey(with, &orderhubv1.RevokeOwnKeyRequest{Key: key.ID, ConfirmOwn: true})
	require.NoError(t, err)
	assert.NotNil(t, revoked.GetKey().GetRevokeTime())
	// By the memory of a process it is good for a moment more, and makes nothing.
	_, err = h.own(with, scopeRead)
	refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")

	good := func() (ids []int64) {
		listed, err := h.admin().ListKeys(h.asAdmin(), &orderhubv1.ListKeysRequest{Merchant: "shop"})
		require.NoError(t, err)
		for _, k := range listed.GetKeys() {
			if k.GetRevokeTime() == nil && k.GetMadeBy() != 0 {
				ids = append(ids, k.GetId())
			}
		}
		return ids
	}
	require.Equal(t, []int64{made.GetKey().GetId(), other.GetKey().GetId()}, good())
	_, err = h.admin().RevokeKey(h.asAdmin(), &orderhubv1.RevokeKeyRequest{Merchant: "shop", Key: key.ID, WithMade: true})
	require.NoError(t, err)
	require.Equal(t, []int64{other.GetKey().GetId()}, good())
}
