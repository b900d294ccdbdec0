package operators_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

var admin = operator.RolesOf(operator.Admin)

func newOperator(t *testing.T, s *stores.All, name string, roles operator.Roles) operator.Operator {
	t.Helper()
	o, err := s.Operators.CreateOperator(
		t.Context(), operator.New{Name: name, Roles: roles, Status: operator.StatusActive},
	)
	require.NoError(t, err)
	return o
}

func newKey(t *testing.T, s *stores.All, o operator.Operator, text string) operator.Key {
	t.Helper()
	k, err := s.Operators.CreateKey(
		t.Context(), operator.Key{OperatorID: o.ID, Label: text}, sha256.Sum256([]byte(text)),
	)
	require.NoError(t, err)
	return k
}

func TestOperators(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		ada := newOperator(t, s, "ada", operator.RolesOf(operator.Finance, operator.Support))
		require.Equal(t, operator.Operator{
			ID: ada.ID, Name: "ada", Roles: operator.RolesOf(operator.Support, operator.Finance),
			Status: operator.StatusActive, CreatedAt: ada.CreatedAt, UpdatedAt: ada.CreatedAt,
		}, ada)
		_, err := s.Operators.CreateOperator(ctx, operator.New{Name: "ada", Roles: admin, Status: operator.StatusActive})
		var taken *operator.AlreadyExistsError
		require.ErrorAs(t, err, &taken)
		require.Equal(t, "name", taken.Field)

		grace := newOperator(t, s, "grace", operator.RolesOf(operator.Viewer))
		for _, o := range []operator.Operator{ada, grace} {
			found, err := s.Operators.Operator(ctx, o.ID)
			require.NoError(t, err)
			require.Equal(t, o, found)
			found, err = s.Operators.OperatorByName(ctx, o.Name)
			require.NoError(t, err)
			require.Equal(t, o, found)
		}
		_, err = s.Operators.OperatorByName(ctx, "Ada")
		require.ErrorIs(t, err, operator.ErrNotFound)
		page, err := s.Operators.ListOperators(ctx, 0, 1)
		require.NoError(t, err)
		require.Equal(t, []operator.Operator{ada}, page)
		page, err = s.Operators.ListOperators(ctx, ada.ID, 5)
		require.NoError(t, err)
		require.Equal(t, []operator.Operator{grace}, page)

		roles, suspended := operator.RolesOf(operator.Catalogue), operator.StatusSuspended
		changed, err := s.Operators.UpdateOperator(ctx, grace.ID, operator.Change{Roles: &roles, Status: &suspended})
		require.NoError(t, err)
		require.Equal(t, []any{roles, suspended}, []any{changed.Roles, changed.Status})
		again, err := s.Operators.UpdateOperator(ctx, grace.ID, operator.Change{Roles: &roles})
		require.NoError(t, err)
		require.Equal(t, changed, again, "a change of nothing is none")
		_, err = s.Operators.UpdateOperator(ctx, 999, operator.Change{Roles: &roles})
		require.ErrorIs(t, err, operator.ErrNotFound)
	})
}

// Who calls is found by the key in one statement, merchant or operator.
func TestPrincipalOfOperator(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		shop := storetest.NewMerchant(t, s, "shop")
		shopKey := sha256.Sum256([]byte("shop's"))
		_, err := s.Accounts.CreateKey(ctx, account.Key{MerchantID: shop.ID, Scope: account.ScopeMerchant}, shopKey)
		require.NoError(t, err)
		ada := newOperator(t, s, "ada", operator.RolesOf(operator.Finance))
		key := newKey(t, s, ada, "ada's")
		credential := account.Credential{Hash: sha256.Sum256([]byte("ada's"))}
		p, err := s.Accounts.PrincipalByCredential(ctx, credential)
		require.NoError(t, err)
		require.Equal(t, account.Principal{
			KeyID: key.ID, Scope: account.ScopeAdmin, Status: account.StatusActive,
			RateLimit:  account.RateLimit{RequestsPerMinute: account.DoorDefault},
			OperatorID: ada.ID, OperatorName: "ada", Roles: operator.RolesOf(operator.Finance),
		}, p)
		require.True(t, p.Allowed(operator.Finance) && p.Allowed(operator.Viewer))
		require.False(t, p.Allowed(operator.Admin) || p.Allowed(operator.Support))
		p, err = s.Accounts.PrincipalByCredential(ctx, account.Credential{Hash: shopKey})
		require.NoError(t, err)
		require.Equal(t, []any{shop.ID, int64(0), operator.Roles(0)}, []any{p.MerchantID, p.OperatorID, p.Roles})

		_, err = s.Operators.CreateKey(ctx, operator.Key{OperatorID: ada.ID}, shopKey)
		var taken *operator.AlreadyExistsError
		require.ErrorAs(t, err, &taken, "nobody can tell whose it is")
		_, err = s.Operators.CreateKey(ctx, operator.Key{OperatorID: 999}, [32]byte{1})
		require.ErrorIs(t, err, operator.ErrNotFound)

		suspended := operator.StatusSuspended
		_, err = s.Operators.UpdateOperator(ctx, ada.ID, operator.Change{Status: &suspended})
		require.NoError(t, err)
		p, err = s.Accounts.PrincipalByCredential(ctx, credential)
		require.NoError(t, err)
		require.Equal(t, account.StatusSuspended, p.Status)
		first, err := s.Operators.RevokeKey(ctx, ada.ID, key.ID)
		require.NoError(t, err)
		require.NotNil(t, first.RevokedAt)
		second, err := s.Operators.RevokeKey(ctx, ada.ID, key.ID)
		require.NoError(t, err)
		require.Equal(t, first, second)
		_, err = s.Operators.RevokeKey(ctx, ada.ID+1, key.ID)
		require.ErrorIs(t, err, operator.ErrKeyNotFound)
		_, err = s.Accounts.PrincipalByCredential(ctx, credential)
		require.ErrorIs(t, err, account.ErrUnauthenticated)
		keys, err := s.Operators.ListKeys(ctx, ada.ID)
		require.NoError(t, err)
		require.Equal(t, []operator.Key{first}, keys)
	})
}

// Of admins who take each other's rights at once, one is left who can get in.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		var ids []int64
		for _, name := range []string{"ada", "grace", "mary"} {
			o := newOperator(t, s, name, admin)
			newKey(t, s, o, name)
			ids = append(ids, o.ID)
		}
		newOperator(t, s, "keyless", admin)
		suspended := operator.StatusSuspended
		done, refused := storetest.Together(len(ids), func(i int) error {
			_, err := s.Operators.UpdateOperator(t.Context(), ids[i], operator.Change{Status: &suspended})
			return err
		})
		require.Equal(t, len(ids)-1, done)
		require.Len(t, refused, 1)
		require.ErrorIs(t, refused[0], operator.ErrLastAdmin)
		for _, id := range ids {
			keys, err := s.Operators.ListKeys(ctx, id)
			require.NoError(t, err)
			o, err := s.Operators.Operator(ctx, id)
			require.NoError(t, err)
			_, err = s.Operators.RevokeKey(ctx, id, keys[0].ID)
			if o.Status == operator.StatusActive {
				require.ErrorIs(t, err, operator.ErrLastAdmin)
			} else {
				require.NoError(t, err)
			}
		}
	})
}
