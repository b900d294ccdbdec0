// Package attack besieges a hub the way strangers would, with what costs them
// little and a careless server much, while a merchant goes on buying. It tells
// whether the merchant noticed and how much memory the hub took. Everything
// stays on this machine.
package attack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"orderhub/server/torture"
)

// What a hub under attack must not do.
const (
	mostMemory   = 300 << 20 // bytes resident
	mostSlowdown = 2.0       // of the merchant's median
	leastServed  = 0.95      // of the merchant's orders
	// noise is a median below which a ratio says nothing.
	noise = 5 * time.Millisecond
	// memoryLimit is what the hub tells its garbage collector.
	memoryLimit = "GOMEMLIMIT=200MiB"
)

// Options say how to attack. The zero value of a field is its default.
type Options struct {
	Binary string        // the program; built from the module when empty
	Dir    string        // for everything; a new temporary folder when empty
	Phase  time.Duration // of each attack, and of the peace before; 0 for 20 s
	Units  int           // in stock for the order that wants too many; 0 for 100,000
	Out    io.Writer
}

// Phase is what the merchant had of one attack, or of the peace before.
type Phase struct {
	Name   string
	Served int
	Failed int
	Median time.Duration
	Memory int64 // bytes, the most the hub has had resident so far
	Odd    map[string]int
}

// Report is what became of a hub and its merchant.
type Report struct {
	Peace   Phase
	Attacks []Phase
}

// Misbehaviour is what breaks a promise however busy the machine is.
func (r *Report) Misbehaviour() []string {
	var problems []string
	for i := range r.Attacks {
		p := &r.Attacks[i]
		if p.Memory > mostMemory {
			problems = append(problems, fmt.Sprintf("%s: %d MiB resident", p.Name, p.Memory>>20))
		}
		if all := p.Served + p.Failed; p.Served == 0 || float64(p.Served) < leastServed*float64(all) {
			problems = append(problems, fmt.Sprintf("%s: %d of %d orders were served %v", p.Name, p.Served, all, p.Odd))
		}
	}
	return problems
}

// Problems are what breaks a promise on a machine that does nothing else.
func (r *Report) Problems() []string {
	problems := r.Misbehaviour()
	usual := max(r.Peace.Median, noise)
	for i := range r.Attacks {
		if p := &r.Attacks[i]; float64(p.Median) > mostSlowdown*float64(usual) {
			problems = append(problems, fmt.Sprintf("%s: orders take %s instead of %s", p.Name, p.Median, usual))
		}
	}
	return problems
}

// Run attacks a hub in every way there is.
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	o.Phase, o.Units = cmp.Or(o.Phase, 20*time.Second), cmp.Or(o.Units, 100_000)
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "attack-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	if o.Binary == "" {
		if o.Binary, err = torture.Build(ctx, o.Dir); err != nil {
			return nil, err
		}
	}
	h, err := startHub(ctx, o.Binary, filepath.Join(o.Dir, "attacked.sqlite"))
	if err != nil {
		return nil, err
	}
	defer h.Kill()
	if err := h.stock(ctx, o.Units); err != nil {
		return nil, fmt.Errorf("stock: %w", err)
	}
	return besiege(ctx, h, &o)
}

// besiege measures the merchant in peace and then under each attack.
func besiege(ctx context.Context, h *hub, o *Options) (*Report, error) {
	m, err := newMerchant(h)
	if err != nil {
		return nil, err
	}
	defer m.close()
	report := &Report{}
	if report.Peace, err = measure(ctx, h, m, attack{name: "peace"}, o); err != nil {
		return nil, err
	}
	for _, a := range attacks {
		phase, err := measure(ctx, h, m, a, o)
		if err != nil {
			return nil, err
		}
		report.Attacks = append(report.Attacks, phase)
	}
	return report, nil
}

// measure lets the merchant buy while the attack lasts.
func measure(ctx context.Context, h *hub, m *merchant, a attack, o *Options) (Phase, error) {
	attacking, stop := context.WithTimeout(ctx, o.Phase)
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if a.run != nil {
			a.run(attacking, h)
		}
	}()
	phase := m.buy(attacking)
	<-ended
	phase.Name, phase.Memory = a.name, h.PeakMemory()
	fmt.Fprintf(o.Out, "%-28s %5d orders, %3d failed, median %6.1f ms, %4d MiB resident at most\n",
		phase.Name, phase.Served, phase.Failed, float64(phase.Median.Microseconds())/1000, phase.Memory>>20)
	if h.Gone() {
		return phase, fmt.Errorf("%s: the hub is gone; its log is %s", a.name, h.log)
	}
	return phase, ctx.Err()
}
