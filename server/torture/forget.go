package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Keep says in which worlds the hubs remove what is old while they are tortured.
type Keep string

// The choices.
const (
	KeepSome  Keep = ""      // in every other one, which the seed decides; in none on a cluster
	KeepShort Keep = "short" // in all
	KeepLong  Keep = "long"  // in none: nothing becomes as old as that
)

// keptFor is how long it is kept then, the shortest that a hub takes.
const keptFor = time.Minute

// forgettable are the kinds, in the words of settings, and removedKinds in those of a hub's log.
var (
	forgettable  = []string{"DELIVERIES", "CALLBACKS", "PAYLOADS", "JOBS", "EVENTS", "SYNCS", "OPERATOR_EVENTS", "HOLDS"}
	removedKinds = []string{"deliveries", "callbacks", "payloads", "jobs", "failed_jobs", "holds", "events"}
)

// forgets reports whether the hubs of a world remove what is old.
func (o *Options) forgets(index int) bool {
	switch {
	case slices.Contains(o.Kinds, Upgrade):
		return false // the version before has not all of the settings
	case o.Keep == KeepSome:
		return o.Database != "patroni" && (o.Seed+uint64(index))%2 == 0
	default:
		return o.Keep == KeepShort
	}
}

// shortAges are the settings of a hub that removes whatever it may, as soon as it may.
func shortAges() (settings []string) {
	for _, kind := range forgettable {
		settings = append(settings, fmt.Sprintf("ORDERHUB_KEEP_%s=%s", kind, keptFor))
	}
	return settings
}

// logged counts what a hub says it removed. Sweeps that were cut off are not in its log, though they removed something.
func (w *world) logged(line []byte) {
	const swept = "removed what is no longer kept"
	if !bytes.Contains(line, []byte(swept)) {
		return
	}
	var entry map[string]any
	if json.Unmarshal(line, &entry) != nil || entry["msg"] != swept {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kind := range removedKinds {
		rows, _ := entry[kind].(float64)
		w.removed[kind] += int64(rows)
	}
}
