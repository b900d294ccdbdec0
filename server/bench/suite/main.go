// Suite measures the hub on both databases and writes docs/benchmarks.md. It
// builds the program, starts it as an operator would on databases of its own
// with full durability, fills them through the hub's API, and compares it with
// the raw limit of the same database in the same run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"orderhub/server/bench/testbed"
)

// options are what to measure; the defaults are those of docs/benchmarks.md.
type options struct {
	args      []string // as they were given
	report    string
	databases []string
	inFlight  []int
	rows      []int
	aging     int
	duration  time.Duration
	rounds    int
	wallets   int
	console   bool
	verify    bool
}

func main() { testbed.Main("bench", runSuite) }

func runSuite(ctx context.Context, dir string) error {
	o, err := parse(os.Args)
	if err != nil {
		return err
	}
	s := &suite{options: o, dir: dir, began: time.Now()}
	s.program = testbed.Program{Path: filepath.Join(dir, "orderhub"), Logs: dir}
	if err := s.build(ctx); err != nil {
		return err
	}
	for _, name := range o.databases {
		if err := s.measure(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if o.report == "" {
		return s.write(os.Stdout)
	}
	return s.writeReport(o.report)
}

func parse(args []string) (options, error) {
	o := options{args: args[1:]}
	var databases, inFlight, rows string
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(
		&o.report, "report", "",
		"Markdown file to write, with its plots in a folder of the same name beside it; none prints",
	)
	flags.StringVar(&databases, "databases", "sqlite,postgresql", "databases, with commas")
	flags.StringVar(&inFlight, "in-flight", "1,16,64,256", "orders in flight, with commas; none leaves placing out")
	flags.StringVar(
		&rows, "rows", "10000,100000,1000000",
		"orders in the database, with commas, growing, at least 10000; none leaves growing out",
	)
	flags.IntVar(
		&o.aging, "aging", 0,
		"orders in a database that is read, and from which what is old is removed while orders are placed; 0 leaves "+
			"it out. Its figures are told on the way, and are not in the report",
	)
	flags.DurationVar(&o.duration, "duration", 2*time.Second, "time of one measurement")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds; figures are medians over them")
	flags.IntVar(&o.wallets, "wallets", 100, "merchants that buy")
	flags.BoolVar(&o.console, "console", true, "open pages of the console on the largest database")
	flags.BoolVar(&o.verify, "verify", true, "check every database with `orderhub verify` at the end")
	if err := flags.Parse(args[1:]); err != nil {
		return o, err
	}
	o.databases = list(databases)
	var err, errRows error
	o.inFlight, err = testbed.Numbers(list(inFlight))
	o.rows, errRows = testbed.Numbers(list(rows))
	return o, errors.Join(err, errRows)
}
