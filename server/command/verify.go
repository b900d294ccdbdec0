package command

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/store/verification"
)

type verifyCommand struct {
	databaseFlags
	jsonFlag
}

func (*verifyCommand) Help() string {
	return `Reads the whole database at one moment, changes nothing and makes nobody wait. Every row that breaks a rule is
printed on standard output; the exit code is then 1. A key that is not the database's is refused before. The rules:

    1  all transfers sum to zero per currency, and a wallet's balance is the sum of its transfers
    2  what was charged less what was given back is the price of the units delivered and not cancelled
    3  counters, statuses and times of orders and their lines agree
    4  a unit belongs to at most one line, lines have the goods they count, days are not oversold
    5  one order per merchant and reference, and no more is bought for a line than was ordered;
       a merchant's e-mail address is either sealed and hashed or clear
    6  each change of an order has its event, numbered without gaps
    7  no entry of the record of what operators did is changed, gone or put in

Examples:

    orderhub verify
    orderhub verify --json | jq -r .row`
}

func (c *verifyCommand) Run(ctx context.Context, std *Streams) (err error) {
	s, err := c.openStore(ctx, std, keyOpens)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	summary, err := s.Verification.Verify(ctx, func(f verification.Finding) { c.report(std, f) })
	if err != nil {
		return err
	}
	if summary.Findings > 0 {
		fmt.Fprintf(std.Err, "orderhub: %s.\n", count(int(summary.Findings), "row breaks a rule", "rows break a rule"))
		return errReported
	}
	if !c.JSON {
		fmt.Fprintf(std.Out, "Everything agrees: %s, %s, %s, %s.\n",
			count(int(summary.Orders), "order", "orders"), count(int(summary.Lines), "line", "lines"),
			count(int(summary.Transfers), "transfer", "transfers"), count(int(summary.Units), "unit", "units"))
	}
	return nil
}

// report prints a finding as soon as it is found: there may be many.
func (c *verifyCommand) report(std *Streams, f verification.Finding) {
	if c.JSON {
		_ = printJSONLine(std.Out, jsonFinding(f)) // a broken pipe does not end the check
		return
	}
	fmt.Fprintf(std.Out, "%d  %-24s  %-32s  %s\n", f.Invariant, f.Rule, f.Row, f.Detail)
}

// jsonFinding is a finding as --json prints it, one to a line.
type jsonFinding struct {
	Invariant int    `json:"invariant"`
	Rule      string `json:"rule"`
	Row       string `json:"row"`
	Detail    string `json:"detail"`
}
