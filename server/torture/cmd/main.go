// Command torture breaks a hub on purpose, many times, and checks that nothing
// is lost. See docs/torture.md; it is run by `make torture`.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"orderhub/server/torture"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	flags := flag.NewFlagSet("torture", flag.ContinueOnError)
	o := torture.Options{Out: os.Stdout, SettleEvery: 1}
	flags.StringVar(&o.Database, "db", "sqlite", "sqlite, postgres for a private server, or patroni for a cluster")
	flags.IntVar(&o.Rounds, "rounds", 10, "rounds to play")
	flags.IntVar(&o.Worlds, "worlds", 4, "hubs tortured at once, each with a database of its own")
	flags.IntVar(&o.Clients, "clients", 24, "callers at once of each hub")
	flags.IntVar(&o.Patience, "patience", 1, "how many times longer everything may take, on a busy machine")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of orders and moments; 0 takes one from the clock")
	flags.StringVar(&o.Binary, "binary", "", "the program (default: built from the module)")
	flags.StringVar(&o.Dir, "dir", "", "folder for everything (default: a new one for temporary files)")
	keep := flags.String(
		"keep", "", `"short": all hubs remove what is older than a minute; "long": none does (default: every other world)`,
	)
	kinds := flags.String("kinds", "", "faults to play in turn, with commas (default: all of the database's)")
	overload := flags.Bool("overload", false, "measure a hub with 20 times more callers than it can serve, instead")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	o.Keep = torture.Keep(*keep)
	if !slices.Contains([]torture.Keep{torture.KeepSome, torture.KeepShort, torture.KeepLong}, o.Keep) {
		fmt.Fprintf(os.Stderr, "torture: -keep is short or long, not %q\n", *keep)
		return 2
	}
	if *overload {
		return runOverload(ctx, o.Database, o.Binary)
	}
	for _, kind := range strings.FieldsFunc(*kinds, func(r rune) bool { return r == ',' }) {
		o.Kinds = append(o.Kinds, torture.Kind(kind))
	}
	if unknown := slices.IndexFunc(o.Kinds, func(k torture.Kind) bool { return !k.Knows(o.Database) }); unknown >= 0 {
		fmt.Fprintf(os.Stderr, "torture: no fault %q on %s\n", o.Kinds[unknown], o.Database)
		return 2
	}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "torture-")
		if err != nil {
			fmt.Fprintln(os.Stderr, "torture:", err)
			return 1
		}
		o.Dir = dir
	}
	started := time.Now()
	totals, err := torture.Run(ctx, o)
	printTotals(&totals, &o, time.Since(started))
	if err != nil || len(totals.Violations) > 0 {
		if err != nil {
			fmt.Fprintln(os.Stderr, "torture:", err)
		}
		fmt.Printf("The files are in %s; play it again with SEED=%d.\n", o.Dir, o.Seed)
		return 1
	}
	return 0
}

func printTotals(t *torture.Totals, o *torture.Options, took time.Duration) {
	rounds := 0
	var kinds []string
	for kind, n := range t.Rounds {
		rounds += n
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(kinds)
	fmt.Printf(
		"\n%s: %d rounds in %s, seed %d (%s)\n", o.Database, rounds, took.Round(time.Second), o.Seed,
		strings.Join(kinds, ", "),
	)
	fmt.Printf("orders placed %d = answered %d + refused %d + unanswered %d (found %d, placed by the retry %d)\n",
		t.Placed, t.Answered, t.Refused, t.Unanswered, t.Found, t.Replaced)
	fmt.Printf("claims made and answered: %d, for %d of them units were bought; units replaced: %d\n",
		t.Claims, t.ClaimsBought, t.ClaimsReplaced)
	fmt.Printf("tickets used: %d, taken back by their merchant: %d\n", t.Used, t.TakenBack)
	fmt.Printf("purchases at partners: %d attempts looked at, %d delivered\n", t.Attempts, t.Bought)
	if len(t.Removed) > 0 {
		fmt.Print("removed meanwhile, by sweeps that came to their end:")
		for _, kind := range slices.Sorted(maps.Keys(t.Removed)) {
			fmt.Printf(" %s %d", kind, t.Removed[kind])
		}
		fmt.Println()
	}
	printRecoveries(t.Recoveries)
	fmt.Printf("lost=%d double=%d broken=%d unclear=%d stuck=%d\n", t.Count(torture.Lost), t.Count(torture.Double),
		t.Count(torture.Broken), t.Count(torture.Unclear), t.Count(torture.Stuck))
}

// printRecoveries prints how long callers waited in failovers, by kind: the shortest, the median and the longest.
func printRecoveries(recoveries []torture.Recovery) {
	byKind := make(map[torture.Kind][]torture.Recovery)
	for _, r := range recoveries {
		byKind[r.Kind] = append(byKind[r.Kind], r)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		all := byKind[kind]
		fmt.Printf("recovery %-10s %2d rounds: %s after the fault, %s after the promotion\n", kind, len(all),
			spread(all, func(r torture.Recovery) time.Duration { return r.FromFault }),
			spread(all, func(r torture.Recovery) time.Duration { return r.FromPromotion }))
	}
}

func spread(all []torture.Recovery, of func(torture.Recovery) time.Duration) string {
	var sorted []float64
	for _, r := range all {
		sorted = append(sorted, of(r).Seconds())
	}
	slices.Sort(sorted)
	return fmt.Sprintf("%.1f / %.1f / %.1f s", sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1])
}
