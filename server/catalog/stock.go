package catalog

import (
	"context"
	"fmt"
	"math"
	"time"

	"orderhub/server/errs"
)

// What operators see and do of stock and days; the store says more of each.

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
