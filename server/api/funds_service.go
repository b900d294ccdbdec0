package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/fulfil"
)

// fundsService is about our own money at providers.
type fundsService struct {
	orderhubv1.UnimplementedFundsServiceServer
	*services
}

func (s *fundsService) ReadProviderBalance(ctx context.Context, r *orderhubv1.ReadProviderBalanceRequest) (
	*orderhubv1.ReadProviderBalanceResponse, error,
) {
	provider, err := s.Providers.Find(ctx, r.GetProvider())
	if err != nil {
		return nil, err
	}
	funds, err := s.Providers.ReadBalance(ctx, provider.ID)
	if err != nil {
		return nil, err
	}
	balance, err := s.toAPIBalance(ctx, &funds)
	return &orderhubv1.ReadProviderBalanceResponse{Balance: balance}, err
}

func (s *services) toAPIBalance(ctx context.Context, f *fulfil.Funds) (*orderhubv1.ProviderBalance, error) {
	b := &orderhubv1.ProviderBalance{ReadError: f.Problem, Low: f.Low}
	if f.Balance.Currency != "" {
		b.Amount, b.Currency = f.Balance.Amount.Format(f.Balance.Currency), string(f.Balance.Currency)
		b.ReadTime = toAPITime(f.ReadAt)
		reserved, err := s.Providers.Reserved(ctx, f)
		if err != nil {
			return nil, err
		}
		b.ReservedAmount = reserved.Format(f.Balance.Currency)
	}
	if r := f.Refusal; r != nil {
		b.OutOfFundsTime, b.RetryTime = toAPITime(r.Since), toAPITime(r.TryAt)
	}
	return b, nil
}
