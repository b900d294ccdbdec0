package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"

	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

const (
	readingInFlight = 16
	readingPage     = 50
	readingOrders   = 2000 // that are read one by one, all of one merchant
)

// reading is one way of reading orders that are delivered, through the hub and by
// hand-written SQL.
type reading struct {
	What     string
	Hub, Raw measured
	ToRaw    float64
}

// reader reads orders of one merchant.
type reader struct {
	merchant int64
	key      string
	numbers  []string
}

func (r *reader) anyNumber() string { return r.numbers[rand.N(len(r.numbers))] }

func (s *suite) measureReading(ctx context.Context, e engine, r *results, database string, b bench.Buyers) (err error) {
	h, err := s.program.Serve(ctx, e, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Stop()) }()
	raw, err := openRawReads(ctx, e, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.close()) }()
	orders, err := ordersOf(ctx, h, b.Keys[0])
	if err != nil {
		return err
	}
	if orders.merchant, err = raw.merchantOf(ctx, orders.numbers[0]); err != nil {
		return err
	}
	get := func(ctx context.Context, _ int) error {
		return h.Ask(ctx, orders.key, orderhubv1.OrderService_GetOrder_FullMethodName,
			&orderhubv1.GetOrderRequest{OrderNumber: orders.anyNumber()})
	}
	list := func(ctx context.Context, _ int) error {
		return h.Ask(ctx, orders.key, orderhubv1.OrderService_ListOrders_FullMethodName,
			&orderhubv1.ListOrdersRequest{PageSize: readingPage})
	}
	for _, way := range []struct {
		what     string
		hub, raw func(ctx context.Context, worker int) error
	}{
		{"an order with its goods", get, func(ctx context.Context, _ int) error {
			return raw.order(ctx, orders.anyNumber())
		}},
		{"a page of 50 orders", list, func(ctx context.Context, _ int) error { return raw.page(ctx, orders.merchant) }},
	} {
		measured, err := s.compareReading(ctx, r.Database, way.what, way.hub, way.raw)
		if err != nil {
			return fmt.Errorf("%s: %w", way.what, err)
		}
		r.Reading = append(r.Reading, measured)
	}
	return nil
}

func (s *suite) compareReading(
	ctx context.Context, database, what string, hub, raw func(ctx context.Context, worker int) error,
) (reading, error) {
	load := bench.Load{InFlight: readingInFlight, Warmup: warmup, Duration: s.duration}
	var rounds [2][]measured
	var ratios []float64
	for range s.rounds {
		for i, call := range []func(context.Context, int) error{raw, hub} {
			m, err := run(ctx, load, call)
			if err != nil {
				return reading{}, err
			}
			name := []string{"raw", "gRPC"}[i]
			s.say("%s, reading %s, %s: %.0f/s, p50 %v, p99 %v", database, what, name, m.PerSecond, m.P50, m.P99)
			rounds[i] = append(rounds[i], m)
		}
		last := len(ratios)
		ratios = append(ratios, rounds[1][last].PerSecond/rounds[0][last].PerSecond)
	}
	return reading{What: what, Hub: middle(rounds[1]), Raw: middle(rounds[0]), ToRaw: median(ratios)}, nil
}

// ordersOf finds orders of the merchant with the key.
func ordersOf(ctx context.Context, h *testbed.Hub, key string) (*reader, error) {
	r, orders := &reader{key: key}, orderhubv1.NewOrderServiceClient(h.Conn)
	request := &orderhubv1.ListOrdersRequest{PageSize: 1000}
	for len(r.numbers) < readingOrders {
		page, err := orders.ListOrders(metadata.AppendToOutgoingContext(ctx, "x-api-key", key), request)
		if err != nil {
			return nil, h.Failure(err)
		}
		for _, o := range page.GetOrders() {
			r.numbers = append(r.numbers, o.GetOrderNumber())
		}
		if request.PageToken = page.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	if len(r.numbers) == 0 {
		return nil, errors.New("the merchant has no orders to read")
	}
	return r, nil
}

// rawReads are the limit of reading: the rows of an order, or of a page, with as few
// statements as they need. Nothing is opened that is sealed.
type rawReads struct {
	db         *sql.DB
	ofOrder    []*sql.Stmt // by number
	ofMerchant []*sql.Stmt
}

const pageOf = `SELECT id FROM orders WHERE merchant_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50`

func openRawReads(ctx context.Context, e engine, database string) (*rawReads, error) {
	db, err := e.reads(database)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readingInFlight)
	db.SetMaxIdleConns(readingInFlight)
	r := &rawReads{db: db}
	prepare := func(into *[]*sql.Stmt, texts ...string) error {
		for _, text := range texts {
			statement, err := db.PrepareContext(ctx, text) //nolint:sqlclosecheck // they end with db
			if err != nil {
				return err
			}
			*into = append(*into, statement)
		}
		return nil
	}
	err = errors.Join(
		prepare(
			&r.ofOrder, `SELECT * FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.number = $1`,
			`SELECT u.* FROM units u WHERE u.line_id IN
				(SELECT l.id FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.number = $1)`,
		),
		prepare(
			&r.ofMerchant, `SELECT * FROM orders WHERE id IN (`+pageOf+`)`,
			`SELECT * FROM order_lines WHERE order_id IN (`+pageOf+`)`,
		),
	)
	return r, err
}

func (r *rawReads) close() error { return r.db.Close() }

func (r *rawReads) merchantOf(ctx context.Context, number string) (id int64, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT merchant_id FROM orders WHERE number = $1`, number).Scan(&id)
	return id, err
}

func (r *rawReads) order(ctx context.Context, number string) error {
	return errors.Join(readAll(ctx, r.ofOrder[0], number), readAll(ctx, r.ofOrder[1], number))
}

func (r *rawReads) page(ctx context.Context, merchant int64) error {
	return errors.Join(readAll(ctx, r.ofMerchant[0], merchant), readAll(ctx, r.ofMerchant[1], merchant))
}

// readAll takes every value of every row; without a row it fails.
func readAll(ctx context.Context, statement *sql.Stmt, arg any) (err error) {
	rows, err := statement.QueryContext(ctx, arg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	found := false
	for rows.Next() {
		found = true
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	if !found && rows.Err() == nil {
		return sql.ErrNoRows
	}
	return rows.Err()
}
