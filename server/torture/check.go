package torture

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// settleTimeout is how long the orders of a round may take to become final. A
// dead leader of the job queue is replaced after 15 s; then the jobs it left
// are rescued.
const settleTimeout = 60 * time.Second

const pollEvery = 100 * time.Millisecond

// refusals are the answers by which nothing was ordered.
var refusals = []string{"OUT_OF_STOCK", "INSUFFICIENT_BALANCE", "DATE_NOT_AVAILABLE", "COUPON_INVALID", endedReason}

func (rec *record) refused() bool {
	return rec.last != nil && slices.Contains(refusals, rec.last.reason)
}

// checkAnswers counts what callers were told and finds what no caller could act
// on.
func (w *world) checkAnswers(r *report, kind Kind, records []*record) {
	for _, rec := range records {
		r.Placed++
		switch f := rec.last; {
		case rec.placed != nil:
			r.Answered++
			continue
		case rec.refused():
			r.Refused++
			continue
		case kind == Upgrade:
			r.violate(Unclear, "order %s: failed while versions changed: %v", rec.order.GetReferenceId(), f)
		case f.code == codes.DeadlineExceeded:
			r.violate(Stuck, "order %s: no answer within %s", rec.order.GetReferenceId(), w.opts.within(callTimeout))
		case f.answered() && (f.code != codes.Unavailable && f.code != codes.ResourceExhausted || f.retry <= 0):
			r.violate(Unclear, "order %s: answered with %v", rec.order.GetReferenceId(), f)
		case !f.answered() && f.code != codes.Unavailable:
			r.violate(Unclear, "order %s: %v", rec.order.GetReferenceId(), f)
		case !f.answered() && !kind.killsServer():
			r.violate(Unclear, "order %s: the hub lives and does not answer: %v", rec.order.GetReferenceId(), f)
		}
		r.Unanswered++
	}
}

// violations collects from several goroutines.
type violations struct {
	mu sync.Mutex
	r  *report
}

// count counts in the report.
func (v *violations) count(n *int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*n++
}

func (v *violations) add(class Class, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.r.violate(class, format, args...)
}

// each calls check for every record, several at a time, each with a client of
// the record's merchant.
func (w *world) each(ctx context.Context, r *report, records []*record, check func(client, *record, *violations)) {
	const callers = 8
	var group errgroup.Group
	found := &violations{r: r}
	for caller := range callers {
		group.Go(func() error {
			clients := make(map[string]client)
			for i := caller; i < len(records) && ctx.Err() == nil; i += callers {
				key := records[i].merchant.key
				if clients[key] == nil {
					clients[key] = &patientClient{w.client(caller, key), w.opts.within(recoverTimeout)}
				}
				check(clients[key], records[i], found)
			}
			for _, c := range clients {
				c.close()
			}
			return nil
		})
	}
	_ = group.Wait()
}

// checkPlaced looks every order up, repeats those that were not answered, and
// some of those that were.
func (w *world) checkPlaced(ctx context.Context, r *report, kind Kind, records []*record) {
	w.each(ctx, r, records, func(c client, rec *record, found *violations) {
		there, missing := c.byReference(ctx, rec.order.GetReferenceId())
		if missing != nil && missing.code != codes.NotFound {
			found.add(Unclear, "order %s cannot be read: %v", rec.order.GetReferenceId(), missing)
			return
		}
		if rec.placed == nil {
			checkReference(ctx, found, c, rec, there)
		}
		switch {
		case rec.placed != nil:
			checkAnswered(found, rec, there)
			if there == nil || len(rec.order.GetReferenceId())%4 > 0 {
				return // repeat some only
			}
		case rec.refused():
			if there != nil {
				found.add(
					Lost, "order %s was refused (%s) and is there as %s", rec.order.GetReferenceId(), rec.last.reason,
					there.GetOrderNumber(),
				)
			}
			return
		case there != nil:
			found.count(&r.Found)
			if kind == Stop {
				found.add(
					Lost, "order %s was placed, and its caller cut off without an answer: %v",
					rec.order.GetReferenceId(), rec.last,
				)
			}
		}
		checkRepeated(ctx, found, c, rec, there)
		if there == nil && rec.placed != nil {
			found.count(&r.Replaced)
		}
	})
}

