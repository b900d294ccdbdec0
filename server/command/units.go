package command

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
	"orderhub/server/errs"
)

// shownProblems bounds how many bad lines are printed one by one.
const shownProblems = 20

type unitsImportCommand struct {
	callFlags
	Product string `arg:"" help:"SKU, id or slug of the product."`
	File    string `arg:"" help:"One unit per line, or CSV with a column \"content\"; - reads standard input."`
	Expires string `placeholder:"TIME" help:"When the units expire that have no expires_at of their own: a day, which they are still good on, or a time with its zone."`
	DryRun  bool   `help:"Only say what would be imported and what refused."`
	Force   bool   `help:"Go on though most lines are no units."`
}

// Help explains the command with examples.
func (*unitsImportCommand) Help() string {
	return `A unit is the content of one line of UTF-8: a code, an account. Blanks and invisible characters around it are
taken off; control characters, headers and what is no text are refused. Contents are encrypted before they are stored. A
line that repeats one before it, or one imported earlier, sold or not, is refused, also where the two differ only in
blanks or in what cannot be seen. What is refused is named by its number, never by its content; the other lines are
imported and the exit code is 1. When most lines are no units nothing more is imported. An import that was interrupted
may be started again, and one that was a mistake taken back: see "units withdraw". A hub that is running sells what is
imported at once, what expires first before the rest. Units that expire have a column expires_at, or all of them
--expires: a day, at whose end in UTC they do, or a time such as 2026-12-31T18:00:00Z. What has expired is refused.

Examples:

    orderhub units import EPIN_25 codes.txt --dry-run
    orderhub units import EPIN_25 codes.txt
    orderhub units import EPIN_25 codes.txt --expires 2026-12-31
    orderhub units import EMAIL_2FA accounts.csv --json
    gpg --decrypt codes.gpg | orderhub units import EPIN_25 -`
}

// Run imports the file.
func (c *unitsImportCommand) Run(ctx context.Context, std *Streams) error {
	if c.Address != "" {
		return c.withAPI(ctx, std, access{}, func(api *client) error {
			product, err := productOf(ctx, api, c.Product)
			if err != nil {
				return err
			}
			return c.importInto(ctx, std, &remoteUnits{api: api, sku: product.SKU, force: c.Force}, &product)
		})
	}
	ctx = recorded(ctx, "units import", audit.Target{Kind: "product", Name: c.Product})
	return c.withCatalog(ctx, std, keySeals, func(service *catalog.Service, units catalog.ImportStore) error {
		product, err := findProduct(service, c.Product)
		if err != nil {
			return err
		}
		return c.importInto(ctx, std, units, product)
	})
}

func (c *unitsImportCommand) importInto(
	ctx context.Context, std *Streams, store catalog.ImportStore, product *catalog.Product,
) (err error) {
	i := &unitsImport{name: filepath.Base(c.File)}
	options := catalog.ImportOptions{
		Name: i.name, DryRun: c.DryRun, Force: c.Force, Progress: func(done int) { i.progress.show(done) }, Now: time.Now,
	}
	if c.Expires != "" {
		at, err := importfile.ParseExpiry(c.Expires)
		if err != nil {
			return fmt.Errorf("--expires %w", err)
		}
		options.ExpiresAt = &at
	}
	i.Import, err = catalog.StartImport(store, product, options)
	if invalid, ok := errors.AsType[*errs.InvalidError](err); ok {
		return fmt.Errorf("%s %s", flagName(invalid.Violations[0].Field), invalid.Violations[0].Message)
	}
	if err != nil {
		return err
	}
	file, err := openInput(c.File, std)
	if err != nil {
		return err
	}
	defer file.Close()
	i.progress = newProgress(std, file, "unit", "units")
	err = i.read(ctx)
	i.progress.end()
	report := newUnitsReport(new(i.Report()), c.DryRun)
	if remote, ok := store.(*remoteUnits); ok {
		report.ImportIDs = remote.imports
	}
	return c.report(std, report, product.SKU, err)
}

func findProduct(service *catalog.Service, key string) (*catalog.Product, error) {
	product, err := service.FindProduct(key)
	if err != nil {
		return nil, fmt.Errorf("there is no product %q", key)
	}
	return product, nil
}

