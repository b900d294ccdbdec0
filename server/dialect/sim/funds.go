package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

// Balance is the money that buyers have at a simulated provider to begin with.
type Balance struct {
	Amount   string         `json:"amount"` // decimal
	Currency money.Currency `json:"currency"`
}

// Parse is the amount. The error is for people.
func (b *Balance) Parse() (money.Amount, error) {
	if _, err := money.ParseCurrency(string(b.Currency)); err != nil {
		return 0, errors.New("balance.currency must be an ISO 4217 code")
	}
	amount, err := money.ParseSigned(b.Amount, b.Currency)
	if err != nil {
		return 0, fmt.Errorf("balance.amount %w", err)
	}
	return amount, nil
}

// funds are what is left of it. They are kept in memory: whoever writes the
// settings anew fills them up.
type funds struct {
	currency money.Currency

	mu    sync.Mutex
	left  money.Amount
	known *lru.Cache[string, bool] // by reference: whether the purchase was paid
}

func newFunds(b *Balance) (*funds, error) {
	left, err := b.Parse()
	if err != nil {
		return nil, err
	}
	known, err := lru.New[string, bool](remembered)
	return &funds{currency: b.Currency, left: left, known: known}, err
}

// cover pays the units of a purchase, once; false where there is too little for
// all of them. What costs money of another currency is not counted.
func (f *funds) cover(p *dialect.Purchase, units int64) bool {
	if f == nil || p.Currency != f.currency {
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if paid, _ := f.known.Get(p.Reference); paid {
		return true
	}
	asked, err := p.UnitCost.Mul(p.Quantity)
	if err != nil || asked > f.left {
		f.known.Add(p.Reference, false)
		return false
	}
	f.known.Add(p.Reference, true)
	spent, err := p.UnitCost.Mul(units) // of the units asked for at most
	if err != nil {
		return false
	}
	f.left = f.left.SubCapped(spent)
	return true
}

// refused reports a purchase that was not paid: nothing is known of it.
func (f *funds) refused(reference string) bool {
	if f == nil {
		return false
	}
	paid, known := f.known.Get(reference)
	return known && !paid
}

func (s *Simulator) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	if err := s.fault(ctx, Account, ""); err != nil {
		return dialect.Balance{}, err
	}
	if s.funds == nil {
		return dialect.Balance{}, dialect.ErrNoBalance
	}
	s.funds.mu.Lock()
	defer s.funds.mu.Unlock()
	return dialect.Balance{Amount: s.funds.left, Currency: s.funds.currency}, nil
}
