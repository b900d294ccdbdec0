package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Usage is what a hub's process has used so far, from its own metrics.
type Usage struct {
	Allocations    float64 // objects
	AllocatedBytes float64
	CPUSeconds     float64
	ResidentBytes  float64 // now
}

// ReadUsage asks the hub's metrics listener, host:port.
func ReadUsage(ctx context.Context, address string) (Usage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return Usage{}, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return Usage{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return Usage{}, fmt.Errorf("metrics of the hub: %s", answer.Status)
	}
	var u Usage
	wanted := map[string]*float64{
		"go_memstats_mallocs_total": &u.Allocations, "go_memstats_alloc_bytes_total": &u.AllocatedBytes,
		"process_cpu_seconds_total": &u.CPUSeconds, "process_resident_memory_bytes": &u.ResidentBytes,
	}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if into := wanted[name]; into != nil {
			if *into, err = strconv.ParseFloat(value, 64); err != nil {
				return Usage{}, fmt.Errorf("metric %s: %w", name, err)
			}
		}
	}
	return u, lines.Err()
}
