package account

import (
	"context"
	"time"
)

// Merchant finds by id. ErrMerchantNotFound.
func (s *Service) Merchant(ctx context.Context, id int64) (Merchant, error) {
	return s.store.Merchant(ctx, id)
}

// OrderSettings are the settings that orders are judged by, without what is
// sealed. ErrMerchantNotFound.
func (s *Service) OrderSettings(ctx context.Context, merchantID int64) (Settings, error) {
	return s.store.OrderSettings(ctx, merchantID)
}

// ListMerchants returns merchants by ascending id.
func (s *Service) ListMerchants(ctx context.Context, afterID int64, limit int) ([]Merchant, error) {
	return s.store.ListMerchants(ctx, afterID, limit)
}

// ListKeys returns a merchant's keys by ascending id, revoked ones included.
func (s *Service) ListKeys(ctx context.Context, merchantID int64) ([]Key, error) {
	return s.store.ListKeys(ctx, merchantID)
}

// RevokeKey is final; revoking again changes nothing. ErrKeyNotFound.
func (s *Service) RevokeKey(ctx context.Context, merchantID, keyID int64) (Key, error) {
	return s.store.RevokeKey(ctx, merchantID, keyID)
}

// CallbackKey is "" for a merchant without one. ErrMerchantNotFound.
func (s *Service) CallbackKey(ctx context.Context, merchantID int64) (string, error) {
	return s.store.CallbackKey(ctx, merchantID)
}

// Totals sums up a merchant's statement.
func (s *Service) Totals(ctx context.Context, merchantID int64) (Totals, error) {
	return s.store.Totals(ctx, merchantID)
}

// BalanceAt returns what a merchant's wallet had at a moment. ErrNoWallet.
func (s *Service) BalanceAt(ctx context.Context, merchantID int64, at time.Time) (Balance, error) {
	return s.store.BalanceAt(ctx, merchantID, at)
}

// ListTransfers returns a merchant's statement, newest first.
func (s *Service) ListTransfers(ctx context.Context, merchantID int64, f TransferFilter) ([]Transfer, error) {
	return s.store.ListTransfers(ctx, merchantID, f)
}
