package attempts

import (
	"context"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/store"
)

// A comparison may have closed it a moment before; what an operator said of it stays.
var settleFinding = store.Same(`UPDATE reconciliation_findings SET status = 'settled', action = $2, note = $3,
	resolved_by = $4, resolved_at = $5, updated_at = $5 WHERE id = $1 AND status IN ('open', 'gone') AND action = ''
	RETURNING id`)

// settleFindings settles what attempts were decided by: either both are so afterwards, or neither is.
func (t *settlement) settleFindings(ctx context.Context) error {
	for _, p := range t.proofs {
		args := []any{p.Finding, string(p.Action), p.Note, p.By, t.state.Now}
		err := t.tx.Query(ctx, store.NewQuery(settleFinding, args, func(row store.Scanner) error {
			audit.Changed(ctx, "finding", "open", "settled")
			return store.IgnoreRow(row)
		}))
		if err != nil {
			return fmt.Errorf("settle a finding: %w", err)
		}
	}
	return nil
}
