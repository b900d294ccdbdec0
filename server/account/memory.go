package account

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// memory keeps what was read for a while. What is too old goes when it is asked
// for, or to make room: nobody has to look for it, which a hub without work would
// notice.
type memory[K comparable, V any] struct {
	holds time.Duration
	byKey *lru.Cache[K, read[V]]
}

type read[V any] struct {
	value V
	until time.Time
}

func newMemory[K comparable, V any](most int, holds time.Duration) *memory[K, V] {
	byKey, err := lru.New[K, read[V]](most)
	if err != nil {
		panic("account: " + err.Error()) // most is not above 0
	}
	return &memory[K, V]{holds: holds, byKey: byKey}
}

// Get returns what is remembered and not too old. It goes by what the machine has
// passed, which nobody can set.
func (m *memory[K, V]) Get(key K) (V, bool) {
	r, ok := m.byKey.Get(key)
	if !ok || !time.Now().Before(r.until) {
		var none V
		return none, false
	}
	return r.value, true
}

// Add remembers a value from now on.
func (m *memory[K, V]) Add(key K, value V) {
	m.byKey.Add(key, read[V]{value, time.Now().Add(m.holds)})
}
