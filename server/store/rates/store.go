// Package rates keeps what currencies are worth in one another: exchange.Store.
package rates

import (
	"context"

	"orderhub/ent"
	entrate "orderhub/ent/exchangerate"
	"orderhub/server/audit"
	"orderhub/server/exchange"
	"orderhub/server/money"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ exchange.Store = (*Store)(nil)

func (s *Store) Add(ctx context.Context, e exchange.Entry) (exchange.Entry, error) {
	var added exchange.Entry
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		if err := store.MoveCosts(ctx, tx); err != nil {
			return err
		}
		before, err := tx.ExchangeRate.Query().Where(entrate.Base(string(e.Pair.Base)),
			entrate.Quote(string(e.Pair.Quote))).
			Order(ent.Desc(entrate.FieldStartsAt, entrate.FieldID)).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		was := ""
		if before != nil {
			was = exchange.Rate(before.RateNanos).String()
		}
		audit.Changed(ctx, e.Pair.String(), was, e.Rate.String())
		row, err := tx.ExchangeRate.Create().SetBase(string(e.Pair.Base)).SetQuote(string(e.Pair.Quote)).
			SetRateNanos(int64(e.Rate)).SetStartsAt(e.From.UTC()).SetCreatedAt(s.db.Now()).Save(ctx)
		if err != nil {
			return err
		}
		added = fromDBRate(row)
		return nil
	})
	return added, store.During("set a rate", err)
}

func (s *Store) Entries(ctx context.Context, f exchange.Filter) ([]exchange.Entry, error) {
	rows, err := s.db.Reader.ExchangeRate.Query().Where(
		store.Given(entrate.IDLT, f.BeforeID), store.Given(entrate.Base, string(f.Base)),
		store.Given(entrate.Quote, string(f.Quote)),
	).Order(ent.Desc(entrate.FieldID)).Limit(store.LimitOf(f.Limit)).All(ctx)
	return store.Mapped(rows, fromDBRate), store.During("list rates", err)
}

func (s *Store) Rates(ctx context.Context) (*exchange.Rates, error) {
	rows, err := s.db.Reader.ExchangeRate.Query().All(ctx)
	if err != nil {
		return nil, store.During("read rates", err)
	}
	return exchange.NewRates(store.Mapped(rows, fromDBRate)), nil
}

func fromDBRate(row *ent.ExchangeRate) exchange.Entry {
	return exchange.Entry{
		ID: row.ID, Pair: exchange.Pair{Base: money.Currency(row.Base), Quote: money.Currency(row.Quote)},
		Rate: exchange.Rate(row.RateNanos), From: row.StartsAt, At: row.CreatedAt,
	}
}
