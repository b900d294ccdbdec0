package erasure_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// database reads a whole database.
type database struct {
	t  *testing.T
	w  *storetest.World
	db *sql.DB
}

func open(t *testing.T, w *storetest.World) *database {
	d := &database{t: t, w: w, db: w.Store.SQLite()}
	if d.db == nil {
		d.db = stdlib.OpenDBFromPool(w.Store.Pool())
		t.Cleanup(func() { require.NoError(t, d.db.Close()) })
	}
	return d
}

// each reads rows as they come.
func (d *database) each(query string, row func(columns []string, values []any)) {
	d.t.Helper()
	rows, err := d.db.QueryContext(d.t.Context(), query)
	require.NoError(d.t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(d.t, err)
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(d.t, rows.Scan(into...))
		row(columns, values)
	}
	require.NoError(d.t, rows.Err())
}

func text(v any) string {
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(v)
}

// marked are the columns in which the marker is, in the clear or sealed.
func (d *database) marked() map[string]bool {
	d.t.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if d.w.Store.SQLite() == nil {
		tables = `SELECT table_name FROM information_schema.tables
			WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`
	}
	var names []string
	d.each(tables, func(_ []string, values []any) { names = append(names, text(values[0])) })
	require.Greater(d.t, len(names), 20)
	found := make(map[string]bool)
	for _, table := range names {
		d.each(`SELECT * FROM "`+table+`"`, func(columns []string, values []any) {
			for i := range columns {
				if strings.Contains(strings.ToLower(text(values[i])), marker) {
					found[table+"."+columns[i]] = true
				}
			}
		})
	}
	for _, column := range store.SealedColumns {
		values, err := column.Query(d.t.Context(), d.db, fmt.Sprintf(
			`SELECT id, %s, %s FROM %s WHERE length(%s) > 0`, column.BoundTo(), column.Value(), column.Table,
			column.Value(),
		))
		require.NoError(d.t, err)
		for _, v := range values {
			plain, err := storetest.Sealer().Open(v.Sealed, v.At)
			require.NoError(d.t, err)
			if strings.Contains(strings.ToLower(string(plain)), marker) {
				found[column.Table+"."+column.Column] = true
			}
		}
	}
	return found
}

// shop is a merchant that is told of everything, and what it can buy.
type shop struct {
	*storetest.World
	t      *testing.T
	buyer  account.Merchant
	fanout *webhook.Fanout
}

func newShop(t *testing.T, w *storetest.World) *shop {
	s := &shop{World: w, t: t, buyer: w.Merchant("buyer", 100_000)}
	field := func(p *catalog.Product) {
		p.Fields = []catalog.Field{{Identifier: "player", Title: "Player", Type: catalog.FieldText}}
	}
	for sku, connector := range map[string]dialect.Connector{
		"PARTLY": gossip{}, "HELD": gossip{holds: true}, "PARKED": generous{},
	} {
		p := w.Product(sku, 10, func(p *catalog.Product) {
			field(p)
			p.Source = catalog.SourceProvider
		})
		w.Supplied(p, sku, connector)
	}
	w.Stocked("CODE", 10, 20)
	for _, format := range []string{webhook.FormatStandard, gameso.Name, bursagb.Name} {
		e := storetest.Endpoint(s.buyer)
		e.Format, e.EventTypes = format, nil
		_, err := w.Store.Endpoints.CreateEndpoint(t.Context(), e, "", 20)
		require.NoError(t, err)
	}
	s.fanout = webhook.NewFanout(w.Store.Deliveries, w.Store.Endpoints, map[string]webhook.Format{
		webhook.FormatStandard: api.NewStandardFormat(w.Accounts), gameso.Name: gameso.Format{},
		bursagb.Name: bursagb.Format{},
	}, storetest.NewNumber, func(...string) {}, time.Now, slog.New(slog.DiscardHandler))
	t.Cleanup(s.fanout.Close)
	return s
}

// draft has the marker in everything that may be the customer's.
func (s *shop) draft(door, reference string, lines ...any) *order.Draft {
	d := storetest.Draft(s.buyer, reference, lines...)
	d.Door = door
	plant(reflect.ValueOf(d).Elem(), "")
	return d
}

func (s *shop) place(d *order.Draft) *order.Order {
	s.t.Helper()
	placed, err := s.Orders.Create(s.t.Context(), d)
	require.NoError(s.t, err)
	return placed.Order
}

// post claims what is due in every lane and has receivers repeat what they were told, but for some.
func (s *shop) post(answers func(d *webhook.Due) webhook.DeliveryStatus) (posted []*webhook.Due) {
	s.t.Helper()
	ctx := s.t.Context()
	lanes, err := s.Store.Deliveries.DueLanes(ctx, time.Now().Add(time.Minute))
	require.NoError(s.t, err)
	for _, lane := range lanes {
		due, err := s.Store.Deliveries.ClaimDeliveries(
			ctx, []webhook.Claim{{Lane: lane, Most: 1000, Until: time.Now().Add(time.Hour)}},
		)
		require.NoError(s.t, err)
		posted = append(posted, due[0]...)
	}
	var outcomes []webhook.Outcome
	for _, d := range posted {
		if status := answers(d); status != "" {
			outcomes = append(outcomes, echo(d, status))
		}
	}
	_, err = s.Store.Deliveries.SettleDeliveries(ctx, outcomes)
	require.NoError(s.t, err)
	return posted
}

// echo is the outcome of a post that was answered with what was posted.
func echo(d *webhook.Due, status webhook.DeliveryStatus) webhook.Outcome {
	o := webhook.Outcome{Due: d, Status: status, Attempt: webhook.Attempt{
		Number: 1, RequestID: storetest.NewNumber(), At: time.Now(),
		Answer: webhook.Answer{Status: 200, Excerpt: string(d.Parcel.Body)},
	}}
	if status == webhook.DeliveryPending {
		next := time.Now()
		o.NextAt = &next
	}
	return o
}

func (s *shop) finalByOperator(o *order.Order) {
	s.t.Helper()
	_, err := s.Advance(s.t.Context(), o.ID)
	require.NoError(s.t, err)
	parked, err := s.Engine.ListAttempts(s.t.Context(), fulfil.AttemptFilter{OrderID: o.ID, Limit: 1})
	require.NoError(s.t, err)
	require.Len(s.t, parked, 1)
	_, err = s.Engine.Resolve(s.t.Context(), fulfil.Decision{
		AttemptID: parked[0].ID, Action: fulfil.ActionFailed, Evidence: "they told " + marker, Operator: "op",
	})
	require.NoError(s.t, err)
}

func (s *shop) cancel(o *order.Order) {
	s.t.Helper()
	_, err := s.Advance(s.t.Context(), o.ID)
	require.NoError(s.t, err)
	_, err = s.Orders.Cancel(
		s.t.Context(), order.ByOperator(), o.Number, order.Cancellation{Reason: marker + " asked for it"},
	)
	require.NoError(s.t, err)
}
