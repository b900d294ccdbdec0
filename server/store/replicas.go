package store

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"orderhub/server/clock"
	"orderhub/server/reading"
)

// A replica answers a read when that is the same as if the primary had: it has replayed all that anybody can have read
// by the time the read came, and shows nothing that the primary does not show yet. For both the primary is asked one
// small question, the same for all reads that wait. A read that a replica does not answer goes to the primary.

const (
	// replicaPatience is how long a read waits for a replica to begin.
	replicaPatience = 50 * time.Millisecond
	// replicaLimit is how long it may take there, and half of the time to its deadline.
	replicaLimit = 10 * time.Second
	// firstPause is how long it waits before it asks again; doubles.
	firstPause = time.Millisecond
)

// ErrReadElsewhere means that reads would be answered with what is no copy of the database.
var ErrReadElsewhere = errors.New("--database-read leads to another database than --database, or to one of another " +
	"cluster: it must lead to servers that follow the one that takes writes")

// replicas answer reads in the primary's place.
type replicas struct {
	log     *slog.Logger
	dialect string
	all     []*replica
	moments *moments

	turn   atomic.Uint64 // whose turn it is
	asked  atomic.Int64  // questions to the primary
	served atomic.Int64
	passed map[string]*atomic.Int64 // reads that went to the primary, by reason
}

// newReplicas is nil where there are none.
func newReplicas(s *DB, all []*replica) *replicas {
	if len(all) == 0 {
		return nil
	}
	r := &replicas{log: s.Log, dialect: s.dialect, all: all, passed: make(map[string]*atomic.Int64)}
	for _, because := range reasons {
		r.passed[because] = new(atomic.Int64)
	}
	r.moments = newMoments(s.pool, func() { r.asked.Add(1) })
	return r
}

// startPatience is how long a start waits for replicas.
const startPatience = 3 * time.Second

// checkReplicas looks where replicas lead. Errors: ErrReadElsewhere.
func (s opening) checkReplicas(ctx context.Context) error {
	if s.replicas == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for _, one := range s.replicas.all {
		read, failure := s.replicas.begin(ctx, one)
		if failure == nil {
			read.end()
			continue
		}
		switch s.replicas.note(ctx, one, failure); failure.because {
		case becauseForeign:
			return ErrReadElsewhere
		case becausePrimary:
			s.Log.WarnContext(ctx, "the primary did not say what a replica must have: reads go to it", "error",
				failure.err)
		}
	}
	return nil
}

func (r *replicas) close() {
	r.moments.Close()
	closeReplicas(r.all)
}

// Anywhere runs reads at a replica, where there is a fresh one and ctx only reads, see package reading, and else at the
// primary. fn may run twice, and must start over then and use nothing but its arguments. At a replica its reads agree
// with each other.
func (s *DB) Anywhere(ctx context.Context, fn func(ctx context.Context, r *Reads) error) error {
	if done, err := s.replicas.serve(ctx, fn); done {
		return err
	}
	return fn(ctx, &Reads{Client: s.Reader, Peek: s.Peek})
}

// serve has a replica answer. Not done means that the primary is to.
func (r *replicas) serve(ctx context.Context, fn func(context.Context, *Reads) error) (done bool, err error) {
	if r == nil || !reading.IsOnly(ctx) {
		return false, nil
	}
	one, because := r.choose()
	if one == nil {
		r.passed[because].Add(1)
		return false, nil
	}
	waiting, cancel := context.WithTimeout(ctx, replicaPatience)
	read, failure := r.begin(waiting, one)
	cancel()
	if failure == nil {
		failure, err = read.run(ctx, fn)
	}
	if failure == nil {
		r.served.Add(1)
		r.noteFresh(ctx, one)
		return true, err
	}
	if ctx.Err() == nil { // else it is nobody's fault
		r.note(ctx, one, failure)
	}
	r.passed[failure.because].Add(1)
	return false, nil
}

// choose takes replicas in turn. Nil says that all of them rest, and why the last does.
func (r *replicas) choose() (one *replica, because string) {
	turn, now := r.turn.Add(1), time.Now()
	for i := range r.all {
		var ok bool
		one = r.all[(turn+uint64(i))%uint64(len(r.all))]
		if because, ok = one.mayServe(now); ok {
			return one, ""
		}
	}
	return nil, because
}

