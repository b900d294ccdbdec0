package store

import (
	"context"
	"time"
)

// sinceSlack is how far the times of rows may be out of the order of their ids: an id and a time are taken before the
// transaction that writes them ends.
const sinceSlack = 10 * time.Minute

// FirstSince is an id below which no row of a table is from a moment or later, found without an index of times: ids
// grow with them. Of a statement with one more argument, an id, the first row is the id and the time of the first row
// from that id on; none says that there is none. high is above the last id.
func FirstSince(ctx context.Context, peek Runner, statement Statement, args []any, at time.Time, high int64) (
	int64, error,
) {
	at = at.Add(-sinceSlack)
	low := int64(0)
	for low < high {
		middle, found := low+(high-low)/2, false
		var id int64
		var created time.Time
		err := peek(ctx, NewQuery(statement, append(args[:len(args):len(args)], middle), func(row Scanner) error {
			found = true
			return row.Scan(&id, &created)
		}))
		switch {
		case err != nil:
			return 0, err
		case !found || !created.Before(at):
			high = middle
		default:
			low = id + 1
		}
	}
	return low, nil
}

// FirstAfter is an id from which on every row is later than a moment, likewise.
func FirstAfter(ctx context.Context, peek Runner, statement Statement, args []any, at time.Time, high int64) (
	int64, error,
) {
	return FirstSince(ctx, peek, statement, args, at.Add(2*sinceSlack), high)
}
