package claim

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// MaxUnits is how many units one claim may have.
const MaxUnits = 100

// How long texts may be, in characters.
const (
	maxText      = 2000
	maxEvidence  = 4000
	maxFileName  = 200
	maxReference = 255
	maxAnswer    = 500
)

// Draft is what somebody claims.
type Draft struct {
	Viewer      order.Viewer // whose orders who claims may see
	OrderNumber string
	Units       []int64 // ids, each once; empty for all that can be claimed
	Reason      Reason
	Said        Said
	Reference   string // "" is never a repetition
	By          By
}

// Check looks at what needs no database. *errs.InvalidError.
func (d *Draft) Check() error {
	bad := &errs.InvalidError{}
	if !slices.Contains([]Reason{NotWorking, AlreadyUsed, WrongProduct, NotReceived, Expired, Other}, d.Reason) {
		bad.Add("reason", "must be one of the reasons")
	}
	if d.Reason == Other && strings.TrimSpace(d.Said.Text) == "" {
		bad.Add("text", "must say what is wrong where the reason is another one")
	}
	bad.CheckText("text", d.Said.Text, maxText)
	bad.CheckText("evidence.text", d.Said.Evidence.Text, maxEvidence)
	bad.CheckLine("evidence.file_name", d.Said.Evidence.FileName, 0, maxFileName)
	bad.CheckLine("reference", d.Reference, 0, maxReference)
	if sum := d.Said.Evidence.SHA256; sum != "" {
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != 32 || strings.ToLower(sum) != sum {
			bad.Add("evidence.sha256", "must be 64 lower-case hexadecimal digits")
		}
	}
	if len(d.Units) > MaxUnits {
		bad.Add("units", "must have at most %d entries", MaxUnits)
	}
	return bad.OrNil()
}

// Held is a unit as its order has it now.
type Held struct {
	UnitID, LineID, ProductID int64
	Position                  int
	SKU                       string
	Ticketed                  bool
	Status                    order.GoodsStatus
	DeliveredAt               time.Time
	ClaimID                   int64 // by which it was claimed before; 0 for none
}

// has reports whether the customer has the unit.
func (h *Held) has() bool { return h.Status == order.GoodsDelivered || h.Status == order.GoodsUsed }

// Case is what a claim is judged by: the order's units and what holds for their products.
type Case struct {
	Now      time.Time
	Units    []Held
	Policies map[int64]Policy // by product; absent for one that says nothing
	// Used is how many units of the merchant each policy answered this month.
	Used map[int64]int
}

// Judge makes the claim, or says why there is none. Units that their policy answers are
// in automatic, by verdict. Errors: ErrUnitNotFound, ErrNothing, *NotDeliveredError,
// *ClaimedError, *TooLateError, *UsedError, *errs.InvalidError.
func (k *Case) Judge(d *Draft) (c *Claim, automatic map[Verdict][]int64, err error) {
	wanted, err := k.wanted(d)
	if err != nil {
		return nil, nil, err
	}
	c = &Claim{
		Reference: d.Reference, Reason: d.Reason, Said: d.Said, By: d.By, CreatedAt: k.Now, UpdatedAt: k.Now,
	}
	automatic = make(map[Verdict][]int64)
	used := make(map[int64]int)
	for _, h := range wanted {
		if err := k.may(d, h); err != nil {
			return nil, nil, err
		}
		c.Units = append(c.Units, Unit{
			UnitID: h.UnitID, LineID: h.LineID, ProductID: h.ProductID, Position: h.Position, SKU: h.SKU,
			Ticketed: h.Ticketed, Status: Waiting,
		})
		p := k.Policies[h.ProductID]
		if p.answers(h, k.Now, k.Used[h.ProductID]+used[h.ProductID]) {
			used[h.ProductID]++
			automatic[p.Answer] = append(automatic[p.Answer], h.UnitID)
		}
	}
	return c, automatic, nil
}

// SetDeadline says until when the claim should be answered: as soon as any of its units should that wait, once policies
// have answered what they can.
func (k *Case) SetDeadline(c *Claim) {
	for i := range c.Units {
		if u := &c.Units[i]; u.Status == Waiting {
			p := k.Policies[u.ProductID]
			c.AnswerBy = earliest(c.AnswerBy, p.answerBy(k.Now))
		}
	}
}

// wanted are the units that the draft means, by id.
func (k *Case) wanted(d *Draft) ([]*Held, error) {
	var wanted []*Held
	byID := make(map[int64]*Held, len(k.Units))
	for i := range k.Units {
		h := &k.Units[i]
		byID[h.UnitID] = h
		if len(d.Units) == 0 && h.has() && h.ClaimID == 0 {
			wanted = append(wanted, h)
		}
	}
	for i, id := range d.Units {
		h := byID[id]
		switch {
		case slices.Contains(d.Units[:i], id):
			return nil, errs.Invalid("units", "must have each unit once")
		case h == nil:
			return nil, ErrUnitNotFound
		}
		wanted = append(wanted, h)
	}
	switch {
	case len(wanted) == 0:
		return nil, ErrNothing
	case len(wanted) > MaxUnits:
		return nil, errs.Invalid("units", "must be named: the order has more than the %d of one claim", MaxUnits)
	}
	slices.SortFunc(wanted, func(a, b *Held) int { return cmp.Compare(a.UnitID, b.UnitID) })
	return wanted, nil
}

// may says whether a unit may be claimed.
func (k *Case) may(d *Draft, h *Held) error {
	p := k.Policies[h.ProductID]
	until, ends := p.until(h)
	switch {
	case h.ClaimID != 0:
		return &ClaimedError{h.UnitID, h.ClaimID}
	case !h.has():
		return &NotDeliveredError{h.UnitID, h.Status}
	case h.Status == order.GoodsUsed && d.Reason == NotReceived:
		return &UsedError{h.UnitID}
	case ends && k.Now.After(until):
		return &TooLateError{h.UnitID, until}
	default:
		return nil
	}
}

// Asks is what operators are told of a claim that was just made; false where nothing of it waits for them.
func (c *Claim) Asks() (e operatorevent.Event, asks bool) {
	waiting := c.Waiting()
	e = operatorevent.Event{
		Kind: Created,
		Message: fmt.Sprintf("Claim %d of order %s waits for an answer: %s.",
			c.ID, c.OrderNumber, errs.Counted(int64(waiting), "unit", "units")),
		Data: map[string]any{
			"claim": fmt.Sprint(c.ID), "orderNumber": c.OrderNumber, "units": waiting, "reason": string(c.Reason),
		},
	}
	products := make(map[int64]bool)
	for i := range c.Units {
		if u := &c.Units[i]; u.Status == Waiting {
			e.ProductID, products[u.ProductID] = u.ProductID, true
		}
	}
	if len(products) > 1 { // it is about no single one
		e.ProductID = 0
	}
	return e, waiting > 0
}

func earliest(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}

// Repeats reports whether the draft asks for what a claim with its reference was made
// of. more says that the order had units which could be claimed then and which the claim
// does not have. Of an order that is erased nobody knows the words any more.
func (d *Draft) Repeats(c *Claim, more bool) bool {
	if d.OrderNumber != c.OrderNumber || d.Reason != c.Reason || (!c.Erased && d.Said != c.Said) {
		return false
	}
	if len(d.Units) == 0 {
		return !more // all that there were then
	}
	if len(d.Units) != len(c.Units) {
		return false
	}
	for _, id := range d.Units {
		if c.unit(id) == nil {
			return false
		}
	}
	return true
}
