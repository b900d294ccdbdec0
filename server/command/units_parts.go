package command

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
)

// A file goes to the hub in calls of so many units and bytes at most. Of a preview the hub names every line that it
// refuses, so that the others can be compared with those of earlier calls.
const (
	unitsOfCall     = 10_000
	unitsOfPreview  = 1_000
	unitBytesOfCall = 8 << 20
)

// judgedLines is after how many lines a file is judged that is sent no sooner.
const judgedLines = 10_000

// namedLines bounds how many refused lines of either kind are named; all are counted.
const namedLines = 1000

// previewedUnits bounds what a preview keeps in memory: a unit after so many is compared with them and with the stock,
// not with those between.
const previewedUnits = 10_000_000

// unitsImport is a file on its way into the stock.
type unitsImport struct {
	api      *client
	next     *orderhubv1.ImportUnitsRequest // has the units that were read and are not sent
	lines    []int                          // where those are in the file
	size     int                            // of their contents, in bytes
	skipped  int                            // lines that are no units since the call before
	sent     int
	report   unitsReport
	stops    error               // in a preview: why the import itself would stop
	seen     map[uint64]struct{} // in a preview: marks of units; nil in an import
	seed     maphash.Seed
	progress *progress
}

// read is how many lines were.
func (i *unitsImport) read() int { return i.report.Imported + i.report.Refused + len(i.lines) }

// all imports the file. An error means that the rest of it was not imported.
func (i *unitsImport) all(ctx context.Context) error {
	for unit, err := range importfile.Units(i.progress) {
		if err == nil {
			err = unit.ForStock()
		}
		if err == nil {
			err = i.add(ctx, &unit)
		} else if problem, bad := problemOf(unit.Line, err); bad {
			err = i.refuse(problem)
		} else {
			err = fmt.Errorf("read %s: %w", i.next.GetImportName(), err)
		}
		if err != nil {
			return err
		}
	}
	if err := i.send(ctx); err != nil {
		return err
	}
	return i.stops
}

func (i *unitsImport) add(ctx context.Context, unit *importfile.Unit) error {
	content := unit.Content
	if len(content) > catalog.MaxContentSize { // it is not, without the blanks around it
		parsed, err := catalog.ParseContent(content)
		if err != nil {
			return err
		}
		content = parsed.Text
	}
	most := unitsOfCall
	if i.seen != nil {
		most = unitsOfPreview
	}
	if len(i.lines) == most || len(i.lines) > 0 && i.size+len(content) > unitBytesOfCall {
		if err := i.send(ctx); err != nil {
			return err
		}
	}
	i.lines, i.size = append(i.lines, unit.Line), i.size+len(content)
	i.next.Contents = append(i.next.Contents, content)
	if at := unit.Expires(); at != nil {
		i.next.Expiries = append(i.next.Expiries, &orderhubv1.UnitExpiry{
			Line: int32(len(i.lines)), ExpireTime: timestamppb.New(*at),
		})
	}
	return i.judgeSome()
}

// refuse counts a line that is no unit.
func (i *unitsImport) refuse(problem lineProblem) error {
	i.skipped++
	i.report.Refused++
	i.report.name(problem)
	return i.judgeSome()
}

// judgeSome judges a file that has had another line.
func (i *unitsImport) judgeSome() error {
	if i.read()%judgedLines != 0 {
		return nil
	}
	return i.judge()
}

// judge says whether the file may go on with so many bad lines.
func (i *unitsImport) judge() error {
	if i.next.GetForce() {
		return nil
	}
	err := catalog.CheckLines(i.read(), i.report.Refused-i.report.Repeated)
	if i.seen == nil {
		return err
	}
	i.stops = cmp.Or(i.stops, err)
	return nil
}

// send has the units imported that were read.
func (i *unitsImport) send(ctx context.Context) error {
	if err := i.judge(); err != nil || len(i.lines) == 0 {
		return err
	}
	i.next.SkippedCount = new(int32(i.skipped))
	answer, err := i.api.catalog.ImportUnits(ctx, i.next)
	if err != nil {
		return err
	}
	i.count(answer)
	if id := answer.GetUnitImport(); id != 0 {
		i.next.UnitImport, i.report.ImportID = id, id
	}
	i.sent += len(i.lines)
	i.next.Contents, i.next.Expiries = nil, nil
	i.lines, i.size, i.skipped = nil, 0, 0
	i.progress.show(i.sent)
	if i.seen != nil {
		return i.judge() // with what the hub refuses
	}
	return nil
}

// count takes over what became of the units of a call.
func (i *unitsImport) count(answer *orderhubv1.ImportUnitsResponse) {
	i.report.Imported += int(answer.GetImportedCount())
	i.report.Refused += int(answer.GetRefusedCount())
	i.report.Repeated += int(answer.GetRepeatedCount())
	named := answer.GetRefused()
	for n, line := range i.lines {
		switch {
		case len(named) > 0 && int(named[0].GetLine()) == n+1:
			i.report.nameReason(line, named[0].GetReason())
			named = named[1:]
		case i.seen != nil && i.twice(i.next.GetContents()[n]):
			i.report.Imported--
			i.report.Refused++
			i.report.Repeated++
			i.report.nameReason(line, orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_DUPLICATE)
		}
	}
	slices.SortFunc(i.report.Problems, func(a, b lineProblem) int { return cmp.Compare(a.Line, b.Line) })
}

// twice reports whether a preview has seen a unit before. Eight bytes of each are all that it remembers.
func (i *unitsImport) twice(content string) bool {
	mark := maphash.String(i.seed, catalog.MarkOf(content))
	_, known := i.seen[mark]
	if !known && len(i.seen) < previewedUnits {
		i.seen[mark] = struct{}{}
	}
	return known
}

func (r *unitsReport) name(problem lineProblem) {
	if len(r.Problems) < namedLines {
		r.Problems = append(r.Problems, problem)
	}
}

// nameReason names a line that the hub refused. Its reasons are those of the catalogue.
func (r *unitsReport) nameReason(line int, reason orderhubv1.RefusedUnitReason) {
	if reason != orderhubv1.RefusedUnitReason_REFUSED_UNIT_REASON_DUPLICATE {
		why := catalog.ContentError{Reason: catalog.ContentReason(word(reason))}
		r.name(lineProblem{line, cmp.Or(why.Error(), word(reason))})
	} else if len(r.Duplicates) < namedLines {
		r.Duplicates = append(r.Duplicates, line)
	}
}
