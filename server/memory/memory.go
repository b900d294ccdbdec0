// Package memory keeps what was read for a short while: less than it would matter that
// somebody has changed it meanwhile. How long that is, whoever reads says.
package memory

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Memory keeps what was read for a while. What is too old goes when it is asked
// for, or to make room: nobody has to look for it, which a hub without work would
// notice. Safe for concurrent use.
type Memory[K comparable, V any] struct {
	holds time.Duration
	byKey *lru.Cache[K, read[V]]
}

type read[V any] struct {
	value V
	until time.Time
}

// New keeps so many values at most, above 0, each for so long.
func New[K comparable, V any](most int, holds time.Duration) *Memory[K, V] {
	byKey, err := lru.New[K, read[V]](most)
	if err != nil {
		panic("memory: " + err.Error()) // most is not above 0
	}
	return &Memory[K, V]{holds: holds, byKey: byKey}
}

// Get returns what is remembered and not too old. It goes by what the machine has
// passed, which nobody can set.
func (m *Memory[K, V]) Get(key K) (V, bool) {
	r, ok := m.byKey.Get(key)
	if !ok || !time.Now().Before(r.until) {
		var none V
		return none, false
	}
	return r.value, true
}

// Add remembers a value from now on.
func (m *Memory[K, V]) Add(key K, value V) {
	m.byKey.Add(key, read[V]{value, time.Now().Add(m.holds)})
}
