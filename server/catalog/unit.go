package catalog

import (
	"context"
	"errors"
	"time"
)

// What a caller can act on.
var (
	ErrUnitNotFound    = errors.New("unit not found")
	ErrUnitSold        = errors.New("the unit is sold")
	ErrImportNotFound  = errors.New("import not found")
	ErrImportWithdrawn = errors.New("the import was withdrawn")
)

// UnitState says whether a unit of stock can be sold.
type UnitState string

// The states of a unit.
const (
	UnitAvailable UnitState = "available"
	UnitSold      UnitState = "sold" // whatever became of it afterwards
	UnitVoid      UnitState = "void" // taken out of stock by an operator; never sold
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
	Imported    int // units added
	Refused     int // lines that were not
	Available   int // units that are still to be sold; only where it is read
	CreatedAt   time.Time
	WithdrawnAt *time.Time // nil unless it was taken back
}

// ImportFilter pages through imports, newest first.
type ImportFilter struct {
	ProductID int64 // 0: of every product
	BeforeID  int64 // 0: from the newest
	Limit     int
}

// NewUnit is a unit to be stored: the place in its file and its content.
type NewUnit struct {
	Line    int
	Content Content
}

// UnitStore keeps the units of stock.
type UnitStore interface {
	// BeginImport records an import that has added nothing yet. ErrProductNotFound;
	// *errs.InvalidError on "product" when it does not sell units.
	BeginImport(ctx context.Context, productID int64, name string) (UnitImport, error)
	// AddUnits seals and stores units in the order given, refusing those that the
	// product has or had already, and counts them in imp; the lines refused come
	// back in order. It commits in chunks, so that selling goes on meanwhile, and
	// tells progress, when not nil, how many units have been handled. With an error
	// imp tells what was stored before it. ErrImportWithdrawn.
	AddUnits(ctx context.Context, imp *UnitImport, units []NewUnit, progress func(done int)) (repeated []int, err error)
	// KnownUnits says of each unit whether the product has or had it.
	KnownUnits(ctx context.Context, productID int64, units []NewUnit) ([]bool, error)

	// ListUnits returns units of imports by ascending id.
	ListUnits(ctx context.Context, f UnitFilter) ([]Unit, error)
	// ImportedUnits finds units of these products by what an import knows of them.
	ImportedUnits(ctx context.Context, c *Content, products []int64) ([]FoundUnit, error)
	// OpenedUnits opens the contents of at most n units that no import knows, from the
	// newest before an id on, and returns those that are exactly text, and the id
	// before which to go on, 0 when there are no more.
	OpenedUnits(ctx context.Context, text string, before int64, n int) (found []FoundUnit, next int64, err error)
	// ListImports returns imports, newest first, with what is available of each.
	ListImports(ctx context.Context, f ImportFilter) ([]UnitImport, error)
	// UnitImport finds one import. ErrImportNotFound.
	UnitImport(ctx context.Context, id int64) (UnitImport, error)
	// WithdrawImport voids the units of an import that are not sold and ends it if
	// it is under way. Their contents may be imported again. Repeating it is safe:
	// it returns how many were voided this time. ErrImportNotFound.
	WithdrawImport(ctx context.Context, id int64) (UnitImport, int, error)
	// VoidUnit takes one unit out of stock for good: its content is still refused
	// as a repeat. Repeating it is safe. ErrUnitNotFound, ErrUnitSold.
	VoidUnit(ctx context.Context, id int64) (Unit, error)
}
