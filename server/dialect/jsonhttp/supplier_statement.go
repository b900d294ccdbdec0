package jsonhttp

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/order"
)

// statement is what the caller bought, newest first. What came back has the time of its order.
func (s *Supplier) statement(r *http.Request, call *Call, caller *account.Principal) (*Statement, error) {
	wrong := func(what string) error {
		return &door.Refusal{Status: http.StatusBadRequest, Code: CodeInvalid, Message: what}
	}
	filter := order.Filter{WithGoods: true}
	var err error
	if filter.From, err = time.Parse(time.RFC3339, call.From); err != nil {
		return nil, wrong("from must be a time")
	}
	if filter.To, err = time.Parse(time.RFC3339, call.To); err != nil {
		return nil, wrong("to must be a time")
	}
	if call.Cursor != "" {
		var at int64
		if _, err := fmt.Sscanf(call.Cursor, "%d-%d", &at, &filter.BeforeID); err != nil {
			return nil, wrong("no such cursor")
		}
		filter.BeforeTime = time.UnixMicro(at).UTC()
	}
	// An order is two rows at most.
	filter.Limit = max(1, cmp.Or(min(max(call.Limit, 0), rowsPage), rowsPage)/2)
	found, err := s.hub.Orders.List(r.Context(), order.ByMerchant(caller.MerchantID), filter)
	if err != nil {
		return nil, err
	}
	rows := []StatementRow{}
	for i := range found {
		rows = append(rows, statementOf(&found[i])...)
	}
	answer := &Statement{Rows: &rows}
	if len(found) == filter.Limit {
		last := &found[len(found)-1]
		answer.NextCursor = fmt.Sprintf("%d-%d", last.CreatedAt.UnixMicro(), last.ID)
	}
	return answer, nil
}

// statementOf is an order as it was charged, and what of that came back.
func statementOf(o *order.Order) []StatementRow {
	row := StatementRow{
		Reference: o.Reference, OrderID: o.Number, Time: o.CreatedAt.UTC().Format(time.RFC3339Nano), Says: SaysOpen,
	}
	switch {
	case !o.Status.Final():
		return []StatementRow{row}
	case orderOf(o).Status != StatusDelivered:
		row.Says = SaysRefused
		return []StatementRow{row}
	}
	row.Says, row.Amount, row.Currency = SaysCharged, o.Total.Format(o.Currency), string(o.Currency)
	rows := []StatementRow{row}
	if o.Refunded > 0 {
		row.Says, row.Amount = SaysCredited, o.Refunded.Format(o.Currency)
		rows = append(rows, row)
	}
	return rows
}
