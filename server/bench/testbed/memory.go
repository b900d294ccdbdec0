package testbed

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// memoryWatched is how often a process is looked at: what it took most of is remembered by the system, and only the end
// is missed.
const memoryWatched = 50 * time.Millisecond

// watchMemory looks at a process until its end is called, which returns how many bytes were resident at most. What the
// system says of a process that has ended counts those of its parent, too; of one that is alive its own alone.
func watchMemory(pid int) (end func() float64) {
	stop, most := make(chan struct{}), make(chan float64)
	go func() {
		ticker := time.NewTicker(memoryWatched)
		defer ticker.Stop()
		last := 0.0
		for {
			last = max(last, float64(ResidentAtMost(pid)))
			select {
			case <-ticker.C:
			case <-stop:
				most <- last
				return
			}
		}
	}()
	return func() float64 {
		close(stop)
		return <-most
	}
}

// ResidentAtMost is the most that a process that is alive has had resident, in bytes; 0 where the system does not say.
func ResidentAtMost(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
