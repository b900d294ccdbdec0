package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// Goods that may still be claimed are the newest of the orders that were settled: what is older is left alone.
const mostClaimable = 2000

// claimable are goods of one line of a settled order, whose customer may still claim them.
type claimable struct {
	merchant  *merchant
	number    string
	reference string
	units     []int64
	tickets   *orderhubv1.Order // the order as it was settled, where they are tickets
}

// claimRecord is one claim that a merchant made and an operator answered, as far as they were told.
type claimRecord struct {
	claimable

	claim    string // its own reference
	answer   orderhubv1.ClaimAnswer
	made     *orderhubv1.Claim // as answered first; nil when it never was
	answered bool
	bought   bool // others were bought in the place of its goods, or tried to be
	last     *failure
}

// mayClaim notes the goods of a settled order, some of which are claimed in the next rounds. The world's books are
// locked.
func (w *world) mayClaim(rec *record, line *orderhubv1.OrderLine, final *orderhubv1.Order) {
	c := &claimable{merchant: rec.merchant, number: final.GetOrderNumber(), reference: final.GetReferenceId()}
	for _, g := range line.GetGoods() {
		if g.GetUnit() != 0 {
			c.units = append(c.units, g.GetUnit())
		}
	}
	if len(c.units) == 0 {
		return
	}
	if isTicket(line) {
		c.tickets = final
	}
	if len(w.claimables) >= mostClaimable {
		w.claimables = w.claimables[1:]
	}
	w.claimables = append(w.claimables, c)
}

// claimGoods claims goods of earlier rounds and answers, until it is stopped. Tickets are shown at a gate meanwhile,
// and some are taken back rather than claimed.
func (l *load) claimGoods(ctx, going context.Context, w *world, round int, own *rand.Rand) {
	for i := 0; going.Err() == nil && len(w.claimables) > 0; i++ {
		at := own.IntN(len(w.claimables))
		if own.IntN(3) == 0 { // tickets are few
			isTickets := func(c *claimable) bool { return c.tickets != nil }
			at = max(slices.IndexFunc(w.claimables, isTickets), 0)
		}
		c := w.claimables[at]
		w.claimables = append(w.claimables[:at], w.claimables[at+1:]...)
		visits := w.visitsOf(own, c.merchant, c.tickets)
		var gates sync.WaitGroup
		gates.Go(func() { l.show(ctx, w, visits) })
		failed := l.complain(ctx, w, c, fmt.Sprintf("claim-%d-%d", round, i), own)
		gates.Wait()
		pause := between(own, 0, 60)
		if failed != nil {
			pause = between(own, 100, 300)
		}
		time.Sleep(pause)
	}
}

// complain claims goods and answers, or takes tickets back.
func (l *load) complain(ctx context.Context, w *world, c *claimable, claim string, own *rand.Rand) *failure {
	answers := []orderhubv1.ClaimAnswer{
		orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND, orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND,
		orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT, orderhubv1.ClaimAnswer_CLAIM_ANSWER_REPLACE,
	}
	dice := own.IntN(len(answers))
	if c.tickets != nil && dice > 1 { // they have no replacement, and what is used is rejected anyway
		back := &cancellation{*c}
		l.cancellations = append(l.cancellations, back)
		return w.cancel(ctx, back)
	}
	rec := &claimRecord{claimable: *c, claim: claim, answer: answers[dice]}
	if rec.last = w.makeClaim(ctx, rec); rec.last == nil {
		rec.last = w.answerClaim(ctx, rec)
	}
	l.claims = append(l.claims, rec)
	return rec.last
}

func (w *world) makeClaim(ctx context.Context, rec *claimRecord) *failure {
	return w.callAs(ctx, rec.merchant.key, func(ctx context.Context, conn *grpc.ClientConn) error {
		answer, err := orderhubv1.NewClaimServiceClient(conn).CreateClaim(ctx, &orderhubv1.CreateClaimRequest{
			OrderNumber: rec.number, Units: rec.units, Reason: orderhubv1.ClaimReason_CLAIM_REASON_NOT_WORKING,
			Reference: rec.claim,
		})
		if err == nil && rec.made != nil && rec.made.GetId() != answer.GetClaim().GetId() {
			return fmt.Errorf("it was %d, and repeated became %d", rec.made.GetId(), answer.GetClaim().GetId())
		}
		if err == nil {
			rec.made = answer.GetClaim()
		}
		return err
	})
}

func (w *world) answerClaim(ctx context.Context, rec *claimRecord) *failure {
	return w.callAs(ctx, w.admin, func(ctx context.Context, conn *grpc.ClientConn) error {
		answer, err := orderhubv1.NewClaimServiceClient(conn).AnswerClaim(ctx, &orderhubv1.AnswerClaimRequest{
			Claim: rec.made.GetId(), Answer: rec.answer, Reason: "so it was decided",
		})
		if err == nil {
			rec.made, rec.answered = answer.GetClaim(), true
			rec.bought = rec.bought || rec.has(orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING)
		}
		return err
	})
}

