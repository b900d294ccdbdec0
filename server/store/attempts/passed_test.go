package attempts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// What was passed over is kept as it was judged last, and dated when that changed.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open().Attempts
		noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
		keep := func(at time.Time, reasons ...string) {
			require.NoError(t, s.KeepPassed(t.Context(), []fulfil.Passed{
				{OrderID: 7, LineID: 70, Reasons: reasons, At: at}, {OrderID: 8, LineID: 80, Reasons: reasons, At: at},
			}, nil))
		}
		keep(noon, "too dear")
		keep(noon.Add(time.Minute), "too dear")
		passed, err := s.PassedOver(t.Context(), 7)
		require.NoError(t, err)
		require.Equal(t, []fulfil.Passed{{OrderID: 7, LineID: 70, Reasons: []string{"too dear"}, At: noon}}, passed)
		keep(noon.Add(time.Hour), "too dear", "no money there")
		passed, err = s.PassedOver(t.Context(), 8)
		require.NoError(t, err)
		require.Equal(t, []fulfil.Passed{{
			OrderID: 8, LineID: 80, Reasons: []string{"too dear", "no money there"}, At: noon.Add(time.Hour),
		}}, passed)
		passed, err = s.PassedOver(t.Context(), 9)
		require.NoError(t, err)
		require.Empty(t, passed)
	})
}
