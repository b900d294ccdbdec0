package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"
)

//go:embed report.md.tmpl
var reportText string

// reported is what the report's template sees.
type reported struct {
	Date      string
	Took      time.Duration
	Machine   machine
	Load      string // what else the machine did while it was measured
	Command   string
	Usual     bool // what "make bench" makes, beside which there are other reports
	Duration  time.Duration
	Rounds    int
	Wallets   int
	Databases []*results
	Targets   []target
	Plots     string // folder, relative to the report; "" for none
}

func (s *suite) reported(plots string) *reported {
	return &reported{
		Date: s.began.UTC().Format("2006-01-02"), Took: time.Since(s.began).Round(time.Second), Machine: thisMachine(),
		Load: s.busy.text(), Command: s.commandLine(), Usual: s.usual(), Duration: s.duration, Rounds: s.rounds,
		Wallets: s.wallets, Databases: s.results, Targets: targets(s.results),
		Plots: plots,
	}
}

// usual is the run that docs/benchmarks.md is made by.
func (s *suite) usual() bool { return slices.Equal(s.args, []string{"-report", "docs/benchmarks.md"}) }

// commandLine is how to make the report again.
func (s *suite) commandLine() string {
	if s.usual() {
		return "make bench"
	}
	return strings.Join(append([]string{"go run ./server/bench/suite"}, s.args...), " ")
}

// write prints the report without plots.
func (s *suite) write(w io.Writer) error { return render(w, s.reported("")) }

// writeReport writes the report, and its plots into a folder beside it.
func (s *suite) writeReport(path string) error {
	plots := strings.TrimSuffix(path, filepath.Ext(path))
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	if err := s.plot(plots); err != nil {
		return fmt.Errorf("plots: %w", err)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := render(file, s.reported(filepath.Base(plots))); err != nil {
		return err
	}
	return file.Close()
}

func render(w io.Writer, r *reported) error {
	text, err := template.New("report").Funcs(template.FuncMap{
		"thousands": thousands, "ms": milliseconds,
		"ratio": func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) },
		"kib":   func(v float64) string { return thousands(v / 1024) },
		"mib":   func(v float64) string { return thousands(v / (1 << 20)) },
		"us":    func(d time.Duration) string { return thousands(float64(d.Microseconds())) },
		"float": func(n int) float64 { return float64(n) }, "float64": func(n int64) float64 { return float64(n) },
		"groupSize": func() int { return groupSize }, "total": total,
		"list": func() []string { return operations[:] }, "lower": strings.ToLower,
	}).Parse(reportText)
	if err != nil {
		return err
	}
	return text.Execute(w, r)
}

func thousands(v float64) string {
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms >= 100 {
		return thousands(ms)
	}
	return strconv.FormatFloat(ms, 'f', 2, 64)
}

// grew is how much longer a call takes with the most rows than with the fewest.
func grew(all []growth, operation int) float64 {
	first, last := all[0].Calls[operation], all[len(all)-1].Calls[operation]
	return float64(last.P50) / float64(first.P50)
}

// target is one of those that the hub was built to meet.
type target struct {
	What   string
	Want   string
	Got    string
	Passed bool
}

// wanted is what placing on a database is to reach.
type wanted struct {
	raw         map[int]float64 // of the raw limit, by orders in flight
	group       float64         // of the group commit, groupSize in flight
	cpu         time.Duration   // of the hub per order, groupSize in flight
	allocations float64
}

var wants = map[string]wanted{
	"PostgreSQL": {
		raw: map[int]float64{1: 0.65, 16: 1.2, 64: 1.8, 256: 2.7}, group: 0.6, cpu: 70 * time.Microsecond, allocations: 180,
	},
	"SQLite": {
		raw: map[int]float64{1: 0.55, 16: 1.8, 64: 2.5, 256: 3.5}, group: 0.45, cpu: 110 * time.Microsecond, allocations: 180,
	},
}

const (
	aloneAtMost   = 1.35 // p50 of raw, and an empty call's
	restAtLeast   = 0.8  // of gRPC
	manyAtMost    = 1.15 // time of an order of one wallet
	boughtToRaw   = 1.5
	grownAtMost   = 1.5
	tellingAtMost = 1.1

	batchesAtLeast  = 3
	batchesMeasured = 16   // in flight
	getsAtLeast     = 8000 // per second
	getWithin       = 10 * time.Millisecond
	pagesAtLeast    = 1500

	readyAtMost  = time.Second
	memoryAtMost = 100 << 20 // bytes
)

// targetList grows by what a part of the results is compared with.
type targetList []target

func (l *targetList) add(what, want string, passed bool, got string, args ...any) {
	*l = append(*l, target{what, want, fmt.Sprintf(got, args...), passed})
}

func (l *targetList) atLeast(what string, want float64, of string, got float64) {
	l.add(what, fmt.Sprintf("≥ %v × %s", want, of), got >= want, "%.2f ×", got)
}

func (l *targetList) atMost(what string, want float64, of string, got float64) {
	l.add(what, fmt.Sprintf("≤ %v × %s", want, of), got <= want, "%.2f ×", got)
}

