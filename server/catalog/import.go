package catalog

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"orderhub/server/errs"
)

// An import is stored in parts, so that its size does not matter: a part ends at
// this many lines, or bytes of content.
const (
	importPartLines = 10_000
	importPartBytes = 8 << 20
)

// reportedLines bounds how many refused lines a report names; all are counted.
const reportedLines = 1000

// previewedLines bounds what a preview keeps in memory: a line after so many is
// compared with them and with the stock, not with those between.
const previewedLines = 10_000_000

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

// ImportOptions say how units are imported.
type ImportOptions struct {
	Name     string         // of the file, for the record
	DryRun   bool           // only report what would happen
	Force    bool           // go on though most lines are bad
	Progress func(done int) // told how many units have been handled; may be nil
	// ExpiresAt is when the units expire that do not say so themselves; nil for never.
	ExpiresAt *time.Time
	Now       func() time.Time // what has expired by then is refused; nil: nothing is
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
	Reason ContentReason // "" where it repeats, or does not fit its file
	Detail string        // for people: "is empty", "contains a control character"
}

// ImportReport says what became of an import, or in a dry run would.
type ImportReport struct {
	ImportID int64 // 0 in a dry run, and where there was nothing to store
	Imported int
	Repeated int
	Bad      int
	Refused  []RefusedLine // the first thousand, by line
}

// RefusedCount is how many lines were not imported.
func (r *ImportReport) RefusedCount() int { return r.Repeated + r.Bad }

// ImportStore is what an import needs of a UnitStore.
type ImportStore interface {
	BeginImport(ctx context.Context, productID int64, name string) (UnitImport, error)
	AddUnits(ctx context.Context, imp *UnitImport, units []NewUnit, progress func(done int)) (repeated []int, err error)
	KnownUnits(ctx context.Context, productID int64, units []NewUnit) ([]bool, error)
}

// Import is an import under way.
type Import struct {
	store   ImportStore
	options ImportOptions
	margin  time.Duration // the product's
	imp     UnitImport
	begun   bool
	part    []NewUnit
	lines   int // of the part, bad ones too
	size    int
	bad     []RefusedLine // of the part, not reported yet
	stops   error         // in a dry run: why the import itself would stop
	handled int
	seen    map[uint64]struct{} // in a dry run: marks of earlier lines
	seed    maphash.Seed
	report  ImportReport
}

// StartImport begins to import units of a product, and refuses what has expired. The
// error is a *errs.InvalidError on "product" when it has no units, on "import_name" or
// on "expire_time".
func (s *Service) StartImport(p *Product, options ImportOptions) (*Import, error) {
	options.Now = s.now
	return StartImport(s.store, p, options)
}

// StartImport is [Service.StartImport] into another store.
func StartImport(store ImportStore, p *Product, options ImportOptions) (*Import, error) {
	if !p.UsesUnits() {
		return nil, errs.Invalid("product", "must be one that sells units of our own stock, without a day of use")
	}
	bad := &errs.InvalidError{}
	if bad.CheckLine("import_name", options.Name, 0, maxImportName); bad.OrNil() != nil {
		return nil, bad
	}
	if options.ExpiresAt != nil {
		at, err := Expiry("expire_time", *options.ExpiresAt)
		if err != nil {
			return nil, err
		}
		options.ExpiresAt = &at
	}
	i := &Import{
		store: store, options: options, margin: p.ExpiryMargin, imp: UnitImport{ProductID: p.ID, Name: options.Name},
	}
	if options.DryRun {
		i.seen, i.seed = make(map[uint64]struct{}), maphash.MakeSeed()
	}
	return i, nil
}

// ImportUnits imports a list of units as a whole.
func (s *Service) ImportUnits(
	ctx context.Context, p *Product, options ImportOptions, units []ImportedUnit,
) (ImportReport, error) {
	i, err := s.StartImport(p, options)
	if err != nil {
		return ImportReport{}, err
	}
	for n, u := range units {
		if n == 0 && len(units) > 1 {
			err = i.AddFirst(ctx, u)
		} else {
			err = i.Add(ctx, u)
		}
		if err != nil {
			return i.Report(), err
		}
	}
	err = i.Finish(ctx)
	return i.Report(), err
}

// AddFirst is Add for the first of several units: CheckFirst has its say too.
func (i *Import) AddFirst(ctx context.Context, u ImportedUnit) error {
	if err := CheckFirst(u.Content); err != nil {
		return i.refuse(ctx, u.Line, err)
	}
	return i.Add(ctx, u)
}

// Add imports one more unit, which may be some time later. An error means that the
// import has ended and the report tells what was stored.
func (i *Import) Add(ctx context.Context, u ImportedUnit) error {
	content, err := ParseContent(u.Content)
	if err != nil {
		return i.refuse(ctx, u.Line, err)
	}
	expires := u.ExpiresAt
	if expires == nil {
		expires = i.options.ExpiresAt
	}
	if i.tooLate(expires) {
		return i.refuse(ctx, u.Line, &ContentError{ContentExpired})
	}
	i.part = append(i.part, NewUnit{u.Line, content, expires})
	i.lines++
	i.size += len(content.Text)
	return i.flushFull(ctx)
}

