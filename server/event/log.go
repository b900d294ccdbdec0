package event

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Position is a place in the log of all merchants. The zero Position is before
// its first event. The log is in the order of the transactions that wrote it,
// and within one in the order of ids, so that nothing is ever added before an
// event that a reader has seen. It has each merchant's events in their order.
type Position struct {
	// Log identifies the log that the position is of: that of a database which is
	// restored on another server, or copied, goes on as another one. "" in
	// positions from before logs had identifiers.
	Log         string
	Transaction int64
	ID          int64
}

// String is the position as ParsePosition reads it; "" at the beginning.
func (p Position) String() string {
	switch {
	case p == Position{}:
		return ""
	case p.Log == "":
		return fmt.Sprintf("%d-%d", p.Transaction, p.ID)
	default:
		return fmt.Sprintf("%s-%d-%d", p.Log, p.Transaction, p.ID)
	}
}

// ErrBadPosition: the text is no position.
var ErrBadPosition = errors.New("not a position in the log")

// ErrForeignPosition: the position is not of this log.
var ErrForeignPosition = errors.New(
	"the position is of another log, which this database was restored or copied from; " +
		"read from the beginning, without a position, and pass over the events whose merchant and sequence are known",
)

// BeyondEndError: a merchant's log has no event of the number that a reader says it saw last. The database was restored
// to a moment before it: what came after that moment is lost, and its numbers are given to others.
type BeyondEndError struct {
	// Last is the last event of the log: one who goes on from there misses nothing that is kept.
	Last Cursor
}

func (e *BeyondEndError) Error() string {
	return fmt.Sprintf(
		"the log ends with the sequence %d: this database was restored to before the event that was seen last; "+
			"read on after the end, and take what was seen beyond it as not having happened", e.Last.Sequence,
	)
}

// NoLongerKeptError: what came next after a cursor, or belongs to a span of time, was removed from the log because it
// is no longer kept.
type NoLongerKeptError struct {
	// Last is the last that was removed: one who goes on from there misses nothing that is kept.
	Last Cursor
	// Before is when the newest of what was removed happened; zero where that does not matter.
	Before time.Time
}

func (e *NoLongerKeptError) Error() string {
	switch {
	case !e.Before.IsZero():
		return fmt.Sprintf("events up to %s are no longer kept", e.Before.UTC().Format(time.RFC3339))
	case e.Last.MerchantID == 0:
		return fmt.Sprintf("events up to the position %s are no longer kept; read on after it", e.Last.Position)
	default:
		return fmt.Sprintf("events up to the sequence %d are no longer kept; read on after it", e.Last.Sequence)
	}
}

// Removed says what of a merchant's log is no longer kept; the zero Removed is nothing.
type Removed struct {
	Sequence int64     // of the last event that was removed
	At       time.Time // when the newest event that was removed of any log happened
}

// ParsePosition reads what String wrote. ErrBadPosition.
func ParsePosition(text string) (Position, error) {
	if text == "" {
		return Position{}, nil
	}
	log, numbers := "", text
	if strings.Count(text, "-") == 2 {
		log, numbers, _ = strings.Cut(text, "-")
		if !logPattern.MatchString(log) {
			return Position{}, ErrBadPosition
		}
	}
	transaction, id, found := strings.Cut(numbers, "-")
	t, err := strconv.ParseInt(transaction, 10, 64)
	i, idErr := strconv.ParseInt(id, 10, 64)
	if !found || err != nil || idErr != nil || t < 0 || i < 0 {
		return Position{}, ErrBadPosition
	}
	return Position{Log: log, Transaction: t, ID: i}, nil
}

var logPattern = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// Entry is an event with what a reader wants to know of its order.
type Entry struct {
	Event

	Position     Position
	OrderNumber  string // "" when the event is about no order
	Reference    string // the merchant's own of the order
	LinePosition int    // 0 when the event is about the whole order
}

// Cursor is how far a reader has come in a log: that of one merchant, or that
// of all when MerchantID is 0.
type Cursor struct {
	MerchantID int64
	Sequence   int64    // of the last event seen in one merchant's log
	Position   Position // of the last event seen in the log of all
	Types      []Type   // only events of these; empty for all
}

// pass moves the cursor behind an entry.
func (c *Cursor) pass(e *Entry) {
	if c.MerchantID == 0 {
		c.Position = e.Position
		return
	}
	c.Sequence = e.Sequence
}

// Store reads the log.
type Store interface {
	// Entries returns at most limit of the events after the cursor that are final:
	// no event that comes to light later belongs before one of them. A cursor at the
	// beginning is before the first that is kept. ErrForeignPosition,
	// *BeyondEndError, *NoLongerKeptError.
	Entries(ctx context.Context, after Cursor, limit int) ([]Entry, error)
}

const (
	// pageSize bounds what a watcher holds at once.
	pageSize = 256
	// Heartbeat is after how long without an event a watcher is told that the
	// stream is alive.
	Heartbeat = 15 * time.Second
	// recheck is when a watcher looks by itself: a bell that did not ring, because
	// the process that should have rung it died, delays an event but loses none.
	recheck = 2 * time.Second
)

// Log shows the log and tells who watches it.
type Log struct {
	store Store
	bell  *Bell
}

// NewLog reads from store. Whoever writes events rings bell.
func NewLog(store Store, bell *Bell) *Log { return &Log{store: store, bell: bell} }

// Read returns at most limit of the events after a cursor, and the cursor behind
// them.
func (l *Log) Read(ctx context.Context, after Cursor, limit int) ([]Entry, Cursor, error) {
	entries, err := l.store.Entries(ctx, after, limit)
	if len(entries) > 0 {
		after.pass(&entries[len(entries)-1])
	}
	return entries, after, err
}

// Watch calls tell with each event after the cursor, in order and once, and beat
// when there is nothing to begin with or nothing has happened for Heartbeat. It returns the first error of either,
// that of reading, or ctx's; never nil. It holds no more than one page, however
// slow tell is.
func (l *Log) Watch(ctx context.Context, from Cursor, tell func(*Entry) error, beat func() error) error {
	rung := l.bell.listen(from.MerchantID)
	defer l.bell.leave(rung)
	heartbeat := time.NewTicker(Heartbeat)
	defer heartbeat.Stop()
	again := time.NewTicker(recheck)
	defer again.Stop()
	for first := true; ; first = false {
		entries, behind, err := l.Read(ctx, from, pageSize)
		if err != nil {
			return err
		}
		for i := range entries {
			if err := tell(&entries[i]); err != nil {
				return err
			}
		}
		from = behind
		if len(entries) > 0 {
			heartbeat.Reset(Heartbeat)
		} else if first {
			if err := beat(); err != nil {
				return err
			}
		}
		if len(entries) == pageSize {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-rung.wake:
		case <-again.C:
		case <-heartbeat.C:
			if err := beat(); err != nil {
				return err
			}
		}
	}
}
