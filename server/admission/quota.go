package admission

import "sync"

// Quota counts something that there is only so much of, and how much of it each
// of its users holds. It is safe for concurrent use.
type Quota[K comparable] struct {
	most, each int64

	mu   sync.Mutex
	used int64
	of   map[K]int64
}

// NewQuota has room for so much in all, and for so much of each user.
func NewQuota[K comparable](most, each int64) *Quota[K] {
	return &Quota[K]{most: most, each: min(most, each), of: make(map[K]int64)}
}

// Acquire reports whether the user got n more; then it has to give them back. Who
// holds nothing may take more than a share at once, so that nothing is too large
// for ever.
func (q *Quota[K]) Acquire(user K, n int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	held := q.of[user]
	if n > q.most-q.used || (held > 0 && n > q.each-held) {
		return false
	}
	q.used += n
	q.of[user] = held + n
	return true
}

// Give takes back n of what the user took.
func (q *Quota[K]) Give(user K, n int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.used -= n
	if q.of[user] -= n; q.of[user] <= 0 {
		delete(q.of, user)
	}
}

// Used is how much all users hold.
func (q *Quota[K]) Used() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.used
}

// Full reports whether nobody gets any more just now.
func (q *Quota[K]) Full() bool { return q.Used() >= q.most }
