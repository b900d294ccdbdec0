package claims_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

func TestErased(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 1)
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 1))
		wish := draft(shop, o)
		wish.Said, wish.Reference = claim.Said{Text: "says player"}, "ref"
		made, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Reject, By: ada, Words: "player used it"})
		require.NoError(t, err)
		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		_, err = eraser.Erase(ctx, order.ByOperator(), o.Number, order.Erasure{})
		require.NoError(t, err)
		read, err := claims.Create(ctx, wish)
		require.NoError(t, err)
		require.Equal(t, made.ID, read.ID)
		require.Equal(t, claim.Said{}, read.Said)
		require.Empty(t, read.Units[0].Answer)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Reject, By: ada, Words: "player used it"})
		require.NoError(t, err, "it is the same one as far as anybody knows")
		storetest.RequireClean(t, w.Store)
	})
}

// What is said after the customer was erased is not kept: nobody would erase it.
func TestSaidAfterErasure(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 1)
		o := placed(t, w, storetest.Draft(shop, "one", "CODE", 1))
		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		_, err := eraser.Erase(ctx, order.ByOperator(), o.Number, order.Erasure{})
		require.NoError(t, err)
		wish := draft(shop, o)
		wish.Said, wish.Reference = claim.Said{Text: "says player", Evidence: claim.Evidence{Text: "player"}}, "ref"
		for range 2 {
			made, err := claims.Create(ctx, wish)
			require.NoError(t, err)
			require.Equal(t, claim.Said{}, made.Said)
			_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Reject, By: ada, Words: "player used it"})
			require.NoError(t, err)
			made, err = claims.Claim(ctx, order.ByOperator(), made.ID)
			require.NoError(t, err)
			require.Equal(t, claim.Said{}, made.Said)
			require.Empty(t, made.Units[0].Answer)
		}
		storetest.RequireClean(t, w.Store)
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE claimed_units SET answer = 'player used it'`)
		require.NoError(t, err)
		var broken []string
		_, err = w.Store.Verification.Verify(ctx, func(f verification.Finding) { broken = append(broken, f.Rule) })
		require.NoError(t, err)
		require.Equal(t, []string{"order-erased"}, broken)
	})
}
