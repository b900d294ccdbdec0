package purchases

import (
	"context"
	"time"

	"orderhub/server/audit"
	"orderhub/server/purchase"
	"orderhub/server/store"
)

// Ask implements the queue of package dialect/manual.
func (s *Store) Ask(ctx context.Context, reference string) (p purchase.Purchase, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		p = purchase.Purchase{CreatedAt: s.db.Now()}
		err := tx.Query(ctx, store.NewQuery(selectAsked, []any{reference}, func(row store.Scanner) error {
			var since time.Time
			var replacing *time.Time
			var within int64
			err := row.Scan(&p.ID, &p.ProviderID, &since, &replacing, &within)
			if replacing != nil {
				since = *replacing
			}
			by := purchase.DeliverBy(since, time.Duration(within)*time.Second, p.CreatedAt)
			p.DeliverBy = &by
			return err
		}))
		if err != nil {
			return err
		}
		if p.ID == 0 {
			return purchase.ErrNotFound
		}
		rows := purchasesTable.Insert(p)
		rows.Each = store.IgnoreRow // one that is there already stays as it is
		if err := tx.Write(ctx, &rows); err != nil {
			return err
		}
		return tx.Query(ctx, s.one(selectByName, reference, &p))
	})
	return p, store.During("queue purchase", err)
}

// Withdraw implements the queue of package dialect/manual.
func (s *Store) Withdraw(ctx context.Context, reference string) (purchase.Purchase, error) {
	found, err := s.Find(ctx, reference)
	if err != nil {
		return found, err
	}
	return s.change(ctx, found.ID, func(p *purchase.Purchase) (bool, error) { return p.Cancel(), nil }, false)
}

func (s *Store) Change(ctx context.Context, id int64, fn func(*purchase.Purchase) (bool, error)) (
	purchase.Purchase, error,
) {
	return s.change(ctx, id, fn, true)
}

// change has fn change a purchase; wake says that whoever waits for its end is to be told.
func (s *Store) change(ctx context.Context, id int64, fn func(*purchase.Purchase) (bool, error), wake bool) (
	c purchase.Purchase, err error,
) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		c = purchase.Purchase{}
		err := tx.Query(
			ctx, store.NewQuery(lockAttempt, []any{id}, store.IgnoreRow),
			store.NewQuery(lockPurchase, []any{id}, store.IgnoreRow), s.one(selectPurchase, id, &c),
		)
		if err != nil {
			return err
		}
		if c.ID == 0 {
			return purchase.ErrNotFound
		}
		before := c.State
		differs, err := fn(&c)
		if err != nil || !differs {
			return err
		}
		c.UpdatedAt = s.db.Now()
		row := kept{Purchase: c}
		if len(c.Goods) > 0 {
			if row.sealed, err = s.db.Vault.SealJSON(c.Goods, store.PurchaseGoods.At(id)); err != nil {
				return err
			}
		}
		update := changePurchases.Update(row)
		if err := tx.Write(ctx, &update); err != nil {
			return err
		}
		audit.Changed(ctx, "state", before, c.State)
		ended := c.State == purchase.Delivered || c.State == purchase.Refused
		if !wake || !ended {
			return nil
		}
		return s.attempts.Hasten(ctx, tx, c.ProviderID, id)
	})
	return c, store.During("change purchase", err)
}
