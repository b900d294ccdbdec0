package metrics

import "github.com/prometheus/client_golang/prometheus"

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

// replicaUse tells how replicas are used.
type replicaUse func() *ReplicaUse

// RegisterReplicas tells how replicas are used. use returns nil where there are none.
func RegisterReplicas(use func() *ReplicaUse, registry prometheus.Registerer) {
	registry.MustRegister(replicaUse(use))
}

// Describe implements prometheus.Collector.
func (replicaUse) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{replicaReads, replicaQuestions, replicaUsed, replicaBehind} {
		out <- d
	}
}

// Collect implements prometheus.Collector. The counters are there without replicas, too.
func (r replicaUse) Collect(out chan<- prometheus.Metric) {
	use := r()
	if use == nil {
		use = &ReplicaUse{}
	}
	count := func(d *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	count(replicaReads, use.Served, "replica", "")
	for why, reads := range use.Passed {
		count(replicaReads, reads, "primary", why)
	}
	count(replicaQuestions, use.Asked)
	for _, one := range use.Replicas {
		used := 0.0
		if one.Used {
			used = 1
		}
		out <- prometheus.MustNewConstMetric(replicaUsed, prometheus.GaugeValue, used, one.Name)
		out <- prometheus.MustNewConstMetric(
			replicaBehind, prometheus.GaugeValue, float64(one.BehindBytes), one.Name,
		)
	}
}
