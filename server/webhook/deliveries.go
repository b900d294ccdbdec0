package webhook

import (
	"context"
	"time"
)

const (
	// SecretGrace is how long deliveries are signed with the secret before the
	// present one too, so that a receiver can change over.
	SecretGrace = 24 * time.Hour
	// MaxAttemptsShown bounds the log of one delivery.
	MaxAttemptsShown = 1000
)

// Rotates reports whether deliveries of the format can carry several signatures.
func Rotates(format string) bool { return format == FormatStandard }

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
func NewDeliveries(store DeliveryStore, sender *Sender, formats map[string]Format, newID func() string, now func() time.Time) *Deliveries {
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
