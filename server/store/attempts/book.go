package attempts

import (
	"context"
	"fmt"
	"sync"

	"orderhub/server/account"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

// bookmap has the accounts that results book on.
type bookmap map[bookKey]store.Books

type bookKey struct {
	providerID int64
	currency   money.Currency
}

// booksOf finds the accounts that results book on. A transaction on SQLite could not make one.
func (s *Store) booksOf(ctx context.Context, results []fulfil.Result) (bookmap, error) {
	books := make(bookmap)
	for i := range results {
		b := results[i].Booking()
		if b.Purchase.Amount == 0 || !b.Purchase.Known() {
			continue
		}
		key := bookKey{results[i].Attempt.ProviderID, b.Purchase.Currency}
		if _, found := books[key]; found {
			continue
		}
		of, err := s.db.Ledger.BooksOf(ctx, key.providerID, key.currency)
		if err != nil {
			return nil, err
		}
		books[key] = of
	}
	return books, nil
}

// book enters what a settled attempt costs, and returns what is in the books for it then.
func (t *settlement) book(r *fulfil.Result, books bookmap) money.Sum {
	a, b := r.Attempt, r.Booking()
	if !b.Purchase.Known() {
		return money.Sum{}
	}
	of := books[bookKey{a.ProviderID, b.Purchase.Currency}]
	move := func(kind account.TransferKind, from, to int64, amount money.Amount) {
		if amount > 0 {
			t.purchases.Add(store.TransferRow{
				Debit: from, Credit: to, Currency: b.Purchase.Currency, Amount: amount, Kind: kind, AttemptID: a.ID,
				At: t.state.Now,
			})
		}
	}
	move(account.TransferPurchase, of.Cost, of.Provider, b.Purchase.Amount)
	move(account.TransferCredit, of.Provider, of.Cost, b.Credit)
	product := int64(0)
	if l := t.line(a.OrderID, a.LineID); l != nil {
		product = l.ProductID
	}
	if differs := r.Differs(product); differs != nil && t.store.differences.isNew(differs, t.told) {
		t.told = append(t.told, *differs)
	}
	return b.Net()
}

// differences are what operators were told of offers, so that an offer whose cost is wrong is told of once by each
// process, and again when it changes, rather than with every purchase.
type differences struct {
	mu   sync.Mutex
	last map[string]string // by offer
}

// mostDifferences is of how many offers that is remembered.
const mostDifferences = 10_000

// isNew reports what was not told before, nor is among what is about to be.
func (d *differences) isNew(e *operatorevent.Event, pending []operatorevent.Event) bool {
	for i := range pending {
		if offerOf(&pending[i]) == offerOf(e) && differenceOf(&pending[i]) == differenceOf(e) {
			return false
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[offerOf(e)] != differenceOf(e)
}

// note remembers what is committed.
func (d *differences) note(events []operatorevent.Event) {
	if len(events) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil || len(d.last) >= mostDifferences {
		d.last = make(map[string]string)
	}
	for i := range events {
		if events[i].Kind == fulfil.CostDiffers {
			d.last[offerOf(&events[i])] = differenceOf(&events[i])
		}
	}
}

func offerOf(e *operatorevent.Event) string { return fmt.Sprint(e.Data["offer"]) }

// differenceOf is the same for two purchases that differ from their offer alike.
func differenceOf(e *operatorevent.Event) string {
	return fmt.Sprint(e.Data["chargedEach"], e.Data["chargedCurrency"], e.Data["cost"], e.Data["currency"])
}
