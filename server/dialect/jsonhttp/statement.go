package jsonhttp

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/dialect"
)

const rowsPage = 500

func (c *Connector) ReadStatement(
	ctx context.Context, from, to time.Time, take func([]dialect.Entry) error,
) error {
	call := Call{
		Type: TypeStatement, From: from.UTC().Format(time.RFC3339Nano), To: to.UTC().Format(time.RFC3339Nano),
		Limit: rowsPage,
	}
	return pages(&call, func() (next string, err error) {
		page, err := ask[Statement](ctx, c, &call, dialect.ErrNoStatement)
		if err != nil {
			return "", err
		}
		if page.Rows == nil {
			return "", fmt.Errorf("no rows: %w", dialect.ErrMalformed)
		}
		entries := make([]dialect.Entry, len(*page.Rows))
		for i := range entries {
			if entries[i], err = entryOf(&(*page.Rows)[i]); err != nil {
				return "", fmt.Errorf("row %d of a page: %w", i+1, err)
			}
		}
		return page.NextCursor, take(entries)
	})
}

// sayings are what the words of rows mean.
var sayings = map[string]dialect.Saying{
	SaysCharged: dialect.SaysCharged, SaysCredited: dialect.SaysCredited, SaysRefused: dialect.SaysRefused,
	SaysOpen: dialect.SaysOpen,
}

// entryOf reads a row. What cannot be read makes the statement none: left out, it would pass for never bought.
func entryOf(r *StatementRow) (e dialect.Entry, err error) {
	says, known := sayings[r.Says]
	if !known {
		return e, fmt.Errorf("a word that is not known: %w", dialect.ErrMalformed)
	}
	e = dialect.Entry{Reference: r.Reference, ProviderReference: r.OrderID, Says: says}
	if e.At, err = time.Parse(time.RFC3339, r.Time); err != nil {
		return e, fmt.Errorf("a time: %w", dialect.ErrMalformed)
	}
	if r.Amount == "" || says == dialect.SaysOpen || says == dialect.SaysRefused {
		return e, nil
	}
	e.Sum.Amount, e.Sum.Currency, err = amountOf(r.Amount, r.Currency)
	return e, err
}