// callAs calls a hub once, with a key.
func (w *world) callAs(
	ctx context.Context, key string, call func(context.Context, *grpc.ClientConn) error,
) *failure {
	if err := w.connected(ctx, key, callTimeout, call); err != nil {
		return fromStatus(err)
	}
	return nil
}

// checkClaims repeats every claim and its answer until they are done, and books what they came to.
func (w *world) checkClaims(ctx context.Context, r *report, claims []*claimRecord) {
	for _, rec := range claims {
		if f := rec.last; f != nil && f.answered() && f.code != codes.Unavailable && !noStock(f) && !wasUsed(f) {
			r.violate(Unclear, "claim %s of order %s: %v", rec.claim, rec.number, f)
			continue
		}
		if err := w.finishClaim(ctx, rec); err != nil {
			if ctx.Err() == nil {
				r.violate(Unclear, "claim %s of order %s: %v", rec.claim, rec.number, err)
			}
			continue
		}
		r.Claims++
		if rec.bought {
			r.ClaimsBought++
		}
		w.bookClaim(ctx, r, rec)
	}
}

// noStock is the one refusal of an answer that is nobody's fault: there is nothing to replace with.
func noStock(f *failure) bool { return f.reason == "OUT_OF_STOCK" }

// wasUsed is the refusal to pay for a ticket with which somebody was let in.
func wasUsed(f *failure) bool { return f.reason == usedReason }

// finishClaim repeats both calls as a program would that lost their answers.
func (w *world) finishClaim(ctx context.Context, rec *claimRecord) error {
	deadline := time.Now().Add(w.opts.within(recoverTimeout))
	for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		failed := w.makeClaim(ctx, rec)
		if failed == nil {
			failed = w.answerClaim(ctx, rec)
		}
		if failed == nil {
			failed = w.awaitReplaced(ctx, rec)
		}
		switch {
		case failed == nil && !rec.has(orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING):
			return nil
		case failed == nil: // nobody could deliver others
			rec.answer = orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND
		case noStock(failed) && !rec.answered:
			rec.answer = orderhubv1.ClaimAnswer_CLAIM_ANSWER_REFUND
		case wasUsed(failed) && !rec.answered:
			rec.answer = orderhubv1.ClaimAnswer_CLAIM_ANSWER_REJECT
		case failed.code != codes.Unavailable || time.Now().After(deadline):
			return failed
		}
	}
	return errors.New("interrupted")
}

// awaitReplaced waits until nothing is being bought for a claim any more.
func (w *world) awaitReplaced(ctx context.Context, rec *claimRecord) *failure {
	const replacing = orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_REPLACING
	limit := w.opts.within(settleTimeout)
	for deadline := time.Now().Add(limit); rec.has(replacing); time.Sleep(pollEvery) {
		failed := w.callAs(ctx, w.admin, func(ctx context.Context, conn *grpc.ClientConn) error {
			found, err := orderhubv1.NewClaimServiceClient(conn).GetClaim(
				ctx, &orderhubv1.GetClaimRequest{Claim: rec.made.GetId()},
			)
			if err == nil {
				rec.made = found.GetClaim()
			}
			return err
		})
		switch {
		case failed != nil:
			return failed
		case rec.has(replacing) && time.Now().After(deadline):
			err := fmt.Errorf("others are still being bought after %s", limit)
			return &failure{code: codes.DeadlineExceeded, err: err}
		}
	}
	return nil
}

// has reports whether a unit of the claim is so.
func (rec *claimRecord) has(status orderhubv1.ClaimedUnitStatus) bool {
	return slices.ContainsFunc(rec.made.GetUnits(), func(u *orderhubv1.ClaimedUnit) bool {
		return u.GetStatus() == status
	})
}

// bookClaim counts what was given back, and sees to it that what replaces goods was nobody's before.
func (w *world) bookClaim(ctx context.Context, r *report, rec *claimRecord) {
	replaced := 0
	for _, u := range rec.made.GetUnits() {
		if u.GetStatus() == orderhubv1.ClaimedUnitStatus_CLAIMED_UNIT_STATUS_WAITING {
			r.violate(Lost, "claim %s of order %s: unit %d has no answer", rec.claim, rec.number, u.GetUnit())
		}
		if u.GetReplacementUnit() != 0 {
			replaced++
			r.ClaimsReplaced++
		}
		if refund := u.GetRefundAmount(); refund != "" {
			name := rec.merchant.name
			w.spent[name] = w.spent[name].SubCapped(amount(refund))
			if rec.tickets != nil { // its place is for sale again
				w.tickets[rec.tickets.GetLines()[0].GetUseDate()]--
			}
		}
	}
	if replaced == 0 {
		return
	}
	now, failed := w.ordered(ctx, rec.merchant, rec.reference)
	if failed != nil {
		r.violate(Lost, "order %s cannot be read: %v", rec.number, failed)
		return
	}
	for _, line := range now.GetLines() {
		for _, g := range line.GetGoods() {
			if w.delivered[g.GetContent()] != rec.number {
				w.checkGoods(r, rec.number, line, g)
				replaced--
			}
		}
	}
	if replaced != 0 {
		r.violate(Lost, "claim %s: of the goods that replace others, order %s lacks %d", rec.claim, rec.number,
			replaced)
	}
}
