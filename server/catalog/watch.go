package catalog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"orderhub/server/clock"
	"orderhub/server/errs"
	"orderhub/server/operatorevent"
)

// What operators are told of stock.
const (
	EventStockLow     operatorevent.Kind = "stock.low"
	EventStockEnough  operatorevent.Kind = "stock.enough"
	EventUnitsExpired operatorevent.Kind = "units.expired"
)

// StockLevel is what a threshold is judged by, with the product's row held.
type StockLevel struct {
	*Product

	Available int64      // not counted beyond the threshold
	LowSince  *time.Time // when operators were told that it is low; nil while it is not
	PerDay    float64    // how many are sold a day, as [Outlook.PerDay] says
}

// Told is what operators are told of the level, once for each crossing of the threshold,
// and when the stock is low since then; changed is false when there is nothing to note. A
// product that is not watched any more is forgotten without a word.
func (l *StockLevel) Told(now time.Time) (events []operatorevent.Event, lowSince *time.Time, changed bool) {
	low := l.Watched() && l.Available < l.LowStock
	switch {
	case low == (l.LowSince != nil):
		return nil, l.LowSince, false
	case !l.Watched():
		return nil, nil, true
	}
	e := operatorevent.Event{
		Kind: EventStockEnough, ProductID: l.ID, Data: map[string]any{"sku": l.SKU, "low_stock": l.LowStock},
		Message: fmt.Sprintf("%s has at least %s again.", l.SKU, errs.Counted(l.LowStock, "unit", "units")),
	}
	if low {
		e.Kind, lowSince, e.Data["available"] = EventStockLow, &now, l.Available
		e.Message = fmt.Sprintf(
			"%s has %s left, which is fewer than %d.", l.SKU, errs.Counted(l.Available, "unit", "units"), l.LowStock,
		)
		if days, known := daysLeft(l.Available, l.PerDay); known {
			e.Data["days_left"] = days
			e.Message += fmt.Sprintf(" At %.1f a day they last %.1f days.", l.PerDay, days)
		}
	}
	return []operatorevent.Event{e}, lowSince, true
}

// ExpiredUnits is what operators are told of units of a product that expired unsold.
func ExpiredUnits(p *Product, units int) operatorevent.Event {
	return operatorevent.Event{
		Kind: EventUnitsExpired, ProductID: p.ID, Data: map[string]any{"sku": p.SKU, "units": units},
		Message: fmt.Sprintf("Units of %[2]s that expired unsold: %[1]d.", units, p.SKU),
	}
}

// WatchStore is what a Watch needs of a store. Any number of processes may watch: what is
// told is decided with the rows held, so that it is told once.
type WatchStore interface {
	// Crossing returns the products whose stock may be on the other side of their
	// threshold than operators were told.
	Crossing(ctx context.Context) ([]int64, error)
	// TellLevel judges a product by [StockLevel.Told], and tells operators.
	TellLevel(ctx context.Context, productID int64) error
	// Expiring returns products with units that have expired, at most so many.
	Expiring(ctx context.Context, most int) ([]int64, error)
	// ExpireUnits takes at most so many units of a product that have expired off sale,
	// tells operators, and says how many it were.
	ExpireUnits(ctx context.Context, productID int64, most int) (int, error)
}

const (
	watchEvery = 5 * time.Second
	// expiredAtOnce is how many units one transaction takes off sale, and one event has:
	// few enough that an order hardly waits for it on SQLite.
	expiredAtOnce = 5000
	// expiringAtOnce is how many products are looked for that have expired units.
	expiringAtOnce = 100
)

// Watch tells operators of stock that is low and of units that expire. Nobody who sells or
// imports does it: what is low is found by counting, whatever made it so, the passing of
// time too.
type Watch struct {
	store   WatchStore
	log     *slog.Logger
	expired func(units int) // counts for the metrics
}

// NewWatch watches nothing yet.
func NewWatch(s WatchStore, log *slog.Logger, expired func(units int)) *Watch {
	return &Watch{store: s, log: log, expired: expired}
}

func (w *Watch) Run(ctx context.Context) {
	clock.Every(ctx, watchEvery, func() {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "stock was not watched; it is tried again", "error", err)
		}
	})
}

// Look tells what there is to tell now.
func (w *Watch) Look(ctx context.Context) error {
	expiring, err := w.store.Expiring(ctx, expiringAtOnce)
	if err != nil {
		return err
	}
	for _, id := range expiring {
		for units := expiredAtOnce; units == expiredAtOnce; {
			if units, err = w.store.ExpireUnits(ctx, id, expiredAtOnce); err != nil {
				return err
			}
			w.expired(units)
		}
	}
	crossing, err := w.store.Crossing(ctx)
	if err != nil {
		return err
	}
	for _, id := range crossing {
		if err := w.store.TellLevel(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
