package webhook

import (
	"context"
	"slices"
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

// traits are what the deliveries of one format have in common.
type traits struct {
	signed   bool
	events   []string // the only ones that it has words for; nil for all
	name     func(event.Type) string
	schedule Schedule
	gaps     []time.Duration // where the schedule has no fixed delay
	timeout  time.Duration   // of one attempt
	// renames: what an event is called depends on its order, so that who wants it
	// is known only when it is put into words.
	renames bool
	// obeys: a receiver can ask for a later attempt, switch itself off with 410,
	// and is switched off when it has failed for long.
	obeys bool
	// replaces: a newer message about a line replaces older ones that wait.
	replaces bool
	// waits: what is due while the endpoint is inactive waits for it.
	waits bool
}

const jitter = 0.1 // of a gap that grows, either way

var formats = map[string]traits{
	FormatStandard: {
		signed: true, name: func(t event.Type) string { return string(t) }, obeys: true, waits: true,
		schedule: Schedule{MaxRetries: 7}, timeout: 15 * time.Second,
		gaps: []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
		},
	},
	FormatGameSO: {
		signed: true, events: []string{"order.completed", "order.failed"}, name: gameSOName, renames: true,
		schedule: Schedule{MaxRetries: 3, RetryDelay: time.Minute}, timeout: 10 * time.Second,
	},
	FormatBursaGB: { // carries the account's callback key instead of a signature
		name: bursaGBName, replaces: true, waits: true,
		schedule: Schedule{MaxRetries: 7}, timeout: 10 * time.Second,
		gaps: []time.Duration{
			30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
		},
	},
}

// gameSOName knows the two ends of an order: one that was cancelled has failed.
func gameSOName(t event.Type) string {
	switch t {
	case event.OrderCompleted:
		return "order.completed"
	case event.OrderFailed, event.OrderCancelled:
		return "order.failed"
	default:
		return ""
	}
}

// bursaGBName leaves out what changes no line's status: the order's creation and
// parts of a line.
func bursaGBName(t event.Type) string {
	switch t {
	case event.OrderProcessing, event.OrderCompleted, event.OrderFailed, event.OrderCancelled,
		event.LineProcessing, event.LineCompleted, event.LineFailed, event.LineCancelled:
		return string(t)
	default:
		return ""
	}
}

// Schedule is the endpoint's own where it has one, else its format's.
func (e *Endpoint) Schedule() Schedule {
	s := formats[e.Format].schedule
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
	s, gaps := e.Schedule(), formats[e.Format].gaps
	if failed > s.MaxRetries {
		return 0, false
	}
	if s.RetryDelay != 0 || len(gaps) == 0 {
		return s.RetryDelay, true
	}
	gap := gaps[min(failed, len(gaps))-1]
	return gap + time.Duration(float64(gap)*jitter*spread), true
}

// Waits reports whether what is due for an inactive endpoint of the format waits
// for it; else it is given up.
func Waits(format string) bool { return formats[format].waits }

// OwnAddress stands for the address that an order itself, or its merchant's
// account, names, where there is else an endpoint's id.
const OwnAddress = 0

// Target is one that may have to be told, as the writer of an event sees it.
type Target struct {
	ID     int64
	Format string
	Types  []string // of events, in the format's words; empty for all
}

// OwnTarget is the address that an order names; false for an order without. A
// BursaGB order may be told at its account's.
func OwnTarget(door, notifyURL string) (Target, bool) {
	format := FormatStandard
	if door == FormatBursaGB {
		format = FormatBursaGB
	}
	return Target{ID: OwnAddress, Format: format}, notifyURL != "" || door == FormatBursaGB
}

// Wants reports whether the target is to be told of such an event.
func (t *Target) Wants(kind event.Type) bool {
	f, known := formats[t.Format]
	if !known || kind.ForOperators() {
		return false
	}
	name := f.name(kind)
	return name != "" && (len(t.Types) == 0 || f.renames || slices.Contains(t.Types, name))
}
