package catalog

import (
	"context"
	"errors"
	"time"

	"orderhub/server/errs"
)

// What a caller can act on.
var (
	ErrUnitNotFound    = errors.New("unit not found")
	ErrUnitSold        = errors.New("the unit is sold")
	ErrUnitHeld        = errors.New("the unit is kept for an order that is held")
	ErrUnitVoid        = errors.New("the unit was taken out of stock for good")
	ErrUnitExpired     = errors.New("the unit has expired, or is within its product's margin before that")
	ErrImportNotFound  = errors.New("import not found")
	ErrImportWithdrawn = errors.New("the import was withdrawn")
)

// UnitState says whether a unit of stock can be sold.
type UnitState string

// The states of a unit.
const (
	UnitAvailable UnitState = "available"
	UnitHeld      UnitState = "held"      // kept for an order that is held
	UnitSold      UnitState = "sold"      // whatever became of it afterwards
	UnitVoid      UnitState = "void"      // taken out of stock by an operator; never sold
	UnitSetAside  UnitState = "set_aside" // kept back by an operator until it is put back
	// UnitExpired has expired, or is within its product's margin before that: not sold.
	UnitExpired UnitState = "expired"
)

// Unit is one piece of stock, without its content.
type Unit struct {
	ID          int64
	ProductID   int64
	ImportID    int64
	State       UnitState
	OrderNumber string // "" unless an order has it
	CreatedAt   time.Time
	DeliveredAt *time.Time
	ExpiresAt   *time.Time // nil for never
}

// neverExpires is the first moment that is too late for a unit to expire at.
var neverExpires = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)

// Expiry is a moment at which a unit may expire, cut to whole seconds. The error is a
// *errs.InvalidError on the field.
func Expiry(field string, at time.Time) (time.Time, error) {
	at = at.UTC().Truncate(time.Second)
	if at.Year() < 2000 || !at.Before(neverExpires) {
		return at, errs.Invalid(field, "must be a time of the years 2000 to 9999")
	}
	return at, nil
}

// ExpirySeconds is a unit's expiry as it is kept and compared: seconds since 1970, those
// of the year 10000 for never.
func ExpirySeconds(at *time.Time) int64 {
	if at == nil {
		return neverExpires.Unix()
	}
	return at.Unix()
}

// ExpiryOf is the moment of ExpirySeconds, nil for never.
func ExpiryOf(seconds int64) *time.Time {
	if seconds >= neverExpires.Unix() {
		return nil
	}
	return new(time.Unix(seconds, 0).UTC())
}

// SellsUntil is up to which expiry units are not sold any more at a moment: those are
// sold that expire later. In seconds, as ExpirySeconds.
func SellsUntil(now time.Time, margin time.Duration) int64 {
	return now.Unix() + int64(margin/time.Second)
}

// UnitFilter pages through a product's units by ascending id.
type UnitFilter struct {
	ProductID int64
	ImportID  int64     // 0: of all imports
	State     UnitState // "": in every state
	AfterID   int64
	Limit     int
}

// FoundUnit is a unit that was looked for by its content.
type FoundUnit struct {
	ID          int64
	ProductID   int64
	Status      string // as it is stored
	OrderNumber string // "" unless an order has it
	MerchantID  int64  // whose order that is
	Position    int    // of the line that has it, from 1
	DeliveredAt *time.Time
}

// UnitImport is one import of units, such as a file.
type UnitImport struct {
	ID          int64
	ProductID   int64
	Name        string
	Imported    int        // units added
	Refused     int        // lines that were not
	Units       UnitCounts // only where it is read
	CreatedAt   time.Time
	WithdrawnAt *time.Time // nil unless it was taken back
}

// UnitCounts are how many units of an import are in each state.
type UnitCounts struct{ Available, Held, Sold, Void, SetAside, Expired int }

// Left is how many are not sold and not taken out of stock for good.
func (c *UnitCounts) Left() int { return c.Available + c.SetAside + c.Expired }

// ImportFilter pages through imports, newest first.
type ImportFilter struct {
	ProductID int64 // 0: of every product
	BeforeID  int64 // 0: from the newest
	Limit     int
}

// NewUnit is a unit to be stored: the place in its file and its content.
type NewUnit struct {
	Line      int
	Content   Content
	ExpiresAt *time.Time // nil for never
}

// DirectUnits is what the service leaves to the store as it is.
type DirectUnits interface {
	// ListUnits returns units of imports by ascending id.
	ListUnits(ctx context.Context, f UnitFilter) ([]Unit, error)
	// ListImports returns imports, newest first, with what became of the units of each.
	ListImports(ctx context.Context, f ImportFilter) ([]UnitImport, error)
	// WithdrawImport voids the units of an import that are not sold, those that are set
	// aside or have expired too, and ends it if
	// it is under way. Their contents may be imported again. Repeating it is safe:
	// it returns how many were voided this time. ErrImportNotFound.
	WithdrawImport(ctx context.Context, id int64) (UnitImport, int, error)
	// VoidUnit takes one unit out of stock for good: its content is still refused
	// as a repeat. Repeating it is safe. ErrUnitNotFound, ErrUnitSold, ErrUnitHeld.
	VoidUnit(ctx context.Context, id int64) (Unit, error)
	// SetUnitAside keeps one unit back. Repeating it is safe. ErrUnitNotFound,
	// ErrUnitSold, ErrUnitHeld, ErrUnitVoid.
	SetUnitAside(ctx context.Context, id int64) (Unit, error)
	// PutUnitBack lets a unit be sold again that was set aside. Repeating it is safe.
	// ErrUnitNotFound, ErrUnitSold, ErrUnitHeld, ErrUnitVoid; ErrUnitExpired when it would not be sold.
	PutUnitBack(ctx context.Context, id int64) (Unit, error)
	// Outlook is how a product's stock is and how long it lasts.
	Outlook(ctx context.Context, p *Product) (Outlook, error)
}

// UnitStore keeps the units of stock.
type UnitStore interface {
	DirectUnits

	// BeginImport records an import that has added nothing yet. ErrProductNotFound;
	// *errs.InvalidError on "product" when it does not sell units.
	BeginImport(ctx context.Context, productID int64, name string) (UnitImport, error)
	// AddUnits seals and stores units in the order given, refusing those that the
	// product has or had already; their lines come back in order. The import counts
	// what is added and what is refused, and with the latter so many lines that are
	// no units. It commits in chunks, so that selling goes on meanwhile: with an
	// error what comes back is what was done before it. ErrImportWithdrawn.
	AddUnits(ctx context.Context, imp *UnitImport, units []NewUnit, bad int) (added int, repeated []int, err error)
	// KnownUnits says of each unit whether the product has or had it.
	KnownUnits(ctx context.Context, productID int64, units []NewUnit) ([]bool, error)

	// ImportedUnits finds units of these products by what an import knows of them.
	ImportedUnits(ctx context.Context, c *Content, products []int64) ([]FoundUnit, error)
	// OpenedUnits opens the contents of at most n units that no import knows, from the
	// newest before an id on, and returns those that are exactly text, and the id
	// before which to go on, 0 when there are no more.
	OpenedUnits(ctx context.Context, text string, before int64, n int) (found []FoundUnit, next int64, err error)
	// UnitImport finds one import, without what became of its units. ErrImportNotFound.
	UnitImport(ctx context.Context, id int64) (UnitImport, error)
}
