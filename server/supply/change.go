package supply

import (
	"orderhub/server/fulfil"
)

// Target is what a change is about, as it is now. Apply and Undo change it.
type Target struct {
	Offer *fulfil.Offer // nil when it was deleted
	// Archived says that the product of an import is to be archived, or is.
	Archived bool
	// Untouched reports that the product of an import is as the import made it.
	Untouched bool
}

// The reasons why a change is left out.
const (
	noteDeleted = "the offer was deleted"
	noteChanged = "the offer was changed meanwhile"
	noteLocked  = "the offer was locked meanwhile"
	noteProduct = "the product was changed since; only its offer was switched off"
	// NoteTaken is of an import.
	NoteTaken = "there is a product with this SKU or slug"
	// NoteOffered is of one whose item got an offer meanwhile.
	NoteOffered = "there is an offer of this item"
)

// Apply makes the change, unless what it is about is not as it was planned for.
// Imports are made by the store.
func (c *Change) Apply(t *Target) {
	c.State, c.Note = Made, ""
	o := t.Offer
	c.Unwarn(t)
	switch {
	case c.Kind == Imported:
		return
	case o == nil:
		c.skip(noteDeleted)
	case c.Kind == Cost && (o.Cost != c.OldCost || o.Currency != c.OldCurrency):
		c.skip(noteChanged)
	case c.Kind == Cost && o.PriceLocked, c.Kind != Cost && o.StateLocked:
		c.skip(noteLocked)
	case c.Kind == Cost:
		o.Cost, o.Currency = c.NewCost, c.NewCurrency
	case o.OffBySync != c.OldMark, (o.Status == fulfil.StatusActive) != (c.Kind == Off):
		c.skip(noteChanged)
	case c.Kind == Off:
		o.Status, o.OffBySync = fulfil.StatusDisabled, c.SyncID
	default:
		o.Status, o.OffBySync = fulfil.StatusActive, 0
	}
}

// Warn notes at the offer that it costs more by a list that is held, so that nothing is
// sold at a loss until a person has looked. convert is nil where there are no rates.
func (c *Change) Warn(t *Target, convert fulfil.Converter) {
	o := t.Offer
	if o == nil || c.Kind != Cost || o.PriceLocked {
		return
	}
	cost, known := convert.Convert(c.NewCost, c.NewCurrency, o.Currency)
	if !known {
		cost = fulfil.UnknownCost
	}
	if o.ListedCost = cost; cost <= o.Cost {
		o.ListedCost = 0
	}
}

// Unwarn takes back what Warn noted.
func (c *Change) Unwarn(t *Target) {
	if t.Offer != nil && c.Kind == Cost {
		t.Offer.ListedCost = 0
	}
}

func (c *Change) skip(why string) { c.State, c.Note = Skipped, why }

// Undo puts back what was before, unless it is not as the change left it. With lock the
// next sync leaves it alone.
func (c *Change) Undo(t *Target, lock bool) {
	c.State, c.Note = PutBack, ""
	o := t.Offer
	active := o != nil && o.Status == fulfil.StatusActive
	switch {
	case o == nil:
		c.keep(noteDeleted)
	case c.Kind == Imported:
		o.Status, o.OffBySync = fulfil.StatusDisabled, 0
		if t.Archived = t.Untouched; !t.Untouched {
			c.keep(noteProduct)
		}
	case c.Kind == Cost && (o.Cost != c.NewCost || o.Currency != c.NewCurrency):
		c.keep(noteChanged)
	case c.Kind == Cost:
		o.Cost, o.Currency, o.PriceLocked = c.OldCost, c.OldCurrency, o.PriceLocked || lock
	case c.Kind == Off && o.OffBySync != c.SyncID, c.Kind == On && (!active || o.OffBySync != 0):
		c.keep(noteChanged)
	case c.Kind == Off:
		o.Status, o.OffBySync, o.StateLocked = fulfil.StatusActive, c.OldMark, o.StateLocked || lock
	default:
		o.Status, o.OffBySync, o.StateLocked = fulfil.StatusDisabled, c.OldMark, o.StateLocked || lock
	}
}

func (c *Change) keep(why string) { c.State, c.Note = Kept, why }
