package config

import "syscall"

const (
	// mostConnections is enough for a hub's callers, and few enough to fit into the
	// memory of a small one.
	mostConnections = 2048
	// keptFiles are for the database, providers, webhooks and the process itself.
	keptFiles = 256
)

// ConnectionsEach is how many connections each listener may have open.
func (c *Config) ConnectionsEach() int {
	if c.MaxConnections > 0 {
		return c.MaxConnections
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return mostConnections
	}
	return connectionsWithin(files.Cur)
}

// connectionsWithin shares the files that are not kept between REST, gRPC and, of
// little use but exposed all the same, metrics.
func connectionsWithin(files uint64) int {
	const listeners = 3
	if files >= keptFiles+listeners*mostConnections {
		return mostConnections
	}
	return int(max(files, keptFiles+listeners*16)-keptFiles) / listeners
}
