package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fault"
	"orderhub/server/store"
	"orderhub/server/store/storetest"
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

	var first error
	placed := 0
	for ; first == nil && placed < 2_000; placed++ {
		_, first = w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(placed), "CODE", 1))
	}
	require.ErrorIs(t, first, fault.ErrUnavailable, "it passes once there is room")
	before := w.Balance(m)
	_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(placed-1), "CODE", 1))
	require.ErrorIs(t, err, fault.ErrUnavailable, "and not before")
	require.Equal(t, before, w.Balance(m))

	limit("1000000")
	again, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(placed-1), "CODE", 1))
	require.NoError(t, err)
	require.False(t, again.Replayed, "nothing of it was kept")
	summary, err := s.Verify(t.Context(), func(f store.Finding) { t.Errorf("%+v", f) })
	require.NoError(t, err)
	require.EqualValues(t, placed, summary.Orders)
}
