package attempts

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/store"
)

// readBad finds what of the goods that come for replacements is known not to work: it is what they are to take the
// place of, or a unit of the product that was claimed before or that an operator took out of stock.
func (t *settlement) readBad(ctx context.Context, settlements []order.Settlement) error {
	for i := range settlements {
		in := &settlements[i]
		r, line := t.state.Replacements[in.ReplacementID], t.line(in.OrderID, in.LineID)
		if r == nil || line == nil || len(in.Delivered) == 0 {
			continue
		}
		if r.Bad == nil {
			r.Bad = make(map[string]bool)
		}
		if err := t.readReplacing(ctx, r); err != nil {
			return err
		}
		marks := make(map[string]string, len(in.Delivered)) // by fingerprint
		var prints []string
		for _, g := range in.Delivered {
			if mark := catalog.MarkOf(g.Content); mark != "" {
				fingerprint := string(t.store.db.Vault.UnitFingerprint(line.ProductID, mark))
				marks[fingerprint], prints = mark, append(prints, fingerprint)
			}
		}
		bad, err := store.Bad(ctx, t.tx.Query, line.ProductID, prints)
		if err != nil {
			return err
		}
		for fingerprint := range bad {
			r.Bad[marks[fingerprint]] = true
		}
	}
	return nil
}

// readReplacing adds the contents of the units that do not work.
func (t *settlement) readReplacing(ctx context.Context, r *order.Replacement) error {
	ids := make([]int64, len(r.Units))
	for i, u := range r.Units {
		ids[i] = u.UnitID
	}
	return t.store.db.Vault.UnitContents(ctx, t.tx.Query, ids, func(content string) {
		if mark := catalog.MarkOf(content); mark != "" {
			r.Bad[mark] = true
		}
	})
}
