package store

import (
	"fmt"

	"orderhub/server/metrics"
)

// replicaName is the name of a replica in metrics, by its place in the URL.
func replicaName(i int) string { return fmt.Sprintf("replica_%d", i+1) }

// Replicas is how reads are shared between the primary and its replicas; nil without any.
func (s *DB) Replicas() *metrics.ReplicaUse {
	r := s.replicas
	if r == nil {
		return nil
	}
	use := &metrics.ReplicaUse{Served: r.served.Load(), Asked: r.asked.Load(), Passed: make(map[string]int64)}
	for because, reads := range r.passed {
		use.Passed[because] = reads.Load()
	}
	for i, one := range r.all {
		use.Replicas = append(use.Replicas, metrics.Replica{
			Name: replicaName(i), Used: one.resting.Load() == nil, BehindBytes: one.behind.Load(),
		})
	}
	return use
}
