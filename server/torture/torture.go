// Package torture breaks a hub on purpose and checks that nothing is lost: it
// runs the real program as a child process, lets many clients order from it,
// kills it or its database at a random moment, and compares what the clients
// were told with what is there afterwards. It knows the hub from outside only:
// the contract over gRPC and REST, and the commands.
//
// A world is one hub with a database of its own, which lives through many
// rounds; a round is load, one fault, and the checks.
package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options say what to torture and for how long.
type Options struct {
	// Binary is the program. Empty builds it.
	Binary string
	// Previous is the program of the version before, for upgrades.
	Previous string
	// Database is "sqlite", "postgres", which is a private server with its default
	// durability, or "patroni", a cluster of three with synchronous replication.
	Database string
	// Kinds are the faults, taken in turn. Nil means all that the database has.
	Kinds  []Kind
	Rounds int
	// Worlds are tortured at once. Most of a round is waiting for work of the
	// dead to be taken over, so several cost little more than one.
	Worlds int
	// SettleEvery is after how many rounds of a world its orders must become
	// final. After the last round they must in any case.
	SettleEvery int
	// Until is when no further round begins; the first is played in any case. The
	// zero time means that all are.
	Until time.Time
	// Patience is how many times longer than on a machine of its own everything
	// may take before it counts as stuck. 0 means 1.
	Patience int
	// Clients order at once in each world, half over gRPC and half over REST.
	Clients int
	// Keep is where hubs remove what is old meanwhile.
	Keep Keep
	// Seed decides the orders and the moments of the faults.
	Seed uint64
	// Dir gets everything. It is removed after a run without a violation. Empty
	// means a new folder in that for temporary files.
	Dir string
	// Out gets a line per round. Nil discards.
	Out io.Writer
}

// Totals are what a run came to.
type Totals struct {
	Rounds     map[Kind]int
	Placed     int // orders that clients tried to place
	Answered   int // whose placement was answered with the order
	Refused    int // answered with a refusal
	Unanswered int // everything else
	Found      int // of those unanswered: there when looked for
	Replaced   int // of those unanswered: not there, and placed by the retry
	Claims     int // that merchants made and operators answered
	// ClaimsReplaced are the units of them that others took the place of.
	ClaimsReplaced int
	ClaimsBought   int // claims for which others were bought
	Used           int // tickets with which somebody was let in
	TakenBack      int // tickets whose order was cancelled
	Attempts       int // purchases that hubs tried to make at their partner
	Bought         int // of those: delivered, once each
	// Removed are rows that hubs removed because they were old, by kind; without those of sweeps that a fault cut off.
	Removed    map[string]int64
	Recoveries []Recovery
	Violations []Violation
}

// Violation is something that must not be.
type Violation struct {
	Round int
	Class Class
	Text  string
}

// Class says what a violation means for a merchant.
type Class string

// The classes.
const (
	Lost    Class = "lost"    // an order that was answered is not there, or is another
	Double  Class = "double"  // charged, delivered or placed twice
	Broken  Class = "broken"  // the books do not agree
	Unclear Class = "unclear" // a caller was told nothing it can act on
	Stuck   Class = "stuck"   // something did not end or recover in time
)

// Count is the number of violations of a class.
func (t *Totals) Count(class Class) int {
	n := 0
	for _, v := range t.Violations {
		if v.Class == class {
			n++
		}
	}
	return n
}

func (t *Totals) add(other *Totals) {
	for kind, n := range other.Rounds {
		t.Rounds[kind] += n
	}
	t.Placed += other.Placed
	t.Answered += other.Answered
	t.Refused += other.Refused
	t.Unanswered += other.Unanswered
	t.Found += other.Found
	t.Replaced += other.Replaced
	t.Claims += other.Claims
	t.ClaimsReplaced += other.ClaimsReplaced
	t.ClaimsBought += other.ClaimsBought
	t.Used, t.TakenBack = t.Used+other.Used, t.TakenBack+other.TakenBack
	t.Attempts, t.Bought = t.Attempts+other.Attempts, t.Bought+other.Bought
	for kind, rows := range other.Removed {
		t.Removed[kind] += rows
	}
	t.Recoveries = append(t.Recoveries, other.Recoveries...)
	t.Violations = append(t.Violations, other.Violations...)
}

