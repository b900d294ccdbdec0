package command

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/store/reseal"
)

type resealCommand struct {
	databaseFlags
	jsonFlag
	DryRun bool `help:"Only open everything that is sealed, and count what is old and what no key opens."`
}

func (*resealCommand) Help() string {
	return `What is secret in the database is sealed with the first of the keys, each value for the row it stands in. This
seals anew what was sealed with another key, or by a version that did not tell rows apart, and what an earlier version
left in the clear; from then on personal data is sealed as it is written. It works beside hubs of this version that
serve, not beside earlier ones, which could not read what it seals; in small steps, and may be interrupted and started
again. To change the key: put the new one in front of the old one and start every hub again with both; run this; take
the old one away, and start every hub again. The exit code is 1 when no key opens some value; the log names its row.

Examples:

    orderhub reseal --dry-run
    orderhub reseal --key-file keys`
}

func (c *resealCommand) Run(ctx context.Context, std *Streams) (err error) {
	use := keySeals
	if c.DryRun {
		use = keyOpens
	}
	s, err := c.openStore(ctx, std, use)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if !c.DryRun {
		if err := record(ctx, s, "reseal", audit.Target{}, map[string]any{}); err != nil {
			return err
		}
	}
	shows := isTerminal(std.Err)
	columns, err := s.Reseal.Reseal(ctx, c.DryRun, func(done reseal.Resealed) {
		if shows {
			fmt.Fprintf(std.Err, "\r%-32s %s", done.Column, count(int(done.Sealed), "value", "values"))
		}
	})
	if shows {
		fmt.Fprint(std.Err, "\r\033[K")
	}
	if told := c.report(std, columns); err == nil {
		err = told
	}
	return err
}

// resealedJSON is a column as --json prints it, one to a line.
type resealedJSON struct {
	Column   string `json:"column"`
	Sealed   int64  `json:"sealed"`
	Old      int64  `json:"old"`
	Clear    int64  `json:"clear"`
	Replaced int64  `json:"replaced"`
	Broken   int64  `json:"broken"`
}

func (c *resealCommand) report(std *Streams, columns []reseal.Resealed) error {
	toJSON := func(done reseal.Resealed) resealedJSON { return resealedJSON(done) }
	cells := func(done reseal.Resealed) []string {
		return []string{
			done.Column, grouped(int(done.Sealed)), grouped(int(done.Old)), grouped(int(done.Clear)),
			grouped(int(done.Replaced)), grouped(int(done.Broken)),
		}
	}
	if err := printList(
		std, c.JSON, columns, toJSON, cells, "COLUMN", "SEALED", "OLD", "CLEAR", "SEALED ANEW", "BROKEN",
	); err != nil {
		return err
	}
	broken := int64(0)
	for _, done := range columns {
		broken += done.Broken
	}
	if broken > 0 {
		fmt.Fprintf(std.Err, "orderhub: %s cannot be opened with these keys.\n", count(int(broken), "value", "values"))
		return errReported
	}
	return nil
}
