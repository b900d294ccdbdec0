package attempts

import (
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

// unsettled guards changes of attempts: one that is settled stays as it is.
const unsettled = "settled_at IS NULL"

// changedLine is what a settlement makes of a line.
type changedLine struct {
	*order.Line

	at time.Time
}

var changeLines = &store.Change[changedLine]{
	Table: "order_lines", ID: func(r *changedLine) int64 { return r.ID },
	Columns: []store.Column[changedLine]{
		store.Bigint("completed", func(r *changedLine) int64 { return r.Completed }),
		store.Bigint("failed", func(r *changedLine) int64 { return r.Failed }),
		store.Bigint("cancelled", func(r *changedLine) int64 { return r.Cancelled }),
		store.Text("status", func(r *changedLine) order.Status { return r.Status }),
		store.Bigint("refunded_micros", func(r *changedLine) money.Amount { return r.Refunded }),
		store.Text("failure_code", func(r *changedLine) string { return r.FailureCode }),
		store.Text("failure_message", func(r *changedLine) string { return r.FailureMessage }),
		store.Time("updated_at", func(r *changedLine) time.Time { return r.at }),
	},
}

// changedOrder is what a settlement makes of an order.
type changedOrder struct {
	*order.Order

	at time.Time
}

var changeOrders = &store.Change[changedOrder]{
	Table: "orders", ID: func(r *changedOrder) int64 { return r.ID },
	Columns: []store.Column[changedOrder]{
		store.Text("status", func(r *changedOrder) order.Status { return r.Status }),
		store.Bigint("refunded_micros", func(r *changedOrder) money.Amount { return r.Refunded }),
		store.Text("failure_code", func(r *changedOrder) string { return r.FailureCode }),
		store.Text("failure_message", func(r *changedOrder) string { return r.FailureMessage }),
		store.Time("updated_at", func(r *changedOrder) time.Time { return r.at }),
		store.NullTime("completed_at", func(r *changedOrder) *time.Time { return r.CompletedAt }),
	},
}

// changedAttempt is an attempt after a result.
type changedAttempt struct {
	*fulfil.Attempt

	delivered int64  // by this result
	held      []byte // sealed
	exchanges []byte // JSON; nil for none
	booked    money.Sum
	settledAt *time.Time
	at        time.Time
}

var changeAttempts = &store.Change[changedAttempt]{
	Table: "attempts", Guard: unsettled, ID: func(r *changedAttempt) int64 { return r.ID },
	Columns: []store.Column[changedAttempt]{
		store.Text("status", func(r *changedAttempt) fulfil.AttemptStatus { return r.Status }),
		store.Text("provider_reference", func(r *changedAttempt) string { return r.ProviderReference }),
		store.Text("failure_code", func(r *changedAttempt) string { return r.FailureCode }),
		store.Text("failure_message", func(r *changedAttempt) string { return r.FailureMessage }),
		store.Bigint("checks", func(r *changedAttempt) int { return r.Checks }),
		store.Bigint("delivered", func(r *changedAttempt) int64 { return r.delivered }),
		store.Bytes("held", func(r *changedAttempt) []byte { return r.held }),
		store.Bytes("exchanges", func(r *changedAttempt) []byte { return r.exchanges }),
		store.Text("dispute", func(r *changedAttempt) string { return r.Dispute }),
		store.OptionalBigint("charged_micros", func(r *changedAttempt) *money.Amount { return amountOf(&r.Charged) }),
		store.Text("charged_currency", func(r *changedAttempt) money.Currency { return r.Charged.Currency }),
		store.OptionalBigint("booked_micros", func(r *changedAttempt) *money.Amount { return amountOf(&r.booked) }),
		store.Text("booked_currency", func(r *changedAttempt) money.Currency { return r.booked.Currency }),
		store.NullTime("next_check_at", func(r *changedAttempt) *time.Time { return r.NextCheckAt }),
		store.NullTime("settled_at", func(r *changedAttempt) *time.Time { return r.settledAt }),
		store.Time("updated_at", func(r *changedAttempt) time.Time { return r.at }),
	},
}

// amountOf is nil of no sum.
func amountOf(s *money.Sum) *money.Amount {
	if !s.Known() {
		return nil
	}
	return &s.Amount
}

// closedAttempt is an attempt that a cancelled line has no more use for.
type closedAttempt struct {
	id int64
	at time.Time
}

var closeAttempts = &store.Change[closedAttempt]{
	Table: "attempts", Guard: unsettled, ID: func(r *closedAttempt) int64 { return r.id },
	Columns: []store.Column[closedAttempt]{
		store.Text("status", func(*closedAttempt) fulfil.AttemptStatus { return fulfil.AttemptCancelled }),
		store.NullTime("next_check_at", func(*closedAttempt) *time.Time { return nil }),
		store.Time("settled_at", func(r *closedAttempt) time.Time { return r.at }),
		store.Time("updated_at", func(r *closedAttempt) time.Time { return r.at }),
	},
}

// newAttempt is an attempt to be written.
type newAttempt struct {
	fulfil.Attempt

	at time.Time
}

var attemptsTable = &store.Table[newAttempt]{
	Name: "attempts", Suffix: "RETURNING id, reference", Columns: []store.Column[newAttempt]{
		store.Bigint("order_id", func(r *newAttempt) int64 { return r.OrderID }),
		store.Bigint("line_id", func(r *newAttempt) int64 { return r.LineID }),
		store.NullBigint("replacement_id", func(r *newAttempt) int64 { return r.ReplacementID }),
		store.Bigint("merchant_id", func(r *newAttempt) int64 { return r.MerchantID }),
		store.Bigint("provider_id", func(r *newAttempt) int64 { return r.ProviderID }),
		store.Bigint("offer_id", func(r *newAttempt) int64 { return r.OfferID }),
		store.Text("provider_sku", func(r *newAttempt) string { return r.ProviderSKU }),
		store.Bigint("cost_micros", func(r *newAttempt) money.Amount { return r.Cost }),
		store.Text("currency", func(r *newAttempt) money.Currency { return r.Currency }),
		store.Bigint("number", func(r *newAttempt) int { return r.Number }),
		store.Text("reference", func(r *newAttempt) string { return r.Reference }),
		store.Bigint("quantity", func(r *newAttempt) int64 { return r.Quantity }),
		store.Text("status", func(r *newAttempt) fulfil.AttemptStatus { return r.Status }),
		store.Time("submitted_at", func(r *newAttempt) time.Time { return r.SubmittedAt }),
		store.NullTime("next_check_at", func(r *newAttempt) *time.Time { return r.NextCheckAt }),
		store.Time("created_at", func(r *newAttempt) time.Time { return r.at }),
		store.Time("updated_at", func(r *newAttempt) time.Time { return r.at }),
	},
}

// confirmedTicket is a ticket that is delivered now.
type confirmedTicket struct {
	order.GoodsChange

	content []byte // sealed
	at      time.Time
}

var changeTickets = &store.Change[confirmedTicket]{
	Table: "units", ID: func(r *confirmedTicket) int64 { return r.ID },
	Columns: []store.Column[confirmedTicket]{
		store.Text("status", func(r *confirmedTicket) order.GoodsStatus { return r.Status }),
		store.Bytes("content", func(r *confirmedTicket) []byte { return r.content }),
		store.Time("delivered_at", func(r *confirmedTicket) time.Time { return r.at }),
	},
}

var keepTickets = &store.Change[order.GoodsChange]{
	Table: "units", ID: func(r *order.GoodsChange) int64 { return r.ID },
	Columns: []store.Column[order.GoodsChange]{
		store.Text("status", func(r *order.GoodsChange) order.GoodsStatus { return r.Status }),
	},
}

// doorState is what a door keeps of a line.
type doorState struct {
	lineID  int64
	sealed  []byte
	inClear string
}

var changeDoorStates = &store.Change[doorState]{
	Table: "order_lines", ID: func(r *doorState) int64 { return r.lineID },
	Columns: []store.Column[doorState]{
		store.Bytes("sealed_door_state", func(r *doorState) []byte { return r.sealed }),
		store.Text("door_state", func(r *doorState) string { return r.inClear }),
	},
}
