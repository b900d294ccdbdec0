package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/catalog"
)

var (
	errBroken = errors.New("broken off")
	codes     = catalog.Product{ID: 1, SKU: "CODE", Slug: "code", Currency: "TRY", Source: catalog.SourceStock}
)

// linesOf numbers contents as lines of a file.
func linesOf(contents ...string) []catalog.ImportedUnit {
	lines := make([]catalog.ImportedUnit, len(contents))
	for i, content := range contents {
		lines[i] = catalog.ImportedUnit{Line: i + 1, Content: content}
	}
	return lines
}

// file has lines that are no units followed by different ones that are.
func file(bad, good int) []catalog.ImportedUnit {
	contents := make([]string, bad, bad+good)
	for i := range good {
		contents = append(contents, fmt.Sprintf("U-%d", i))
	}
	return linesOf(contents...)
}

func importOf(t require.TestingT, s *catalog.Service, o catalog.ImportOptions, lines []catalog.ImportedUnit) (
	catalog.ImportReport, error,
) {
	return s.ImportUnits(context.Background(), &codes, o, lines)
}

// TestImportReport tells of every line what became of it, in the order of the file.
func TestImportReport(t *testing.T) {
	s, m := service(t, codes)
	report, err := importOf(t, s, catalog.ImportOptions{Name: "a.txt"}, linesOf(
		"A", "", "A\u200b", "B", "caf\u00e9", "cafe\u0301", "B\tC", "a", "code",
		strings.Repeat("x", catalog.MaxContentSize+1),
	))
	require.NoError(t, err)
	require.Equal(t, catalog.ImportReport{ImportID: 1, Imported: 4, Repeated: 2, Bad: 4, Refused: []catalog.RefusedLine{
		{Line: 2, Reason: catalog.ContentBlank},
		{Line: 3, Repeat: true},
		{Line: 6, Repeat: true},
		{Line: 7, Reason: catalog.ContentControl},
		{Line: 9, Reason: catalog.ContentHeader},
		{Line: 10, Reason: catalog.ContentTooLong},
	}}, report)
	require.Equal(t, 6, report.RefusedCount())
	require.Equal(t, catalog.UnitImport{ID: 1, ProductID: 1, Name: "a.txt", Imported: 4, Refused: 6}, m.imports[0])
	require.Equal(t, []string{"A", "B", "caf\u00e9", "a"}, m.texts(), "in the order of the file")
}

func (m *memory) texts() []string {
	var texts []string
	for i := range m.units {
		texts = append(texts, m.units[i].content.Text)
	}
	return texts
}

// TestImportNamesAThousandLines counts all that are refused.
func TestImportNamesAThousandLines(t *testing.T) {
	s, _ := service(t, codes)
	lines := file(700, 2000)
	lines = append(lines, lines[:700]...)
	for i := range lines {
		lines[i].Line = i + 1
		if i >= 2700 {
			lines[i].Content = "U-1"
		}
	}
	report, err := importOf(t, s, catalog.ImportOptions{}, lines)
	require.NoError(t, err)
	require.Equal(t, []int{2000, 700, 700}, []int{report.Imported, report.Repeated, report.Bad})
	require.Len(t, report.Refused, 1000)
	require.Equal(t, 3000, report.Refused[999].Line, "700 bad ones and the first 300 repeats")
	require.True(t, slices.IsSortedFunc(report.Refused, func(a, b catalog.RefusedLine) int { return a.Line - b.Line }))
}

