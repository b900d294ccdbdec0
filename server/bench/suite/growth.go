package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
	"orderhub/server/secret/secrettest"
)

// growth is how long each call takes with so many orders in the database, one
// call at a time.
type growth struct {
	Rows  int
	Calls [len(operations)]timing // in their order
}

type timing struct{ P50, P99 time.Duration }

// timingOf sorts what calls took.
func timingOf(took []time.Duration) timing {
	slices.Sort(took)
	return timing{took[len(took)/2], took[len(took)*99/100]}
}

// operations are the calls whose time must not grow with the database.
var operations = [...]string{"create", "get by reference", "first page", "1,000th page", "100 events"}

const (
	// The 1,000th page exists with 10,000 orders.
	pageSize   = 10
	deepPage   = 1000
	eventPage  = 100
	growCalls  = 100 // of one operation on one database in one round
	growRounds = 4
	fillChunk  = 100_000
)

// madeSince is how long ago the first of so many orders was made; there is one more each second, and none today.
func madeSince(rows int) time.Duration {
	const day = 24 * time.Hour
	return max(30*day, time.Duration(rows)*time.Second+day)
}

// start is how a hub starts on a database that holds so many orders.
type start struct {
	Rows     int
	Ready    time.Duration
	Resident float64 // bytes, idle
}

// idleTime is how long a hub is left alone before its memory is looked at.
const idleTime = 3 * time.Second

// grown is a hub on a database with so many orders, all of one merchant.
type grown struct {
	rows      int
	database  string
	hub       *testbed.Hub
	deepToken string
	timings   [len(operations)][]time.Duration
}

// measureGrowth has one hub per size of database running at the same time, and
// asks them in turn, so that a busy machine is busy for all of them.
func (s *suite) measureGrowth(ctx context.Context, e engine, r *results) (err error) {
	buyers, err := s.program.Seed(ctx, e, "growing", s.seeds())
	if err != nil {
		return err
	}
	if err := testbed.Hold(ctx, e, "growing"); err != nil {
		return err
	}
	all := make([]*grown, len(s.rows))
	for i, rows := range s.rows {
		g := &grown{rows: rows, database: fmt.Sprintf("growing%d", rows)}
		all[i] = g
		s.say("%s: making %d orders", r.Database, rows)
		if err := e.Clone(ctx, "growing", g.database); err != nil {
			return err
		}
		if err := s.fill(ctx, e, g); err != nil {
			return err
		}
	}
	if err := s.measureStarts(ctx, e, r, all[len(all)-1]); err != nil {
		return err
	}
	for _, g := range all {
		if g.hub, err = s.program.Serve(ctx, e, g.database); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, g.hub.Stop()) }()
	}
	ctx = metadata.NewOutgoingContext(ctx, metadata.Pairs("x-api-key", buyers.Keys[0]))
	for _, g := range all {
		if g.deepToken, err = findDeepPage(ctx, g.page); err != nil {
			return err
		}
	}
	if err := s.askInTurn(ctx, all, buyers); err != nil {
		return err
	}
	for _, g := range all {
		r.Growth = append(r.Growth, s.grownTo(r, g))
	}
	return s.measureLargest(ctx, e, r, all[len(all)-1])
}

// grownTo is how long the calls took.
func (s *suite) grownTo(r *results, g *grown) growth {
	found := growth{Rows: g.rows}
	for i, times := range g.timings {
		found.Calls[i] = timingOf(times)
		s.say(
			"%s with %d orders, %s: p50 %v, p99 %v", r.Database, g.rows, operations[i], found.Calls[i].P50, found.Calls[i].P99,
		)
	}
	return found
}

// measureLargest goes over all of the largest database, and opens pages on it.
func (s *suite) measureLargest(ctx context.Context, e engine, r *results, largest *grown) (err error) {
	if err := s.check(ctx, e, largest.database, r); err != nil {
		return err
	}
	if r.Sizes, err = e.sizes(ctx, largest.database); err != nil {
		return fmt.Errorf("sizes: %w", err)
	}
	if s.console {
		if err := s.measureConsole(ctx, e, r, largest); err != nil {
			return err
		}
	}
	return s.measureLong(ctx, e, r, largest)
}

func (s *suite) askInTurn(ctx context.Context, all []*grown, b bench.Buyers) error {
	for round := range growRounds + 1 {
		for operation := range operations {
			for _, g := range all {
				for call := range growCalls {
					took, err := g.ask(ctx, operation, fmt.Sprintf("growth-%d-%d", round, call), b)
					if err != nil {
						return fmt.Errorf("%s with %d orders: %w", operations[operation], g.rows, err)
					}
					if round > 0 { // the first one warms up
						g.timings[operation] = append(g.timings[operation], took)
					}
				}
			}
		}
	}
	return nil
}

