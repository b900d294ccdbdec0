package account_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
)

const unit = money.Unit

// ledger keeps accounts in memory as [account.Store] says; it has the methods that
// rules are behind.
type ledger struct {
	account.Store

	down      error // what everything is answered with; nil while it works
	asked     int
	merchants []*held
	keys      []account.Key
	hashes    [][32]byte
	transfers []account.Transfer
}

// held is a merchant with what is not shown of it.
type held struct {
	account.Merchant
	account.Credentials
}

func (l *ledger) CountGuess(context.Context, string) (time.Time, error) { return noon, nil }

func (l *ledger) UncountGuess(context.Context, string, time.Time) error { return nil }

func (l *ledger) find(is func(*held) bool) (*held, error) {
	l.asked++
	if l.down != nil {
		return nil, l.down
	}
	i := slices.IndexFunc(l.merchants, is)
	if i < 0 {
		return nil, account.ErrMerchantNotFound
	}
	return l.merchants[i], nil
}

func (l *ledger) byID(id int64) (*held, error) {
	return l.find(func(m *held) bool { return m.ID == id })
}

func shown(m *held, err error) (account.Merchant, error) {
	if err != nil {
		return account.Merchant{}, err
	}
	return m.Merchant, nil
}

func (l *ledger) CreateMerchant(_ context.Context, n account.NewMerchant) (account.Merchant, error) {
	if _, err := l.find(func(m *held) bool { return m.Name == n.Name }); err == nil {
		return account.Merchant{}, &account.AlreadyExistsError{Field: "name"}
	} else if l.down != nil {
		return account.Merchant{}, err
	}
	m := &held{Merchant: account.Merchant{
		ID: int64(len(l.merchants) + 1), Name: n.Name, Email: n.Email, Role: n.Role, Status: n.Status,
		RateLimit: n.RateLimit, IPAllowlist: n.IPAllowlist, Settings: n.Settings,
	}}
	if n.Role == account.RoleMerchant {
		m.Wallet = &account.Wallet{
			MerchantID: m.ID, Currency: n.Currency, CreditLimit: n.CreditLimit, LowBalance: n.LowBalance,
		}
	}
	l.merchants = append(l.merchants, m)
	return m.Merchant, nil
}

func (l *ledger) Merchant(_ context.Context, id int64) (account.Merchant, error) {
	return shown(l.byID(id))
}

func (l *ledger) MerchantByName(_ context.Context, name string) (account.Merchant, error) {
	return shown(l.find(func(m *held) bool { return m.Name == name }))
}

func (l *ledger) UpdateMerchant(_ context.Context, id int64, c account.MerchantChange) (account.Merchant, error) {
	m, err := l.byID(id)
	switch {
	case err != nil:
		return account.Merchant{}, err
	case m.Wallet == nil && (c.CreditLimit != nil || c.LowBalance != nil):
		return account.Merchant{}, account.ErrNoWallet
	}
	take(&m.Email, c.Email)
	take(&m.Status, c.Status)
	take(&m.RateLimit, c.RateLimit)
	take(&m.IPAllowlist, c.IPAllowlist)
	take(&m.Settings, c.Settings)
	if m.Wallet != nil {
		take(&m.Wallet.CreditLimit, c.CreditLimit)
		take(&m.Wallet.LowBalance, c.LowBalance)
	}
	return m.Merchant, nil
}

func take[T any](kept, given *T) {
	if given != nil {
		*kept = *given
	}
}

func (l *ledger) SetCredentials(_ context.Context, id int64, c account.Credentials) error {
	m, err := l.byID(id)
	if err != nil {
		return err
	}
	if c.PasswordHash != nil {
		m.PasswordHash = c.PasswordHash
		m.CredentialsVersion++
	}
	if c.ChannelCode != nil {
		m.ChannelCode = c.ChannelCode
	}
	if c.CallbackKey != nil {
		m.CallbackKey = c.CallbackKey
	}
	return nil
}

func (l *ledger) MerchantByEmail(_ context.Context, email string) (account.Merchant, string, error) {
	m, err := l.find(func(m *held) bool { return strings.EqualFold(m.Email, email) })
	if err != nil {
		return account.Merchant{}, "", err
	}
	hash := ""
	take(&hash, m.PasswordHash)
	return m.Merchant, hash, nil
}

func (l *ledger) CreateKey(_ context.Context, k account.Key, hash [32]byte) (account.Key, error) {
	if slices.Contains(l.hashes, hash) {
		return account.Key{}, &account.AlreadyExistsError{Field: "key"}
	}
	k.ID = int64(len(l.keys) + 1)
	l.keys, l.hashes = append(l.keys, k), append(l.hashes, hash)
	return k, nil
}

func (l *ledger) ListKeys(_ context.Context, merchantID int64) (its []account.Key, err error) {
	for _, k := range l.keys {
		if k.MerchantID == merchantID {
			its = append(its, k)
		}
	}
	return its, l.down
}