// tooLate reports whether a unit would never be sold.
func (i *Import) tooLate(expires *time.Time) bool {
	return expires != nil && i.options.Now != nil && ExpirySeconds(expires) <= SellsUntil(i.options.Now(), i.margin)
}

func (i *Import) refuse(ctx context.Context, line int, err error) error {
	refused := RefusedLine{Line: line, Detail: err.Error()}
	if bad, ok := err.(*ContentError); ok { //nolint:errorlint // ParseContent and CheckFirst return no other
		refused.Reason = bad.Reason
	}
	return i.Refuse(ctx, refused)
}

// Refuse counts a line that is no unit, for a reason of its own.
func (i *Import) Refuse(ctx context.Context, line RefusedLine) error {
	i.report.Bad++
	i.lines++
	if len(i.bad) < reportedLines {
		i.bad = append(i.bad, line)
	}
	return i.flushFull(ctx)
}

func (i *Import) flushFull(ctx context.Context) error {
	if i.lines < importPartLines && i.size < importPartBytes {
		return nil
	}
	return i.flush(ctx)
}

// Finish stores what is left. After a dry run *MostlyBadError says that the import
// itself would stop; the report is whole all the same.
func (i *Import) Finish(ctx context.Context) error {
	if err := i.flush(ctx); err != nil {
		return err
	}
	return i.stops
}

// Report is what has become of the import so far.
func (i *Import) Report() ImportReport {
	r := i.report
	r.ImportID = i.imp.ID
	return r
}

// flush deals with the part that is read.
func (i *Import) flush(ctx context.Context) error {
	if err := i.checkBad(); err != nil && !i.options.DryRun {
		i.reportLines(nil)
		return err
	} else if i.stops == nil {
		i.stops = err
	}
	repeated, err := i.keep(ctx)
	i.report.Repeated += len(repeated)
	i.reportLines(repeated)
	i.handled += len(i.part)
	i.part, i.lines, i.size = i.part[:0], 0, 0
	return err
}

func (i *Import) checkBad() error {
	if i.options.Force {
		return nil
	}
	return CheckLines(i.report.Imported+i.report.Repeated+i.report.Bad+len(i.part), i.report.Bad)
}

// CheckLines says whether so many lines, of which so many are bad, may be a list of units. The error is a
// *MostlyBadError.
func CheckLines(lines, bad int) error {
	if bad < mostlyBadFrom || 2*bad <= lines {
		return nil
	}
	return &MostlyBadError{Lines: lines, Bad: bad}
}

// keep stores the part, or in a dry run only looks.
func (i *Import) keep(ctx context.Context) (repeated []int, err error) {
	if i.options.DryRun {
		return i.preview(ctx)
	}
	if len(i.part) == 0 && !i.begun {
		return nil, nil
	}
	if !i.begun {
		if i.imp, err = i.store.BeginImport(ctx, i.imp.ProductID, i.imp.Name); err != nil {
			return nil, err
		}
		i.begun = true
	}
	i.imp.Refused = i.report.RefusedCount()
	repeated, err = i.store.AddUnits(ctx, &i.imp, i.part, i.progress())
	i.report.Imported = i.imp.Imported
	return repeated, err
}

func (i *Import) progress() func(int) {
	if i.options.Progress == nil {
		return nil
	}
	before := i.handled
	return func(done int) { i.options.Progress(before + done) }
}

func (i *Import) preview(ctx context.Context) (repeated []int, err error) {
	known, err := i.store.KnownUnits(ctx, i.imp.ProductID, i.part)
	if err != nil {
		return nil, err
	}
	for n, unit := range i.part {
		// Eight bytes of a line are all that a preview remembers.
		mark := maphash.String(i.seed, unit.Content.Mark)
		if _, twice := i.seen[mark]; known[n] || twice {
			repeated = append(repeated, unit.Line)
			continue
		}
		if len(i.seen) < previewedLines {
			i.seen[mark] = struct{}{}
		}
		i.report.Imported++
	}
	if i.options.Progress != nil {
		i.options.Progress(i.handled + len(i.part))
	}
	return repeated, nil
}

// reportLines names the lines of a part, in the order of the file.
func (i *Import) reportLines(repeated []int) {
	bad := i.bad
	for len(i.report.Refused) < reportedLines && len(bad)+len(repeated) > 0 {
		if len(repeated) == 0 || len(bad) > 0 && bad[0].Line < repeated[0] {
			i.report.Refused = append(i.report.Refused, bad[0])
			bad = bad[1:]
			continue
		}
		i.report.Refused = append(i.report.Refused, RefusedLine{
			Line: repeated[0], Repeat: true, Detail: "repeats an earlier line or import",
		})
		repeated = repeated[1:]
	}
	i.bad = i.bad[:0]
}
