// Package clocktest is a machine whose clock tests set.
package clocktest

import (
	"sync"
	"time"

	"orderhub/server/clock"
)

// Machine passes time as a test says, and in a [Machine.Running] one also by
// itself.
type Machine struct {
	running bool
	began   time.Time

	mu     sync.Mutex
	wall   time.Time
	passed time.Duration
}

// New is a machine on which time passes only by Pass.
func New(wall time.Time) *Machine { return &Machine{wall: wall} }

// Running is a machine whose clock is ahead of the real one by so much.
func Running(ahead time.Duration) *Machine {
	now := time.Now()
	return &Machine{running: true, began: now, wall: now.Add(ahead).Round(0)}
}

// Machine is what a clock takes.
func (m *Machine) Machine() clock.Machine {
	return clock.Machine{
		Wall: func() time.Time {
			wall, _ := m.read()
			return wall
		},
		Passed: func() time.Duration {
			_, passed := m.read()
			return passed
		},
	}
}

func (m *Machine) read() (wall time.Time, passed time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		passed = time.Since(m.began)
	}
	return m.wall.Add(m.passed + passed), m.passed + passed
}

// Pass lets time pass.
func (m *Machine) Pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passed += d
}

// Step sets the machine's clock.
func (m *Machine) Step(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wall = m.wall.Add(d)
}
