package claims

import (
	"fmt"

	"orderhub/server/claim"
	"orderhub/server/store"
)

// replacing are the claims for which units are being bought.
const replacing = `(SELECT r.claim_id FROM replacements r WHERE r.ended_at IS NULL)`

// pageOf is the statement that reads a page of claims, of one merchant or, for 0, of all. It has no condition that is
// not asked for: neither database would find an index behind one that may hold or not.
func pageOf(merchantID int64, f claim.Filter) (store.Statement, []any) {
	text, args := claimColumns+`WHERE true`, []any(nil)
	and := func(condition string, value any) {
		args = append(args, value)
		text += fmt.Sprintf(` AND `+condition+` $%d`, len(args))
	}
	if merchantID != 0 {
		and(`c.merchant_id =`, merchantID)
	}
	if f.OrderNumber != "" {
		and(`o.number =`, f.OrderNumber)
	}
	if f.Reference != "" {
		and(`c.reference =`, f.Reference)
	}
	past, order := `c.id <`, `c.id DESC`
	switch f.Status {
	case claim.StatusWaiting:
		text += ` AND c.waiting > 0`
		past, order = `c.id >`, `c.id` // the oldest first
	case claim.StatusReplacing:
		text += ` AND c.waiting = 0 AND c.id IN ` + replacing
	case claim.StatusAnswered:
		text += ` AND c.waiting = 0 AND c.id NOT IN ` + replacing
	}
	if f.PastID != 0 {
		and(past, f.PastID)
	}
	args = append(args, store.LimitOf(f.Limit))
	return store.Same(text + fmt.Sprintf(` ORDER BY %s LIMIT $%d`, order, len(args))), args
}
