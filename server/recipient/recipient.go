// Package recipient checks who would receive goods before anybody pays for them: what makes two recipients the same,
// what a check is worth to an order, and how an answer is kept for a moment. Whom to ask is fulfilment's business.
//
// A recipient is personal. What is kept of a check is a mark of merchant, product and recipient, by which nobody who
// does not know all three finds anything, and whether there is such a recipient; its name stays in memory, and only
// for a minute.
package recipient

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"
)

// Who would receive goods of a product.
type Who struct {
	UserID, ServerID, CharacterID string
	Fields                        map[string]string // the product's own, by its own spelling
}

// Empty reports that nothing is said of anybody.
func (w *Who) Empty() bool {
	return w.UserID == "" && w.ServerID == "" && w.CharacterID == "" && len(w.Fields) == 0
}

// Mark tells a merchant's recipient of a product from every other one, and from the same one of another merchant.
type Mark [sha256.Size]byte

// MarkOf is equal for the same recipient of the same product and merchant, and for nothing else.
func MarkOf(merchantID, productID int64, w *Who) Mark {
	b := make([]byte, 0, 256)
	b = binary.BigEndian.AppendUint64(b, uint64(merchantID))
	b = binary.BigEndian.AppendUint64(b, uint64(productID))
	b = appendTexts(b, w.UserID, w.ServerID, w.CharacterID)
	for _, name := range slices.Sorted(maps.Keys(w.Fields)) {
		b = appendTexts(b, name, w.Fields[name])
	}
	return sha256.Sum256(b)
}

// appendTexts writes each text behind its length, so that no two lists write the same bytes.
func appendTexts(b []byte, texts ...string) []byte {
	for _, s := range texts {
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(s))), s...)
	}
	return b
}

// Result is what became of a question.
type Result string

// The results. That it cannot be told is no reason to believe either of the others.
const (
	Exists   Result = "exists"
	NotFound Result = "not_found"
	Unknown  Result = "unknown"
)

// Cause is why it cannot be told.
type Cause string

// The causes.
const (
	NotSupported Cause = "not_supported" // nobody who supplies the product can be asked
	Unavailable  Cause = "unavailable"   // who could be asked gave no answer in time, or none that makes sense
)

// Answer is what those who supply a product say.
type Answer struct {
	Result Result
	Name   string // that they know the recipient by; "" when they do not say
	Cause  Cause  // of Unknown
}

// Check is what is kept of an answer that tells.
type Check struct {
	Found bool
	At    time.Time // when it was asked, UTC
}

// Standing is what a check is worth to an order.
type Standing int

// The standings.
const (
	Unchecked Standing = iota // there is none, or it is too old, whatever it said
	Confirmed
	Denied
)

// StandingAt is what the check, nil for none, is worth to an order that is placed at a moment and wants one that is
// not older than so long.
func (c *Check) StandingAt(now time.Time, within time.Duration) Standing {
	switch {
	case c == nil || now.Sub(c.At) > within:
		return Unchecked
	case c.Found:
		return Confirmed
	default:
		return Denied
	}
}

// Kept is a check as the store keeps it.
type Kept struct {
	MerchantID int64
	Mark       Mark
	Check
	Until time.Time // when it counts no more
}

// Store keeps checks.
type Store interface {
	// Keep puts the check in the place of an earlier one of its mark, and removes some that count no more.
	Keep(ctx context.Context, k Kept) error
}
