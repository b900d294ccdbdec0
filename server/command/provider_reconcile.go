package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/reconcile"
)

const (
	// reconcileRows are of one call: below what the hub takes, so that a call ends soon.
	reconcileRows = 2500
	// maxStatement is more than a statement may have, of which reading it says so.
	maxStatement = 65 << 20
	// shownBad is how many bad lines are told.
	shownBad = 20
	// shownFindings is how many findings are listed after a comparison.
	shownFindings = 50
)

type providerReconcileCommand struct {
	callFlags
	Name    string `arg:"" help:"Name or id of the provider."`
	File    string `arg:"" optional:"" help:"The provider's statement, a CSV file; - for standard input. Without one the provider is asked."`
	Mapping string `placeholder:"FILE" help:"JSON file that says which column is what."`
	From    string `placeholder:"TIME" help:"The first moment it is about, such as 2026-05-01T00:00:00+07:00 (default: that of its first row)."`
	To      string `placeholder:"TIME" help:"The moment after the last (default: just after its last row)."`
}

func (*providerReconcileCommand) Help() string {
	return `Compares a provider's statement with what the hub bought there, and changes nothing: differences are findings,
which "finding resolve" and "finding settle" deal with. A file with a bad line is refused as a whole. The same file can
be compared again, and finds nothing new. The exit code is 0 when nothing is to be looked at, 3 when something is, and 1
when the statement could not be compared. How a mapping is written: docs/reconciliation.md.
Without a file the provider itself is asked, where it can be ("reads_statement" in "provider list").

Examples:

    orderhub provider reconcile topups may.csv --mapping topups.json
    orderhub provider reconcile topups may.csv --mapping topups.json --from 2026-05-01T00:00:00Z
    orderhub provider reconcile gifts --from 2026-05-01T00:00:00Z --to 2026-06-01T00:00:00Z`
}

func (c *providerReconcileCommand) Run(ctx context.Context, std *Streams) error {
	request := &orderhubv1.ReconcileProviderRequest{Provider: c.Name}
	if c.File != "-" && c.File != "" {
		request.Name = filepath.Base(c.File)
	}
	var err error
	if request.FromTime, err = momentOf("--from", c.From); err != nil {
		return err
	}
	if request.ToTime, err = momentOf("--to", c.To); err != nil {
		return err
	}
	var rows []*orderhubv1.StatementRow
	switch {
	case c.File == "" && (c.From == "" || c.To == "" || c.Mapping != ""):
		return errors.New("without a file the provider is asked: that needs --from and --to, and no --mapping")
	case c.File == "":
		request.AskProvider = true
	case c.Mapping == "":
		return errors.New("--mapping: must say which column of the file is what")
	default:
		var end time.Time
		if rows, end, err = c.rows(std); err != nil {
			return err
		}
		if request.ToTime == nil && len(rows) > 0 {
			request.ToTime = timestamppb.New(end)
		}
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		done, err := sendStatement(ctx, api, request, rows)
		if err != nil {
			return err
		}
		return c.report(ctx, std, api, done)
	})
}

// momentOf is a time of a flag, nil for none.
func momentOf(flag, text string) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, fmt.Errorf("%s: must be a time such as 2026-05-01T00:00:00+07:00, not %q", flag, text)
	}
	return timestamppb.New(at), nil
}

// rows reads the whole statement before anything of it is sent. end is the moment after
// its last one.
func (c *providerReconcileCommand) rows(std *Streams) (rows []*orderhubv1.StatementRow, end time.Time, err error) {
	mapping, err := readMapping(c.Mapping, std)
	if err != nil {
		return nil, end, err
	}
	file, err := openInput(c.File, std)
	if err != nil {
		return nil, end, err
	}
	defer file.Close()
	bad := 0
	for row, err := range mapping.Rows(io.LimitReader(file, maxStatement)) {
		var line *reconcile.LineError
		switch {
		case errors.As(err, &line):
			if bad++; bad <= shownBad {
				fmt.Fprintf(std.Err, "%s: %s\n", c.File, line)
			}
		case err != nil:
			return nil, end, fmt.Errorf("%s: %w", c.File, err)
		default:
			if after := mapping.After(row.At); after.After(end) {
				end = after
			}
			rows = append(rows, statementRow(&row))
		}
	}
	if bad > 0 {
		return nil, end, fmt.Errorf("%s; nothing was compared", count(bad, "line is bad", "lines are bad"))
	}
	return rows, end, nil
}

func readMapping(name string, std *Streams) (*reconcile.Mapping, error) {
	const most = 1 << 20
	text, err := readInput(name, std, most)
	if err != nil {
		return nil, err
	}
	mapping, err := reconcile.ReadMapping(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return mapping, nil
}

func statementRow(r *reconcile.Row) *orderhubv1.StatementRow {
	return &orderhubv1.StatementRow{
		Line: r.Line, Reference: r.Reference, ProviderReference: r.ProviderReference, Time: timestamppb.New(r.At),
		State: valueOf[orderhubv1.StatementState](string(r.State)), Amount: r.Sum.Text(),
		Currency: string(r.Sum.Currency),
	}
}

// sendStatement sends rows in parts, and asks until they are compared.
func sendStatement(
	ctx context.Context, api *client, r *orderhubv1.ReconcileProviderRequest, rows []*orderhubv1.StatementRow,
) (*orderhubv1.Reconciliation, error) {
	for {
		n := min(len(rows), reconcileRows)
		r.Rows, rows = rows[:n], rows[n:]
		r.More = len(rows) > 0
		answer, err := api.reconciliations.ReconcileProvider(ctx, r)
		if err != nil {
			return nil, err
		}
		now := answer.GetReconciliation()
		switch now.GetStatus() {
		case orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_DONE:
			return now, nil
		case orderhubv1.ReconciliationStatus_RECONCILIATION_STATUS_ABANDONED:
			return nil, errors.New("the hub has given the statement up: compare it again")
		}
		r.Reconciliation, r.AskProvider = now.GetId(), false
	}
}

func (c *providerReconcileCommand) report(
	ctx context.Context, std *Streams, api *client, done *orderhubv1.Reconciliation,
) error {
	if c.JSON {
		if err := printJSON(std.Out, message{done}); err != nil {
			return err
		}
		return lookAt(done)
	}
	fmt.Fprintf(
		std.Out, "Reconciliation %d: %s about %s, %s new; %s of %s to look at.\n", done.GetId(),
		count(int(done.GetRows()), "row", "rows"), count(int(done.GetMatchedAttempts()), "attempt", "attempts"),
		count(int(done.GetNewFindings()), "finding", "findings"), count(int(done.GetOpenFindings()), "finding", "findings"),
		done.GetProvider(),
	)
	if done.GetRowsOutside() > 0 {
		fmt.Fprintf(std.Out, "%s of another time left out.\n", count(int(done.GetRowsOutside()), "row", "rows"))
	}
	if done.GetOpenFindings() == 0 {
		return nil
	}
	open := &orderhubv1.ListFindingsRequest{Provider: c.Name, Status: orderhubv1.FindingStatus_FINDING_STATUS_OPEN}
	if err := showFindings(ctx, std, &once{}, api, open, shownFindings); err != nil {
		return err
	}
	return lookAt(done)
}

// errLookAt ends a command that has found something to be looked at, which it told.
var errLookAt = errors.New("something is to be looked at")

func lookAt(done *orderhubv1.Reconciliation) error {
	if done.GetOpenFindings() > 0 {
		return errLookAt
	}
	return nil
}
