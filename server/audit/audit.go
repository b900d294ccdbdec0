// Package audit owns the record of what operators do: who, when, from where, with
// which key, what and to what. An act travels in the context of a call, and the store
// writes it in the transaction that the act changes something with, so that neither is
// without the other. Entries are chained by keyed hashes: one that is changed, removed
// or put in afterwards is found.
package audit

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// The kinds of actors.
const (
	KindOperator = "operator"  // a person with a key of its own
	KindSession  = "session"   // a person who has signed in
	KindAdminKey = "admin_key" // whoever has a key of admin scope
	KindLocal    = "local"     // whoever may open the database
	KindSystem   = "system"    // the hub itself, by a schedule that an operator set
)

// Local is the address of who acts on the machine itself.
const Local = "local"

// ViaConsole is the way of who acts by the pages.
const ViaConsole = "console"

// ViaSchedule is the way of what the hub does by itself.
const ViaSchedule = "schedule"

// Actor is who acts.
type Actor struct {
	Kind  string
	ID    int64 // the operator's, or of the merchant whose key it is; 0 for local
	Name  string
	KeyID int64 // the key's, or the session's; 0 for local
}

// Target is what something is done to; the zero value for nothing in particular.
type Target struct {
	Kind string // such as "merchant"
	Name string // its name, number or id
}

// Entry is one row of the record.
type Entry struct {
	ID        int64 // its number in the chain, from 1
	At        time.Time
	Actor     Actor
	Address   string // Local, or where the call came from
	Via       string // "grpc", "rest", "command" or "console"
	RequestID string // the act's id: all calls of one command, or of one post of a page, have one
	Method    string // such as "AdminService.Deposit"
	Target    Target
	Reason    string
	Request   string // JSON, without anything secret or personal; "" for none
	Before    string // the same of what was changed
	After     string
	Broken    bool // the head was not as it had been left when this was added
	Hash      []byte
}

// Content is what the hash of an entry is made of, beside the hash of the one before.
func (e *Entry) Content(previous []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(e.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Actor.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Actor.KeyID))
	broken := byte(0)
	if e.Broken {
		broken = 1
	}
	b = append(b, broken)
	for _, text := range []string{
		string(previous), e.Actor.Kind, e.Actor.Name, e.Address, e.Via, e.RequestID, e.Method, e.Target.Kind,
		e.Target.Name, e.Reason, e.Request, e.Before, e.After,
	} {
		// The length keeps ("ab", "c") and ("a", "bc") apart.
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
	}
	return b
}

// Head is the end of the chain.
type Head struct {
	EntryID int64 // of the last entry; 0 before the first one
	Hash    []byte
	MAC     []byte // of both, so that nobody moves the end back
}

// Content is what the keyed hash of the head is made of.
func (h *Head) Content() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(h.EntryID)), h.Hash...)
}

// Act is something that an operator is doing. Several goroutines may use it.
type Act struct {
	entry Entry // what is known from the beginning

	mu            sync.Mutex
	before, after map[string]any
	recorded      int
}

// New is an act that nothing is known of but who does what.
func New(e Entry) *Act { return &Act{entry: e} }

type actKey struct{}

// With marks everything that is done with the context as part of the act.
func With(ctx context.Context, a *Act) context.Context { return context.WithValue(ctx, actKey{}, a) }

// In is the act that the context is part of; nil for none.
func In(ctx context.Context) *Act {
	a, _ := ctx.Value(actKey{}).(*Act)
	return a
}

// At says what the act of the context is done to, in the words of whoever looks for it.
func At(ctx context.Context, kind, name string) {
	if a := In(ctx); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.entry.Target = Target{Kind: kind, Name: name}
	}
}

// By says with which key or session the act of the context is done, where that comes to be
// by the act itself.
func By(ctx context.Context, keyID int64) {
	if a := In(ctx); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.entry.Actor.KeyID = keyID
	}
}

// Changed notes, for the entry of the transaction that is under way, what a field was
// and what it is now. Nothing secret or personal may be told. Outside of an act it does
// nothing.
func Changed(ctx context.Context, field string, before, after any) {
	a := In(ctx)
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.before == nil {
		a.before, a.after = make(map[string]any), make(map[string]any)
	}
	a.before[field], a.after[field] = before, after
}

// Begin forgets what was noted: the transaction begins, perhaps not for the first time.
func (a *Act) Begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before, a.after = nil, nil
}

// Entry is the act as it is recorded, but for its number, its time and the hash.
func (a *Act) Entry() Entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.entry
	e.Before, e.After = asText(a.before), asText(a.after)
	return e
}

func asText(fields map[string]any) string {
	if len(fields) == 0 {
		return ""
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic("audit: " + err.Error()) // only numbers, texts and what is made of them is noted
	}
	return string(text)
}

// Recorded counts an entry that is committed.
func (a *Act) Recorded() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.recorded++
}

// Entries is how many of the act are committed.
func (a *Act) Entries() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recorded
}

// ErrNotFound: the record has no entry with this number.
var ErrNotFound = errors.New("entry of the record not found")

// Filter selects entries, newest first. What is empty selects everything.
type Filter struct {
	Actor    string // exact name
	Method   string
	Target   Target
	Act      string    // id of the act
	From, To time.Time // [From, To); zero for no bound
	BeforeID int64     // 0 for the first page
	Limit    int
}

// Store keeps the record.
type Store interface {
	// Record writes an act that changes nothing by itself, such as a look at goods.
	Record(ctx context.Context, a *Act) error
	// Entries returns what the filter selects.
	Entries(ctx context.Context, f Filter) ([]Entry, error)
}