// report prints the result, also that of an import which failed half way.
func (c *unitsImportCommand) report(std *Streams, shown *unitsReport, sku string, failure error) error {
	if c.JSON {
		if err := printJSON(std.Out, shown); err != nil {
			return err
		}
	} else {
		shown.print(std, sku)
	}
	var bad *catalog.MostlyBadError
	switch {
	case errors.Is(failure, context.Canceled):
		return errors.New("interrupted; import the file again to go on")
	case errors.As(failure, &bad):
		return fmt.Errorf("stopped: %w (--force imports it all the same)", failure)
	case failure != nil:
		return failure
	case shown.Refused > 0:
		return errReported
	}
	return nil
}

// unitsReport is the result as --json prints it. Lines are named up to a thousand.
type unitsReport struct {
	ImportID   int64         `json:"importId,omitempty"`
	ImportIDs  []int         `json:"importIds,omitempty"` // of a hub elsewhere, which takes a file in parts
	DryRun     bool          `json:"dryRun,omitempty"`
	Imported   int           `json:"imported"`
	Refused    int           `json:"refused"`
	Repeated   int           `json:"repeated"`
	Duplicates []int         `json:"duplicateLines,omitempty"`
	Problems   []lineProblem `json:"problems,omitempty"`
}

func newUnitsReport(r *catalog.ImportReport, dryRun bool) *unitsReport {
	shown := &unitsReport{
		ImportID: r.ImportID, DryRun: dryRun, Imported: r.Imported, Refused: r.RefusedCount(), Repeated: r.Repeated,
	}
	for _, refused := range r.Refused {
		if refused.Repeat {
			shown.Duplicates = append(shown.Duplicates, refused.Line)
			continue
		}
		shown.Problems = append(shown.Problems, lineProblem{refused.Line, refused.Detail})
	}
	return shown
}

func (r *unitsReport) print(std *Streams, sku string) {
	verb := "imported"
	if r.DryRun {
		verb = "would be imported"
	}
	fmt.Fprintf(std.Out, "%s %s into %s, %s refused.\n", count(r.Imported, "unit", "units"), verb, sku, grouped(r.Refused))
	bad := r.Refused - r.Repeated
	for n, problem := range r.Problems {
		if n == shownProblems {
			break
		}
		fmt.Fprintf(std.Err, "refused: line %d: %s\n", problem.Line, problem.Message)
	}
	if more := bad - min(len(r.Problems), shownProblems); more > 0 {
		fmt.Fprintf(std.Err, "… and %s more\n", count(more, "bad line", "bad lines"))
	}
	if r.Repeated > 0 {
		fmt.Fprintf(std.Err, "refused: repeats an earlier line or import: line %s", ranges(r.Duplicates))
		if more := r.Repeated - len(r.Duplicates); more > 0 {
			fmt.Fprintf(std.Err, " and %s more", grouped(more))
		}
		fmt.Fprintln(std.Err)
	}
	if len(r.ImportIDs) > 0 {
		fmt.Fprintf(
			std.Err, "The hub has it as import %s; \"orderhub units withdraw\" takes back what is not sold of each.\n",
			ranges(r.ImportIDs),
		)
	}
	if r.ImportID != 0 {
		fmt.Fprintf(
			std.Err, "This is import %d; \"orderhub units withdraw %d\" takes back what is not sold of it.\n", r.ImportID,
			r.ImportID,
		)
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
	*catalog.Import

	name     string
	progress *progress
}

// read imports line by line. An error means that the rest was not imported.
func (i *unitsImport) read(ctx context.Context) error {
	for unit, err := range importfile.Units(i.progress) {
		if err == nil {
			err = unit.ForStock()
		}
		if err == nil {
			err = i.Add(ctx, catalog.ImportedUnit{Line: unit.Line, Content: unit.Content, ExpiresAt: unit.Expires()})
		} else if problem, bad := problemOf(unit.Line, err); bad {
			err = i.Refuse(ctx, catalog.RefusedLine{Line: problem.Line, Detail: problem.Message})
		} else {
			err = fmt.Errorf("read %s: %w", i.name, err)
		}
		if err != nil {
			return err
		}
	}
	return i.Finish(ctx)
}
