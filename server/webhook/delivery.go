package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"orderhub/server/event"
)

// DeliveryStatus is the state of a delivery.
type DeliveryStatus string

// The states of deliveries.
const (
	DeliveryPending    DeliveryStatus = "pending"
	DeliveryDelivered  DeliveryStatus = "delivered"  // a 2xx answered it
	DeliveryFailed     DeliveryStatus = "failed"     // given up
	DeliverySuperseded DeliveryStatus = "superseded" // a newer message took its place
)

// NewDelivery is a delivery to be kept.
type NewDelivery struct {
	MerchantID int64
	EndpointID int64  // or OwnAddress
	URL        string // of an own address, else ""
	Format     string
	EventID    int64 // 0 of a test
	Sequence   int64
	OrderID    int64
	Message
	MessageID  string
	HappenedAt time.Time // zero of a test
	DueAt      time.Time // zero for never
	// Again sends what was delivered or given up once more.
	Again bool
	// Erased: it tells of an order whose customer is erased. One that waits for its
	// message is due again.
	Erased bool
}

// Lane is the queue that the delivery waits in: the endpoint's, or for own
// addresses the merchant's to that host.
func (d *NewDelivery) Lane() string {
	if d.EndpointID != OwnAddress {
		return EndpointLane(d.EndpointID)
	}
	host := ""
	if u, err := url.Parse(d.URL); err == nil {
		host = strings.ToLower(u.Host)
	}
	return NoLane(d.MerchantID) + host
}

// NoLane is the lane of a merchant's deliveries to own addresses without a host.
func NoLane(merchantID int64) string { return fmt.Sprintf("m%d ", merchantID) }

// EndpointLane is the lane of an endpoint's deliveries.
func EndpointLane(id int64) string { return fmt.Sprintf("e%d", id) }

// Delivery is a message to one endpoint as it is kept.
type Delivery struct {
	ID          int64
	MerchantID  int64
	EndpointID  int64 // or OwnAddress
	URL         string
	Format      string
	EventID     int64 // 0 of a test
	Sequence    int64 // of the event in its merchant's log; 0 of a test
	Type        string
	OrderNumber string // "" of a message about no order
	MessageID   string
	Status      DeliveryStatus
	Attempts    int
	Last        Answer // of the last attempt
	HappenedAt  time.Time
	NextAt      *time.Time // nil when nothing is planned
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Log         []Attempt // oldest first; only where asked for
	// Body is what is posted, with all masked but the names that its format shows;
	// only where the log is, "" where it is not kept.
	Body string
}

// Answer is what came of one attempt.
type Answer struct {
	Status  int    // HTTP status; 0 when there was no answer
	Excerpt string // the beginning of the body, or why there was no answer
	Took    time.Duration
	// RetryAfter is when the receiver asks to be tried again; 0 when it does not.
	RetryAfter time.Duration
}

