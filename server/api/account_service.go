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
	m, err := s.accounts.Merchant(ctx, merchantID)
	if err != nil {
		return nil, err
	}
	converted, err := s.account(ctx, &m)
	return &orderhubv1.GetAccountResponse{Account: converted}, err
}

// account is the merchant with what its holds keep. ErrNoWallet for an operator.
func (s *services) account(ctx context.Context, m *account.Merchant) (*orderhubv1.Account, error) {
	held, err := s.orders.HeldMoney(ctx, m.ID)
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
	bad, at := &errs.InvalidError{}, s.now()
	if r.GetAtTime() != nil {
		at = fromAPITime(bad, "at_time", r.GetAtTime())
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	b, err := s.accounts.BalanceAt(reading.Only(ctx), merchantID, at)
	if err != nil {
		return nil, err
	}
	return &orderhubv1.GetBalanceResponse{
		Balance: b.Amount.Format(b.Currency), Currency: string(b.Currency), AtTime: toAPITime(at), Transfer: b.TransferID,
	}, nil
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
	found, err := s.accounts.ListTransfers(reading.Only(ctx), merchantID, filter)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(t *account.Transfer) []int64 { return []int64{t.ID} })
	resp := &orderhubv1.ListTransfersResponse{NextPageToken: next}
	for i := range found {
		resp.Transfers = append(resp.Transfers, toAPITransfer(&found[i]))
	}
	return resp, nil
}
