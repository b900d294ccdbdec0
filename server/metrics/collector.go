package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

const (
	// readFor is how long an answer of the database holds: whoever scrapes more often, or beside others, costs it
	// nothing.
	readFor = 5 * time.Second
	// readTimeout bounds one look at the database; a scrape has ten seconds where nobody says otherwise.
	readTimeout = 3 * time.Second
)

// collector writes what is found when the registry is gathered.
type collector struct {
	described []*prometheus.Desc
	write     func(to sink)
}

func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.described {
		out <- d
	}
}

func (c *collector) Collect(out chan<- prometheus.Metric) { c.write(out) }

// sink takes what is written.
type sink chan<- prometheus.Metric

func (s sink) gauge(d *prometheus.Desc, value float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (s sink) counter(d *prometheus.Desc, value float64, labels ...string) {
	s <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// seldom asks the database, however often it is looked at.
type seldom[T any] struct {
	read   func(ctx context.Context) (T, error)
	failed func(err error)

	mu     sync.Mutex // one scrape looks, the others wait for what it finds
	last   T          // nothing when the database did not answer
	lookAt time.Time
}

// look returns what the database says, or said a moment ago; nothing when it did not answer.
func (s *seldom[T]) look() T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.lookAt) {
		return s.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	read, err := s.read(ctx)
	if err != nil {
		var nothing T
		read = nothing
		s.failed(err)
	}
	s.last, s.lookAt = read, time.Now().Add(readFor)
	return read
}

// outcomes counts by what became of something. Each is there before the first, so that its growth is seen.
func outcomes[T ~string](registry prometheus.Registerer, name, help, label string, known ...T) func(T) {
	counters := promauto.With(registry).NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	for _, outcome := range known {
		counters.WithLabelValues(string(outcome))
	}
	return func(outcome T) { counters.WithLabelValues(string(outcome)).Inc() }
}

// Runs tells of what is done now and then.
type Runs struct {
	last     prometheus.Gauge
	failures prometheus.Counter
}

func newRuns(registry prometheus.Registerer, last prometheus.GaugeOpts, failures prometheus.CounterOpts) *Runs {
	return &Runs{promauto.With(registry).NewGauge(last), promauto.With(registry).NewCounter(failures)}
}

func (r *Runs) Done(at time.Time) { r.last.Set(float64(at.Unix())) }

func (r *Runs) Failed() { r.failures.Inc() }

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
