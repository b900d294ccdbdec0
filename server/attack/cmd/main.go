// Command attack besieges a hub and tells whether a paying merchant noticed. It
// is run by `make attack`; see docs/attack.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"orderhub/server/attack"
)

// mostTime bounds everything, the building of the program included.
const mostTime = 5 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string) int {
	ctx, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	o := attack.Options{Out: os.Stdout}
	flags.StringVar(&o.Binary, "binary", "", "the program (default: built from the module)")
	flags.DurationVar(&o.Phase, "phase", 20*time.Second, "how long each attack lasts")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	report, err := attack.Run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		return 1
	}
	problems := report.Problems()
	for _, problem := range problems {
		fmt.Println("FAILED:", problem)
	}
	if len(problems) > 0 {
		return 1
	}
	return 0
}
