package orders_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// A SQLite file that may not grow any more is a full disk that needs no right to
// mount one: see server/torture for the real one.
func TestFileThatMayNotGrow(t *testing.T) {
	s := storetest.SQLite(t)()
	w := storetest.NewWorld(t, s, 1)
	m := w.Merchant("buyer", 1_000_000)
	w.Stocked("CODE", 1, 2_000)
	limit := func(pages string) {
		_, err := s.SQLite().ExecContext(t.Context(), "PRAGMA max_page_count = "+pages)
		require.NoError(t, err)
	}
	limit("1") // it becomes what the file has already

	// Whether an order still fits depends on where its random keys fall in the indexes, so that after the first refusal
	// another may pass; each is all there or not at all.
	balance, tried := w.Balance(m), 0
	var refused []string
	for ; len(refused) < 10 && tried < 2_000; tried++ {
		reference := fmt.Sprint(tried)
		o, err := w.Orders.Create(t.Context(), storetest.Draft(m, reference, "CODE", 1))
		if err != nil {
			require.ErrorIs(t, err, errs.ErrUnavailable, "it passes once there is room")
			refused = append(refused, reference)
			continue
		}
		balance -= o.Order.Total
	}
	require.Len(t, refused, 10)
	require.Equal(t, balance, w.Balance(m))

	limit("1000000")
	for _, reference := range refused {
		again, err := w.Orders.Create(t.Context(), storetest.Draft(m, reference, "CODE", 1))
		require.NoError(t, err)
		require.False(t, again.Replayed, "nothing of it was kept")
	}
	summary, err := s.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%+v", f) })
	require.NoError(t, err)
	require.EqualValues(t, tried, summary.Orders)
}
