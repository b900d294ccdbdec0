package ratelimit

import "context"

// Beat is one beat, before Run.
func (l *Limiter) Beat(ctx context.Context) error { return l.beat(ctx) }

// Together says whether the process counts with others.
func (l *Limiter) Together() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mode == together && l.joined
}

// Alone says whether it counts by itself.
func (l *Limiter) Alone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mode == alone
}

// Held is what the process holds of a bucket.
func (l *Limiter) Held(key Key) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bucket(key).held
}
