package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/secret"
	"orderhub/server/session"
	"orderhub/server/store"
	"orderhub/server/store/reseal"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Authenticators outlive a change of the key, also one that is being set up; and no secret is in the clear.
func TestFactorsAreSealed(t *testing.T) {
	atDesk(t, func(t *testing.T, d *desk) {
		ctx, ada := t.Context(), d.joined("ada", operator.Admin)
		half := &person{Operator: d.operator("half", operator.Viewer), d: d}
		enrolling, token, err := d.sessions.Join(ctx, d.invite(half.Operator), horse, home)
		require.NoError(t, err)
		_, half.secret, err = d.sessions.BeginSecondFactor(ctx, enrolling)
		require.NoError(t, err)
		row, err := d.store.Reader.Operator.Get(ctx, ada.ID)
		require.NoError(t, err)
		in, err := d.store.Reader.OperatorSession.Get(ctx, enrolling.ID)
		require.NoError(t, err)
		for _, sealed := range [][]byte{row.SecondFactor, in.ProposedFactor} {
			require.NotEmpty(t, sealed)
			require.NotContains(t, string(sealed), ada.secret)
			require.NotContains(t, string(sealed), half.secret)
		}

		next := secret.GenerateKey()
		open := func(keys string) *stores.All {
			sealer, err := secret.ParseKeys(keys)
			require.NoError(t, err)
			s, err := stores.Open(ctx, store.Options{URL: d.url, Sealer: sealer, Now: d.now})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		}
		columns, err := open(next+","+storetest.SealingKey).Reseal.Reseal(ctx, false, func(reseal.Resealed) {})
		require.NoError(t, err)
		replaced := map[string]int64{}
		for _, c := range columns {
			replaced[c.Column] = c.Replaced
		}
		require.Equal(t, int64(1), replaced["operators.second_factor"])
		require.Equal(t, int64(1), replaced["operator_sessions.proposed_factor"])

		s := open(next)
		sessions := session.NewService(session.Options{Store: s.Sessions, Guesses: s.Guesses, Now: d.now})
		d.pass(30 * time.Second)
		_, _, err = sessions.SignIn(ctx, ada.with(ada.code(0)))
		require.NoError(t, err)
		found, err := sessions.Find(ctx, token, home)
		require.NoError(t, err)
		_, _, err = sessions.ConfirmSecondFactor(ctx, found, half.code(0))
		require.NoError(t, err)
	})
}
