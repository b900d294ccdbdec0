package catalog

import (
	"context"
	"time"
)

// Outlook is how the stock of a product is and how long it lasts.
type Outlook struct {
	Available  int64
	Held       int64         // kept for holds
	LowSince   *time.Time    // when operators were told that it is low; nil while it is not
	NextExpiry *time.Time    // of what can be sold; nil when none of it expires
	Sold       int64         // units, in the last time
	Over       time.Duration // how long that is
}

// What is sold is looked at over so much time, and over no more than so many orders of
// all products: a number that is asked for must not read a busy week.
const (
	OutlookOver   = 7 * 24 * time.Hour
	OutlookOrders = 20_000
)

// leastOver is how long orders must have been placed for a rate to say something.
const leastOver = time.Hour

// PerDay is how many units are sold a day, 0 where that is not known yet.
func (o *Outlook) PerDay() float64 {
	if o.Over < leastOver {
		return 0
	}
	return float64(o.Sold) * float64(24*time.Hour) / float64(o.Over)
}

// DaysLeft is how many days the units last at that rate; false when nothing was sold.
func (o *Outlook) DaysLeft() (days float64, known bool) { return daysLeft(o.Available, o.PerDay()) }

// daysLeft is how many days the units last at a rate; false where there is none.
func daysLeft(available int64, perDay float64) (days float64, known bool) {
	if perDay == 0 {
		return 0, false
	}
	return float64(available) / perDay, true
}

// WatchedStock is the stock of a product that has a threshold.
type WatchedStock struct {
	SKU                 string
	Available, LowStock int64
}

// Watched returns the stock of products with a threshold, the first so many by id.
func (s *Service) Watched(ctx context.Context, most int) ([]WatchedStock, error) {
	var watched []WatchedStock
	for _, p := range s.Snapshot().Products() {
		if !p.Watched() {
			continue
		}
		available, err := s.Stock(ctx, p)
		if err != nil {
			return nil, err
		}
		if watched = append(watched, WatchedStock{p.SKU, available, p.LowStock}); len(watched) == most {
			break
		}
	}
	return watched, nil
}

// Watched reports whether operators are told when the product's stock is low.
func (p *Product) Watched() bool { return p.LowStock > 0 && p.Active() && p.UsesUnits() }
