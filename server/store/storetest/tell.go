package storetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/event"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

// PlainFormat says of an event what it is, and of which lines.
type PlainFormat struct {
	PerLine bool // a message for each line that changed, rather than one
}

// Messages implements webhook.Format.
func (f PlainFormat) Messages(_ context.Context, e *event.Event, o *order.Order, changed map[int64]bool) (
	[]webhook.Message, error,
) {
	if !f.PerLine {
		return []webhook.Message{{Type: string(e.Type), Body: fmt.Appendf(nil, "%d %s", e.Sequence, e.Type)}}, nil
	}
	var messages []webhook.Message
	for _, l := range o.Lines {
		if changed[l.ID] {
			messages = append(messages, webhook.Message{
				LineID: l.ID, Type: string(e.Type), Body: fmt.Appendf(nil, "%d %s %d", e.Sequence, l.Status,
					l.Position),
			})
		}
	}
	return messages, nil
}

// Test implements webhook.Format.
func (PlainFormat) Test(time.Time) (webhook.Message, error) {
	return webhook.Message{Type: webhook.TestType, Body: []byte("test")}, nil
}

// Header implements webhook.Format.
func (PlainFormat) Header(p *webhook.Parcel) map[string][]string {
	return map[string][]string{"Message-Id": {p.MessageID}, "Secrets": p.Secrets, "Key": {p.Key}}
}

// PlainFormats are plain words for every kind of endpoint.
func PlainFormats() map[string]webhook.Format {
	return map[string]webhook.Format{
		standard.Name: PlainFormat{}, gameso.Name: PlainFormat{}, bursagb.Name: PlainFormat{PerLine: true},
	}
}

// Fanout makes deliveries in plain words; wake may be nil.
func (w *World) Fanout(wake func(...string)) *webhook.Fanout {
	if wake == nil {
		wake = func(...string) {}
	}
	f := webhook.NewFanout(
		w.Store.Deliveries, w.Store.Endpoints, PlainFormats(), NewNumber, wake, time.Now, slog.New(slog.DiscardHandler),
	)
	w.tb.Cleanup(f.Close)
	return f
}

// Tell does the jobs that make deliveries of events.
func (w *World) Tell(f *webhook.Fanout) {
	w.tb.Helper()
	handle, args := w.Store.SQLite(), "json(args)"
	if handle == nil {
		handle, args = stdlib.OpenDBFromPool(w.Store.Pool()), "args"
		defer handle.Close()
	}
	ctx := context.Background()
	for id, args := range w.fanoutJobs(ctx, handle, args) {
		w.must(f.FanOut(ctx, args.Ranges))
		_, err := handle.ExecContext(ctx, fmt.Sprintf("DELETE FROM river_job WHERE id = %d", id))
		w.must(err)
	}
}

func (w *World) fanoutJobs(ctx context.Context, handle *sql.DB, column string) map[int64]job.FanoutArgs {
	rows, err := handle.QueryContext(ctx, "SELECT id, "+column+" FROM river_job WHERE kind = 'fanout'")
	w.must(err)
	defer rows.Close()
	jobs := make(map[int64]job.FanoutArgs)
	for rows.Next() {
		var id int64
		var text []byte
		var args job.FanoutArgs
		w.must(rows.Scan(&id, &text))
		w.must(json.Unmarshal(text, &args))
		jobs[id] = args
	}
	w.must(rows.Err())
	return jobs
}
