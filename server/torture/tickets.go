package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// The answers of a gate by which nobody is let in.
const (
	usedReason     = "TICKET_USED"
	notValidReason = "TICKET_NOT_VALID"
	wrongDay       = "WRONG_DATE"
)

// visit is one ticket that is shown at one gate, or at two at the same time, which let in one person at most.
type visit struct {
	merchant  *merchant
	number    string // of the order
	reference string // likewise
	useDate   string
	code      string
	gates     []*gate
}

// gate is where a ticket is shown.
type gate struct {
	reference string
	used      *orderhubv1.Ticket // as answered first; nil when nobody was let in, or nobody knows
}

// cancellation is an order of tickets that its merchant takes back, while they are shown at gates.
type cancellation struct{ claimable }

// days are a round's own day of tickets, and today with more tickets than before.
func (w *world) days(round int) []*orderhubv1.Allotment {
	w.today = time.Now().UTC().Format(time.DateOnly)
	var days []*orderhubv1.Allotment
	for _, day := range []string{dayOf(round), w.today} {
		w.capacity[day] += ticketsPerRound
		days = append(days, &orderhubv1.Allotment{UseDate: day, Capacity: int32(w.capacity[day])})
	}
	return days
}

// letIn lets in people with tickets of today that were just sold, until it is stopped. Some never come.
func (l *load) letIn(ctx, going context.Context, w *world, own *rand.Rand) {
	for seen := 0; going.Err() == nil; sleep(going, between(own, 0, 30)) {
		l.mu.Lock()
		sold := l.records[seen:]
		seen = len(l.records)
		l.mu.Unlock()
		for _, rec := range sold {
			if going.Err() == nil && own.IntN(3) > 0 {
				l.show(ctx, w, w.visitsOf(own, rec.merchant, rec.placed))
			}
		}
	}
}

// visitsOf are those with an order's tickets of today, as far as none was shown in an earlier round.
func (w *world) visitsOf(random *rand.Rand, m *merchant, o *orderhubv1.Order) (visits []*visit) {
	for _, line := range o.GetLines() {
		for _, g := range line.GetGoods() {
			if line.GetUseDate() != w.today || w.visited[g.GetTicketCode()] {
				continue
			}
			v := &visit{
				merchant: m, number: o.GetOrderNumber(), reference: o.GetReferenceId(), useDate: w.today,
				code: g.GetTicketCode(),
			}
			for i := range 1 + random.IntN(2) {
				v.gates = append(v.gates, &gate{reference: fmt.Sprintf("gate-%d", i)})
			}
			visits = append(visits, v)
		}
	}
	return visits
}

// show shows tickets, each at its gates at once.
func (l *load) show(ctx context.Context, w *world, visits []*visit) {
	for _, v := range visits {
		var gates sync.WaitGroup
		for _, g := range v.gates {
			gates.Go(func() { _ = w.redeem(ctx, v, g) })
		}
		gates.Wait()
		l.mu.Lock()
		l.visits = append(l.visits, v)
		l.mu.Unlock()
	}
}

func (w *world) redeem(ctx context.Context, v *visit, g *gate) *failure {
	return w.callAs(ctx, v.merchant.key, func(ctx context.Context, conn *grpc.ClientConn) error {
		answer, err := orderhubv1.NewRedemptionServiceClient(conn).RedeemTicket(ctx, &orderhubv1.RedeemTicketRequest{
			TicketCode: v.code, Reference: g.reference, Place: "Main gate",
		})
		if err != nil {
			return err
		}
		before, now := g.used.GetRedeemTime().AsTime(), answer.GetTicket().GetRedeemTime().AsTime()
		if g.used != nil && !now.Equal(before) {
			return fmt.Errorf("it was used at %s, and repeated at %s", before, now)
		}
		g.used = answer.GetTicket()
		return nil
	})
}

// cancel takes back what is left of an order of tickets.
func (w *world) cancel(ctx context.Context, c *cancellation) *failure {
	return w.callAs(ctx, c.merchant.key, func(ctx context.Context, conn *grpc.ClientConn) error {
		_, err := orderhubv1.NewOrderServiceClient(conn).CancelOrder(
			ctx, &orderhubv1.CancelOrderRequest{OrderNumber: c.number, Reason: "nobody comes"},
		)
		return err
	})
}

// finish repeats a call until it is answered.
func (w *world) finish(ctx context.Context, call func() *failure) (failed *failure) {
	deadline := time.Now().Add(w.opts.within(recoverTimeout))
	for ; ; sleep(ctx, 50*time.Millisecond) {
		failed = call()
		if failed == nil || failed.code != codes.Unavailable || ctx.Err() != nil || time.Now().After(deadline) {
			return failed
		}
	}
}

