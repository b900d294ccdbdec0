package api

import (
	"cmp"
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/operator"
)

// adminService has merchants, keys and deposits here; providers and offers are
// in provider_service.go.
type adminService struct {
	orderhubv1.UnimplementedAdminServiceServer
	*services
}

func (s *adminService) CreateMerchant(ctx context.Context, r *orderhubv1.CreateMerchantRequest) (
	*orderhubv1.CreateMerchantResponse, error,
) {
	created, err := fromAPIMerchant(r.GetMerchant())
	if err != nil {
		return nil, err
	}
	m, err := s.Approvals.CreateMerchant(ctx, created)
	return &orderhubv1.CreateMerchantResponse{Merchant: toAPIMerchant(&m)}, err
}

func (s *adminService) GetMerchant(ctx context.Context, r *orderhubv1.GetMerchantRequest) (
	*orderhubv1.GetMerchantResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	return &orderhubv1.GetMerchantResponse{Merchant: toAPIMerchant(&m)}, err
}

func (s *adminService) ListMerchants(ctx context.Context, r *orderhubv1.ListMerchantsRequest) (
	*orderhubv1.ListMerchantsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Accounts.ListMerchants(ctx, p.key(0), p.limit())
	shown, next, err := pageOf(&p, found, err, func(m *account.Merchant) int64 { return m.ID }, toAPIMerchant)
	return &orderhubv1.ListMerchantsResponse{Merchants: shown, NextPageToken: next}, err
}

func (s *adminService) UpdateMerchant(ctx context.Context, r *orderhubv1.UpdateMerchantRequest) (
	*orderhubv1.UpdateMerchantResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	if err := mayChangeMerchant(&callOf(ctx).principal, set); err != nil {
		return nil, err
	}
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	change, err := fromAPIMerchantChange(&m, set, r.GetChanges())
	if err != nil {
		return nil, err
	}
	m, waits, err := s.Approvals.UpdateMerchant(ctx, actorOf(ctx, &callOf(ctx).principal), &m, change)
	if err != nil {
		return nil, err
	}
	updated := toAPIMerchant(&m)
	if waits != nil {
		updated.CreditLimitApproval = toAPIApproval(waits, m.Name)
	}
	return &orderhubv1.UpdateMerchantResponse{Merchant: updated}, nil
}

// mayChangeMerchant lets finance change what is about money, and only admins the rest:
// an address that signs in, and what keeps a merchant's keys to its own machines. The
// error is an *operator.MissingRoleError.
func mayChangeMerchant(p *account.Principal, set fieldSet) error {
	for path := range set {
		if path != "credit_limit" && path != "low_balance" && !p.Allowed(parts[ChangeMerchant]) {
			return &operator.MissingRoleError{Role: parts[ChangeMerchant]}
		}
	}
	return nil
}

func (s *adminService) SuspendMerchant(ctx context.Context, r *orderhubv1.SuspendMerchantRequest) (
	*orderhubv1.SuspendMerchantResponse, error,
) {
	m, err := s.setStatus(ctx, r.GetMerchant(), account.StatusSuspended)
	return &orderhubv1.SuspendMerchantResponse{Merchant: m}, err
}

func (s *adminService) ResumeMerchant(ctx context.Context, r *orderhubv1.ResumeMerchantRequest) (
	*orderhubv1.ResumeMerchantResponse, error,
) {
	m, err := s.setStatus(ctx, r.GetMerchant(), account.StatusActive)
	return &orderhubv1.ResumeMerchantResponse{Merchant: m}, err
}

func (s *adminService) setStatus(ctx context.Context, merchant string, status account.Status) (
	*orderhubv1.Merchant, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, merchant)
	if err != nil {
		return nil, err
	}
	m, err = s.Accounts.UpdateMerchant(ctx, m.ID, account.MerchantChange{Status: &status})
	return toAPIMerchant(&m), err
}

func (s *adminService) SetCredentials(ctx context.Context, r *orderhubv1.SetCredentialsRequest) (
	*orderhubv1.SetCredentialsResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	err = s.Accounts.SetSecrets(
		ctx, m.ID, account.Secrets{Password: r.Password, ChannelCode: r.ChannelCode, CallbackKey: r.CallbackKey},
	)
	return &orderhubv1.SetCredentialsResponse{Merchant: toAPIMerchant(&m)}, err
}

