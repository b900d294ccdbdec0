package products

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	entoffer "orderhub/ent/offer"
	entlist "orderhub/ent/pricelist"
	entmember "orderhub/ent/pricelistmerchant"
	entprovider "orderhub/ent/provider"
	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/store"
)

// changePrices runs fn in a transaction that moves the version of all prices, and the catalogue's with it: placement
// finds out by the first that a draft was priced before, everybody by the second that there is something to read.
func (s *Store) changePrices(ctx context.Context, fn func(tx *ent.Tx) error) error {
	return s.changeCatalog(ctx, func(tx *ent.Tx) error {
		if err := s.db.Execute(ctx, tx, count, store.PricesCounter); err != nil {
			return fmt.Errorf("move the version of prices: %w", err)
		}
		return fn(tx)
	})
}

func (s *Store) CreatePriceList(ctx context.Context, l catalog.PriceList) (created catalog.PriceList, err error) {
	rules, err := json.Marshal(noneIfNil(l.Rules))
	if err != nil {
		return created, err
	}
	err = s.changePrices(ctx, func(tx *ent.Tx) error {
		count, err := tx.PriceList.Query().Count(ctx)
		if err != nil {
			return err
		}
		if count >= catalog.MaxPriceLists {
			return errs.Invalid("price_list", "must not be one more than the %d that there may be",
				catalog.MaxPriceLists)
		}
		now := s.db.Now()
		row, err := tx.PriceList.Create().SetName(l.Name).SetDescription(l.Description).SetCurrency(string(l.Currency)).
			SetStatus(string(l.Status)).SetNillableStartsAt(store.OptionalUTC(l.From)).
			SetNillableEndsAt(store.OptionalUTC(l.Until)).SetRules(rules).SetByCost(l.ByCost()).SetVersion(1).
			SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return store.Translate(err, nil, store.NewConflict(
				"price_lists_name_key", &catalog.AlreadyExistsError{Kind: "price list", Name: l.Name},
			))
		}
		audit.Changed(ctx, "rules", nil, l.Rules)
		created, err = fromDBPriceList(row)
		return err
	})
	return created, store.During("create price list", err)
}

func (s *Store) UpdatePriceList(ctx context.Context, l catalog.PriceList) (updated catalog.PriceList, err error) {
	rules, err := json.Marshal(noneIfNil(l.Rules))
	if err != nil {
		return updated, err
	}
	err = s.changePrices(ctx, func(tx *ent.Tx) error {
		present, err := tx.PriceList.Get(ctx, l.ID)
		if err != nil {
			return store.Translate(err, catalog.ErrPriceListNotFound)
		}
		if l.Version != 0 && l.Version != present.Version {
			return catalog.ErrStaleVersion
		}
		update := present.Update().SetDescription(l.Description).SetStatus(string(l.Status)).SetRules(rules).
			SetByCost(l.ByCost()).SetVersion(present.Version + 1).SetUpdatedAt(s.db.Now())
		setOrClear(store.OptionalUTC(l.From), update.SetStartsAt, update.ClearStartsAt)
		setOrClear(store.OptionalUTC(l.Until), update.SetEndsAt, update.ClearEndsAt)
		row, err := store.SaveDifferent(ctx, present, update)
		if err != nil {
			return err
		}
		updated, err = fromDBPriceList(row)
		updated.Merchants = l.Merchants
		return err
	})
	return updated, store.During("update price list", err)
}

// noneIfNil is never nil, which JSON would write as null.
func noneIfNil(rules []catalog.PriceRule) []catalog.PriceRule {
	if rules == nil {
		return []catalog.PriceRule{}
	}
	return rules
}

func (s *Store) PriceLists(ctx context.Context) ([]catalog.PriceList, error) {
	rows, err := s.db.Client.PriceList.Query().Order(entlist.ByName()).All(ctx)
	if err != nil {
		return nil, store.During("list price lists", err)
	}
	lists, at := make([]catalog.PriceList, len(rows)), make(map[int64]int, len(rows))
	for i, row := range rows {
		if lists[i], err = fromDBPriceList(row); err != nil {
			return nil, err
		}
		at[row.ID] = i
	}
	err = s.db.Peek(ctx, store.NewQuery(
		store.Same(`SELECT price_list_id, count(*) FROM price_list_merchants GROUP BY price_list_id`), nil,
		store.Each2(func(id int64, merchants int) {
			if i, known := at[id]; known {
				lists[i].Merchants = merchants
			}
		}),
	))
	return lists, store.During("count merchants of price lists", err)
}

func (s *Store) SetPriceList(ctx context.Context, merchantID, listID int64) error {
	err := s.changePrices(ctx, func(tx *ent.Tx) error {
		if _, err := tx.Merchant.Get(ctx, merchantID); err != nil {
			return store.Translate(err, account.ErrMerchantNotFound)
		}
		had, err := tx.PriceListMerchant.Query().Where(entmember.MerchantID(merchantID)).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		before, after := "", ""
		if had != nil {
			row, err := tx.PriceList.Get(ctx, had.PriceListID)
			if err != nil {
				return err
			}
			before = row.Name
			if err := tx.PriceListMerchant.DeleteOne(had).Exec(ctx); err != nil {
				return err
			}
		}
		if listID != 0 {
			if after, err = s.joinPriceList(ctx, tx, merchantID, listID); err != nil {
				return err
			}
		}
		audit.Changed(ctx, "priceList", before, after)
		return nil
	})
	return store.During("set price list", err)
}