// ask makes one call and returns how long it took.
func (g *grown) ask(ctx context.Context, operation int, reference string, b bench.Buyers) (
	took time.Duration, err error,
) {
	client := orderhubv1.NewOrderServiceClient(g.hub.Conn)
	began := time.Now()
	switch operation {
	case 0:
		_, err = client.CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
			ReferenceId: reference,
			Lines:       []*orderhubv1.OrderLine{{Sku: b.SKUs[0], Quantity: 1}, {Sku: b.SKUs[1], Quantity: 1}},
		}})
	case 1:
		var answer *orderhubv1.GetOrderByReferenceResponse
		answer, err = client.GetOrderByReference(ctx, &orderhubv1.GetOrderByReferenceRequest{
			ReferenceId: fmt.Sprintf("grown-%d", 1+rand.N(g.rows)),
		})
		if err == nil && len(answer.GetOrder().GetLines()[1].GetGoods()) != 1 {
			err = errors.New("the order has no goods")
		}
	case 2:
		_, err = g.page(ctx, "")
	case 3:
		_, err = g.page(ctx, g.deepToken)
	case 4:
		err = g.events(ctx)
	}
	return time.Since(began), err
}

// events reads a page of the merchant's log from anywhere in it.
func (g *grown) events(ctx context.Context) error {
	answer, err := orderhubv1.NewOrderServiceClient(g.hub.Conn).ListEvents(
		ctx, &orderhubv1.ListEventsRequest{AfterSequence: rand.N(int64(g.rows)), PageSize: eventPage},
	)
	if err == nil && len(answer.GetEvents()) != eventPage {
		err = fmt.Errorf("the page has %d events", len(answer.GetEvents()))
	}
	return err
}

func (g *grown) page(ctx context.Context, token string) (*orderhubv1.ListOrdersResponse, error) {
	answer, err := orderhubv1.NewOrderServiceClient(g.hub.Conn).ListOrders(
		ctx, &orderhubv1.ListOrdersRequest{PageSize: pageSize, PageToken: token},
	)
	if err == nil && len(answer.GetOrders()) != pageSize {
		err = fmt.Errorf("the page has %d orders", len(answer.GetOrders()))
	}
	return answer, err
}

// findDeepPage turns pages, as a client would.
func findDeepPage[P interface{ GetNextPageToken() string }](
	ctx context.Context, page func(ctx context.Context, token string) (P, error),
) (token string, err error) {
	for range deepPage - 1 {
		answer, err := page(ctx, token)
		if err != nil {
			return "", err
		}
		if token = answer.GetNextPageToken(); token == "" {
			return "", errors.New("the list is too short")
		}
	}
	return token, nil
}

// measureStarts starts a hub on the largest database a few times.
func (s *suite) measureStarts(ctx context.Context, e engine, r *results, g *grown) error {
	for range s.rounds {
		h, err := s.program.Serve(ctx, e, g.database)
		if err != nil {
			return err
		}
		time.Sleep(idleTime)
		used, err := h.Usage(ctx)
		if err := errors.Join(err, h.Stop()); err != nil {
			return err
		}
		s.say("%s with %d orders: ready in %v, %.0f MiB resident", r.Database, g.rows, h.Ready, used.ResidentBytes/(1<<20))
		r.Starts = append(r.Starts, start{g.rows, h.Ready, used.ResidentBytes})
	}
	return nil
}