// Run tortures until the rounds are over or a world has a violation. The error
// is about the tool itself; violations are in the totals, and then the files
// stay in Dir.
func Run(ctx context.Context, o Options) (_ Totals, err error) {
	totals := Totals{Rounds: make(map[Kind]int), Removed: make(map[string]int64)}
	if o.Out == nil {
		o.Out = io.Discard
	}
	o.Worlds, o.SettleEvery, o.Clients = max(o.Worlds, 1), max(o.SettleEvery, 1), max(o.Clients, 2)
	if o.Kinds == nil {
		o.Kinds = KindsOf(o.Database)
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "torture-"); err != nil {
			return totals, err
		}
	}
	if err := o.absolute(); err != nil { // hubs work elsewhere
		return totals, err
	}
	defer func() {
		if !keeps(ctx, err, &totals) {
			err = errors.Join(err, os.RemoveAll(o.Dir))
		}
	}()
	if o.Binary == "" {
		if o.Binary, err = Build(ctx, o.Dir); err != nil {
			return totals, err
		}
	}
	if slices.Contains(o.Kinds, Upgrade) {
		o.Kinds, o.Worlds = []Kind{Upgrade}, o.Rounds // there is no way back
		if o.Previous == "" {
			if o.Previous, err = buildPrevious(ctx, o.Dir); err != nil {
				return totals, err
			}
		}
	}
	out := &lines{w: o.Out}
	results, errs := make([]Totals, o.Worlds), make([]error, o.Worlds)
	var running sync.WaitGroup
	for i := range o.Worlds {
		running.Go(func() { results[i], errs[i] = runWorld(ctx, &o, i, out) })
	}
	running.Wait()
	for i := range results {
		totals.add(&results[i])
	}
	return totals, errors.Join(errs...)
}

// runWorld plays the world's share of the rounds, one after the other.
func runWorld(ctx context.Context, o *Options, index int, out *lines) (totals Totals, err error) {
	totals.Rounds = make(map[Kind]int)
	first, end := index*o.Rounds/o.Worlds, (index+1)*o.Rounds/o.Worlds // counted from 0
	if first == end {
		return totals, nil
	}
	program := o.Binary
	if slices.Contains(o.Kinds, Upgrade) {
		program = o.Previous
	}
	w, err := newWorld(ctx, o, index, program)
	if err != nil {
		return totals, fmt.Errorf("world %d: %w", index, err)
	}
	defer func() {
		err = errors.Join(err, w.close(keeps(ctx, err, &totals)))
		totals.Removed = w.removed
	}()
	for n := first; n < end; n++ {
		kind := o.Kinds[n%len(o.Kinds)]
		started := time.Now()
		last := n+1 == end || !o.Until.IsZero() && started.After(o.Until)
		settle := (n-first+1)%o.SettleEvery == 0 || last
		report, err := w.round(ctx, n, kind, settle)
		if report != nil {
			totals.add(&report.Totals)
			out.printf("round %-4d %-8s %-9s placed %-5d answered %-5d refused %-4d unanswered %-4d found %-4d %5.1f s  %s\n",
				n+1, o.Database, kind, report.Placed, report.Answered, report.Refused, report.Unanswered, report.Found,
				time.Since(started).Seconds(), report.verdict())
			report.print(out)
		}
		if err != nil {
			return totals, fmt.Errorf("round %d (%s): %w", n+1, kind, err)
		}
		if last || len(totals.Violations) > 0 {
			return totals, nil
		}
	}
	return totals, nil
}

// print prints the first violations: one cause has thousands of effects.
func (r *report) print(out *lines) {
	const most = 20
	for i, v := range r.Violations {
		if i == most {
			out.printf("  and %d more\n", len(r.Violations)-most)
			return
		}
		out.printf("  %s: %s\n", v.Class, v.Text)
	}
}

// keeps reports whether somebody will want to look at the files: not when a run was only interrupted.
func keeps(ctx context.Context, err error, totals *Totals) bool {
	return err != nil && ctx.Err() == nil || len(totals.Violations) > 0
}

// absolute makes paths independent of where a process works.
func (o *Options) absolute() (err error) {
	for _, path := range []*string{&o.Dir, &o.Binary, &o.Previous} {
		if *path != "" && err == nil {
			*path, err = filepath.Abs(*path)
		}
	}
	return err
}

// within is how long something may take that takes at most so long on a machine
// of its own.
func (o *Options) within(limit time.Duration) time.Duration {
	return limit * time.Duration(max(o.Patience, 1))
}

// lines keeps the lines of several worlds whole.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format, args...)
}

// Build builds the program into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "orderhub")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "orderhub/server")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build orderhub: %w\n%s", err, out)
	}
	return binary, nil
}

// KindsOf are the faults that a run on the database goes through.
func KindsOf(database string) []Kind {
	switch database {
	case "sqlite":
		return []Kind{KillServer, KillTwice, Stop}
	case "patroni":
		return []Kind{Machine, Freeze, Switchover, Isolate, Crash, Orphan}
	}
	return []Kind{KillServer, KillTwice, CutConnections, Full, KillBoth, KillOneOfTwo, KillDatabase, Stop}
}

// Knows reports whether the kind can be played on the database.
func (k Kind) Knows(database string) bool {
	return slices.Contains(KindsOf(database), k) ||
		k == Full && database != "patroni" || k == Upgrade && database == "postgres"
}
