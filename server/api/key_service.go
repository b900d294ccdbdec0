package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
)

// keyService has the keys that merchants keep themselves.
type keyService struct {
	orderhubv1.UnimplementedKeyServiceServer
	*services
}

func (s *keyService) CreateOwnKey(ctx context.Context, r *orderhubv1.CreateOwnKeyRequest) (
	*orderhubv1.CreateOwnKeyResponse, error,
) {
	p := &callOf(ctx).principal
	key, plain, err := s.Accounts.IssueOwnKey(
		ctx, p, account.Key{Scope: fromAPIScope[r.GetKey().GetScope()], Label: r.GetKey().GetLabel()},
	)
	return &orderhubv1.CreateOwnKeyResponse{Key: toAPIKey(&key, p.MerchantName), Secret: plain}, err
}

func (s *keyService) ListOwnKeys(ctx context.Context, r *orderhubv1.ListOwnKeysRequest) (
	*orderhubv1.ListOwnKeysResponse, error,
) {
	page, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	p := &callOf(ctx).principal
	keys, err := s.Accounts.ListKeys(ctx, p.MerchantID)
	shown, next, err := pageOfKeys(&page, keys, err, p.MerchantName)
	return &orderhubv1.ListOwnKeysResponse{Keys: shown, NextPageToken: next}, err
}

func (s *keyService) RevokeOwnKey(ctx context.Context, r *orderhubv1.RevokeOwnKeyRequest) (
	*orderhubv1.RevokeOwnKeyResponse, error,
) {
	p := &callOf(ctx).principal
	key, err := s.Accounts.RevokeOwnKey(ctx, p, account.Revocation{
		KeyID: r.GetKey(), ConfirmOwn: r.GetConfirmOwn(), WithMade: r.GetWithMade(),
	})
	return &orderhubv1.RevokeOwnKeyResponse{Key: toAPIKey(&key, p.MerchantName)}, err
}

// pageOfKeys cuts a page out of all keys of a merchant, unless reading them came to an error.
func pageOfKeys(p *page, keys []account.Key, err error, merchant string) ([]*orderhubv1.ApiKey, string, error) {
	id := func(k *account.Key) int64 { return k.ID }
	convert := func(k *account.Key) *orderhubv1.ApiKey { return toAPIKey(k, merchant) }
	return pageOf(p, skip(p, keys, id), err, id, convert)
}