// note has a replica rest after a failure.
func (r *replicas) note(ctx context.Context, one *replica, failure *notFresh) {
	length, rests := rests[failure.because]
	if !rests {
		return
	}
	before := one.resting.Swap(&rest{failure.because, time.Now().Add(length)})
	if tellsOf(failure.because) && (before == nil || before.because != failure.because) {
		r.log.WarnContext(
			ctx, "reads go to the primary instead of a replica", "replica", one.address, "because", failure.because,
			"error", failure.err,
		)
	}
}

// noteFresh has further reads given to a replica.
func (r *replicas) noteFresh(ctx context.Context, one *replica) {
	if one.resting.Load() == nil {
		return
	}
	if before := one.resting.Swap(nil); before != nil && tellsOf(before.because) {
		r.log.InfoContext(ctx, "reads go to a replica again", "replica", one.address)
	}
}

// tellsOf leaves what comes and goes under load to the metrics.
func tellsOf(because string) bool { return because != becauseBehind && because != becauseAhead }

// begin begins a read once the replica may answer it, or says why it may not.
func (r *replicas) begin(ctx context.Context, one *replica) (*replicaRead, *notFresh) {
	now, failure := r.now(ctx)
	if failure != nil {
		return nil, failure
	}
	conn, err := one.db.Conn(ctx)
	if err != nil {
		if one.pool.Stat().AcquiredConns() >= one.pool.Stat().MaxConns() {
			return nil, &notFresh{because: becauseBusy}
		}
		return nil, &notFresh{becauseUnreachable, err}
	}
	read := &replicaRead{conn: conn, dialect: r.dialect}
	err = read.raw(func(raw *pgx.Conn) error {
		begun, failed := one.catchUp(ctx, raw, now)
		if failed == nil {
			failed = r.confirm(ctx, raw, now, begun)
		}
		failure = failed
		return nil
	})
	if err != nil {
		failure = &notFresh{becauseUnreachable, err}
	}
	if failure != nil {
		read.end()
		return nil, failure
	}
	return read, nil
}

// now asks the primary.
func (r *replicas) now(ctx context.Context) (*moment, *notFresh) {
	answer, err := r.moments.Do(ctx, struct{}{})
	if err = errors.Join(err, answer.err); err != nil {
		return nil, &notFresh{becausePrimary, err}
	}
	return answer.moment, nil
}

// catchUp begins a transaction that sees what the moment does, and waits for it.
func (r *replica) catchUp(ctx context.Context, conn *pgx.Conn, m *moment) (*standing, *notFresh) {
	for pause := firstPause; ; pause *= 2 {
		s, err := r.begin(ctx, conn)
		if err != nil {
			return nil, didNotBegin(err)
		}
		if failure := s.holdAgainst(m); failure != nil {
			return nil, failure
		}
		r.behind.Store(max(m.position-s.replayed, 0))
		if s.replayed >= m.position {
			return s, nil
		}
		if _, err := conn.PgConn().Exec(ctx, "rollback").ReadAll(); err != nil {
			return nil, &notFresh{becauseUnreachable, err}
		}
		if clock.Sleep(ctx, pause) != nil {
			return nil, &notFresh{because: becauseBehind}
		}
	}
}

// didNotBegin says why no transaction was begun.
func didNotBegin(err error) *notFresh {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42501" {
		return &notFresh{becauseForbidden, err}
	}
	return &notFresh{becauseUnreachable, err}
}

// confirm makes sure that the primary shows all that the transaction sees. A commit that waits for a standby is in the
// log already.
func (r *replicas) confirm(ctx context.Context, conn *pgx.Conn, m *moment, begun *standing) *notFresh {
	for pause := firstPause; ; pause *= 2 {
		if begun.ended <= m.ended {
			ahead, err := shows(ctx, conn, m.openBefore(begun.ended))
			if err != nil {
				return &notFresh{becauseUnreachable, err}
			}
			if !ahead {
				return nil
			}
		}
		if clock.Sleep(ctx, pause) != nil {
			return &notFresh{because: becauseAhead}
		}
		later, failure := r.now(ctx)
		if failure != nil {
			return failure
		}
		if later.home != m.home || later.timeline != m.timeline {
			return &notFresh{because: becauseDetached}
		}
		m = later
	}
}