func targets(all []*results) (list targetList) {
	for _, r := range all {
		for i := range r.Placing {
			list.placing(r, &r.Placing[i])
		}
		if d := r.Delivered; d != nil {
			list.atLeast(
				fmt.Sprintf("%s, bought from a provider and completed, %d in flight", r.Database, d.InFlight),
				boughtToRaw, "the raw limit", d.ToRaw,
			)
		}
		for _, c := range r.Costs {
			if c.What == batches && c.InFlight == batchesMeasured {
				list.atLeast(
					fmt.Sprintf("%s, %s, %d in flight", r.Database, c.What, c.InFlight), batchesAtLeast, "single calls", c.Share,
				)
			}
		}
		for _, t := range r.Telling {
			list.atMost(
				fmt.Sprintf("%s, three endpoints to tell of each order, %d in flight", r.Database, t.InFlight),
				tellingAtMost, "one without", t.Cost,
			)
		}
		list.reading(r)
		list.growing(r)
	}
	return list
}

func (l *targetList) reading(r *results) {
	for i, m := range r.Reading {
		what := fmt.Sprintf("%s, %s, %d in flight", r.Database, m.What, readingInFlight)
		least := []float64{getsAtLeast, pagesAtLeast}[i]
		l.add(what, "≥ "+thousands(least)+"/s", m.Hub.PerSecond >= least, "%s/s", thousands(m.Hub.PerSecond))
		if i == 0 {
			l.add(what+", p99", "≤ "+getWithin.String(), m.Hub.P99 <= getWithin, "%s ms", milliseconds(m.Hub.P99))
		}
	}
}

func (l *targetList) placing(r *results, p *placing) {
	want, given := wants[r.Database]
	if _, listed := want.raw[p.InFlight]; !given || !listed {
		return
	}
	at := fmt.Sprintf("%s, %d in flight", r.Database, p.InFlight)
	l.atLeast(at+", gRPC", want.raw[p.InFlight], "the raw limit", p.GRPCToRaw)
	if p.InFlight == 1 {
		most := time.Duration(aloneAtMost*float64(p.Raw.P50)) + r.Limits.Empty
		l.add(
			at+", gRPC, p50", fmt.Sprintf("≤ %v × raw and an empty call: %s ms", aloneAtMost, milliseconds(most)),
			p.GRPC.P50 <= most, "%s ms", milliseconds(p.GRPC.P50),
		)
	}
	l.atLeast(at+", REST", restAtLeast, "gRPC", p.RESTToGRPC)
	l.atMost(at+", many wallets, gRPC", manyAtMost, "as long as one wallet", p.HotToMany)
	if p.InFlight != groupSize {
		return
	}
	l.atLeast(at+", gRPC, group commit", want.group, "the group commit", p.GRPC.PerSecond/r.Limits.Group.PerSecond)
	l.add(
		at+", gRPC, processor time per order", fmt.Sprintf("≤ %d µs", want.cpu.Microseconds()), p.GRPC.CPU <= want.cpu,
		"%d µs", p.GRPC.CPU.Microseconds(),
	)
	l.add(
		at+", gRPC, allocations per order", fmt.Sprintf("≤ %.0f", want.allocations), p.GRPC.Allocations <= want.allocations,
		"%.0f", p.GRPC.Allocations,
	)
}

func (l *targetList) growing(r *results) {
	if len(r.Growth) > 1 {
		span := fmt.Sprintf(
			"from %s to %s orders", thousands(float64(r.Growth[0].Rows)), thousands(float64(r.Growth[len(r.Growth)-1].Rows)),
		)
		for i, operation := range operations {
			l.atMost(fmt.Sprintf("%s, %s, %s", r.Database, operation, span), grownAtMost, "as long", grew(r.Growth, i))
		}
	}
	if len(r.Console) > 0 {
		slowest := slices.MaxFunc(r.Console, func(a, b shown) int { return cmp.Compare(a.P50, b.P50) })
		l.add(
			fmt.Sprintf("%s, pages of the console on %s orders, p50", r.Database, thousands(float64(slowest.Rows))),
			"< 200 ms each", slowest.P50 < pageAtMost, "%s ms at most", milliseconds(slowest.P50),
		)
	}
	if len(r.Starts) == 0 {
		return
	}
	var ready []time.Duration
	var memory []float64
	for _, s := range r.Starts {
		ready, memory = append(ready, s.Ready), append(memory, s.Resident)
	}
	rows := thousands(float64(r.Starts[0].Rows))
	l.add(
		fmt.Sprintf("%s, ready on %s orders", r.Database, rows), "< 1 s", median(ready) < readyAtMost, "%s ms",
		milliseconds(median(ready)),
	)
	l.add(
		fmt.Sprintf("%s, resident while idle on %s orders", r.Database, rows), "< 100 MiB", median(memory) < memoryAtMost,
		"%.0f MiB", median(memory)/(1<<20),
	)
}

// machine is what the figures were taken on.
type machine struct {
	CPU    string
	Cores  int
	Memory string
	System string
	Go     string
}

func thisMachine() machine {
	m := machine{Cores: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	m.CPU = field("/proc/cpuinfo", "model name")
	if kib, err := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		m.Memory = fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
	}
	if out, err := exec.CommandContext(context.Background(), "uname", "-r").Output(); err == nil {
		m.System += ", kernel " + strings.TrimSpace(string(out))
	}
	return m
}

// field is the first value of a name in a file of /proc, or "unknown".
func field(file, name string) string {
	content, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// busy knows how busy the machine was: where others use it too, that says how
// far to trust the figures.
type busy struct{ samples []float64 }

// sample keeps the load average of the last minute.
func (b *busy) sample() {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(content), " ")
	if load, err := strconv.ParseFloat(first, 64); err == nil {
		b.samples = append(b.samples, load)
	}
}

func (b *busy) text() string {
	if len(b.samples) == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f when it began, %.1f at the median", b.samples[0], median(b.samples))
}