func (l *ledger) RevokeKey(_ context.Context, merchantID, keyID int64) (account.Key, error) {
	i := slices.IndexFunc(l.keys, func(k account.Key) bool { return k.ID == keyID && k.MerchantID == merchantID })
	if i < 0 {
		return account.Key{}, account.ErrKeyNotFound
	}
	if l.keys[i].RevokedAt == nil {
		l.keys[i].RevokedAt = &noon
	}
	return l.keys[i], nil
}

func (l *ledger) PrincipalByCredential(ctx context.Context, c account.Credential) (account.Principal, error) {
	i := slices.Index(l.hashes, c.Hash)
	if c.Certificate {
		i = slices.IndexFunc(l.keys, func(k account.Key) bool { return k.Certificate == account.Fingerprint(c.Hash) })
	}
	if l.down == nil && (i < 0 || l.keys[i].RevokedAt != nil) {
		l.asked++
		return account.Principal{}, account.ErrUnauthenticated
	}
	p, err := l.PrincipalByMerchant(ctx, l.keys[max(i, 0)].MerchantID)
	p.KeyID, p.Scope = l.keys[max(i, 0)].ID, l.keys[max(i, 0)].Scope
	return p, err
}

func (l *ledger) PrincipalByMerchant(_ context.Context, id int64) (account.Principal, error) {
	m, err := l.byID(id)
	if err != nil {
		return account.Principal{}, err
	}
	return account.Principal{
		Scope: account.ScopeMerchant, MerchantID: id, MerchantName: m.Name, Status: m.Status, RateLimit: m.RateLimit,
		IPAllowlist: m.IPAllowlist, CredentialsVersion: m.CredentialsVersion,
	}, nil
}

// wallet finds a merchant's, and the transfer that has the reference.
func (l *ledger) wallet(id int64, reference string) (*account.Wallet, *account.Transfer, error) {
	m, err := l.byID(id)
	if err != nil {
		return nil, nil, err
	}
	if m.Wallet == nil {
		return nil, nil, account.ErrNoWallet
	}
	i := slices.IndexFunc(l.transfers, func(t account.Transfer) bool { return t.Reference == reference })
	if reference == "" || i < 0 {
		return m.Wallet, nil, nil
	}
	return m.Wallet, &l.transfers[i], nil
}

func (l *ledger) Deposit(_ context.Context, d account.Deposit) (account.Transfer, account.Wallet, error) {
	w, first, err := l.wallet(d.MerchantID, d.Reference)
	switch {
	case err != nil:
		return account.Transfer{}, account.Wallet{}, err
	case w.Currency != d.Currency:
		return account.Transfer{}, account.Wallet{}, account.ErrCurrencyMismatch
	case first == nil && w.Balance+d.Amount > account.MaxBalance:
		return account.Transfer{}, account.Wallet{}, errs.Invalid("amount", "must fit")
	}
	return l.move(w, first, account.Transfer{
		Kind: account.TransferDeposit, Amount: d.Amount, Balance: w.Balance + d.Amount, Reference: d.Reference,
	})
}

func (l *ledger) Adjust(_ context.Context, a account.Adjustment) (account.Transfer, account.Wallet, error) {
	w, first, err := l.wallet(a.MerchantID, a.Reference)
	if err != nil {
		return account.Transfer{}, account.Wallet{}, err
	}
	after, err := w.Adjusted(a)
	if first == nil && err != nil {
		return account.Transfer{}, account.Wallet{}, err
	}
	return l.move(w, first, account.Transfer{
		Kind: account.TransferAdjustment, Amount: a.Amount, Balance: after, Reference: a.Reference,
	})
}

// move writes a transfer, unless it repeats the first.
func (l *ledger) move(w *account.Wallet, first *account.Transfer, t account.Transfer) (
	account.Transfer, account.Wallet, error,
) {
	if first != nil {
		if first.Kind != t.Kind || first.Amount != t.Amount {
			return account.Transfer{}, account.Wallet{}, account.ErrReferenceReused
		}
		return *first, *w, nil
	}
	t.ID, w.Balance = int64(len(l.transfers)+1), t.Balance
	l.transfers = append(l.transfers, t)
	return t, *w, nil
}

// opened is a ledger with a merchant of a wallet in baht, 1, and an operator, 2.
func opened(t *testing.T) (*ledger, *account.Service) {
	t.Helper()
	l := &ledger{}
	s := account.NewService(l, l)
	for _, m := range []account.NewMerchant{
		{Name: "shop", Email: "a@example.com", Currency: "THB", RateLimit: account.RateLimit{RequestsPerMinute: -1}},
		{Name: "root", Role: account.RoleOperator, RateLimit: account.RateLimit{RequestsPerMinute: -1}},
	} {
		_, err := s.CreateMerchant(t.Context(), m)
		require.NoError(t, err)
	}
	l.asked = 0
	return l, s
}

// fields are those that an error has violations of.
func fields(err error) (names []string) {
	if invalid, ok := err.(*errs.InvalidError); ok {
		for _, v := range invalid.Violations {
			names = append(names, v.Field)
		}
	}
	return names
}
