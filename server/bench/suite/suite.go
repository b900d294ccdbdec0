package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"orderhub/server/bench/testbed"
)

// suite is one run of everything.
type suite struct {
	options

	dir     string
	program testbed.Program
	began   time.Time
	busy    busy
	results []*results
}

// results are those of one database.
type results struct {
	Database  string // as people write it
	Version   string
	Placing   []placing
	Limits    limits
	Delivered *delivering
	Telling   []webhookCost
	Costs     []settingCost
	Reading   []reading
	Growth    []growth
	Starts    []start
	Sizes     []size
	Console   []shown
	Long      []long
	Verified  []string
}

// ManyWallets is what a group commit by hand gains from few wallets.
func (r *results) ManyWallets() float64 { return r.Limits.Hot.PerSecond / r.Limits.Group.PerSecond }

func (s *suite) build(ctx context.Context) error {
	s.say("building the program")
	return s.program.Build(ctx, ".")
}

// measure does everything with one kind of database.
func (s *suite) measure(ctx context.Context, name string) (err error) {
	e, err := openEngine(ctx, name, s.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	r := &results{Database: e.Title()}
	if r.Version, err = e.Version(ctx); err != nil {
		return err
	}
	s.results = append(s.results, r)
	if len(s.inFlight) > 0 {
		if err := s.measurePlacing(ctx, e, r); err != nil {
			return fmt.Errorf("placing: %w", err)
		}
	}
	if len(s.rows) > 0 {
		if err := s.measureGrowth(ctx, e, r); err != nil {
			return fmt.Errorf("growing: %w", err)
		}
	}
	if s.aging > 0 {
		if err := s.measureAging(ctx, e, r); err != nil {
			return fmt.Errorf("aging: %w", err)
		}
	}
	return nil
}

func (s *suite) say(format string, args ...any) {
	s.busy.sample()
	fmt.Fprintf(os.Stderr, "%6.1fs  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// check runs `orderhub verify`, which must find nothing.
func (s *suite) check(ctx context.Context, e engine, database string, r *results) error {
	if !s.verify {
		return nil
	}
	s.say("%s: verifying", r.Database)
	out, err := s.program.Command(ctx, e, database, "verify")
	if err != nil {
		return err
	}
	r.Verified = append(r.Verified, strings.TrimSpace(out))
	return nil
}

func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(part string) bool { return part == "" })
}

// median of some values; 0 of none.
func median[T float64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
