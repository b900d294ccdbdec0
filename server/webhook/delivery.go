package webhook

import (
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
	return fmt.Sprintf("m%d %s", d.MerchantID, host)
}

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
	LineID     int64
	Parcel     Parcel // but for At
	Attempts   int    // so far
	HappenedAt time.Time
	Until      time.Time // when others may claim it again
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

// Told is an event with those to tell of it.
type Told struct {
	event.Event

	ID      int64
	Targets []int64 // endpoint ids, OwnAddress among them
}

// ErrDeliveryNotFound: no such delivery of this merchant.
var ErrDeliveryNotFound = errors.New("webhook delivery not found")

// ErrNowhere: the endpoint that a delivery went to is gone or not active.
var ErrNowhere = errors.New("the endpoint of the delivery is gone or not active")
