package approval

import (
	"context"
	"errors"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// Service does what operators want with wallets at once, or has it wait.
type Service struct {
	Direct

	store    Store
	accounts *account.Service
	limits   Limits
	within   time.Duration
}

// NewService has wait what is above the limits, each for so long at most.
func NewService(store Store, accounts *account.Service, limits Limits, within time.Duration) *Service {
	return &Service{Direct: store, store: store, accounts: accounts, limits: limits, within: within}
}

// Deposit adds money to a wallet, or asks for it. Where the reference belongs to a
// request, that is the answer, whatever became of it. Errors: those of
// [account.Service.Deposit].
func (s *Service) Deposit(ctx context.Context, by audit.Actor, d account.Deposit) (Done, error) {
	if err := d.Check(); err != nil {
		return Done{}, err
	}
	if !s.limits.Exceeded(d.Amount, d.Currency) {
		return s.moved(ctx)(s.accounts.Deposit(ctx, d))
	}
	return s.ask(ctx, by, Wish{
		Kind: Deposit, MerchantID: d.MerchantID, Currency: d.Currency, Amount: d.Amount, Reference: d.Reference,
		Reason: d.Description,
	})
}

// Adjust corrects a balance, or asks for it, as Deposit does. Errors: those of
// [account.Service.Adjust].
func (s *Service) Adjust(ctx context.Context, by audit.Actor, a account.Adjustment) (Done, error) {
	if err := a.Check(); err != nil {
		return Done{}, err
	}
	if !s.limits.Exceeded(a.Amount, a.Currency) {
		return s.moved(ctx)(s.accounts.Adjust(ctx, a))
	}
	return s.ask(ctx, by, Wish{
		Kind: Adjustment, MerchantID: a.MerchantID, Currency: a.Currency, Amount: a.Amount, Reference: a.Reference,
		Reason: a.Reason, Force: a.Force,
	})
}

func (s *Service) ask(ctx context.Context, by audit.Actor, w Wish) (Done, error) {
	done, err := s.store.Ask(ctx, w, by, s.within)
	return s.requested(ctx, done, err)
}

// moved takes what a movement led to.
func (s *Service) moved(ctx context.Context) func(account.Transfer, account.Wallet, error) (Done, error) {
	return func(t account.Transfer, w account.Wallet, err error) (Done, error) {
		return s.requested(ctx, Done{Transfer: &t, Wallet: &w}, err)
	}
}

// requested answers with the request where one was made with the reference.
func (s *Service) requested(ctx context.Context, done Done, err error) (Done, error) {
	if first, ok := errors.AsType[*account.RequestedError](err); ok {
		r, err := s.store.Request(ctx, first.Request)
		return Done{Request: &r}, err
	}
	if err != nil {
		return Done{}, err
	}
	return done, nil
}

// CreateMerchant fails with *NeededError where the credit limit would have to wait.
// Further errors: those of [account.Service.CreateMerchant].
func (s *Service) CreateMerchant(ctx context.Context, m account.NewMerchant) (account.Merchant, error) {
	if s.limits.Exceeded(m.CreditLimit, m.Currency) {
		return account.Merchant{}, s.needed(m.Currency)
	}
	return s.accounts.CreateMerchant(ctx, m)
}

func (s *Service) needed(currency money.Currency) error {
	above, _ := s.limits.Above(currency)
	return &NeededError{Above: above, Currency: currency}
}

// UpdateMerchant changes m, which was read before, or asks for another credit limit and
// changes nothing: raised above a limit it waits, and goes alone, else *NeededError.
// Further errors: those of [account.Service.UpdateMerchant].
func (s *Service) UpdateMerchant(
	ctx context.Context, by audit.Actor, m *account.Merchant, change account.MerchantChange,
) (account.Merchant, *Request, error) {
	effective := change.Without(m)
	limit := effective.CreditLimit
	change.CreditLimit = limit // what m has already is no wish to raise it to that, should others lower it meanwhile
	if limit == nil || m.Wallet == nil || !s.limits.Exceeded(*limit, m.Wallet.Currency) {
		updated, err := s.accounts.UpdateMerchant(ctx, m.ID, change)
		return updated, nil, err
	}
	if err := change.Check(); err != nil {
		return account.Merchant{}, nil, err
	}
	if *limit < m.Wallet.CreditLimit {
		change.OnlyLower = true // others may lower it further meanwhile
		updated, err := s.accounts.UpdateMerchant(ctx, m.ID, change)
		return updated, nil, err
	}
	if effective.CreditLimit = nil; effective != (account.MerchantChange{}) {
		return account.Merchant{}, nil, s.needed(m.Wallet.Currency)
	}
	done, err := s.store.Ask(ctx, Wish{
		Kind: CreditLimit, MerchantID: m.ID, Currency: m.Wallet.Currency, Amount: *limit,
	}, by, s.within)
	return *m, done.Request, err
}

// Decide puts a decision down and does what was approved. Safe to repeat. Errors:
// *errs.InvalidError and those of [Store.Decide].
func (s *Service) Decide(ctx context.Context, id int64, d Decision) (Request, error) {
	bad := &errs.InvalidError{}
	bad.CheckLine("reason", d.Note, 0, 500)
	if err := bad.OrNil(); err != nil {
		return Request{}, err
	}
	return s.store.Decide(ctx, id, d)
}
