// Package ratelimit counts requests against limits: so many in a minute, so many
// at once. A process that is alone counts by itself and asks nobody. Where several
// processes serve, they count together: what a limit still allows is kept in the
// database, each process holds a small reserve of it and asks for more before that
// runs out. What has a limit, and which, belongs to others.
package ratelimit

import "time"

// Limit is how many requests may come. Both numbers are above 0.
type Limit struct {
	PerMinute int
	Burst     int // that may come at once
}

// Key says whose requests are counted against which limit. Another limit begins
// anew.
type Key struct {
	MerchantID int64
	KeyID      int64 // the API key that has the limit for itself, else 0
	Limit
}

// rule is a limit in times: each request uses it for so long, and it may be used
// for so long ahead. How far it is used is one moment, which the clock catches up
// with; that moment is in nanoseconds since 1970 here.
type rule struct{ each, ahead int64 }

// mostOwed is for how long a limit may be used beyond what may come at once, by what came with one request: until that
// is over nobody else is let in.
const mostOwed = time.Minute

// Rows is how many requests one may bring at most, itself counted: as many as may come in a minute, or at once where
// that is more.
func (l Limit) Rows() int { return max(l.PerMinute, l.Burst) }

// Each is how long it takes until one more may come.
func (l Limit) Each() time.Duration { return time.Minute / time.Duration(l.PerMinute) }

func (l Limit) rule() rule {
	each := int64(l.Each())
	return rule{each: each, ahead: each * int64(l.Burst)}
}

// share is what each of so many processes has that cannot ask: the same part of
// what comes at once and in a minute, but one at a time at least.
func (r rule) share(processes int) rule {
	each := r.each * int64(max(processes, 1))
	return rule{each: each, ahead: max(r.ahead, each)}
}

// bound brings a moment to where it can be: a clock that was set must not refuse
// anybody for longer than an empty bucket does, and of what may be owed nothing is forgotten.
func (r rule) bound(used, now int64) int64 {
	empty := now + r.ahead
	if used > empty+2*int64(mostOwed) { // never so much: the clock was set
		return empty
	}
	return min(max(used, now), empty+int64(mostOwed))
}

// take takes up to n requests and returns how many it took.
func (r rule) take(used, now int64, n int) (taken int, then int64) {
	used = r.bound(used, now)
	taken = max(min(n, int((now+r.ahead-used)/r.each)), 0)
	return taken, used + int64(taken)*r.each
}

// rows takes up to n that came with a request which was taken, but at least so many or none.
func (r rule) rows(used, now int64, n, least int) (taken int, then int64) {
	r.ahead += int64(mostOwed)
	if taken, then = r.take(used, now, n); taken < least {
		return 0, r.bound(used, now)
	}
	return taken, then
}

// waitRows is how long it takes until a request may come with n more.
func (r rule) waitRows(used, now int64, n int) time.Duration {
	all := r
	all.ahead += int64(mostOwed)
	return max(all.wait(used, now, n+1), r.wait(used, now, 1))
}

// wait is how long it takes until n may come at once, 0 if they may.
func (r rule) wait(used, now int64, n int) time.Duration {
	return time.Duration(max(r.bound(used, now)+int64(n)*r.each-r.ahead-now, 0))
}

// reserve is how many requests a process holds for what may come next. All of them
// together hold less than a tenth of the burst, also while one more comes: so many
// more may come at once than one process lets in.
func (l Limit) reserve(processes int) int { return l.Burst / (10 * (processes + 1)) }

// Claim is what one process wants of a bucket, or gives back.
type Claim struct {
	Key
	Wants int // fewer than 0: given back
	Owes  int // let in while the database could not be asked
	// Rows came with a request that was let in: as many of them are wanted as may come, but Least or none.
	Rows, Least int
}

// Grant is what came of a claim.
type Grant struct {
	Granted  int           // not below 0
	Rows     int           // likewise, of those
	Used     time.Time     // how far the limit is used then
	Wait     time.Duration // until one more may come, 0 if one may
	WaitRows time.Duration // until one may come with Least more
}

// Grant says what the process gets of a bucket that is used as far.
func (c *Claim) Grant(used, now time.Time) Grant {
	r, at := c.rule(), now.UnixNano()
	level := r.bound(used.UnixNano(), at)
	// What was let in meanwhile makes a bucket empty at most.
	level = max(min(level+r.each*int64(c.Owes+min(c.Wants, 0)), max(level, at+r.ahead)), at)
	rows, granted := 0, 0
	if c.Rows > 0 {
		rows, level = r.rows(level, at, c.Rows, c.Least)
	}
	if c.Wants > 0 {
		granted, level = r.take(level, at, c.Wants)
	}
	// As databases keep it, and rounded so that nothing is gained.
	kept := time.Unix(0, level).UTC().Truncate(time.Microsecond)
	if kept.UnixNano() < level {
		kept = kept.Add(time.Microsecond)
	}
	return Grant{
		Granted: granted, Rows: rows, Used: kept, Wait: r.wait(level, at, 1), WaitRows: r.waitRows(level, at, c.Least),
	}
}

// Level is how far a bucket is used.
type Level struct {
	Key
	Used time.Time
}

// Over is how far the bucket is used when the level joins what is kept: the one
// that is used more holds.
func (l *Level) Over(kept time.Time) time.Time {
	if kept.After(l.Used) {
		return kept
	}
	return l.Used
}
