package ratelimit

import "time"

// Beat is how a process says that it lives.
type Beat struct {
	Name string
	// Alone says that it counts by itself: the others count nothing before it has
	// told them how far each limit is used.
	Alone bool
	Lease time.Duration // it is taken for dead when it says nothing for so long
}

// Standing is how a process stands among the others that live.
type Standing struct {
	Live  int  // processes, with this one
	Alone bool // it counts by itself from now on, or still
	// Joined says that nobody counts by itself any more: the processes count
	// together.
	Joined bool
	// Levels are what was kept when the process became alone.
	Levels []Level
}

// Standing says how the process stands beside others, of each of which is told
// whether it counts by itself. One that counts by itself goes on until it has
// handed over what it knows; one that did not does so when it is the last.
func (b *Beat) Standing(others []bool) Standing {
	s := Standing{Live: len(others) + 1, Alone: b.Alone || len(others) == 0, Joined: !b.Alone}
	for _, alone := range others {
		s.Joined = s.Joined && !alone
	}
	return s
}