// OK reports a 2xx.
func (a *Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// Attempt is one post of a delivery.
type Attempt struct {
	Number    int    // 1, 2, 3 … since it was made or sent again
	RequestID string // as the receiver saw it
	Answer
	At time.Time
}

// Due is a delivery that was claimed to be posted.
type Due struct {
	ID         int64
	Endpoint   Endpoint // of an own address only MerchantID, URL, Format and MaxRetries
	OrderID    int64    // 0 of a message about no order
	Trail      string   // of the order; see package trail
	LineID     int64
	Parcel     Parcel // but for At
	Attempts   int    // so far
	HappenedAt time.Time
	Until      time.Time // when others may claim it again
	Lane       string    // that it was claimed from; "" of a test, which says nothing of a lane
	Failing    bool      // its lane's receiver had failed when it was claimed
}

// Outcome is what an attempt means for its delivery.
type Outcome struct {
	Due     *Due
	Attempt Attempt
	Status  DeliveryStatus
	NextAt  *time.Time // with DeliveryPending
}

// Filter selects deliveries. Zero fields select everything.
type Filter struct {
	EndpointID  int64
	Statuses    []DeliveryStatus
	OrderNumber string
	BeforeID    int64 // only older ones
	Limit       int
}

// Range is a part of a merchant's log, both ends included.
type Range struct {
	MerchantID  int64
	First, Last int64
}

// TargetedEvent is an event with those who want it.
type TargetedEvent struct {
	event.Event

	ID      int64
	Targets []int64 // endpoint ids, OwnAddress among them
}

// ErrDeliveryNotFound: no such delivery of this merchant.
var ErrDeliveryNotFound = errors.New("webhook delivery not found")

// ErrErasedMeanwhile: an order was erased after it was put into words; it is read again.
var ErrErasedMeanwhile = errors.New("the order was erased after it was put into words")

// ErrNowhere: the endpoint that a delivery went to is gone or not active.
var ErrNowhere = errors.New("the endpoint of the delivery is gone or not active")

const (
	// SecretGrace is how long deliveries are signed with the secret before the
	// present one too, so that a receiver can change over.
	SecretGrace = 24 * time.Hour
	// MaxAttemptsShown bounds the log of one delivery.
	MaxAttemptsShown = 1000
)

// DeliveryStore shows deliveries. The merchant is an argument of every method,
// and what belongs to another is not found.
type DeliveryStore interface {
	// ListDeliveries returns deliveries by descending id, without their logs.
	ListDeliveries(ctx context.Context, merchantID int64, f Filter) ([]Delivery, error)
	// Delivery finds one, with its log. ErrDeliveryNotFound.
	Delivery(ctx context.Context, merchantID, id int64) (Delivery, error)
	// Redeliver has a delivery posted again and returns its lane.
	// ErrDeliveryNotFound, ErrNowhere.
	Redeliver(ctx context.Context, merchantID, id int64) (lane string, err error)
	// AddTest keeps a delivery that nobody but the caller posts.
	// ErrEndpointNotFound.
	AddTest(ctx context.Context, d NewDelivery) (*Due, error)
}

// Deliveries is what people see of deliveries and can do about them.
type Deliveries struct {
	store   DeliveryStore
	sender  *Sender
	formats map[string]Format
	newID   func() string
	now     func() time.Time
}

// NewDeliveries shows what is in store; sender posts.
func NewDeliveries(
	store DeliveryStore, sender *Sender, formats map[string]Format, newID func() string, now func() time.Time,
) *Deliveries {
	return &Deliveries{store: store, sender: sender, formats: formats, newID: newID, now: now}
}

// List returns deliveries, the newest first, without their logs.
func (d *Deliveries) List(ctx context.Context, merchantID int64, f Filter) ([]Delivery, error) {
	return d.store.ListDeliveries(ctx, merchantID, f)
}

// Get finds a delivery. ErrDeliveryNotFound.
func (d *Deliveries) Get(ctx context.Context, merchantID, id int64) (Delivery, error) {
	return d.store.Delivery(ctx, merchantID, id)
}

// Redeliver sends a delivery again, the same body under the same id, with a
// fresh set of attempts. A message about a line that a newer one has replaced
// stays replaced. Errors: ErrDeliveryNotFound, ErrNowhere.
func (d *Deliveries) Redeliver(ctx context.Context, merchantID, id int64) (Delivery, error) {
	lane, err := d.store.Redeliver(ctx, merchantID, id)
	if err != nil {
		return Delivery{}, err
	}
	d.sender.Wake(lane)
	return d.store.Delivery(ctx, merchantID, id)
}

// Test posts a message that tells of nothing to an endpoint, whatever its status
// and types, once, and returns what came of it. ErrEndpointNotFound,
// *order.RetryLaterError while others are under way.
func (d *Deliveries) Test(ctx context.Context, e *Endpoint) (Delivery, error) {
	message, err := d.formats[e.Format].Test(d.now())
	if err != nil {
		return Delivery{}, err
	}
	due, err := d.sender.test(ctx, e.MerchantID, func() (*Due, error) {
		return d.store.AddTest(ctx, NewDelivery{
			MerchantID: e.MerchantID, EndpointID: e.ID, Format: e.Format, Message: message, MessageID: d.newID(),
		})
	})
	if err != nil {
		return Delivery{}, err
	}
	return d.store.Delivery(ctx, e.MerchantID, due.ID)
}
