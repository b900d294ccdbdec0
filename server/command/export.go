package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type exportCommand struct {
	hubFlags
	Kind     string `arg:"" enum:"orders,lines,transfers,units,attempts,claims" help:"One of ${enum}."`
	JSON     bool   `name:"json" help:"One JSON object per row instead of CSV."`
	Merchant string `placeholder:"NAME" help:"Only this merchant's."`
	Status   string `placeholder:"WORD" help:"Only rows of this status, or transfers of this kind."`
	From     moment `placeholder:"TIME" help:"Only rows of this moment or later, such as 2026-11-01T00:00:00Z."`
	To       moment `placeholder:"TIME" help:"Only rows before this moment."`
	After    string `placeholder:"CURSOR" help:"Only rows after the one with this cursor, the last column."`
	Output   string `short:"o" placeholder:"FILE" help:"Write to this file, or go on with what it has of the export."`
}

func (*exportCommand) Help() string {
	return `Rows in one fixed order while they are read: memory does not grow with how many there are. Goods and
contents of units are in none of them. Rows are exported when they are a minute old. A text that a spreadsheet would
take for a formula is given an apostrophe; --json has it as it is. With --output an export that was interrupted goes on
after its last whole row when it is run again with the same flags; a finished one is given the rows since, except of
units: those go on only to where they would have ended, and what moved since is exported with --from and --to of spans
that are over.

Examples:

    orderhub export lines --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.csv
    orderhub export attempts --output attempts.csv
    orderhub export units --from 2026-11-30T00:00:00Z --to 2026-12-01T00:00:00Z --output units-1130.csv
    orderhub export transfers --merchant shop --status deposit --json | jq .amount`
}

func (c *exportCommand) Run(ctx context.Context, std *Streams) (err error) {
	request := &orderhubv1.ExportRequest{
		Kind: c.Kind, Merchant: c.Merchant, Status: c.Status, After: c.After, CreateTimeFrom: c.From.Timestamp,
		CreateTimeTo: c.To.Timestamp,
	}
	out := std.Out
	if c.Output != "" {
		file, after, err := continued(c.Output, c.JSON)
		if err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if out = file; after != "" {
			request.After = after
		}
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		stream, err := api.exports.Export(ctx, request)
		if err != nil {
			return err
		}
		goesOn := c.Output != "" && request.GetAfter() != ""
		return inWordsOf(request, contract.WriteStream(out, stream, func(m *orderhubv1.ExportResponse) ([]byte, error) {
			switch {
			case c.JSON:
				return contract.ExportedLines(m)
			case goesOn && len(m.GetRows()) == 0: // hubs of before have the heading in it
				return nil, nil
			}
			return contract.ExportedCSV(m)
		}))
	})
}

// continued opens a file to go on with, without what of its last row is missing its end, and finds its last cursor.
func continued(name string, asJSON bool) (file *os.File, after string, err error) {
	file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, "", err
	}
	lastCursor := contract.LastCursorCSV
	if asJSON {
		lastCursor = contract.LastCursorLines
	}
	whole, after, err := lastCursor(file)
	if err == nil {
		err = file.Truncate(whole)
	}
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, "", errors.Join(err, file.Close())
	}
	return file, after, nil
}
