package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/server/errs"
)

// reportedLines bounds how many refused lines a report names; all are counted.
const reportedLines = 1000

// maxImportName is in characters.
const maxImportName = 255

// An import stops where at least so many lines are bad and more than half of all.
// Repeats are not bad: an interrupted import begins with them.
const mostlyBadFrom = 20

// MostlyBadError stops an import whose file is hardly one of units. Nothing of the
// part that was being read is stored.
type MostlyBadError struct{ Lines, Bad int }

func (e *MostlyBadError) Error() string {
	return fmt.Sprintf("%d of the first %d lines are no units: this does not look like a list of units", e.Bad, e.Lines)
}

// CheckLines says whether so many lines, of which so many are bad, may be a list of units. The error is a
// *MostlyBadError.
func CheckLines(lines, bad int) error {
	if bad < mostlyBadFrom || 2*bad <= lines {
		return nil
	}
	return &MostlyBadError{Lines: lines, Bad: bad}
}

// ImportOptions say how units are imported.
type ImportOptions struct {
	Name   string // of the file, for the record
	Into   int64  // the import that an earlier part of the file began; 0 begins one
	DryRun bool   // only report what would happen
	Force  bool   // go on though most lines are bad
	// HeaderSeen says that whoever read the file has seen to its header, and Skipped of how many lines between these
	// units they saw that they are none.
	HeaderSeen bool
	Skipped    int
	// ExpiresAt is when the units expire that do not say so themselves; nil for never.
	ExpiresAt *time.Time
}

// ImportedUnit is one line of a stock import: its place in the file, for the
// report, and its secret content.
type ImportedUnit struct {
	Line      int
	Content   string
	ExpiresAt *time.Time // nil: as the import says
}

// RefusedLine is a line that was not imported; what it contains is not repeated.
type RefusedLine struct {
	Line   int
	Repeat bool          // of an earlier line, or of a unit that the product has or had
	Reason ContentReason // "" where it repeats
}

// ImportReport says what became of a list of units, or in a dry run would.
type ImportReport struct {
	ImportID int64 // 0 in a dry run, and where there was nothing to store
	Imported int
	Repeated int
	Bad      int
	Refused  []RefusedLine // the first thousand, by line
}

// RefusedCount is how many lines were not imported.
func (r *ImportReport) RefusedCount() int { return r.Repeated + r.Bad }

// unitsImport is a list of units on its way into an import.
type unitsImport struct {
	*Service

	options  ImportOptions
	imp      UnitImport
	units    []NewUnit     // that may be stored
	bad      []RefusedLine // that may not
	repeated []int         // lines that were stored already
	report   ImportReport
}

// ImportUnits imports a list of units, which may be a part of a file. After a dry run *MostlyBadError says that the
// import itself would stop; with it the import has stored nothing. After any other error the report tells what was
// stored. Errors: *errs.InvalidError on "product" when it has no units, "import_name", "expire_time" or "unit_import";
// ErrImportNotFound, ErrImportWithdrawn.
func (s *Service) ImportUnits(
	ctx context.Context, p *Product, options ImportOptions, units []ImportedUnit,
) (ImportReport, error) {
	i := &unitsImport{
		Service: s, options: options, imp: UnitImport{ProductID: p.ID, Name: options.Name},
		units: make([]NewUnit, 0, len(units)),
	}
	if err := i.check(ctx, p); err != nil {
		return ImportReport{}, err
	}
	for n, u := range units {
		i.read(u, p, n == 0 && len(units) > 1 && options.Into == 0 && !options.HeaderSeen)
	}
	i.report.Bad = len(i.bad)
	stops := i.mostlyBad(len(units))
	if stops == nil || options.DryRun {
		if err := i.keep(ctx); err != nil {
			stops = err
		}
	}
	i.nameRefused()
	return i.report, stops
}

