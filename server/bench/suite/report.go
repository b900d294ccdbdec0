package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
		Load:    s.busy.text(),
		Command: s.commandLine(), Duration: s.duration, Rounds: s.rounds, Wallets: s.wallets,
		Databases: s.results, Targets: targets(s.results), Plots: plots,
	}
}

// commandLine is how to make the report again.
func (s *suite) commandLine() string {
	if s.report == "" {
		return "go run ./server/bench/suite"
	}
	return "make bench"
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
		"float": func(n int) float64 { return float64(n) },
		"list":  func() []string { return operations[:] }, "lower": strings.ToLower,
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

// atLeast are the ratios wanted by orders in flight.
var atLeast = map[string]map[int]float64{
	"PostgreSQL": {1: 0.6, 64: 2, 256: 3},
	"SQLite":     {1: 0.5, 64: 1.8, 256: 3},
}

const (
	restAtLeast = 0.6  // of gRPC
	hotAtLeast  = 0.85 // of 100 wallets
	grownAtMost = 1.5

	tellingAtMost = 1.25
	readyAtMost   = time.Second
	memoryAtMost  = 100 << 20 // bytes
)

func targets(all []*results) []target {
	var list []target
	add := func(what, want string, passed bool, got string, args ...any) {
		list = append(list, target{what, want, fmt.Sprintf(got, args...), passed})
	}
	for _, r := range all {
		for _, p := range r.Placing {
			if want, given := atLeast[r.Database][p.InFlight]; given {
				at := fmt.Sprintf("%s, %d in flight", r.Database, p.InFlight)
				add(at+", gRPC", fmt.Sprintf("≥ %v × the raw limit", want), p.GRPCToRaw >= want, "%.2f ×", p.GRPCToRaw)
				add(at+", REST", fmt.Sprintf("≥ %v × gRPC", restAtLeast), p.RESTToGRPC >= restAtLeast, "%.2f ×", p.RESTToGRPC)
				add(
					at+", one hot wallet, gRPC", fmt.Sprintf("≥ %v × many wallets", hotAtLeast), p.HotToMany >= hotAtLeast, "%.2f ×",
					p.HotToMany,
				)
			}
		}
		if d := r.Delivered; d != nil {
			add(
				fmt.Sprintf("%s, bought from a provider and completed, %d in flight", r.Database, d.InFlight),
				"≥ 1 × the raw limit", d.ToRaw >= 1, "%.2f ×", d.ToRaw,
			)
		}
		for _, t := range r.Telling {
			add(
				fmt.Sprintf("%s, three endpoints to tell of each order, %d in flight", r.Database, t.InFlight),
				fmt.Sprintf("≤ %v × one without", tellingAtMost),
				t.Cost <= tellingAtMost, "%.2f ×", t.Cost,
			)
		}
		if len(r.Growth) > 1 {
			span := fmt.Sprintf(
				"from %s to %s orders", thousands(float64(r.Growth[0].Rows)), thousands(float64(r.Growth[len(r.Growth)-1].Rows)),
			)
			for i, operation := range operations {
				ratio := grew(r.Growth, i)
				add(
					fmt.Sprintf("%s, %s, %s", r.Database, operation, span), fmt.Sprintf("≤ %v × as long", grownAtMost),
					ratio <= grownAtMost, "%.2f ×", ratio,
				)
			}
		}
		if len(r.Starts) > 0 {
			var ready []time.Duration
			var memory []float64
			for _, s := range r.Starts {
				ready, memory = append(ready, s.Ready), append(memory, s.Resident)
			}
			rows := thousands(float64(r.Starts[0].Rows))
			add(
				fmt.Sprintf("%s, ready on %s orders", r.Database, rows), "< 1 s", median(ready) < readyAtMost, "%s ms",
				milliseconds(median(ready)),
			)
			add(
				fmt.Sprintf("%s, resident while idle on %s orders", r.Database, rows), "< 100 MiB", median(memory) < memoryAtMost,
				"%.0f MiB", median(memory)/(1<<20),
			)
		}
	}
	return list
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
