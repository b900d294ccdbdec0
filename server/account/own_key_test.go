package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/errs"
)

// keyring has a key of each scope of merchant 1, made by an operator: 1 may do everything,
// 2 read, 3 order. 4 is as good as 1.
func keyring(t *testing.T) (*ledger, *account.Service, func(id int64) *account.Principal) {
	t.Helper()
	l, s := opened(t)
	for _, scope := range []account.Scope{
		account.ScopeMerchant, account.ScopeRead, account.ScopeOrders, account.ScopeMerchant,
	} {
		_, _, err := s.IssueKey(t.Context(), account.Key{MerchantID: 1, Scope: scope})
		require.NoError(t, err)
	}
	return l, s, func(id int64) *account.Principal {
		return &account.Principal{MerchantID: 1, KeyID: id, Scope: l.keys[id-1].Scope}
	}
}

func TestOwnKeysDoLess(t *testing.T) {
	for _, test := range []struct {
		with  int64
		scope account.Scope
		made  bool
	}{
		{1, account.ScopeRead, true},
		{1, account.ScopeOrders, true},
		{1, account.ScopeMerchant, false},
		{1, account.ScopeAdmin, false},
		{1, "", false},
		{2, account.ScopeRead, false},
		{2, account.ScopeOrders, false},
		{2, account.ScopeMerchant, false},
		{3, account.ScopeOrders, false},
		{3, account.ScopeRead, false},
		{3, account.ScopeMerchant, false},
	} {
		l, s, by := keyring(t)
		key, plain, err := s.IssueOwnKey(t.Context(), by(test.with), account.Key{MerchantID: 2, Scope: test.scope})
		if !test.made {
			var tooWide *account.ScopeTooWideError
			require.ErrorAs(t, err, &tooWide, "%+v", test)
			require.Len(t, l.keys, 4)
			continue
		}
		require.NoError(t, err, "%+v", test)
		require.NotEmpty(t, plain)
		require.Equal(t, account.Key{ID: 5, MerchantID: 1, Scope: test.scope, MadeBy: test.with}, key)
	}
	_, s, by := keyring(t)
	_, _, err := s.IssueOwnKey(t.Context(), by(1), account.Key{
		Scope: account.ScopeRead, Certificate: account.FingerprintOf([]byte("till")),
	})
	require.Equal(t, []string{"certificate_sha256"}, fields(err))
	_, _, err = s.IssueOwnKey(t.Context(), by(1), account.Key{Scope: account.ScopeRead, Label: "a\u202eb"})
	require.Equal(t, []string{"label"}, fields(err))
}

func TestBoundOfOwnKeys(t *testing.T) {
	require.NoError(t, account.MayMake(99))
	var tooMany *account.TooManyKeysError
	require.ErrorAs(t, account.MayMake(100), &tooMany)
	require.Equal(t, 100, tooMany.Most)
}

func TestWhichKeysAMerchantRevokes(t *testing.T) {
	for _, test := range []struct {
		name string
		with int64
		what account.Revocation
		want error
	}{
		{"one that may less", 1, account.Revocation{KeyID: 2}, nil},
		{"one that may as much", 1, account.Revocation{KeyID: 4}, nil},
		{"the same", 1, account.Revocation{KeyID: 1}, account.ErrOwnKey},
		{"the same, on purpose", 1, account.Revocation{KeyID: 1, ConfirmOwn: true}, nil},
		{"none", 1, account.Revocation{KeyID: 9}, account.ErrKeyNotFound},
		{"another merchant's", 1, account.Revocation{KeyID: 5}, account.ErrKeyNotFound},
		{"one that may more", 3, account.Revocation{KeyID: 1}, &account.ScopeTooWideError{}},
		{"one that may otherwise", 3, account.Revocation{KeyID: 2}, &account.ScopeTooWideError{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, s, by := keyring(t)
			_, _, err := s.IssueKey(t.Context(), account.Key{MerchantID: 2, Scope: account.ScopeAdmin})
			require.NoError(t, err)
			key, err := s.RevokeOwnKey(t.Context(), by(test.with), test.what)
			if tooWide, ok := test.want.(*account.ScopeTooWideError); ok {
				require.ErrorAs(t, err, &tooWide)
			} else {
				require.ErrorIs(t, err, test.want)
			}
			for i := range l.keys {
				revoked := test.want == nil && l.keys[i].ID == test.what.KeyID
				require.Equal(t, revoked, l.keys[i].RevokedAt != nil, "key %d", i+1)
			}
			require.Equal(t, test.want == nil, key.RevokedAt != nil)
		})
	}
	l, s, by := keyring(t)
	l.down = errs.ErrUnavailable
	_, err := s.RevokeOwnKey(t.Context(), by(1), account.Revocation{KeyID: 2})
	require.ErrorIs(t, err, errs.ErrUnavailable)
}

// What was made with a key goes with it where that is asked for, and nothing else.
func TestRevokingWhatAKeyMade(t *testing.T) {
	l, s, by := keyring(t)
	for _, with := range []int64{1, 4, 1} {
		_, _, err := s.IssueOwnKey(t.Context(), by(with), account.Key{Scope: account.ScopeRead})
		require.NoError(t, err)
	}
	revoked := func() (ids []int64) {
		for i := range l.keys {
			if l.keys[i].RevokedAt != nil {
				ids = append(ids, l.keys[i].ID)
			}
		}
		return ids
	}
	_, err := s.RevokeOwnKey(t.Context(), by(4), account.Revocation{KeyID: 1})
	require.NoError(t, err)
	require.Equal(t, []int64{1}, revoked())
	_, err = s.RevokeKeys(t.Context(), 1, account.Revocation{KeyID: 1, WithMade: true})
	require.NoError(t, err)
	require.Equal(t, []int64{1, 5, 7}, revoked())
}

// Keys of fewer rights share what a door lets each key have: a merchant makes them itself.
func TestOwnKeysMakeNoRoom(t *testing.T) {
	l, s, _ := keyring(t)
	for _, scope := range []account.Scope{account.ScopeMerchant, account.ScopeRead, account.ScopeOrders} {
		_, err := s.AddKey(t.Context(), account.Key{MerchantID: 1, Scope: scope}, string(scope))
		require.NoError(t, err)
	}
	a := account.NewAuthenticator(l, func() time.Time { return noon })
	come := func(key string) error {
		_, err := a.AuthenticateWithin(
			t.Context(), account.KeyCredential(key), near, account.RateLimit{RequestsPerMinute: 1, PerKey: true},
		)
		return err
	}
	var limited *account.RateLimitedError
	require.NoError(t, come("merchant"))
	require.NoError(t, come("read"))
	require.ErrorAs(t, come("orders"), &limited)
	require.ErrorAs(t, come("merchant"), &limited)
}
