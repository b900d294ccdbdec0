package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/recipient"
)

// ErrNotFinal: the order is not final, or a provider still owes an answer for it, or is to be asked for a replacement.
var ErrNotFinal = errors.New("the order is not final yet, and cannot be erased before it is")

// Erasure says what of an order is erased beside the customer's data.
type Erasure struct {
	Goods bool // the contents of what was delivered
	Dry   bool // only find out whether it could be
}

// EraseStore is what erasing needs of the database.
type EraseStore interface {
	// Order finds the order, or ErrNotFound.
	Order(ctx context.Context, v Viewer, number string) (*Order, error)
	// Erase erases what an erasure takes of an order, in one transaction, and tells
	// of it the first time. A dry one changes nothing. ErrNotFinal, and then nothing
	// is changed.
	Erase(ctx context.Context, merchantID, orderID int64, e Erasure) error
	// Erasable returns at most limit orders that are not erased, by ascending id,
	// after an id: with their lines and what their doors keep, without goods.
	Erasable(ctx context.Context, v Viewer, afterID int64, limit int) ([]Order, error)
}

// HeldStore is what finding people among holds needs of the database.
type HeldStore interface {
	// EachOpenHold calls each with the open holds that may be seen, newest first, with
	// their drafts. Those whose draft cannot be read are left out.
	EachOpenHold(ctx context.Context, v Viewer, each func(*Hold)) error
}

// Eraser makes what orders keep of their customers unreadable. Safe for concurrent use.
type Eraser struct {
	store  EraseStore
	holds  HeldStore
	forget func(recipient.Mark)
}

// NewEraser erases in a store, finds holds, and has forget forget whatever else is known of recipients.
func NewEraser(s EraseStore, holds HeldStore, forget func(recipient.Mark)) *Eraser {
	return &Eraser{s, holds, forget}
}

// Erase erases the customer's data of an order, unless it is dry, and returns it as
// it is then. Safe to repeat: it erases what came since. Errors: ErrNotFound, ErrNotFinal.
func (s *Eraser) Erase(ctx context.Context, v Viewer, number string, e Erasure) (*Order, error) {
	o, err := s.store.Order(ctx, v, number)
	if err != nil {
		return nil, err
	}
	if err := s.erase(ctx, o, e); err != nil {
		return nil, err
	}
	return s.store.Order(ctx, v, number)
}

// erase erases an order that was read before.
func (s *Eraser) erase(ctx context.Context, o *Order, e Erasure) error {
	err := s.store.Erase(ctx, o.MerchantID, o.ID, e)
	if err != nil || e.Dry {
		return err
	}
	for i := range o.Lines {
		s.forget(o.RecipientMark(&o.Lines[i]))
	}
	return nil
}

// Sought says whose orders are to be erased.
type Sought struct {
	Erasure

	Recipient Recipient // each part that is set must be the order's, exactly
	// Value is anything that the customer gave, letter case aside: a part of the
	// recipient, the value of a field or of metadata, a text in what a door keeps.
	Value   string
	Viewer  Viewer
	AfterID int64 // only orders with a higher id
	Most    int   // orders to look at
}

// Found is what one part of a search came to.
type Found struct {
	Read   int64    // orders that were looked at
	Erased []string // numbers of the orders that were erased, or would be
	Open   []string // numbers of the recipient's orders that are not final
	Held   []string // numbers of the recipient's open holds; of the first part
	Next   int64    // AfterID of the next part; 0 after the last
}

// EraseRecipient erases the recipient's orders among the next ones. Open holds are only
// named: each forgets its customer as it ends, unless it becomes an order.
// *errs.InvalidError when nobody is named.
func (s *Eraser) EraseRecipient(ctx context.Context, wanted Sought) (Found, error) {
	if wanted.Recipient == (Recipient{}) && strings.TrimSpace(wanted.Value) == "" {
		return Found{}, errs.Invalid("recipient", "must have a part, or there must be a value")
	}
	var found Found
	if wanted.AfterID == 0 { // before any order: one that is confirmed meanwhile is an order with a higher id
		err := s.holds.EachOpenHold(ctx, wanted.Viewer, func(h *Hold) {
			if wanted.fits(h.drafted()) {
				found.Held = append(found.Held, h.Number)
			}
		})
		if err != nil {
			return Found{}, err
		}
	}
	orders, err := s.store.Erasable(ctx, wanted.Viewer, wanted.AfterID, wanted.Most)
	if err != nil {
		return Found{}, err
	}
	found.Read = int64(len(orders))
	if len(orders) == wanted.Most {
		found.Next = orders[len(orders)-1].ID
	}
	for i := range orders {
		o := &orders[i]
		if !wanted.fits(o) {
			continue
		}
		switch err := s.erase(ctx, o, wanted.Erasure); {
		case errors.Is(err, ErrNotFinal):
			found.Open = append(found.Open, o.Number)
		case err != nil:
			return Found{}, err
		default:
			found.Erased = append(found.Erased, o.Number)
		}
	}
	return found, nil
}

