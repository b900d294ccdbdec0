package verification_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/gameso"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// fanOutBreakages take a delivery away in each format, and for each way in which one may want events.
var fanOutBreakages = []breakage{
	undelivered("standard 1"), undelivered("bursagb 1"), undelivered("gameso 1"), undelivered("gameso 2"),
	undelivered("gameso 3"),
}

func undelivered(endpoint string) breakage {
	return breakage{
		6, "event-delivery", "event {" + endpoint + " event}",
		"DELETE FROM webhook_deliveries WHERE id = {" + endpoint + " delivery}", "",
	}
}

// What an endpoint wanted before it was changed nobody knows.
func TestVerifyOfChangedEndpoints(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		trade(t, storetest.NewWorld(t, s, 1))
		touchLines(t, s.WriteDB)
		exec := func(statement string, args ...any) {
			t.Helper()
			_, err := s.WriteDB.ExecContext(t.Context(), statement, args...)
			require.NoError(t, err)
		}
		exec(`DELETE FROM webhook_deliveries WHERE format = $1`, gameso.Name)
		found, _ := verify(t, s)
		require.NotEmpty(t, found)
		for _, f := range found {
			require.Equal(t, "event-delivery", f.Rule)
		}
		exec(`UPDATE webhook_endpoints SET updated_at = $1 WHERE format = $2`, time.Now().UTC(), gameso.Name)
		storetest.RequireClean(t, s)
	})
}
