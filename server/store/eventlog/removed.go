package eventlog

import (
	"cmp"

	"orderhub/server/event"
	"orderhub/server/store"
)

// marks say up to where the log of all merchants is no longer kept.
type marks map[string]int64

// read reads them anew.
func (m marks) read() []store.Query {
	return []store.Query{store.ReadMarks(
		func(name string, value int64) { m[name] = value },
		store.EventsRemovedGeneration, store.EventsRemovedTransaction, store.EventsRemovedID,
	)}
}

// check returns why one cannot go on from a position of the log, nil when nothing after it is missing. Found says that
// the position is of the log, or names an event that is there.
func (m marks) check(log *eventLog, p event.Position, found bool) error {
	if (p == event.Position{}) {
		return nil
	}
	// Before a restore others were removed, in another order; nobody has a position among them.
	var last event.Position
	if m[store.EventsRemovedGeneration] == int64(log.generation) {
		last = event.Position{
			Log: log.name, Transaction: m[store.EventsRemovedTransaction], ID: m[store.EventsRemovedID],
		}
	}
	order := cmp.Or(cmp.Compare(p.Transaction, last.Transaction), cmp.Compare(p.ID, last.ID))
	switch {
	case !log.has(p) && !log.mayHave(p):
		return event.ErrForeignPosition
	case order < 0:
		return &event.NoLongerKeptError{Last: event.Cursor{Position: last}}
	case order > 0 && !found:
		return event.ErrForeignPosition
	default:
		return nil
	}
}
