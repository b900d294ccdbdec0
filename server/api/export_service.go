package api

import (
	"context"
	"errors"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/export"
	"orderhub/server/order"
	"orderhub/server/reading"
)

// exportRows is how many rows a message has at most: with long texts still far below what clients take.
const exportRows = 200

// How many exports one process gives at once, and how many to one merchant or operator. Unlike streams that wait, each
// reads all the time.
const (
	maxExports     = 8
	maxExportsEach = 2
)

// exportRetry is when to come back for an export that found no room: they take seconds to minutes.
const exportRetry = 10 * time.Second

// errTooManyExports: as many as one may have, or all together, are under way.
var errTooManyExports = errors.New("too many exports at once")

// exportService gives whole tables.
type exportService struct {
	orderhubv1.UnimplementedExportServiceServer
	*services
}

// Export counts among exports, and as a stream of its caller's, like those that watch, and ends as they do.
func (s *exportService) Export(r *orderhubv1.ExportRequest, stream orderhubv1.ExportService_ExportServer) error {
	q, err := s.query(stream.Context(), r)
	if err != nil {
		return err
	}
	return s.exporting(stream.Context(), func(ctx context.Context) error {
		return s.send(ctx, q, &sender[*orderhubv1.ExportResponse]{send: stream.Send, most: s.watchers.slowAfter})
	})
}

// exporting has an export sent where there is room for one of its caller's.
func (h *services) exporting(ctx context.Context, send func(context.Context) error) error {
	party := callOf(ctx).principal.Party()
	if !h.watchers.exports.Acquire(party, 1) {
		return &order.RetryLaterError{Err: errTooManyExports, After: exportRetry}
	}
	defer h.watchers.exports.Give(party, 1)
	ctx, leave, err := h.watchers.enter(ctx, party, h.admitted)
	if err != nil {
		return err
	}
	defer leave(nil)
	err = send(ctx)
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

func (s *exportService) send(ctx context.Context, q export.Query, out *sender[*orderhubv1.ExportResponse]) error {
	columns := export.Columns(q.Kind)
	first := &orderhubv1.ExportResponse{}
	if q.After == (export.Cursor{}) { // who goes on has the heading
		first.Columns = columns
	}
	if err := out.deliver(ctx, first); err != nil {
		return err
	}
	message := &orderhubv1.ExportResponse{Columns: columns}
	for row, err := range s.Exports.Rows(reading.Only(ctx), q) {
		if err != nil {
			return err
		}
		message.Rows = append(message.Rows, &orderhubv1.ExportRow{Cells: row.Cells, Cursor: row.Cursor.String()})
		if len(message.GetRows()) < exportRows {
			continue
		}
		if err := out.deliver(ctx, message); err != nil {
			return err
		}
		message = &orderhubv1.ExportResponse{Columns: columns} // the one that was sent may still be read
	}
	if len(message.GetRows()) == 0 {
		return nil
	}
	return out.deliver(ctx, message)
}

func (s *exportService) query(ctx context.Context, r *orderhubv1.ExportRequest) (q export.Query, err error) {
	q = export.Query{Kind: export.Kind(r.GetKind()), Status: r.GetStatus()}
	if !q.Kind.ForMerchants() && !callOf(ctx).principal.Admin() {
		return q, errOutOfScope
	}
	if q.Kind == export.Units && r.GetMerchant() != "" {
		return q, errs.Invalid("merchant", "must be empty: units are not by merchant")
	}
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return q, err
	}
	if id, all := viewer.Merchant(); !all {
		q.MerchantID = id
	}
	if r.GetCreateTimeFrom() != nil {
		q.From = r.GetCreateTimeFrom().AsTime()
	}
	if r.GetCreateTimeTo() != nil {
		q.To = r.GetCreateTimeTo().AsTime()
	}
	q.After, err = q.Kind.ParseCursor(r.GetAfter())
	return q, err
}