// joinPriceList gives a merchant that has none a list, and returns its name.
func (s *Store) joinPriceList(ctx context.Context, tx *ent.Tx, merchantID, listID int64) (name string, err error) {
	row, err := tx.PriceList.Get(ctx, listID)
	if err != nil {
		return "", store.Translate(err, catalog.ErrPriceListNotFound)
	}
	wallets, err := tx.Account.Query().Where(entaccount.MerchantID(merchantID)).All(ctx)
	if err != nil {
		return "", err
	}
	for _, wallet := range wallets {
		if wallet.Currency != row.Currency {
			return "", errs.Invalid("price_list", "must be one in %s, as the merchant's wallet is", wallet.Currency)
		}
	}
	err = tx.PriceListMerchant.Create().SetMerchantID(merchantID).SetPriceListID(listID).SetCreatedAt(s.db.Now()).
		Exec(ctx)
	return row.Name, err
}

func (s *Store) PriceListMerchants(ctx context.Context, listID int64, limit int) (ids []int64, err error) {
	rows, err := s.db.Client.PriceListMerchant.Query().Where(entmember.PriceListID(listID)).
		Order(entmember.ByMerchantID()).Limit(limit).All(ctx)
	for _, row := range rows {
		ids = append(ids, row.MerchantID)
	}
	return ids, store.During("list merchants of a price list", err)
}

func fromDBPriceList(row *ent.PriceList) (catalog.PriceList, error) {
	l := catalog.PriceList{
		ID: row.ID, Name: row.Name, Description: row.Description, Currency: money.Currency(row.Currency),
		Status: catalog.ListStatus(row.Status), From: row.StartsAt, Until: row.EndsAt,
		Version: row.Version, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if err := json.Unmarshal(row.Rules, &l.Rules); err != nil {
		return l, fmt.Errorf("rules of price list %d: %w", row.ID, err)
	}
	if len(l.Rules) == 0 {
		l.Rules = nil
	}
	return l, nil
}

// readPrices reads what price lists make prices of. Without lists nothing else is read.
func readPrices(
	ctx context.Context, tx *ent.Tx, products []*catalog.Product, now time.Time,
) (p catalog.Prices, err error) {
	counter, err := tx.Counter.Get(ctx, store.PricesCounter)
	if ent.IsNotFound(err) {
		return p, nil // there was never a list
	}
	if err != nil {
		return p, err
	}
	p.Version = counter.Value
	rows, err := tx.PriceList.Query().All(ctx)
	if err != nil {
		return p, err
	}
	for _, row := range rows {
		l, err := fromDBPriceList(row)
		if err != nil {
			return p, err
		}
		p.Lists = append(p.Lists, &l)
	}
	if len(rows) == 0 {
		return p, nil
	}
	members, err := tx.PriceListMerchant.Query().All(ctx)
	if err != nil {
		return p, err
	}
	p.ListOf = make(map[int64]int64, len(members))
	for _, m := range members {
		p.ListOf[m.MerchantID] = m.PriceListID
	}
	rates, err := tx.ExchangeRate.Query().All(ctx)
	if err != nil {
		return p, err
	}
	entries := make([]exchange.Entry, len(rates))
	for i, row := range rates {
		entries[i] = exchange.Entry{
			ID: row.ID, Pair: exchange.Pair{Base: money.Currency(row.Base), Quote: money.Currency(row.Quote)},
			Rate: exchange.Rate(row.RateNanos), From: row.StartsAt,
		}
		if at := entries[i].From; at.After(now) && (p.Until.IsZero() || at.Before(p.Until)) {
			p.Until = at
		}
	}
	p.Costs, err = readCosts(ctx, tx, products, exchange.NewRates(entries), now)
	return p, err
}

// readCosts finds the lowest cost of each product among its active offers, in its own currency by the rates that hold.
func readCosts(
	ctx context.Context, tx *ent.Tx, products []*catalog.Product, rates *exchange.Rates, now time.Time,
) (map[int64]catalog.Cost, error) {
	offers, err := tx.Offer.Query().Where(
		entoffer.Status("active"), entoffer.HasProviderWith(entprovider.Status("active")),
	).All(ctx)
	if err != nil {
		return nil, err
	}
	currencies := make(map[int64]money.Currency, len(products))
	for _, p := range products {
		currencies[p.ID] = p.Currency
	}
	costs := make(map[int64]catalog.Cost)
	for _, o := range offers {
		offer := fulfil.Offer{Cost: money.Amount(o.CostMicros), Currency: money.Currency(o.Currency)}
		if !offer.CostKnown() {
			continue // it would make prices of nothing
		}
		lowest := costs[o.ProductID]
		cost, told := offer.CostIn(currencies[o.ProductID], rates, now)
		switch {
		case !told:
			lowest.NoRate = true
		case !lowest.Known || cost < lowest.Amount:
			lowest.Known, lowest.Amount = true, cost
		}
		costs[o.ProductID] = lowest
	}
	return costs, nil
}