// TestImportOfParts is one import of a file that comes in parts, which are judged with those before.
func TestImportOfParts(t *testing.T) {
	other := codes
	other.ID, other.SKU, other.Slug = 2, "OTHER", "other"
	s, m := service(t, codes, other)
	begin := catalog.ImportOptions{Name: "a.txt", HeaderSeen: true, Skipped: 2}
	first, err := importOf(t, s, begin, linesOf("pin", "B", "\t"))
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 1}, []int{int(first.ImportID), first.Imported, first.Bad}, "its reader knows a header")
	into := catalog.ImportOptions{Into: first.ImportID}
	second, err := importOf(t, s, into, linesOf("key", "B", "C"))
	require.NoError(t, err)
	require.Equal(t, first.ImportID, second.ImportID)
	require.Equal(t, []int{2, 1}, []int{second.Imported, second.Repeated}, "key is not the first of them")
	whole := catalog.UnitImport{ID: 1, ProductID: 1, Name: "a.txt", Imported: 4, Refused: 4}
	require.Equal(t, whole, m.imports[0])

	_, err = importOf(t, s, into, file(8+20, 20))
	require.NoError(t, err, "of all lines so far no more than half are bad")
	_, err = importOf(t, s, into, file(57, 0))
	require.Equal(t, &catalog.MostlyBadError{Lines: 56 + 57, Bad: 57}, err)
	into.Skipped = 57
	_, err = importOf(t, s, into, file(0, 0))
	require.Equal(t, &catalog.MostlyBadError{Lines: 56 + 57, Bad: 57}, err)

	_, err = s.ImportUnits(t.Context(), &other, into, linesOf("A"))
	require.Equal(t, []string{"unit_import"}, fieldsOf(t, err))
	into.Into = 2
	_, err = importOf(t, s, into, linesOf("A"))
	require.ErrorIs(t, err, catalog.ErrImportNotFound)
	m.imports[0].WithdrawnAt, into.Into = &noon, 1
	_, err = importOf(t, s, into, linesOf("A"))
	require.ErrorIs(t, err, catalog.ErrImportWithdrawn)
	require.Len(t, m.units, 24)
}

// TestMostlyBad stops where at least 20 lines and more than half are bad; what was stored before stays.
func TestMostlyBad(t *testing.T) {
	for name, c := range map[string]struct {
		lines    []catalog.ImportedUnit
		force    bool
		stopped  *catalog.MostlyBadError
		imported int
	}{
		"19 bad of 19":        {lines: file(19, 0)},
		"20 bad of 20":        {lines: file(20, 0), stopped: &catalog.MostlyBadError{Lines: 20, Bad: 20}},
		"20 bad of 39":        {lines: file(20, 19), stopped: &catalog.MostlyBadError{Lines: 39, Bad: 20}},
		"half":                {lines: file(20, 20), imported: 20},
		"by force":            {lines: file(20, 1), force: true, imported: 1},
		"repeats are not bad": {lines: append(file(20, 1), repeats(19)...), imported: 1},
		"at the end": {
			lines: append(file(0, 20), file(21, 0)...), stopped: &catalog.MostlyBadError{Lines: 41, Bad: 21},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := service(t, codes)
			preview, wouldStop := importOf(t, s, catalog.ImportOptions{DryRun: true, Force: c.force}, c.lines)
			require.Empty(t, m.imports)
			report, err := importOf(t, s, catalog.ImportOptions{Force: c.force}, c.lines)
			require.Equal(t, wouldStop, err, "a dry run says it before")
			if c.stopped == nil {
				require.NoError(t, err)
			} else {
				require.Equal(t, c.stopped, err)
				require.ErrorContains(t, err, fmt.Sprintf("%d of the first %d lines", c.stopped.Bad, c.stopped.Lines))
			}
			require.Equal(t, c.imported, report.Imported)
			require.Len(t, m.units, c.imported)
			require.Equal(t, len(c.lines), preview.Imported+preview.RefusedCount(), "a preview goes on to the end")
		})
	}
}

func repeats(n int) []catalog.ImportedUnit {
	return linesOf(slices.Repeat([]string{"U-0"}, n)...)
}

// TestImportBrokenOff says what was stored; the same file again completes it.
func TestImportBrokenOff(t *testing.T) {
	s, m := service(t, codes)
	m.breaks = 10_004
	report, err := importOf(t, s, catalog.ImportOptions{}, file(3, 15_000))
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, catalog.ImportReport{ImportID: 1, Imported: 10_003, Bad: 3, Refused: report.Refused}, report)
	require.Len(t, report.Refused, 3)

	m.breaks = 0
	report, err = importOf(t, s, catalog.ImportOptions{}, file(3, 15_000))
	require.NoError(t, err)
	require.EqualValues(t, 2, report.ImportID)
	require.Equal(t, []int{4_997, 10_003, 3}, []int{report.Imported, report.Repeated, report.Bad})
	require.Len(t, m.units, 15_000)
}

