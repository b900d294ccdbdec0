package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Doors tells how the partners' doors are used.
type Doors struct{ seconds *prometheus.HistogramVec }

// NewDoors registers the metrics of doors.
func NewDoors(registry prometheus.Registerer) *Doors {
	return &Doors{promauto.With(registry).NewHistogramVec(prometheus.HistogramOpts{
		Name: "orderhub_door_request_seconds", Help: "Time of requests at partners' doors.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"door", "method", "status"})}
}

func (m *Doors) Requested(door, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete:
	default:
		method = "other" // whatever a stranger sends must not become a label
	}
	m.seconds.WithLabelValues(door, method, strconv.Itoa(status)).Observe(took.Seconds())
}
