package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/reading"
)

type accountService struct {
	orderhubv1.UnimplementedAccountServiceServer
	*services
}

func (s *accountService) GetAccount(ctx context.Context, r *orderhubv1.GetAccountRequest) (
	*orderhubv1.GetAccountResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	m, err := s.Accounts.Merchant(ctx, merchantID)
	shown, err := converted(ctx, &m, err, s.account)
	return &orderhubv1.GetAccountResponse{Account: shown}, err
}

// account is the merchant with what its holds keep. ErrNoWallet for an operator.
func (s *services) account(ctx context.Context, m *account.Merchant) (*orderhubv1.Account, error) {
	held, err := s.Orders.HeldMoney(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	return toAPIAccount(m, held)
}

func (s *accountService) GetBalance(ctx context.Context, r *orderhubv1.GetBalanceRequest) (
	*orderhubv1.GetBalanceResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	bad, at := &errs.InvalidError{}, s.Now()
	if r.GetAtTime() != nil {
		at = fromAPITime(bad, "at_time", r.GetAtTime())
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	b, err := s.Accounts.BalanceAt(reading.Only(ctx), merchantID, at)
	return &orderhubv1.GetBalanceResponse{
		Balance: b.Amount.Format(b.Currency), Currency: string(b.Currency), AtTime: toAPITime(at),
		Transfer: b.TransferID,
	}, err
}

func (s *accountService) ListTransfers(ctx context.Context, r *orderhubv1.ListTransfersRequest) (
	*orderhubv1.ListTransfersResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter, err := fromAPITransferFilter(r, &p)
	if err != nil {
		return nil, err
	}
	found, err := s.Accounts.ListTransfers(reading.Only(ctx), merchantID, filter)
	shown, next, err := pageOf(&p, found, err, func(t *account.Transfer) int64 { return t.ID }, toAPITransfer)
	return &orderhubv1.ListTransfersResponse{Transfers: shown, NextPageToken: next}, err
}
