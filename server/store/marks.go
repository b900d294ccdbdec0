package store

// Marks are counters that say how far rows were removed because they are no longer kept, so that what is missing
// before a mark is not taken for lost. Each is written in the transaction that removes.
const (
	// DeliveriesRemoved is the last event of which a delivery was removed.
	DeliveriesRemoved = "deliveries_removed"
	// LastSweep is when the last sweep ended well, in seconds since 1970.
	LastSweep = "retention_swept"
)

// RaiseMark writes a mark unless it is higher already.
func RaiseMark(name string, value int64) Query {
	return NewQuery(raiseMark, []any{name, value}, IgnoreRow)
}

var raiseMark = Same(`INSERT INTO counters (name, value) VALUES ($1, $2)
	ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE counters.value < excluded.value RETURNING name`)