func (w *Sought) fits(o *Order) bool {
	if !w.Recipient.In(o.Recipient) {
		return false
	}
	value := strings.TrimSpace(w.Value)
	if value == "" {
		return true
	}
	same := func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), value) }
	for _, text := range o.Metadata {
		if same(text) {
			return true
		}
	}
	return slices.ContainsFunc(o.customerTexts(), same)
}

// customerTexts is what was told to providers of the customer, or could be.
func (o *Order) customerTexts() []string {
	texts := []string{o.Recipient.UserID, o.Recipient.ServerID, o.Recipient.CharacterID}
	for i := range o.Lines {
		for _, text := range o.Lines[i].Fields {
			texts = append(texts, text)
		}
	}
	var private any
	if len(o.Private) > 0 && json.Unmarshal(o.Private, &private) == nil {
		texts = appendStrings(texts, private)
	}
	return texts
}

// appendStrings adds every text in a JSON value.
func appendStrings(texts []string, value any) []string {
	switch v := value.(type) {
	case string:
		return append(texts, v)
	case []any:
		for _, part := range v {
			texts = appendStrings(texts, part)
		}
	case map[string]any:
		for _, part := range v {
			texts = appendStrings(texts, part)
		}
	}
	return texts
}

// EraseState is what an erasing transaction read after it took its locks. Erase
// changes it, so that afterwards it is what has to be written.
type EraseState struct {
	Now    time.Time
	Order  *Order // with its lines, their goods left out
	Wallet *WalletState
	// Unsettled is how many attempts at providers, and replacements, have not ended.
	Unsettled int64
	Goods     []KeptGoods
	Events    []KeptEvent

	// FirstEvents tell of the first erasure; none of a further one.
	FirstEvents []event.Event
	// GivesUpAddress is true when the order named an address of its own to notify.
	GivesUpAddress bool
}

// KeptGoods is the content of a unit of the order.
type KeptGoods struct {
	UnitID  int64
	Content string
	Erased  bool // set by Erase: the content goes
}

// KeptEvent is an event about the order.
type KeptEvent struct {
	ID int64
	event.Event
	Erased bool // set by Erase: data or state are others
}

// Erase takes the customer out of what was read. ErrNotFinal.
func (s *EraseState) Erase(e Erasure) error {
	o := s.Order
	if !o.Status.Final() || s.Unsettled > 0 {
		return ErrNotFinal
	}
	quoted := quoting(o.customerTexts())
	for i := range s.Goods {
		g := &s.Goods[i]
		g.Erased = g.Content != "" && (e.Goods || quoted(g.Content))
	}
	for i := range s.Events {
		if err := s.Events[i].erase(); err != nil {
			return fmt.Errorf("event %d of order %s: %w", s.Events[i].Sequence, o.Number, err)
		}
	}
	s.GivesUpAddress = o.NotifyURL != ""
	o.Recipient, o.NotifyURL, o.FailureMessage = Recipient{}, "", ""
	o.Metadata, o.Private = nil, nil
	for i := range o.Lines {
		l := &o.Lines[i]
		l.Fields, l.DoorState, l.FailureMessage = nil, "", ""
	}
	if o.ErasedAt != nil {
		return nil
	}
	o.ErasedAt = &s.Now
	entry := s.Wallet.newOrderEvent(o, s.Now, event.OrderErased)
	entry.State = o.freeze(nil, 0)
	s.FirstEvents = []event.Event{entry}
	return nil
}

// minQuoted is how long what a customer gave must be to be looked for in goods: a
// server's "1" is in many codes by chance.
const minQuoted = 4

// quoting reports whether a text has one of these in it, letter case aside.
func quoting(texts []string) func(string) bool {
	var wanted []string
	for _, text := range texts {
		if text = strings.ToLower(strings.TrimSpace(text)); utf8.RuneCountInString(text) >= minQuoted {
			wanted = append(wanted, text)
		}
	}
	return func(text string) bool {
		text = strings.ToLower(text)
		return slices.ContainsFunc(wanted, func(part string) bool { return strings.Contains(text, part) })
	}
}

// keptData are the facts of an event that say nothing about anybody. Others, such as
// reasons, are in somebody's words.
var keptData = map[string]bool{
	"order_number": true, "status": true, "line_status": true, "tickets": true, "attempt": true, "action": true,
	"operator": true, "claim": true, "claim_reason": true, "units": true, "refund": true, "currency": true,
	"redeem_time": true, "failure_code": true,
}

// erase takes what is in somebody's words out of the event.
func (k *KeptEvent) erase() error {
	for name := range k.Data {
		if !keptData[name] {
			delete(k.Data, name)
			k.Erased = true
		}
	}
	if k.State == "" {
		return nil
	}
	var state frozen
	if err := json.Unmarshal([]byte(k.State), &state); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	state.FailureMessage = ""
	for i := range state.Lines {
		state.Lines[i].FailureMessage = ""
	}
	if text := state.text(); text != k.State {
		k.State, k.Erased = text, true
	}
	return nil
}