// fill puts completed orders of two lines with their goods, money and events into
// a seeded database, so that `orderhub verify` accepts them.
func (s *suite) fill(ctx context.Context, e engine, g *grown) error {
	// As version 1 sealed it: the same bytes can be read in every row.
	sealed, err := secrettest.SealVersion1(testbed.SealingKey, []byte("a code that was delivered"), "unit")
	if err != nil {
		return err
	}
	if err := inChunks(ctx, e, g, fillStatements, hex.EncodeToString(sealed)); err != nil {
		return err
	}
	counters := fmt.Sprintf(`INSERT INTO counters (name, value) VALUES ('orders', %d), ('order_lines', %d)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, g.rows, 2*g.rows)
	wallet := fmt.Sprintf(
		`UPDATE accounts SET balance_micros = balance_micros - 2000000 * CAST(%d AS bigint), event_sequence = 2 * %d `+
			`WHERE merchant_id =`+buyer, g.rows, g.rows,
	)
	if err := e.Execute(ctx, g.database, counters, wallet); err != nil {
		return err
	}
	return e.Settle(ctx, g.database)
}

// inChunks executes statements about all orders, some of these in each transaction.
func inChunks(ctx context.Context, e engine, g *grown, templates []string, content string) error {
	epoch := time.Now().Add(-madeSince(g.rows)).Unix()
	for first := 1; first <= g.rows; first += fillChunk {
		replace := strings.NewReplacer(
			"{first}", fmt.Sprint(first), "{last}", fmt.Sprint(min(first+fillChunk-1, g.rows)),
			"{epoch}", fmt.Sprint(epoch), "{content}", content,
		)
		statements := []string{"BEGIN"}
		for _, statement := range templates {
			statements = append(statements, replace.Replace(e.fit(statement)))
		}
		if err := e.Execute(ctx, g.database, append(statements, "COMMIT")...); err != nil {
			return err
		}
	}
	return nil
}

// buyer is the merchant of all orders that are made; it has none before.
const buyer = ` (SELECT id FROM merchants WHERE name = 'bench-001')`

// fillStatements make the orders {first} to {last}, numbered i. {numbers},
// {at}, {hash} and {blob} are in each database's own words.
var fillStatements = []string{
	`INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency, subtotal_micros,
		total_micros,
		created_at, updated_at, completed_at)
	SELECT i, 'ord_' || substr('00000000000000000000000000' || i, -26), m.id, 'grown-' || i, {hash}, 'hub', 'completed',
	'THB', 2000000, 2000000,
		{at}, {at}, {at} FROM {numbers}, merchants m WHERE m.name = 'bench-001' ORDER BY i`,
	`INSERT INTO order_lines (id, order_id, merchant_id, position, product_id, sku, product_name, source, quantity,
		completed, status,
		unit_price_micros, subtotal_micros, total_micros, created_at, updated_at)
	SELECT 2 * i - 2 + l.position, i, m.id, l.position, p.id, p.sku, p.name, 'stock', 1, 1, 'completed', 1000000,
	1000000, 1000000, {at}, {at}
	FROM {numbers}, (SELECT 1 AS position UNION ALL SELECT 2) AS l, merchants m, products p
	WHERE m.name = 'bench-001' AND p.sku = 'bench-00' || l.position ORDER BY i, l.position`,
	`INSERT INTO units (product_id, content, status, order_id, line_id, created_at, delivered_at)
	SELECT p.id, {blob}, 'delivered', i, 2 * i - 2 + l.position, {at}, {at}
	FROM {numbers}, (SELECT 1 AS position UNION ALL SELECT 2) AS l, products p
	WHERE p.sku = 'bench-00' || l.position ORDER BY i, l.position`,
	`INSERT INTO transfers (debit_account_id, credit_account_id, currency, amount_micros, kind, merchant_id, order_id,
		balance_micros, created_at)
	SELECT a.id, r.id, 'THB', 2000000, 'charge', a.merchant_id, i, a.balance_micros - 2000000 * CAST(i AS bigint), {at}
	FROM {numbers}, accounts a, accounts r
	WHERE a.merchant_id = ` + buyer + ` AND r.kind = 'revenue' AND r.currency = 'THB' ORDER BY i`,
	`INSERT INTO events (merchant_id, sequence, order_id, type, data, created_at)
	SELECT m.id, 2 * i - 2 + t.n, i, t.type,
		'{"order_number":"ord_' || substr('00000000000000000000000000' || i, -26) || '","status":"completed"}', {at}
	FROM {numbers}, (SELECT 1 AS n, 'order.created' AS type UNION ALL SELECT 2, 'order.completed') AS t, merchants m
	WHERE m.name = 'bench-001' ORDER BY i, t.n`,
}

func (e sqliteEngine) fit(statement string) string {
	return strings.NewReplacer(
		"{numbers}",
		"(WITH RECURSIVE g(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM g WHERE i < {last}) SELECT i FROM g) AS g",
		"{at}", "datetime({epoch} + i, 'unixepoch') || '+00:00'", "{hash}", "randomblob(32)", "{blob}", "x'{content}'",
	).Replace(statement)
}

func (e postgresEngine) fit(statement string) string {
	return strings.NewReplacer(
		"{numbers}", "generate_series({first}, {last}) AS g(i)", "{at}", "to_timestamp({epoch} + i)",
		"{hash}", "sha256(i::text::bytea)", "{blob}", `'\x{content}'::bytea`, "substr(", "right(", ", -26)", ", 26)",
	).Replace(statement)
}