// TestImportNotBegun reports an import that the store refuses, which then has no number.
func TestImportNotBegun(t *testing.T) {
	for _, dry := range []bool{false, true} {
		s, m := service(t, codes)
		m.fails = errBroken
		report, err := importOf(t, s, catalog.ImportOptions{DryRun: dry}, file(1, 1))
		require.ErrorIs(t, err, errBroken)
		require.Zero(t, report.ImportID)
		require.Zero(t, report.Imported)
	}
}

// TestFirstOfSeveral takes a word such as "pin" for the name of a column only above others.
func TestFirstOfSeveral(t *testing.T) {
	for _, c := range []struct {
		contents []string
		want     []string
	}{
		{[]string{"pin"}, []string{"pin"}},
		{[]string{"pin", "A"}, []string{"A"}},
		{[]string{"A", "pin"}, []string{"A", "pin"}},
	} {
		s, m := service(t, codes)
		_, err := importOf(t, s, catalog.ImportOptions{}, linesOf(c.contents...))
		require.NoError(t, err)
		require.Equal(t, c.want, m.texts())
	}
}

func TestImportRefused(t *testing.T) {
	dated, bought := codes, codes
	dated.Dated, bought.Source = true, catalog.SourceProvider
	for name, c := range map[string]struct {
		product catalog.Product
		file    string
		field   string
	}{
		"days of use":         {dated, "", "product"},
		"a provider's":        {bought, "", "product"},
		"long name":           {codes, strings.Repeat("ı", 256), "import_name"},
		"invisible character": {codes, "a\u200b.txt", "import_name"},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := service(t, c.product)
			_, err := s.ImportUnits(t.Context(), &c.product, catalog.ImportOptions{Name: c.file}, linesOf("A"))
			require.Equal(t, []string{c.field}, fieldsOf(t, err))
			require.Empty(t, m.imports)
		})
	}
	s, _ := service(t, codes)
	_, err := importOf(t, s, catalog.ImportOptions{Name: strings.Repeat("ı", 255)}, linesOf("A"))
	require.NoError(t, err)
}

// anyContent has few different units, written in many ways, and what is none.
var anyContent = rapid.OneOf(
	rapid.SampledFrom([]string{
		"A", "a", " A", "A\u200b", "A A", "A\u00a0A", "AA", "İ", "I\u0307", "ı", "I", "i", "B", "b\u0301", "pin",
		"code", "", "\ufe0f", "\u200d", "A\nB", "A\xff", "\ufeffA", "A\u202eB",
	}), rapid.String(),
)

// TestPreviewIsTrue imports what a preview has said, each unit that a buyer can tell from the others once, and nothing
// the second time.
func TestPreviewIsTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, m := service(t, codes)
		o := catalog.ImportOptions{Force: rapid.Bool().Draw(t, "force")}
		_, _ = importOf(t, s, o, linesOf(rapid.SliceOf(anyContent).Draw(t, "earlier")...))
		lines, before := linesOf(rapid.SliceOfN(anyContent, 0, 80).Draw(t, "lines")...), len(m.units)
		dry := o
		dry.DryRun = true
		preview, wouldStop := importOf(t, s, dry, lines)
		assert.Len(t, m.units, before, "a preview stores nothing")

		report, err := importOf(t, s, o, lines)
		assert.Equal(t, wouldStop, err)
		if err != nil {
			assert.Len(t, m.units, before, "nothing is half done")
			return
		}
		assert.Equal(t, len(lines), report.Imported+report.Repeated+report.Bad, "every line is counted once")
		assert.Equal(t, before+report.Imported, len(m.units))
		report.ImportID = 0
		assert.Equal(t, preview, report)

		again, err := importOf(t, s, o, lines)
		assert.NoError(t, err)
		assert.Equal(t, []int{0, report.Imported + report.Repeated}, []int{again.Imported, again.Repeated})
	})
}
