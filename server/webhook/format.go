package webhook

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"orderhub/server/event"
	"orderhub/server/order"
)

// Format puts events into the words of one kind of receiver.
type Format interface {
	// Messages tell of an event; none where the format has nothing to say. The
	// order is as it stood at the event, with its goods, or nil; changed has the
	// lines that changed with it.
	Messages(ctx context.Context, e *event.Event, o *order.Order, changed map[int64]bool) ([]Message, error)
	// Test is a message that tells of nothing.
	Test(at time.Time) (Message, error)
	// Header goes with one attempt to deliver a body.
	Header(p *Parcel) map[string][]string
}

// UserAgent is how the hub introduces itself to receivers.
const UserAgent = "orderhub-webhook/1"

// Message is one body.
type Message struct {
	LineID int64  // that it is about; 0 for none
	Type   string // of the event, in the format's words
	Body   []byte
}

// Parcel is a body on its way.
type Parcel struct {
	MessageID string // the same in every attempt
	Type      string
	Body      []byte
	At        time.Time // of the attempt
	Secrets   []string  // the endpoint's, the newest first; none where nothing signs
	Key       string    // the merchant's callback key; "" for none
}

// Schedule is when a delivery is tried again.
type Schedule struct {
	MaxRetries int
	RetryDelay time.Duration // 0 for gaps that grow
}

// Traits are what the deliveries of one format have in common.
type Traits struct {
	Signed  bool
	Rotates bool // a delivery can carry several signatures
	House   bool // of operators' endpoints, and of no others
	// Keyed deliveries carry their merchant's callback key.
	Keyed  bool
	Events []string // the only ones that it has words for; nil for all
	// Name is what an event is called; "" for one that the format has no word for.
	Name     func(event.Type) string
	Schedule Schedule
	Gaps     []time.Duration // between attempts, where the schedule has no fixed delay
	Timeout  time.Duration   // of one attempt
	// Renames: what an event is called depends on its order, so that who wants it
	// is known only when it is put into words.
	Renames bool
	// Says are the messages about an event by the state of its order, as Messages of the
	// [Format] has them but without bodies; nil where there is one about every event.
	Says func(e *event.Event, then *order.Order, changed map[int64]bool) []Message
	// Obeys: a receiver can ask for a later attempt, switch itself off with 410,
	// and is switched off when it has failed for long.
	Obeys bool
	// Replaces: a newer message about a line replaces older ones that wait.
	Replaces bool
	// Waits: what is due while the endpoint is inactive waits for it; else it is
	// given up.
	Waits bool
	// Door: orders of the door of the format's name are told in it, at their
	// merchant's own address where they name none.
	Door bool
	// Shown are the names of what people may read of a body, as dialect.Shown has
	// them; everything else is masked.
	Shown []string
}

const jitter = 0.1 // of a gap that grows, either way

// formats is written to only while the program's packages are initialized.
var formats = make(map[string]Traits)

// Register makes a format known. The package that has a format's words calls it
// from a variable of its own, so that who wires the format has registered it. It
// panics when the name is taken or the traits cannot be worked with.
func Register(format string, t Traits) string {
	_, taken := formats[format]
	if format == "" || taken || t.Name == nil || t.Timeout <= 0 || (t.Schedule.RetryDelay == 0 && len(t.Gaps) == 0) {
		panic("webhook: format " + strconv.Quote(format) + " is taken or not whole")
	}
	formats[format] = t
	return format
}

// mustKnow panics unless each of the formats is registered.
func mustKnow(words map[string]Format) {
	for format := range words {
		if _, known := formats[format]; !known {
			panic("webhook: format " + strconv.Quote(format) + " is not registered")
		}
	}
}

// Schedule is the endpoint's own where it has one, else its format's.
func (e *Endpoint) Schedule() Schedule {
	s := formats[e.Format].Schedule
	if e.MaxRetries != ByFormat {
		s.MaxRetries = e.MaxRetries
	}
	if e.RetryDelay != 0 {
		s.RetryDelay = e.RetryDelay
	}
	return s
}

// gap is the time between a failed attempt and the next one; false when there is
// none. Spread is from -1 to 1.
func (e *Endpoint) gap(failed int, spread float64) (time.Duration, bool) {
	s, gaps := e.Schedule(), formats[e.Format].Gaps
	if failed > s.MaxRetries {
		return 0, false
	}
	if s.RetryDelay != 0 || len(gaps) == 0 {
		return s.RetryDelay, true
	}
	gap := gaps[min(failed, len(gaps))-1]
	return gap + time.Duration(float64(gap)*jitter*spread), true
}

// Formats are the names of all that are registered, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// TraitsOf has what is known of a format; nothing for one that is not registered.
func TraitsOf(format string) Traits { return formats[format] }

// OwnAddress stands for the address that an order itself, or its merchant's
// account, names, where there is else an endpoint's id.
const OwnAddress = 0

// Target is one that may have to be told, as the writer of an event sees it.
type Target struct {
	ID     int64
	Format string
	Types  []string // of events, in the format's words; empty for all
}

// OwnTarget is the address that an order names, or its merchant's account for it;
// false for an order that is told nowhere.
func OwnTarget(door, notifyURL string) (Target, bool) {
	if formats[door].Door {
		return Target{ID: OwnAddress, Format: door}, true
	}
	return Target{ID: OwnAddress, Format: FormatStandard}, notifyURL != ""
}

// Wants reports whether the target is to be told of such an event.
func (t *Target) Wants(kind event.Type) bool {
	f, known := formats[t.Format]
	if !known || kind.ForOperators() {
		return false
	}
	name := f.Name(kind)
	return name != "" && (len(t.Types) == 0 || f.Renames || slices.Contains(t.Types, name))
}

// takes reports whether the target, which wants the event, wants what is said of it.
func (t *Target) takes(m *Message) bool {
	return !formats[t.Format].Renames || len(t.Types) == 0 || slices.Contains(t.Types, m.Type)
}

// Owed are the lines about which the target has to be told of an event that it wants; 0
// stands for a message about none. Of events from before states were kept it is not known.
func (t *Target) Owed(e *event.Event) (lines []int64, err error) {
	says := formats[t.Format].Says
	switch {
	case says == nil:
		return []int64{0}, nil
	case e.State == "":
		return nil, nil
	}
	then, changed, err := order.StateAt(e)
	if err != nil {
		return nil, err
	}
	messages := says(e, then, changed)
	for i := range messages {
		if t.takes(&messages[i]) {
			lines = append(lines, messages[i].LineID)
		}
	}
	return lines, nil
}