// check refuses what nothing can be imported with.
func (i *unitsImport) check(ctx context.Context, p *Product) (err error) {
	if !p.UsesUnits() {
		return errs.Invalid("product", "must be one that sells units of our own stock, without a day of use")
	}
	bad := &errs.InvalidError{}
	if bad.CheckLine("import_name", i.options.Name, 0, maxImportName); bad.OrNil() != nil {
		return bad
	}
	if i.options.ExpiresAt != nil {
		at, err := Expiry("expire_time", *i.options.ExpiresAt)
		if err != nil {
			return err
		}
		i.options.ExpiresAt = &at
	}
	if i.options.Into == 0 {
		return nil
	}
	i.imp, err = i.Service.units.UnitImport(ctx, i.options.Into)
	switch {
	case err != nil:
		return err
	case i.imp.ProductID != p.ID:
		return errs.Invalid("unit_import", "must be an import of the same product")
	case i.imp.WithdrawnAt != nil:
		return ErrImportWithdrawn
	}
	return nil
}

// read takes a unit over, or refuses it. CheckFirst has its say where it is the first of several.
func (i *unitsImport) read(u ImportedUnit, p *Product, first bool) {
	content, err := ParseContent(u.Content)
	if err == nil && first {
		err = CheckFirst(u.Content)
	}
	expires := u.ExpiresAt
	if expires == nil {
		expires = i.options.ExpiresAt
	}
	if err == nil && expires != nil && ExpirySeconds(expires) <= SellsUntil(i.now(), p.ExpiryMargin) {
		err = &ContentError{ContentExpired} // it would never be sold
	}
	if err == nil {
		i.units = append(i.units, NewUnit{u.Line, content, expires})
		return
	}
	bad := err.(*ContentError) //nolint:errorlint,forcetypeassert // ParseContent and CheckFirst return no other
	i.bad = append(i.bad, RefusedLine{Line: u.Line, Reason: bad.Reason})
}

// mostlyBad judges these lines with those that the import has already. Which of the latter were bad is not known.
func (i *unitsImport) mostlyBad(lines int) error {
	if i.options.Force {
		return nil
	}
	return CheckLines(i.imp.Imported+i.imp.Refused+i.options.Skipped+lines, i.options.Skipped+i.report.Bad)
}

// keep stores the units, or in a dry run only looks.
func (i *unitsImport) keep(ctx context.Context) (err error) {
	switch {
	case i.options.DryRun:
		return i.preview(ctx)
	case i.imp.ID == 0 && len(i.units) == 0:
		return nil
	case i.imp.ID == 0:
		if i.imp, err = i.Service.units.BeginImport(ctx, i.imp.ProductID, i.imp.Name); err != nil {
			return err
		}
	}
	i.report.ImportID = i.imp.ID
	i.report.Imported, i.repeated, err = i.Service.units.AddUnits(ctx, &i.imp, i.units, i.options.Skipped+i.report.Bad)
	return err
}

func (i *unitsImport) preview(ctx context.Context) error {
	known, err := i.Service.units.KnownUnits(ctx, i.imp.ProductID, i.units)
	if err != nil {
		return err
	}
	seen := make(map[string]bool, len(i.units))
	for n := range i.units {
		mark := i.units[n].Content.Mark
		if known[n] || seen[mark] {
			i.repeated = append(i.repeated, i.units[n].Line)
			continue
		}
		seen[mark] = true
		i.report.Imported++
	}
	return nil
}

// nameRefused names the lines that were refused, in the order of the file.
func (i *unitsImport) nameRefused() {
	i.report.Repeated = len(i.repeated)
	all := i.bad
	for _, line := range i.repeated {
		all = append(all, RefusedLine{Line: line, Repeat: true})
	}
	slices.SortFunc(all, func(a, b RefusedLine) int { return cmp.Compare(a.Line, b.Line) })
	i.report.Refused = all[:min(len(all), reportedLines)]
}