func (s *adminService) Deposit(ctx context.Context, r *orderhubv1.DepositRequest) (*orderhubv1.DepositResponse, error) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	deposit, err := fromAPIDeposit(&m, r)
	if err != nil {
		return nil, err
	}
	done, err := s.Approvals.Deposit(ctx, actorOf(ctx, &callOf(ctx).principal), deposit)
	if err != nil {
		return nil, err
	}
	moved, err := s.toAPIDone(ctx, &m, &done)
	return &orderhubv1.DepositResponse{Transfer: moved.transfer, Account: moved.holder, Approval: moved.waits}, err
}

// fromAPIDeposit reads the amount in the wallet's currency unless another is
// named, which the domain then refuses.
func fromAPIDeposit(m *account.Merchant, r *orderhubv1.DepositRequest) (account.Deposit, error) {
	if m.Wallet == nil {
		return account.Deposit{}, account.ErrNoWallet
	}
	bad := &errs.InvalidError{}
	currency := cmp.Or(fromAPICurrency(bad, "currency", r.GetCurrency()), m.Wallet.Currency)
	return account.Deposit{
		MerchantID: m.ID, Amount: fromAPIAmount(bad, "amount", r.GetAmount(), currency), Currency: currency,
		Reference: r.GetReference(), Description: r.GetDescription(),
	}, bad.OrNil()
}

func (s *adminService) AdjustWallet(ctx context.Context, r *orderhubv1.AdjustWalletRequest) (
	*orderhubv1.AdjustWalletResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	adjustment, err := fromAPIAdjustment(&m, r)
	if err != nil {
		return nil, err
	}
	done, err := s.Approvals.Adjust(ctx, actorOf(ctx, &callOf(ctx).principal), adjustment)
	if err != nil {
		return nil, err
	}
	moved, err := s.toAPIDone(ctx, &m, &done)
	return &orderhubv1.AdjustWalletResponse{
		Transfer: moved.transfer, Account: moved.holder, Approval: moved.waits,
	}, err
}

// fromAPIAdjustment reads the amount as fromAPIDeposit does.
func fromAPIAdjustment(m *account.Merchant, r *orderhubv1.AdjustWalletRequest) (account.Adjustment, error) {
	if m.Wallet == nil {
		return account.Adjustment{}, account.ErrNoWallet
	}
	bad := &errs.InvalidError{}
	currency := cmp.Or(fromAPICurrency(bad, "currency", r.GetCurrency()), m.Wallet.Currency)
	amount, err := money.ParseSigned(r.GetAmount(), currency)
	if err != nil {
		bad.Add("amount", "must be an amount of %s: %s", currency, err)
	}
	return account.Adjustment{
		MerchantID: m.ID, Amount: amount, Currency: currency, Reason: r.GetReason(), Reference: r.GetReference(),
		Force: r.GetForce(),
	}, bad.OrNil()
}

func (s *adminService) CreateKey(ctx context.Context, r *orderhubv1.CreateKeyRequest) (
	*orderhubv1.CreateKeyResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	scope := cmp.Or(fromAPIScope[r.GetKey().GetScope()], scopeOf(m.Role))
	wanted := account.Key{MerchantID: m.ID, Scope: scope, Label: r.GetKey().GetLabel()}
	if text := r.GetKey().GetCertificateSha256(); text != "" {
		var ok bool
		if wanted.Certificate, ok = account.ParseFingerprint(text); !ok {
			return nil, errs.Invalid("key.certificate_sha256", "must be 64 hexadecimal digits")
		}
	}
	key, plain, err := s.Accounts.IssueKey(ctx, wanted)
	return &orderhubv1.CreateKeyResponse{Key: toAPIKey(&key, m.Name), Secret: plain}, err
}

// scopeOf is the scope that fits the holder's role.
func scopeOf(role account.Role) account.Scope {
	if role == account.RoleOperator {
		return account.ScopeAdmin
	}
	return account.ScopeMerchant
}

func (s *adminService) ListKeys(ctx context.Context, r *orderhubv1.ListKeysRequest) (
	*orderhubv1.ListKeysResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	keys, err := s.Accounts.ListKeys(ctx, m.ID)
	shown, next, err := pageOfKeys(&p, keys, err, m.Name)
	return &orderhubv1.ListKeysResponse{Keys: shown, NextPageToken: next}, err
}

func (s *adminService) RevokeKey(ctx context.Context, r *orderhubv1.RevokeKeyRequest) (
	*orderhubv1.RevokeKeyResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	key, err := s.Accounts.RevokeKeys(ctx, m.ID, account.Revocation{KeyID: r.GetKey(), WithMade: r.GetWithMade()})
	return &orderhubv1.RevokeKeyResponse{Key: toAPIKey(&key, m.Name)}, err
}
