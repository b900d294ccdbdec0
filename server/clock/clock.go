// Package clock tells the time by which everything is decided that is due. It is
// one clock for all who share a database: where several processes do, that of the
// database's server, and else that of this machine.
//
// Between two looks at that one it goes by what the machine has passed since,
// which nobody can set. So a step of the machine's clock is nothing by itself:
// whoever owns a Clock notices it, see [Clock.Drift], and decides what follows.
package clock

import (
	"sync/atomic"
	"time"
)

// Machine is how this process measures time.
type Machine struct {
	Wall   func() time.Time     // what the machine shows; may be set at any moment
	Passed func() time.Duration // since some moment; goes on whatever is set
}

// This is the machine that the process runs on.
func This() Machine {
	start := time.Now()
	return Machine{
		Wall:   func() time.Time { return time.Now().Round(0) },
		Passed: func() time.Duration { return time.Since(start) },
	}
}

// Clock is a clock. It may be used by any number of goroutines.
type Clock struct {
	machine Machine
	set     atomic.Pointer[reading]
}

// reading is what the clock showed when so much had passed.
type reading struct {
	at     time.Time
	passed time.Duration
}

// New is a clock that shows what the machine does.
func New(m Machine) *Clock {
	c := &Clock{machine: m}
	c.Set(m.Wall(), m.Passed())
	return c
}

// Now is the time, UTC with microseconds, as databases keep it.
func (c *Clock) Now() time.Time {
	set := c.set.Load()
	return set.at.Add(c.machine.Passed() - set.passed).UTC().Truncate(time.Microsecond)
}

// Passed is the machine's measure, for [Clock.Set].
func (c *Clock) Passed() time.Duration { return c.machine.Passed() }

// Set makes the clock go from what another one showed when so much had passed.
func (c *Clock) Set(at time.Time, passed time.Duration) {
	c.set.Store(&reading{at.Round(0), passed})
}

// SetToMachine makes the clock show what the machine does.
func (c *Clock) SetToMachine() { c.Set(c.machine.Wall(), c.machine.Passed()) }

// Drift is how far the machine's clock is ahead of this one.
func (c *Clock) Drift() time.Duration { return c.machine.Wall().Sub(c.Now()) }
