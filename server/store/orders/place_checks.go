package orders

import (
	"orderhub/server/order"
	"orderhub/server/recipient"
	"orderhub/server/store"
)

// needCheck has the check of a recipient read.
func (n *needs) needCheck(merchantID int64, mark recipient.Mark, stored string) {
	if n.marks == nil {
		n.marks = make(map[string]recipient.Mark)
	}
	n.marks[stored] = mark
	n.checks.Add(merchantID, stored)
}

// checkReads reads the checks of all recipients that products want checked; nothing where none does.
func (n *needs) checkReads(state *order.State) []store.Query {
	if len(n.checks.IDs) == 0 {
		return nil
	}
	state.Checks = make(map[recipient.Mark]*recipient.Check, len(n.checks.IDs))
	return []store.Query{store.NewQuery(
		store.SelectRecipientChecks, []any{&n.checks}, func(row store.Scanner) error { return n.scanCheck(row, state) },
	)}
}

func (n *needs) scanCheck(row store.Scanner, state *order.State) error {
	var stored string
	c := &recipient.Check{}
	err := row.Scan(&stored, &c.Found, &c.At)
	state.Checks[n.marks[stored]] = c
	return err
}
