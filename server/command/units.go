package command

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/catalog/importfile"
)

// shownProblems bounds how many bad lines are printed one by one.
const shownProblems = 20

type unitsImportCommand struct {
	callFlags
	Product string `arg:"" help:"SKU, id or slug of the product."`
	File    string `arg:"" help:"One unit per line, or CSV with a column \"content\"; - reads standard input."`
	Expires string `placeholder:"TIME" help:"When the rest expires: a day they are good on, or a time with its zone."`
	DryRun  bool   `help:"Only say what would be imported and what refused."`
	Force   bool   `help:"Go on though most lines are no units."`
}

// Help explains the command with examples.
func (*unitsImportCommand) Help() string {
	return `A unit is the content of one line of UTF-8: a code, an account. Blanks and invisible characters around
it are taken off; control characters, headers and what is no text are refused. Contents are encrypted before they are
stored. A line that repeats one before it, or one imported earlier, sold or not, is refused, also where the two differ
only in blanks or in what cannot be seen. What is refused is named by its number, never by its content; the other lines
are imported and the exit code is 1. When most lines are no units nothing more is imported. A file is one import,
however long it is. One that was interrupted may be started again, and one that was a mistake taken back: see "units
withdraw". A hub that is running sells what is imported at once, what expires first before the rest. Units that expire
have a column expires_at, or all of them --expires: a day, at whose end in UTC they do, or a time such as
2026-12-31T18:00:00Z. What has expired is refused.

Examples:

    orderhub units import EPIN_25 codes.txt --dry-run
    orderhub units import EPIN_25 codes.txt
    orderhub units import EPIN_25 codes.txt --expires 2026-12-31
    orderhub units import EMAIL_2FA accounts.csv --json
    gpg --decrypt codes.gpg | orderhub units import EPIN_25 -`
}

// Run imports the file.
func (c *unitsImportCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.catalog.GetProduct(ctx, &orderhubv1.GetProductRequest{Product: c.Product})
		if err != nil {
			return err
		}
		i, err := c.newImport(api, answer.GetProduct().GetSku())
		if err != nil {
			return err
		}
		file, err := openInput(c.File, std)
		if err != nil {
			return err
		}
		defer file.Close()
		i.progress = newProgress(std, file, "unit", "units")
		err = i.all(ctx)
		i.progress.end()
		if err != nil && ctx.Err() != nil {
			err = errors.New("interrupted; import the file again to go on")
		}
		return c.report(std, i, err)
	})
}

func (c *unitsImportCommand) newImport(api *client, sku string) (*unitsImport, error) {
	i := &unitsImport{api: api, next: &orderhubv1.ImportUnitsRequest{
		Product: sku, ImportName: filepath.Base(c.File), DryRun: c.DryRun, Force: c.Force,
	}}
	if c.Expires != "" {
		at, err := importfile.ParseExpiry(c.Expires)
		if err != nil {
			return nil, fmt.Errorf("--expires %w", err)
		}
		i.next.ExpireTime = timestamppb.New(at)
	}
	if i.report.DryRun = c.DryRun; c.DryRun {
		i.seen, i.seed = make(map[uint64]struct{}), maphash.MakeSeed()
	}
	return i, nil
}

// report prints the result, also that of an import which failed half way.
func (c *unitsImportCommand) report(std *Streams, i *unitsImport, failure error) error {
	if c.JSON {
		if err := printJSON(std.Out, &i.report); err != nil {
			return err
		}
	} else {
		i.report.print(std, i.next.GetProduct())
	}
	_, bad := errors.AsType[*catalog.MostlyBadError](failure)
	switch {
	case bad, refused(failure, "MOSTLY_REFUSED"):
		why, _, _ := strings.Cut(failure.Error(), ";") // what follows is about a single call
		return fmt.Errorf("stopped: %s (--force imports it all the same)", why)
	case failure != nil:
		return failure
	case i.report.Refused > 0:
		return errReported
	}
	return nil
}

// unitsReport is the result as --json prints it. Lines are named up to a thousand.
type unitsReport struct {
	ImportID   int64         `json:"importId,omitempty"`
	DryRun     bool          `json:"dryRun,omitempty"`
	Imported   int           `json:"imported"`
	Refused    int           `json:"refused"`
	Repeated   int           `json:"repeated"`
	Duplicates []int         `json:"duplicateLines,omitempty"`
	Problems   []lineProblem `json:"problems,omitempty"`
}

func (r *unitsReport) print(std *Streams, sku string) {
	verb := "imported"
	if r.DryRun {
		verb = "would be imported"
	}
	imported := count(r.Imported, "unit", "units")
	fmt.Fprintf(std.Out, "%s %s into %s, %s refused.\n", imported, verb, sku, grouped(r.Refused))
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
	if r.ImportID != 0 {
		fmt.Fprintf(
			std.Err, "This is import %d; \"orderhub units withdraw %[1]d\" takes back what is not sold of it.\n",
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
