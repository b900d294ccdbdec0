package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/app"
	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
	"orderhub/server/config"
	"orderhub/server/errs"
	"orderhub/server/retention"
	"orderhub/server/secret"
	"orderhub/server/store/stores"
)

// agedFor is younger than everything that fill and age have made.
const agedFor = 24 * time.Hour

// measureAging reads a database that has everything of its orders, and then removes what is old of it while orders are
// placed. Afterwards the database is no longer one that verify accepts.
func (s *suite) measureAging(ctx context.Context, e engine, r *results) (err error) {
	g := &grown{rows: s.aging, database: "aging"}
	b, err := s.program.Seed(ctx, e, g.database, s.seeds())
	if err != nil {
		return err
	}
	if err := testbed.Hold(ctx, e, g.database); err != nil {
		return err
	}
	s.say("%s: making %d orders, and what grows beside them", r.Database, g.rows)
	if err := errors.Join(s.fill(ctx, e, g), s.age(ctx, e, g)); err != nil {
		return err
	}
	c := config.Default()
	c.Database, c.Key = e.URL(g.database), secret.Redacted(testbed.SealingKey)
	all, err := app.OpenStore(ctx, &c, app.Current, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	// The hub thinks that somebody has just swept, and leaves what is old to this.
	if err := all.Retention.SweptAt(ctx, time.Now()); err != nil {
		return err
	}
	if g.hub, err = s.program.Serve(ctx, e, g.database); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.hub.Stop()) }()
	if err := s.readAged(ctx, r, g, b, all); err != nil {
		return err
	}
	for _, kind := range retention.Kinds {
		if kind == retention.FailedJobs { // as the other jobs, and few
			continue
		}
		if err := s.removeBeside(ctx, r, g, b, all, kind); err != nil {
			return fmt.Errorf("removing %s: %w", kind, err)
		}
	}
	return nil
}

// timed is a store whose steps are timed.
type timed struct {
	*stores.All

	took []time.Duration
	rows int64
}

func (t *timed) Step(ctx context.Context, step retention.Step) (retention.Stepped, error) {
	for {
		began := time.Now()
		done, err := t.Retention.Step(ctx, step)
		if errors.Is(err, retention.ErrElsewhere) { // the end of the sweep before
			time.Sleep(time.Millisecond)
			continue
		}
		if err == nil {
			t.took, t.rows = append(t.took, time.Since(began)), t.rows+done.Rows
		}
		return done, err
	}
}

func (t *timed) LastSweep(ctx context.Context) (time.Time, error) { return t.Retention.LastSweep(ctx) }

func (t *timed) SweptAt(ctx context.Context, at time.Time) error { return t.Retention.SweptAt(ctx, at) }

// removeBeside removes rows of one kind, and then places orders alone and beside that, in turn.
func (s *suite) removeBeside(
	ctx context.Context, r *results, g *grown, b bench.Buyers, all *stores.All, kind retention.Kind,
) error {
	const inFlight = 16
	load := bench.Load{InFlight: inFlight, Warmup: warmup, Duration: s.duration}
	still, busy := &timed{All: all}, &timed{All: all}
	var alone, beside, ratios []float64
	for range s.rounds {
		end := sweep(ctx, still, kind)
		time.Sleep(s.duration)
		if err := end(); err != nil {
			return err
		}
		without, err := s.throughHub(ctx, g.hub, load, "grpc", b)
		if err != nil {
			return err
		}
		end = sweep(ctx, busy, kind)
		with, err := s.throughHub(ctx, g.hub, load, "grpc", b)
		if err := errors.Join(err, end()); err != nil {
			return err
		}
		alone, beside = append(alone, without.PerSecond), append(beside, with.PerSecond)
		ratios = append(ratios, with.PerSecond/without.PerSecond)
	}
	s.say("%s with %d orders, removing %s: %v; beside orders %v", r.Database, g.rows, kind, still, busy)
	s.say(
		"%s with %d orders, removing %s: %.0f orders/s alone, %.0f beside it, %.2f times as many", r.Database, g.rows, kind,
		median(alone), median(beside), median(ratios),
	)
	return nil
}

// String says how long steps took.
func (t *timed) String() string {
	if len(t.took) == 0 {
		return "no step ended"
	}
	took := timingOf(slices.Clone(t.took))
	return fmt.Sprintf("%d rows in %d steps, p50 %v, p99 %v, most %v", t.rows, len(t.took), took.P50, took.P99,
		slices.Max(t.took))
}

// sweep removes rows of a kind until its end is called, as a hub does.
func sweep(ctx context.Context, t *timed, kind retention.Kind) (end func() error) {
	ctx, stop := context.WithCancel(ctx)
	sweeper := retention.New(retention.Options{
		Store: t, Ages: retention.Ages{kind: agedFor}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Removed: func(retention.Kind, int64) {}, Done: func(time.Time) {}, Failed: func() {},
	})
	ended := make(chan error, 1)
	go func() {
		_, err := sweeper.Sweep(ctx, false)
		ended <- err
	}()
	return func() error {
		stop()
		// On SQLite two processes write here, and one of them may not come to it.
		if err := <-ended; !errors.Is(err, context.Canceled) && !errors.Is(err, errs.ErrUnavailable) {
			return err
		}
		return nil
	}
}

// agedReads is how often each call is made.
const agedReads = 200