// checkAnswered compares an order that was answered with what is there.
func checkAnswered(found *violations, rec *record, there *orderhubv1.Order) {
	reference := rec.order.GetReferenceId()
	if there == nil {
		found.add(Lost, "order %s was answered as %s and is not there", reference, rec.placed.GetOrderNumber())
		return
	}
	if difference := compare(rec.placed, there); difference != "" {
		found.add(Lost, "order %s is not as answered: %s", reference, difference)
	}
}

// compare says how an order differs from what it was at first, "" when only
// fulfilment went on.
func compare(first, now *orderhubv1.Order) string {
	now = withoutUses(first, withoutUnits(first, now))
	if first.GetCompleteTime() != nil {
		if !proto.Equal(first, now) {
			return fmt.Sprintf("was final as %v, is %v", first, now)
		}
		return ""
	}
	a, b := proto.CloneOf(first), proto.CloneOf(now)
	for _, o := range []*orderhubv1.Order{a, b} {
		o.Status = 0
		o.UpdateTime = nil
		o.CompleteTime = nil
		o.RefundedAmount = ""
		o.FailureCode = ""
		o.FailureMessage = ""
	}
	for i, line := range b.GetLines() {
		if i < len(a.GetLines()) && len(line.GetGoods()) > len(a.GetLines()[i].GetGoods()) &&
			len(a.GetLines()[i].GetGoods()) == 0 {
			line.Goods = nil
		}
	}
	for _, o := range []*orderhubv1.Order{a, b} {
		for _, line := range o.GetLines() {
			line.Status = 0
			line.CompletedQuantity = 0
			line.FailedQuantity = 0
			line.RefundedAmount = ""
			line.FailureCode, line.FailureMessage = "", ""
		}
	}
	if !proto.Equal(a, b) {
		return fmt.Sprintf("was %v, is %v", first, now)
	}
	return ""
}

// checkRepeated repeats the request twice: it must get the one order, there
// already or new.
func checkRepeated(ctx context.Context, found *violations, c client, rec *record, there *orderhubv1.Order) {
	reference := rec.order.GetReferenceId()
	for range 2 {
		again, failed := createOnceFree(ctx, c, rec.order)
		switch {
		case failed != nil && there == nil && slices.Contains(refusals, failed.reason):
			rec.last = failed
			return
		case failed != nil:
			found.add(Unclear, "order %s repeated: %v", reference, failed)
			return
		case there != nil && again.GetOrderNumber() != there.GetOrderNumber():
			found.add(
				Double, "order %s is %s, and repeated became %s", reference, there.GetOrderNumber(),
				again.GetOrderNumber(),
			)
			return
		}
		if rec.placed == nil {
			rec.placed, rec.last = again, nil
		}
		there = again
	}
}

// settle waits until every open order is final, and then checks goods and money.
func (w *world) settle(ctx context.Context, r *report) {
	if !w.awaitFinal(ctx, r) || !w.awaitNoHolds(ctx, r) {
		return
	}
	var mu sync.Mutex
	w.each(ctx, r, w.open, func(c client, rec *record, found *violations) {
		reference := rec.order.GetReferenceId()
		final, failed := c.byReference(ctx, reference)
		if rec.placed == nil {
			if failed == nil {
				found.add(Double, "order %s was refused and is there as %s", reference, final.GetOrderNumber())
			}
			return
		}
		if failed != nil {
			found.add(Lost, "order %s was there as %s: %v", reference, rec.placed.GetOrderNumber(), failed)
			return
		}
		checkAnswered(found, rec, final)
		mu.Lock()
		defer mu.Unlock()
		w.checkFinal(r, rec, final)
	})
	if ctx.Err() != nil {
		return
	}
	w.settled += len(w.open)
	w.open = nil
	w.checkPartner(ctx, r)
	w.checkMoney(ctx, r)
	w.checkEachOnce(ctx, r)
	w.audience.check(ctx, r)
}

// awaitFinal reports whether no order is open any more.
func (w *world) awaitFinal(ctx context.Context, r *report) bool {
	open, done := "", false
	limit := w.opts.within(settleTimeout)
	for deadline := time.Now().Add(limit); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(pollEvery) {
		err := w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
			response, err := orderhubv1.NewOrderServiceClient(conn).ListOrders(ctx, &orderhubv1.ListOrdersRequest{
				Status: []orderhubv1.OrderStatus{
					orderhubv1.OrderStatus_ORDER_STATUS_PENDING, orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING,
				},
				PageSize: 5,
			})
			open = fmt.Sprint(response.GetOrders())
			done = err == nil && len(response.GetOrders()) == 0 && response.GetNextPageToken() == ""
			return err
		})
		if done {
			return true
		}
		if err != nil {
			open = err.Error()
		}
	}
	if ctx.Err() == nil {
		r.violate(Stuck, "orders are not final after %s, such as %s", limit, open)
	}
	return false
}

