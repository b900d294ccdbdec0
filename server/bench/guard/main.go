// Guard tells whether placing orders got slower since an earlier commit. It builds
// the hub of that commit and of the working tree, runs both side by side on
// databases of the same kind, loads them in turn for windows so short that a noisy
// machine treats both alike, and judges the ratios within these turns.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"orderhub/server/bench/testbed"
)

// options are what to compare, with whom and how long.
type options struct {
	base      string
	limit     float64
	duration  time.Duration // of measuring, over all that is compared
	window    time.Duration
	databases []string
	apis      []string
	inFlight  []int
	wallets   int
	products  int
}

// errSlower is the guard's alarm.
var errSlower = errors.New("placing orders got slower")

func main() { testbed.Main("bench-guard", runGuard) }

func runGuard(ctx context.Context, dir string) error {
	o, err := parse(os.Args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	g := &guard{options: o, dir: dir, began: time.Now()}
	if err := g.build(ctx); err != nil {
		return err
	}
	for _, database := range o.databases {
		if err := g.compare(ctx, database); err != nil {
			return fmt.Errorf("%s: %w", database, err)
		}
	}
	if err := g.write(os.Stdout); err != nil {
		return err
	}
	if g.slower() {
		return errSlower
	}
	return nil
}

func parse(args []string) (options, error) {
	var o options
	var database, api, inFlight string
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(
		&o.base, "base", "", "earlier `commit` to compare the working tree with; "+
			"by default origin/main, or HEAD^ where there is none or nothing differs from it",
	)
	flags.Float64Var(&o.limit, "limit", 0.07, "`share` of its speed that placing may lose")
	flags.DurationVar(
		&o.duration, "duration", 2*time.Minute,
		"time of all measurements together; what is undecided then is measured up to twice as long",
	)
	flags.DurationVar(
		&o.window, "window", 300*time.Millisecond, "time that one hub is measured before it is the other's turn",
	)
	flags.StringVar(&database, "db", "both", "sqlite, postgresql or both")
	flags.StringVar(&api, "api", "grpc", "grpc, rest or both")
	flags.StringVar(&inFlight, "in-flight", "1,16,256", "orders in flight, with commas")
	flags.IntVar(&o.wallets, "wallets", 100, "merchants that buy")
	flags.IntVar(&o.products, "products", 100, "products that are bought")
	if err := flags.Parse(args[1:]); err != nil {
		return o, err
	}
	var errs [3]error
	o.databases, errs[0] = oneOrBoth(database, "sqlite", "postgresql")
	o.apis, errs[1] = oneOrBoth(api, "grpc", "rest")
	o.inFlight, errs[2] = testbed.Numbers(strings.Split(inFlight, ","))
	return o, errors.Join(append(errs[:], o.check())...)
}

func (o *options) check() error {
	switch {
	case o.limit <= 0 || o.limit >= 1:
		return fmt.Errorf("-limit %v is no share between 0 and 1", o.limit)
	case o.window < time.Millisecond || o.duration < o.window:
		return fmt.Errorf("-duration %v has no room for -window %v", o.duration, o.window)
	}
	return nil
}

func oneOrBoth(text, one, other string) ([]string, error) {
	switch text {
	case "both":
		return []string{one, other}, nil
	case one, other:
		return []string{text}, nil
	}
	return nil, fmt.Errorf("%q is none of %s, %s and both", text, one, other)
}
