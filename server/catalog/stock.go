package catalog

import (
	"context"
	"fmt"
	"math"
	"time"

	"orderhub/server/errs"
)

// What operators see and do of stock and days; the store says more of each.

// StockLevels counts what can be sold now, by product.
func (s *Service) StockLevels(ctx context.Context) (map[int64]int64, error) {
	return s.store.StockLevels(ctx)
}

// ListUnits returns units of imports by ascending id.
func (s *Service) ListUnits(ctx context.Context, f UnitFilter) ([]Unit, error) {
	return s.units.ListUnits(ctx, f)
}

// FindUnits returns a part of the units with a content, of so many that are looked at,
// and from where to go on; 0 after the last part. The first part, from 0, has all that
// were imported.
func (s *Service) FindUnits(ctx context.Context, content string, from int64, most int) (
	found []FoundUnit, next int64, err error,
) {
	if from == 0 {
		from = math.MaxInt64
		if c, err := ParseContent(content); err == nil { // else no import can have brought it
			if found, err = s.units.ImportedUnits(ctx, &c, s.Snapshot().ProductIDs()); err != nil {
				return nil, 0, err
			}
		}
	}
	opened, next, err := s.units.OpenedUnits(ctx, content, from, most)
	return append(found, opened...), next, err
}

// VoidUnit takes one unit out of stock for good. ErrUnitNotFound, ErrUnitSold.
func (s *Service) VoidUnit(ctx context.Context, id int64) (Unit, error) {
	return s.units.VoidUnit(ctx, id)
}

// SetUnitAside keeps one unit back until it is put back. ErrUnitNotFound, ErrUnitSold,
// ErrUnitVoid.
func (s *Service) SetUnitAside(ctx context.Context, id int64) (Unit, error) {
	return s.units.SetUnitAside(ctx, id)
}

// PutUnitBack lets a unit be sold again that was set aside. ErrUnitNotFound,
// ErrUnitSold, ErrUnitVoid, ErrUnitExpired.
func (s *Service) PutUnitBack(ctx context.Context, id int64) (Unit, error) {
	return s.units.PutUnitBack(ctx, id)
}

// ListImports returns imports, newest first, with what became of the units of each.
func (s *Service) ListImports(ctx context.Context, f ImportFilter) ([]UnitImport, error) {
	return s.units.ListImports(ctx, f)
}

// WithdrawImport voids the units of an import that are not sold, and says how
// many those were. ErrImportNotFound.
func (s *Service) WithdrawImport(ctx context.Context, id int64) (UnitImport, int, error) {
	return s.units.WithdrawImport(ctx, id)
}

// SetAllotments creates or changes the capacity of a dated product's days, all of
// them or none. Errors: ErrProductNotFound, *errs.InvalidError.
func (s *Service) SetAllotments(ctx context.Context, productID int64, allotments []Allotment) error {
	p := s.Snapshot().ProductByID(productID)
	switch {
	case p == nil:
		return ErrProductNotFound
	case !p.Dated:
		return errs.Invalid("product", "must be a dated product")
	}
	if err := checkDays(allotments); err != nil {
		return err
	}
	return s.store.SetAllotments(ctx, productID, allotments)
}

// checkDays refuses what is no day, and a day that is there twice.
func checkDays(allotments []Allotment) error {
	seen, bad := make(map[string]bool, len(allotments)), &errs.InvalidError{}
	for i, a := range allotments {
		field := fmt.Sprintf("allotments[%d].use_date", i)
		if _, err := time.Parse(time.DateOnly, a.UseDate); err != nil {
			bad.Add(field, "must be a day, YYYY-MM-DD")
		} else if seen[a.UseDate] {
			bad.Add(field, "is given twice")
		}
		seen[a.UseDate] = true
	}
	return bad.OrNil()
}

// CheckCapacities refuses a capacity below what is sold of its day: sold is by
// day, YYYY-MM-DD. The error is an *errs.InvalidError.
func CheckCapacities(allotments []Allotment, sold map[string]int64) error {
	bad := &errs.InvalidError{}
	for i, a := range allotments {
		if a.Capacity < sold[a.UseDate] {
			bad.Add(fmt.Sprintf("allotments[%d].capacity", i), "must not be below the %d that are sold",
				sold[a.UseDate])
		}
	}
	return bad.OrNil()
}
