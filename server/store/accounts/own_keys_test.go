package accounts_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// maker makes keys of a merchant; each has a hash of its own.
type maker struct {
	t     *testing.T
	s     *stores.All
	owner int64
}

func (m *maker) make(scope account.Scope, madeBy int64, number int) (account.Key, error) {
	hash := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(m.owner)<<32|uint64(number)))
	return m.s.Accounts.CreateKey(
		context.Background(), account.Key{MerchantID: m.owner, Scope: scope, MadeBy: madeBy}, hash,
	)
}

func (m *maker) must(scope account.Scope, madeBy int64, number int) account.Key {
	m.t.Helper()
	key, err := m.make(scope, madeBy, number)
	require.NoError(m.t, err)
	return key
}

func (m *maker) revoke(id int64) {
	m.t.Helper()
	_, err := m.s.Accounts.RevokeKey(m.t.Context(), m.owner, id)
	require.NoError(m.t, err)
}

func (m *maker) keys() []account.Key {
	m.t.Helper()
	keys, err := m.s.Accounts.ListKeys(m.t.Context(), m.owner)
	require.NoError(m.t, err)
	return keys
}

func TestKeysThatMerchantsMake(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		its := &maker{t, s, storetest.NewMerchant(t, s, "buyer").ID}
		others := &maker{t, s, storetest.NewMerchant(t, s, "other").ID}
		foreign := others.must(account.ScopeMerchant, 0, 0)
		first := its.must(account.ScopeMerchant, 0, 0)
		made := its.must(account.ScopeRead, first.ID, 1)
		require.Equal(t, first.ID, made.MadeBy)
		require.Zero(t, first.MadeBy)
		require.Equal(t, []account.Key{first, made}, its.keys())

		_, err := its.make(account.ScopeRead, foreign.ID, 2)
		require.ErrorIs(t, err, account.ErrUnauthenticated, "a key of another merchant")
		_, err = (&maker{t, s, 999}).make(account.ScopeRead, first.ID, 2)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)

		second := its.must(account.ScopeMerchant, 0, 3)
		its.revoke(first.ID)
		_, err = its.make(account.ScopeRead, first.ID, 4)
		require.ErrorIs(t, err, account.ErrUnauthenticated, "a revoked one makes nothing more")
		p, err := s.Accounts.PrincipalByCredential(t.Context(), account.Credential{
			Hash: sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(its.owner)<<32|1)),
		})
		require.NoError(t, err)
		require.Equal(t, []any{made.ID, account.ScopeRead}, []any{p.KeyID, p.Scope})
		its.must(account.ScopeOrders, second.ID, 5)
	})
}

// However many at once: a merchant has at most 100 good keys that it made, and what operators make does not count.
func TestMostKeysThatMerchantsMake(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		its := &maker{t, s, storetest.NewMerchant(t, s, "buyer").ID}
		first := its.must(account.ScopeMerchant, 0, 0)
		for i := range account.MostOwnKeys - 3 {
			its.must(account.ScopeRead, first.ID, 1+i)
		}
		_, refused := storetest.Together(8, func(i int) error {
			_, err := its.make(account.ScopeRead, first.ID, 1000+i)
			return err
		})
		require.Len(t, refused, 5)
		var tooMany *account.TooManyKeysError
		for _, err := range refused {
			require.ErrorAs(t, err, &tooMany)
		}
		its.must(account.ScopeRead, 0, 2000)
		its.revoke(its.keys()[1].ID)
		its.must(account.ScopeOrders, first.ID, 2001)
		_, err := its.make(account.ScopeOrders, first.ID, 2002)
		require.ErrorAs(t, err, &tooMany)
	})
}

// A merchant that makes and revokes for ever fills no table: of what it revoked, the newest stay.
func TestRevokedKeysGiveWay(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		its := &maker{t, s, storetest.NewMerchant(t, s, "buyer").ID}
		first, old := its.must(account.ScopeMerchant, 0, 0), its.must(account.ScopeRead, 0, 1)
		its.revoke(old.ID)
		kept := its.must(account.ScopeRead, first.ID, 2)
		for i := range account.MostOwnRevoked + 2 {
			its.revoke(its.must(account.ScopeRead, first.ID, 10+i).ID)
		}
		its.must(account.ScopeRead, first.ID, 3)
		keys := its.keys()
		require.Equal(t, []int64{first.ID, old.ID, kept.ID}, []int64{keys[0].ID, keys[1].ID, keys[2].ID})
		require.NotNil(t, keys[1].RevokedAt, "what operators made and revoked stays")
		require.Len(t, keys, 3+account.MostOwnRevoked+1)
	})
}

// Keys of fewer rights do not keep open what was signed in for with a password.
func TestLastKeyThatMayEverything(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		its := &maker{t, s, storetest.NewMerchant(t, s, "buyer").ID}
		version := func(want int) {
			t.Helper()
			p, err := s.Accounts.PrincipalByMerchant(t.Context(), its.owner)
			require.NoError(t, err)
			require.Equal(t, want, p.CredentialsVersion)
		}
		first, second := its.must(account.ScopeMerchant, 0, 0), its.must(account.ScopeMerchant, 0, 1)
		read, orders := its.must(account.ScopeRead, first.ID, 2), its.must(account.ScopeOrders, first.ID, 3)
		its.revoke(first.ID)
		version(0)
		its.revoke(second.ID)
		version(1)
		its.revoke(read.ID)
		version(1)
		its.revoke(orders.ID)
		version(2)
	})
}