// checkFinal checks the goods and counts the money of an order. The world's
// books are locked.
func (w *world) checkFinal(r *report, rec *record, final *orderhubv1.Order) {
	number := final.GetOrderNumber()
	if final.GetCompleteTime() == nil {
		r.violate(Stuck, "order %s is %s", number, final.GetStatus())
		return
	}
	paid := amount(final.GetTotalAmount()).SubCapped(amount(final.GetRefundedAmount()))
	w.spent[rec.merchant.name] = w.spent[rec.merchant.name].AddCapped(paid)
	for _, line := range final.GetLines() {
		if len(line.GetGoods()) != int(line.GetCompletedQuantity()) ||
			line.GetCompletedQuantity()+line.GetFailedQuantity() != line.GetQuantity() {
			r.violate(Lost, "order %s line %d: %d goods, %d completed, %d failed of %d", number, line.GetPosition(),
				len(line.GetGoods()), line.GetCompletedQuantity(), line.GetFailedQuantity(), line.GetQuantity())
		}
		for _, g := range line.GetGoods() {
			w.checkGoods(r, number, line, g)
		}
		w.mayClaim(rec, line, final)
	}
}

func (w *world) checkGoods(r *report, number string, line *orderhubv1.OrderLine, g *orderhubv1.Goods) {
	good := g.GetContent()
	if line.GetSku() == skuTicket {
		good = g.GetTicketCode()
		w.checkTicket(r, number, line.GetUseDate(), g)
	}
	if slices.Contains(stockSKUs, line.GetSku()) && !w.imported[good] {
		r.violate(Double, "order %s got %q, which nobody put into stock", number, good)
	}
	if other, taken := w.delivered[good]; taken || good == "" {
		r.violate(Double, "order %s got %q, which order %s has", number, good, other)
	}
	w.delivered[good] = number
}

// checkMoney compares the wallets with what was deposited and spent. It runs
// when every order of the world is settled.
func (w *world) checkMoney(ctx context.Context, r *report) {
	err := w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		for _, m := range w.merchants {
			response, err := orderhubv1.NewAdminServiceClient(conn).GetMerchant(
				ctx, &orderhubv1.GetMerchantRequest{Merchant: m.name},
			)
			if err != nil {
				return err
			}
			want := m.deposited.SubCapped(w.spent[m.name])
			if got := amount(response.GetMerchant().GetBalance()); got != want {
				r.violate(
					Double, "the wallet of %s has %s, and should have %s", m.name, got.Format(currency),
					want.Format(currency),
				)
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		r.violate(Unclear, "reading the wallets: %v", err)
	}
}

// checkEachOnce counts the orders of the world and those that used a coupon.
func (w *world) checkEachOnce(ctx context.Context, r *report) {
	numbers, references, coupons := 0, make(map[string]bool), make(map[string]int)
	err := w.operator(ctx, func(ctx context.Context, conn *grpc.ClientConn) error {
		token := ""
		for {
			response, err := orderhubv1.NewOrderServiceClient(conn).ListOrders(ctx, &orderhubv1.ListOrdersRequest{
				PageSize: 500, PageToken: token, ReferenceIdPrefix: fmt.Sprintf("r%d-", r.round),
			})
			if err != nil {
				return err
			}
			for _, o := range response.GetOrders() {
				numbers++
				references[o.GetReferenceId()] = true
				if o.GetCoupon() != "" {
					coupons[o.GetCoupon()]++
				}
			}
			if token = response.GetNextPageToken(); token == "" {
				return nil
			}
		}
	})
	if err != nil && ctx.Err() == nil {
		r.violate(Unclear, "listing the orders: %v", err)
	}
	if len(references) != numbers {
		r.violate(Double, "%d orders for %d references", numbers, len(references))
	}
	for code, uses := range coupons {
		if uses > couponUses {
			r.violate(Double, "coupon %s is used %d times", code, uses)
		}
	}
}
