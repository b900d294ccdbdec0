package testbed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// Main runs a benchmark until it ends or is interrupted, with a folder that is removed
// then. What goes wrong is told, and ends the program with 1.
func Main(name string, run func(ctx context.Context, dir string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "orderhub-"+name+"-")
	if err == nil {
		err = errors.Join(run(ctx, dir), os.RemoveAll(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1) //nolint:gocritic // stop has nothing to undo
	}
}

// Numbers reads numbers above 0.
func Numbers(texts []string) (all []int, err error) {
	for _, text := range texts {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no number above 0", text)
		}
		all = append(all, n)
	}
	return all, nil
}