// checkVisits shows every ticket again at its gates, then takes every order back again whose merchant wanted it, and
// sees what became of the tickets.
func (w *world) checkVisits(ctx context.Context, r *report, l *load) {
	for _, v := range l.visits {
		w.visited[v.code] = true
		w.showAgain(ctx, r, v)
	}
	for _, c := range l.cancellations {
		w.cancelAgain(ctx, r, c)
	}
	for _, v := range l.visits {
		w.checkVisit(ctx, r, v)
	}
}

// showAgain repeats what the gates asked: who was let in is let in, and everybody else knows why not.
func (w *world) showAgain(ctx context.Context, r *report, v *visit) {
	for _, g := range v.gates {
		before := g.used
		failed := w.finish(ctx, func() *failure { return w.redeem(ctx, v, g) })
		otherDay := failed != nil && failed.reason == wrongDay && v.useDate != time.Now().UTC().Format(time.DateOnly)
		switch {
		case ctx.Err() != nil || failed == nil:
		case before != nil:
			r.violate(Lost, "a ticket of order %s was used at %s, and repeated: %v", v.number, g.reference, failed)
		case !otherDay && failed.reason != usedReason && failed.reason != notValidReason:
			r.violate(Unclear, "a ticket of order %s at %s: %v", v.number, g.reference, failed)
		}
	}
}

// checkVisit sees that a ticket is used if one gate let somebody in with it, and not otherwise.
func (w *world) checkVisit(ctx context.Context, r *report, v *visit) {
	now, failed := w.ordered(ctx, v.merchant, v.reference)
	if ctx.Err() != nil {
		return
	}
	if failed != nil {
		r.violate(Lost, "order %s cannot be read: %v", v.number, failed)
		return
	}
	var status orderhubv1.GoodsStatus
	for _, line := range now.GetLines() {
		for _, g := range line.GetGoods() {
			if g.GetTicketCode() == v.code {
				status = g.GetStatus()
			}
		}
	}
	used := 0
	for _, g := range v.gates {
		if g.used != nil {
			used++
		}
	}
	r.Used += used
	switch is := status == orderhubv1.GoodsStatus_GOODS_STATUS_USED; {
	case used > 1:
		r.violate(Double, "a ticket of order %s let in %d people", v.number, used)
	case is != (used == 1):
		r.violate(Lost, "a ticket of order %s let in %d people, and is %s", v.number, used, status)
	}
}

// cancelAgain takes an order back and books what it came to.
func (w *world) cancelAgain(ctx context.Context, r *report, c *cancellation) {
	failed := w.finish(ctx, func() *failure { return w.cancel(ctx, c) })
	if ctx.Err() != nil {
		return
	}
	if failed != nil && failed.reason != "NOT_CANCELLABLE" { // what is left of it is used
		r.violate(Unclear, "order %s of tickets is taken back: %v", c.number, failed)
		return
	}
	now, failed := w.ordered(ctx, c.merchant, c.reference)
	if failed != nil {
		r.violate(Lost, "order %s cannot be read: %v", c.number, failed)
		return
	}
	name, back := c.merchant.name, amount(now.GetRefundedAmount()).SubCapped(amount(c.tickets.GetRefundedAmount()))
	w.spent[name] = w.spent[name].SubCapped(back)
	for _, line := range now.GetLines() {
		for _, g := range line.GetGoods() {
			if g.GetStatus() == orderhubv1.GoodsStatus_GOODS_STATUS_CANCELLED {
				w.tickets[line.GetUseDate()]--
				r.TakenBack++
			}
		}
	}
}

func (w *world) ordered(ctx context.Context, m *merchant, reference string) (*orderhubv1.Order, *failure) {
	c := &patientClient{w.client(0, m.key), w.opts.within(recoverTimeout)}
	defer c.close()
	return c.byReference(ctx, reference)
}

// checkTicket counts a ticket that was sold. The world's books are locked.
func (w *world) checkTicket(r *report, number, day string, g *orderhubv1.Goods) {
	if w.tickets[day]++; w.tickets[day] > w.capacity[day] {
		r.violate(Double, "%d tickets are sold for %s, which has %d", w.tickets[day], day, w.capacity[day])
	}
	if g.GetStatus() == orderhubv1.GoodsStatus_GOODS_STATUS_USED && !w.visited[g.GetTicketCode()] {
		r.violate(Double, "a ticket of order %s is used, and was never shown", number)
	}
}

func isTicket(line *orderhubv1.OrderLine) bool { return line.GetSku() == skuTicket }
