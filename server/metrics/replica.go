package metrics

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"
)

// ReplicaUse is how reads are shared between the database's server and those that follow it.
type ReplicaUse struct {
	Served   int64            // reads that a replica answered
	Passed   map[string]int64 // reads that went to the primary, by why
	Asked    int64            // times that the primary was asked what a replica must have
	Replicas []Replica
}

// Replica is one that follows, as the last read found it.
type Replica struct {
	Name        string
	Used        bool // reads are given to it
	BehindBytes int64
}

var (
	replicaReads = described(
		"orderhub_replica_reads_total", "Reads that may go to a replica, by who answered and, for the primary, why it.",
		"server", "reason",
	)
	replicaQuestions = described(
		"orderhub_replica_questions_total", "Times that the primary was asked what a replica must have.",
	)
	replicaUsed = described(
		"orderhub_replica_used", "1 while reads are given to the replica, 0 while it is left alone.", "replica",
	)
	replicaBehind = described(
		"orderhub_replica_behind_bytes", "How much of the log the replica lacked when it was last asked.", "replica",
	)
)

// RegisterReplicas tells how replicas are used. read returns nil where there are none; the counters are there then,
// too.
func RegisterReplicas(read func() *ReplicaUse, registry prometheus.Registerer) {
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{replicaReads, replicaQuestions, replicaUsed, replicaBehind},
		write: func(to sink) {
			use := cmp.Or(read(), &ReplicaUse{})
			to.counter(replicaReads, float64(use.Served), "replica", "")
			for why, reads := range use.Passed {
				to.counter(replicaReads, float64(reads), "primary", why)
			}
			to.counter(replicaQuestions, float64(use.Asked))
			for _, one := range use.Replicas {
				to.gauge(replicaUsed, oneIf(one.Used), one.Name)
				to.gauge(replicaBehind, float64(one.BehindBytes), one.Name)
			}
		},
	})
}
