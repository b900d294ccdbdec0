package store

// Marks are counters that say how far something came. Those of rows that were removed because they are no longer kept,
// so that what is missing before a mark is not taken for lost, are written in the transaction that removes.
const (
	// DeliveriesRemoved is the last event of which a delivery was removed.
	DeliveriesRemoved = "deliveries_removed"
	// LastSweep is when the last sweep ended well, in seconds since 1970.
	LastSweep = "retention_swept"

	// EventsRemovedOf, with the id of a merchant, is the last number of its log that was removed.
	EventsRemovedOf = "events_removed:"
	// EventsRemovedTransaction and EventsRemovedID are the place in the log of all merchants up to which all was
	// removed, in the log of the generation EventsRemovedGeneration; in another one nothing was.
	EventsRemovedTransaction = "events_removed_transaction"
	EventsRemovedID          = "events_removed_id"
	EventsRemovedGeneration  = "events_removed_generation"
	// EventsRemovedOrder is the highest id of an order of which events were removed.
	EventsRemovedOrder = "events_removed_order"
	// EventsRemovedAt is when the newest of the removed events happened, in microseconds since 1970.
	EventsRemovedAt = "events_removed_at"

	// FiguresFrom and FiguresTo bound the time of which figures for reports are kept, in seconds since 1970.
	FiguresFrom = "figures_from"
	FiguresTo   = "figures_to"
)

// RaiseMark writes a mark unless it is higher already.
func RaiseMark(name string, value int64) Query {
	return NewQuery(raiseMark, []any{name, value}, IgnoreRow)
}

// WriteMark writes a mark, whatever it was.
func WriteMark(name string, value int64) Query {
	return NewQuery(writeMark, []any{name, value}, IgnoreRow)
}

// ReadMarks reads marks; told is called with each that is there.
func ReadMarks(told func(name string, value int64), names ...string) Query {
	return NewQuery(selectMarks, []any{names}, Each2(told))
}

var (
	insertMark = `INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	raiseMark   = Same(insertMark + ` WHERE counters.value < excluded.value RETURNING name`)
	writeMark   = Same(insertMark + ` RETURNING name`)
	selectMarks = FromPostgres(`SELECT name, value FROM counters WHERE name = ANY($1::text[])`)
)