// readAged makes the calls that read what has grown.
func (s *suite) readAged(ctx context.Context, r *results, g *grown, b bench.Buyers, all *stores.All) error {
	called := metadata.NewOutgoingContext(ctx, metadata.Pairs("x-api-key", b.Keys[0]))
	statement, err := findDeepPage(called, g.statement)
	if err != nil {
		return err
	}
	if g.deepToken, err = findDeepPage(called, g.page); err != nil {
		return err
	}
	orders := orderhubv1.NewOrderServiceClient(g.hub.Conn)
	for _, read := range []struct {
		name string
		call func(ctx context.Context) error
	}{
		{"get by number", func(ctx context.Context) error {
			number := fmt.Sprintf("ord_%026d", 1+rand.N(g.rows))
			_, err := orders.GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: number})
			return err
		}},
		{"get by reference", func(ctx context.Context) error {
			reference := fmt.Sprintf("grown-%d", 1+rand.N(g.rows))
			_, err := orders.GetOrderByReference(ctx, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: reference})
			return err
		}},
		{"list, first page", func(ctx context.Context) error { return second(g.page(ctx, "")) }},
		{"list, 1,000th page", func(ctx context.Context) error { return second(g.page(ctx, g.deepToken)) }},
		{"100 events from anywhere in the log", g.events},
		{"statement, first page", func(ctx context.Context) error { return second(g.statement(ctx, "")) }},
		{"statement, 1,000th page", func(ctx context.Context) error { return second(g.statement(ctx, statement)) }},
		{"what waits, for the metrics", func(context.Context) error { return second(all.Backlog.Backlog(ctx)) }},
	} {
		times := make([]time.Duration, 0, agedReads)
		for range agedReads {
			began := time.Now()
			if err := read.call(called); err != nil {
				return fmt.Errorf("%s: %w", read.name, err)
			}
			times = append(times, time.Since(began))
		}
		took := timingOf(times)
		s.say("%s with %d orders, %s: p50 %v, p99 %v", r.Database, g.rows, read.name, took.P50, took.P99)
	}
	return nil
}

func second[T any](_ T, err error) error { return err }

func (g *grown) statement(ctx context.Context, token string) (*orderhubv1.ListTransfersResponse, error) {
	answer, err := orderhubv1.NewAccountServiceClient(g.hub.Conn).ListTransfers(
		ctx, &orderhubv1.ListTransfersRequest{PageSize: pageSize, PageToken: token},
	)
	if err == nil && len(answer.GetTransfers()) != pageSize {
		err = fmt.Errorf("the page has %d transfers", len(answer.GetTransfers()))
	}
	return answer, err
}

// age puts deliveries, attempts, notices and finished jobs beside orders that fill has made.
func (s *suite) age(ctx context.Context, e engine, g *grown) error {
	if err := inChunks(ctx, e, g, ageStatements, ""); err != nil {
		return err
	}
	if err := e.Execute(ctx, g.database, afterAging...); err != nil {
		return err
	}
	return e.Settle(ctx, g.database)
}

// ageStatements make, of the orders {first} to {last}, a delivery of every second one, and an attempt and a job of
// every fifth, one in four of which failed in the provider's words.
var ageStatements = []string{
	`INSERT INTO webhook_deliveries (merchant_id, order_id, event_id, sequence, line_id, format, type, lane, message_id,
		payload, status, attempts, created_at, updated_at)
	SELECT m.id, i, 2 * i, 2 * i, 0, 'standard', 'order.completed', 'e1', 'message-' || i, {hash}, 'delivered', 1,
		{at}, {at}
	FROM {numbers}, merchants m WHERE m.name = 'bench-001' AND i % 2 = 0 ORDER BY i`,
	`INSERT INTO webhook_bodies (event_id, format, line_id, payload, created_at)
	SELECT 2 * i, 'standard', 0, {hash}, {at} FROM {numbers} WHERE i % 2 = 0 ORDER BY i`,
	`INSERT INTO attempts (order_id, line_id, merchant_id, provider_id, offer_id, number, reference, quantity,
		delivered, status, failure_code, failure_message, submitted_at, settled_at, created_at, updated_at)
	SELECT i, 2 * i - 1, m.id, p.id, 1, 1, 'grown-attempt-' || i, 1, CASE WHEN i % 20 = 0 THEN 0 ELSE 1 END,
		CASE WHEN i % 20 = 0 THEN 'refused' ELSE 'delivered' END, CASE WHEN i % 20 = 0 THEN 'SOLD_OUT' ELSE '' END,
		CASE WHEN i % 20 = 0 THEN 'The provider has no more of it' ELSE '' END, {at}, {at}, {at}, {at}
	FROM {numbers}, merchants m, providers p WHERE m.name = 'bench-001' AND p.name = 'bench' AND i % 5 = 0 ORDER BY i`,
	`INSERT INTO river_job (kind, max_attempts, queue, state, args, created_at, attempted_at, finalized_at)
	SELECT 'call', 25, 'provider_1', 'completed', '{"attempt_ids":[1]}', {at}, {at}, {at}
	FROM {numbers} WHERE i % 5 = 0 ORDER BY i`,
}

// afterAging are what hangs on rows whose ids the database gave.
var afterAging = []string{
	`INSERT INTO webhook_attempts (delivery_id, number, request_id, status, duration_ms, created_at)
	SELECT id, 1, message_id, 200, 20, created_at FROM webhook_deliveries ORDER BY id`,
	`INSERT INTO callbacks (provider_id, notice, attempt_id, created_at)
	SELECT provider_id, 'notice of ' || reference, id, created_at FROM attempts ORDER BY id`,
}
