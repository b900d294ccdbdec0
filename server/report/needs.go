package report

import (
	"context"
	"time"

	"orderhub/server/money"
)

// Needs are what waits for a person.
type Needs struct {
	Parked, Disputed int64 // attempts
	Stuck            Waiting
	LowStock         []LowStock
	FailingEndpoints []FailingEndpoint
	LowWallets       []LowWallet
	Approvals        Waiting
	Deliveries       Waiting // that are due
	Purchases        Waiting // that people deliver by hand
	HeldLists        Waiting // of providers
	PoorProviders    []PoorProvider
	Claims           Waiting // for an answer
	OverdueClaims    int64   // of them
	OverduePurchases int64   // that wait for longer than they should, for people or for their outcome
	Findings         Waiting // of providers' statements, that are open
}

// PoorProvider is a provider that has too little of our money.
type PoorProvider struct {
	Name  string
	Since *time.Time // when the first purchase was not made for it; nil while the balance is only low
}

// Waiting is how many wait, and since when the first does; the zero time for none.
type Waiting struct {
	Count int64
	Since time.Time
}

// LowStock is a product that sells units and has few.
type LowStock struct {
	ProductID int64
	SKU       string
	Available int64
}

// FailingEndpoint is an endpoint that does not answer.
type FailingEndpoint struct {
	ID         int64
	MerchantID int64
	Disabled   bool
	Since      *time.Time
}

// LowWallet is a wallet below its threshold.
type LowWallet struct {
	MerchantID int64
	Currency   money.Currency
	Balance    money.Amount
	Threshold  money.Amount
}

// Endpoint is how an endpoint did with its last deliveries.
type Endpoint struct {
	ID           int64
	MerchantID   int64
	Delivered    int64
	Failed       int64
	Pending      int64
	Superseded   int64
	Lags         Waits
	PendingSince *time.Time
	FailingSince *time.Time
}

func (e *Endpoint) Looked() int64 { return e.Delivered + e.Failed + e.Pending + e.Superseded }

const (
	// stuckAfter is after how long without news an order that is open needs a person.
	stuckAfter = 15 * time.Minute
	// lastDeliveries is how many deliveries of an endpoint are looked at.
	lastDeliveries = 200
)

// NeedsStore reads what waits, within bounds.
type NeedsStore interface {
	// Needs returns what waits for a person: orders without news since a moment, and
	// products with fewer units than low.
	Needs(ctx context.Context, stuckBefore time.Time, low int) (Needs, error)
	// Endpoints returns endpoints by ascending id after one, of a merchant or, for 0, of
	// all, with how they did with so many of their last deliveries.
	Endpoints(ctx context.Context, merchantID, afterID int64, limit, deliveries int) ([]Endpoint, error)
}

// Needs returns what waits for a person. Stock is low below so many units.
func (s *Service) Needs(ctx context.Context, low int) (Needs, error) {
	return s.needs.Needs(ctx, s.now().Add(-stuckAfter), low)
}

// Endpoints returns how endpoints do, by ascending id after one; of a merchant or, for
// 0, of all.
func (s *Service) Endpoints(ctx context.Context, merchantID, afterID int64, limit int) ([]Endpoint, error) {
	return s.needs.Endpoints(ctx, merchantID, afterID, limit, lastDeliveries)
}
