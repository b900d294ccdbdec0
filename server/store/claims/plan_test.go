package claims_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/store/claims"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A page of one merchant's claims, and of what waits, reads no others.
func TestPlanOfClaims(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		manyClaims(t, s)
		for name, page := range map[string]struct {
			merchant int64
			filter   claim.Filter
		}{
			"one merchant's":         {1, claim.Filter{Limit: 50}},
			"the next page":          {1, claim.Filter{Limit: 50, PastID: 9_000}},
			"of an order":            {1, claim.Filter{Limit: 50, OrderNumber: "17"}},
			"by reference":           {1, claim.Filter{Limit: 50, Reference: "complaint"}},
			"what waits":             {0, claim.Filter{Limit: 50, Status: claim.StatusWaiting}},
			"what is being replaced": {0, claim.Filter{Limit: 50, Status: claim.StatusReplacing}},
		} {
			statement, args := claims.PageOf(page.merchant, page.filter)
			steps := strings.Join(storetest.Plan(t, s, statement, args...), "\n")
			require.NotRegexp(t, `Seq Scan on (claims|orders)|(?m)^SCAN [co]$`, steps, name)
		}
		statement, args := claims.PageOf(0, claim.Filter{Limit: 50, Reference: "complaint-17"})
		require.Contains(t, strings.Join(storetest.Plan(t, s, statement, args...), "\n"), "claim_reference")
	})
}

// manyClaims are as many, of two merchants, as make a difference to plans. Few of them wait.
func manyClaims(t *testing.T, s *stores.All) {
	t.Helper()
	storetest.ManyOrders(t, s)
	fill := []string{
		`INSERT INTO claims (merchant_id, order_id, reference, reason, asked_kind, asked_by, waiting, created_at,
			updated_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			SELECT CASE WHEN i % 100 = 0 THEN 1 ELSE 2 END, i, concat('complaint-', i), 'other', 'merchant', 'shop',
			CASE WHEN i % 1000 = 0 THEN 1 ELSE 0 END, '2026-01-01', '2026-01-01' FROM n`,
	}
	if s.Pool() != nil {
		fill = append(fill, `ANALYZE claims`)
	}
	for _, statement := range fill {
		_, err := s.WriteDB.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
