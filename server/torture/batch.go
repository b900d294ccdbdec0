package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// mostRows is how many orders a caller of batches sends at once.
const mostRows = 6

// sendsBatches says which callers place their orders in batches. While versions change none does: the version before
// knows none.
func sendsBatches(caller int, kind Kind) bool { return caller%4 == 2 && kind != Upgrade }

// orderBatches places batches, now and then an atomic one, until it is stopped.
func (l *load) orderBatches(ctx, going context.Context, w *world, round, caller int, own *rand.Rand) {
	m := w.merchants[own.IntN(len(w.merchants))]
	c := w.grpcClient(caller, m.key)
	defer c.close()
	for i := 0; going.Err() == nil; i++ {
		var records []*record
		for row := range 1 + own.IntN(mostRows) {
			records = append(records, &record{
				round: round, merchant: m, caller: caller,
				order: w.newOrder(own, round, fmt.Sprintf("r%d-c%d-%d-%d", round, caller, i, row)),
			})
		}
		failed := c.createBatch(ctx, records, own.IntN(3) == 0)
		if failed != nil && failed.code == codes.Unavailable && own.IntN(4) == 0 {
			time.Sleep(between(own, 1, 50))
			failed = c.createBatch(ctx, records, false) // what an atomic batch placed is answered row by row, too
		}
		w.calls[caller].Add(1)
		l.mu.Lock()
		l.records = append(l.records, records...)
		l.mu.Unlock()
		pause := between(own, 0, 40)
		if failed != nil && failed.code == codes.Unavailable {
			pause = between(own, 100, 300)
		}
		time.Sleep(pause)
	}
}

// createBatch places the orders of the records, and notes what each was told. The failure is the call's.
func (c *grpcClient) createBatch(ctx context.Context, records []*record, atomic bool) *failure {
	request := &orderhubv1.BatchCreateOrdersRequest{Atomic: atomic}
	for _, rec := range records {
		request.Orders = append(request.Orders, rec.order)
	}
	_, failed := c.call(ctx, func(ctx context.Context, _ orderhubv1.OrderServiceClient) (*orderhubv1.Order, error) {
		answer, err := orderhubv1.NewBatchServiceClient(c.conn).BatchCreateOrders(ctx, request)
		if err == nil && len(answer.GetRows()) != len(records) {
			err = fmt.Errorf("%d orders were sent and %d rows answered", len(records), len(answer.GetRows()))
		}
		if err != nil {
			return nil, err
		}
		for i, rec := range records {
			row := answer.GetRows()[i]
			rec.placed, rec.last = row.GetOrder(), nil
			if e := row.GetError(); e != nil {
				rec.last = &failure{
					code: codeOf(e.GetCode()), reason: e.GetReason(), retry: e.GetRetryAfter().AsDuration(),
					err: fmt.Errorf("row %d: %s", i, e.GetMessage()),
				}
				continue
			}
			rec.answered = time.Now()
		}
		return nil, nil
	})
	if failed != nil {
		for _, rec := range records {
			rec.last = failed
		}
	}
	return failed
}

// codeOf is the code with a name such as FAILED_PRECONDITION.
func codeOf(name string) codes.Code {
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + name + `"`)); err != nil {
		return codes.Unknown
	}
	return code
}

// checkReference asks what became of a reference, once nobody is at work with it: it must be what is there.
func checkReference(ctx context.Context, found *violations, caller client, rec *record, there *orderhubv1.Order) {
	if patient, ok := caller.(*patientClient); ok {
		caller = patient.client
	}
	c, ok := caller.(*grpcClient)
	if !ok {
		return // over REST it is the same question
	}
	reference := rec.order.GetReferenceId()
	answer, failed := ask(
		ctx, c, orderhubv1.NewReferenceServiceClient, orderhubv1.ReferenceServiceClient.GetReference,
		&orderhubv1.GetReferenceRequest{ReferenceId: reference},
	)
	if failed != nil {
		found.add(Unclear, "what became of %s cannot be asked: %v", reference, failed)
		return
	}
	is := answer.GetReference()
	ordered := is.GetState() == orderhubv1.ReferenceState_REFERENCE_STATE_ORDER
	if ordered != (there != nil) || is.GetOrder().GetOrderNumber() != there.GetOrderNumber() {
		found.add(Lost, "order %s is %s and is said to be %v", reference, there.GetOrderNumber(), is.GetState())
	}
}
