package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgxlisten"
)

const (
	eventsChannel = "orderhub_events"
	// announceGap is the least time between two notifications of one process:
	// transactions that notify commit one after the other.
	announceGap = 20 * time.Millisecond
	// announceMost bounds how many merchants a notification names: the payload has
	// 8000 bytes. With more of them it wakes everybody.
	announceMost    = 300
	announceTimeout = 5 * time.Second
	relistenDelay   = time.Second
	wakeEverybody   = "*"
)

// announcer tells of committed events: within this process at once, other
// processes on the same PostgreSQL by NOTIFY. What it loses (the process may die
// between a commit and this) delays a watcher, which looks by itself too.
type announcer struct {
	db   *DB
	bell Bell
	wake chan struct{} // capacity 1

	mu      sync.Mutex
	pending map[int64]bool
}

// Bell is rung for merchants whose log has grown.
type Bell interface {
	Ring(merchantIDs ...int64)
	RingAll()
}

// Announce rings bell whenever events were committed by this process and, on
// PostgreSQL, by any other. stop ends it.
func (s *DB) Announce(bell Bell) (stop func()) {
	a := &announcer{db: s, bell: bell, wake: make(chan struct{}, 1), pending: make(map[int64]bool)}
	s.announcer.Store(a)
	if s.pool == nil {
		return func() { s.announcer.Store(nil) }
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { a.notifyOthers(ctx) })
	running.Go(func() { a.hearOthers(ctx) })
	return func() {
		s.announcer.Store(nil)
		cancel()
		running.Wait()
	}
}

// committed announces the events that a transaction wrote for these merchants.
func (s *DB) committed(merchantIDs []int64) {
	a := s.announcer.Load()
	if a == nil || len(merchantIDs) == 0 {
		return
	}
	a.bell.Ring(merchantIDs...)
	if s.pool == nil {
		return
	}
	a.mu.Lock()
	for _, id := range merchantIDs {
		a.pending[id] = true
	}
	a.mu.Unlock()
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// payload takes what is pending and puts it in words; "" for nothing.
func (a *announcer) payload() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer clear(a.pending)
	if len(a.pending) > announceMost {
		return wakeEverybody
	}
	ids := make([]string, 0, len(a.pending))
	for id := range a.pending {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	slices.Sort(ids)
	return strings.Join(ids, ",")
}

func (a *announcer) notifyOthers(ctx context.Context) {
	gap := time.NewTicker(announceGap)
	defer gap.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
		payload := a.payload()
		if payload == "" {
			continue // the last notification had it all
		}
		if err := a.notify(ctx, payload); err != nil && ctx.Err() == nil {
			a.db.Log.Warn("telling other processes of events", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-gap.C:
		}
	}
}

func (a *announcer) notify(ctx context.Context, payload string) error {
	ctx, cancel := context.WithTimeout(ctx, announceTimeout)
	defer cancel()
	_, err := a.db.pool.Exec(ctx, "SELECT pg_notify($1, $2)", eventsChannel, payload)
	return err
}

// hearOthers listens on a connection of its own and connects again when it
// breaks.
func (a *announcer) hearOthers(ctx context.Context) {
	listener := &pgxlisten.Listener{
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			return pgx.ConnectConfig(ctx, a.db.direct.Config().ConnConfig.Copy())
		},
		LogError: func(ctx context.Context, err error) {
			if ctx.Err() == nil {
				a.db.Log.Warn("listening to other processes' events", "error", err)
			}
		},
		ReconnectDelay: relistenDelay,
	}
	listener.Handle(eventsChannel, hearing{a.bell})
	if err := listener.Listen(ctx); err != nil && ctx.Err() == nil {
		a.db.Log.Error("not listening to other processes' events any more", "error", err)
	}
}

// hearing rings for what others announce.
type hearing struct{ bell Bell }

// HandleNotification implements pgxlisten.Handler. One without a payload is of an
// older process that had nothing to tell. What names no merchants, whoever sent
// it, wakes everybody: they look, and that is all.
func (h hearing) HandleNotification(_ context.Context, n *pgconn.Notification, _ *pgx.Conn) error {
	if n.Payload == "" {
		return nil
	}
	var ids []int64
	for text := range strings.SplitSeq(n.Payload, ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			h.bell.RingAll()
			return nil
		}
		ids = append(ids, id)
	}
	h.bell.Ring(ids...)
	return nil
}

// HandleBacklog implements pgxlisten.BacklogHandler: what was announced before
// the connection stood was not heard.
func (h hearing) HandleBacklog(context.Context, string, *pgx.Conn) error {
	h.bell.RingAll()
	return nil
}
