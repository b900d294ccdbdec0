package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"

	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
)

// A file is imported in parts, so that its size does not matter: a part ends at
// this many units, or bytes of content.
const (
	partUnits = 10_000
	partBytes = 8 << 20
)

// shownProblems bounds how many bad lines are printed one by one.
const shownProblems = 20

type unitsImportCommand struct {
	databaseFlags
	jsonFlag
	Product string `arg:"" help:"SKU, id or slug of the product."`
	File    string `arg:"" help:"One unit per line, or CSV with a column \"content\"; - reads standard input."`
}

// Help explains the command with examples.
func (*unitsImportCommand) Help() string {
	return `A unit is the content of one line: a code, an account. Contents are encrypted before they are stored. A line that repeats one before it, or one imported earlier, sold or not, is refused and named by its number, never by its content; the other lines are imported and the exit code is 1. An import that was interrupted may be started again. A hub that is running sells what is imported at once.

Examples:

    orderhub units import EPIN_25 codes.txt
    orderhub units import EMAIL_2FA accounts.csv --json
    gpg --decrypt codes.gpg | orderhub units import EPIN_25 -`
}

// Run imports the file.
func (c *unitsImportCommand) Run(ctx context.Context, std *Streams) error {
	return c.withCatalog(ctx, std, false, func(service *catalog.Service) error {
		product, err := service.FindProduct(c.Product)
		if err != nil {
			return fmt.Errorf("there is no product %q", c.Product)
		}
		if !product.UsesUnits() {
			return fmt.Errorf("%s has no units: it is not sold from stock, or only by date", product.SKU)
		}
		file, err := openInput(c.File, std)
		if err != nil {
			return err
		}
		defer file.Close()
		i := &unitsImport{
			store: service, product: product, name: filepath.Base(c.File),
			input: &countingReader{Reader: file}, bar: newBar(std.Err, file),
		}
		err = i.read(ctx)
		_ = i.bar.Finish() // it is only shown
		return c.tell(std, i, err)
	})
}

// tell prints the result, also that of an import which failed half way.
func (c *unitsImportCommand) tell(std *Streams, i *unitsImport, failure error) error {
	if c.JSON {
		if err := printJSON(std.Out, i.report); err != nil {
			return err
		}
	} else {
		i.report.print(std, i.product.SKU)
	}
	switch {
	case errors.Is(failure, context.Canceled):
		return errors.New("interrupted; import the file again to go on")
	case failure != nil:
		return failure
	case i.report.Refused > 0:
		return errReported
	}
	return nil
}

// unitsReport is the result as --json prints it.
type unitsReport struct {
	Imported   int           `json:"imported"`
	Refused    int           `json:"refused"`
	Duplicates []int         `json:"duplicateLines,omitempty"`
	Problems   []lineProblem `json:"problems,omitempty"`
}

func (r *unitsReport) print(std *Streams, sku string) {
	fmt.Fprintf(std.Out, "%s imported into %s, %s refused.\n", count(r.Imported, "unit", "units"), sku, grouped(r.Refused))
	for n, problem := range r.Problems {
		if n == shownProblems {
			fmt.Fprintf(std.Err, "… and %s more; --json lists them all\n", count(len(r.Problems)-n, "bad line", "bad lines"))
			break
		}
		fmt.Fprintf(std.Err, "refused: line %d: %s\n", problem.Line, problem.Message)
	}
	if len(r.Duplicates) > 0 {
		fmt.Fprintf(std.Err, "refused: repeats an earlier line or import: line %s\n", ranges(r.Duplicates))
	}
}

// ranges writes ascending numbers as "3, 7-9, 12".
func ranges(numbers []int) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		switch part := fmt.Sprint(numbers[i]); {
		case i == j:
			parts = append(parts, part)
		default:
			parts = append(parts, fmt.Sprintf("%s-%d", part, numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// unitsImport is an import under way.
type unitsImport struct {
	store   catalog.Store
	product *catalog.Product
	name    string
	input   *countingReader
	bar     *progressbar.ProgressBar

	part   []catalog.ImportedUnit
	size   int   // bytes of content in part
	stored int64 // bytes of the file that are dealt with
	report unitsReport
}

// read imports part by part. An error means that the rest was not imported.
func (i *unitsImport) read(ctx context.Context) error {
	for unit, err := range importfile.Units(i.input) {
		if err == nil && unit.UseDate != "" {
			err = &importfile.LineError{Line: unit.Line, Column: "use_date", Reason: "must be empty: units of stock have no day of use"}
		}
		if err != nil {
			problem, bad := problemOf(unit.Line, err)
			if !bad {
				return fmt.Errorf("read %s: %w", i.name, err)
			}
			i.report.Refused++
			i.report.Problems = append(i.report.Problems, problem)
			continue
		}
		i.part = append(i.part, catalog.ImportedUnit{Line: unit.Line, Content: unit.Content})
		if i.size += len(unit.Content); len(i.part) == partUnits || i.size >= partBytes {
			if err := i.flush(ctx); err != nil {
				return err
			}
		}
	}
	return i.flush(ctx)
}

// flush stores the part that is read.
func (i *unitsImport) flush(ctx context.Context) error {
	if len(i.part) == 0 {
		return nil
	}
	before, read := i.stored, i.input.bytes
	report, err := i.store.ImportUnits(ctx, i.product.ID, i.name, i.part, func(done int) {
		i.stored = before + (read-before)*int64(done)/int64(len(i.part))
		_ = i.bar.Set64(i.stored) // it is only shown
	})
	i.report.Imported += report.Imported
	i.report.Refused += len(report.Duplicates)
	i.report.Duplicates = append(i.report.Duplicates, report.Duplicates...)
	i.part, i.size = i.part[:0], 0
	return err
}

// newBar shows progress on a terminal, and nothing elsewhere. The size of a pipe
// is not known: then it shows how much was read.
func newBar(w io.Writer, input io.Reader) *progressbar.ProgressBar {
	size := int64(-1)
	if file, ok := input.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	if !isTerminal(w) {
		return progressbar.DefaultBytesSilent(size)
	}
	return progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription("importing"), progressbar.OptionSetPredictTime(size > 0),
		progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
}
