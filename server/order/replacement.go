package order

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"

	"orderhub/server/catalog"
	"orderhub/server/event"
)

// Replacement buys units of a line in the place of some that do not work. Nobody is
// charged, and the counters of the line stay as they are: what comes takes the place of
// what the customer has, one for one, and what cannot be bought leaves the customer with it.
type Replacement struct {
	ID          int64
	ClaimID     int64
	ClaimReason string // stable code
	OrderID     int64
	LineID      int64
	Quantity    int64
	Completed   int64
	Failed      int64
	Units       []ClaimedUnit // for which nothing has come yet, by id
	// Bad are the contents, by catalog.MarkOf, of what was bought that are known not to work.
	Bad map[string]bool
}

// ClaimedUnit is a unit that does not work, with its entry in the claim.
type ClaimedUnit struct{ EntryID, UnitID int64 }

// Open is how many units are neither bought nor given up.
func (r *Replacement) Open() int64 { return r.Quantity - r.Completed - r.Failed }

// settleReplacement applies what became of a purchase for a replacement: goods go to
// the customer in the place of as many units, and what failed, was cancelled or is known
// not to work leaves as many of them to whoever answers the claim.
func (s *SettleState) settleReplacement(in *Settlement) (*Settled, error) {
	out, err := s.begin(in.MerchantID, in.OrderID, in.LineID)
	if err != nil {
		return nil, err
	}
	r := s.Replacements[in.ReplacementID]
	if r == nil || r.LineID != in.LineID {
		return nil, fmt.Errorf("settle replacement %d of line %d: %w", in.ReplacementID, in.LineID, ErrNotFound)
	}
	goods := r.working(in.Delivered)
	bad := int64(len(in.Delivered) - len(goods))
	came, lost := int64(len(goods)), in.Failed+in.Cancelled+bad
	if in.Failed < 0 || in.Cancelled < 0 || came+lost > r.Open() || r.Open() != int64(len(r.Units)) {
		return nil, fmt.Errorf(
			"settle replacement %d of order %s: %d units, but only %d are open, for %d units of its claim", r.ID,
			out.Order.Number, came+lost, r.Open(), len(r.Units),
		)
	}
	out.Replacement, out.Goods = r, goods
	s.deliver(out)
	out.Replaced, out.Returned, r.Units = r.Units[:came], r.Units[came:came+lost], r.Units[came+lost:]
	r.Completed += came
	r.Failed += lost
	for _, u := range out.Replaced {
		s.mark(out, u.UnitID, GoodsReplaced)
	}
	if came > 0 {
		s.note(out, r.note(event.ClaimReplaced), int(came))
	}
	if out.FailureCode = in.FailureCode; bad > 0 {
		out.FailureCode = replacementBad
	}
	if lost > 0 {
		out.FailureCode = cmp.Or(out.FailureCode, replacementCancelled)
		n := r.note(event.ClaimWaiting)
		n.Data["failure_code"] = out.FailureCode
		s.note(out, n, int(lost))
	}
	if came+lost > 0 {
		out.Order.UpdatedAt = s.Now
	}
	s.addNotes(out, in)
	s.freeze(out)
	return out, nil
}

// working are goods without those that are known not to work: they would be claimed again.
func (r *Replacement) working(goods []Goods) []Goods {
	if len(r.Bad) == 0 {
		return goods
	}
	working := make([]Goods, 0, len(goods))
	for _, g := range goods {
		if !r.Bad[catalog.MarkOf(g.Content)] {
			working = append(working, g)
		}
	}
	return working
}

// replacementBad is why what was bought is not delivered: it is a unit that does not work.
const replacementBad = "BAD_UNIT"

// replacementCancelled is why units were not bought that their provider took back before
// they came.
const replacementCancelled = "CANCELLED"

func (r *Replacement) note(kind event.Type) Note {
	return NoteOf(kind, map[string]string{"claim": strconv.FormatInt(r.ClaimID, 10), "claim_reason": r.ClaimReason})
}

// deliver says of goods that came now that the customer has them.
func (s *SettleState) deliver(out *Settled) {
	for i := range out.Goods {
		out.Goods[i].Status, out.Goods[i].DeliveredAt, out.Goods[i].UseDate = GoodsDelivered, s.Now, out.Line.UseDate
	}
}

// addNotes adds what else the merchant's log is to say of the line.
func (s *SettleState) addNotes(out *Settled, in *Settlement) {
	if in.Parked != "" {
		in.Notes = append(in.Notes, Note{event.AttemptParked, map[string]string{"reason": in.Parked}})
	}
	for _, note := range in.Notes {
		noted := out.Wallet.newOrderEvent(out.Order, s.Now, note.Type)
		noted.LineID = out.Line.ID
		maps.Copy(noted.Data, note.Data)
		out.Events = append(out.Events, noted)
	}
}
