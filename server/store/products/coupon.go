package products

import (
	"cmp"
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entcoupon "orderhub/ent/coupon"
	entuse "orderhub/ent/couponuse"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/store"
)

func (s *Store) CreateCoupon(ctx context.Context, c catalog.Coupon) (catalog.Coupon, error) {
	var created catalog.Coupon
	code := catalog.NormalizeCouponCode(c.Code)
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		now := s.db.Now()
		row, err := tx.Coupon.Create().SetCode(code).SetKind(string(c.Kind)).SetPercentBp(int(c.PercentBasisPoints)).
			SetAmountMicros(int64(c.Amount)).SetCurrency(string(c.Currency)).SetMinSubtotalMicros(int64(c.MinSubtotal)).
			SetProductIds(store.SomeIfNil(c.ProductIDs)).SetCategoryIds(store.SomeIfNil(c.CategoryIDs)).
			SetNillableStartsAt(store.OptionalUTC(c.StartsAt)).SetNillableEndsAt(store.OptionalUTC(c.EndsAt)).
			SetNillableMaxUses(c.MaxUses).SetNillableMaxUsesPerMerchant(c.MaxUsesPerMerchant).
			SetStatus(string(cmp.Or(c.Status, catalog.StatusActive))).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err != nil {
			return store.Translate(
				err, nil, store.NewConflict("coupons_code_key", &catalog.AlreadyExistsError{
					Kind: "coupon",
					Name: code,
				}),
			)
		}
		created = fromDBCoupon(row)
		return nil
	})
	return created, store.During("create coupon", err)
}

func (s *Store) UpdateCoupon(ctx context.Context, c catalog.Coupon) (catalog.Coupon, error) {
	var updated catalog.Coupon
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := s.lockCoupon(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		update := row.Update().SetKind(string(c.Kind)).SetPercentBp(int(c.PercentBasisPoints)).
			SetAmountMicros(int64(c.Amount)).SetCurrency(string(c.Currency)).SetMinSubtotalMicros(int64(c.MinSubtotal)).
			SetProductIds(store.SomeIfNil(c.ProductIDs)).SetCategoryIds(store.SomeIfNil(c.CategoryIDs)).
			SetStatus(string(cmp.Or(c.Status, catalog.StatusActive))).SetUpdatedAt(s.db.Now())
		setOrClear(store.OptionalUTC(c.StartsAt), update.SetStartsAt, update.ClearStartsAt)
		setOrClear(store.OptionalUTC(c.EndsAt), update.SetEndsAt, update.ClearEndsAt)
		setOrClear(c.MaxUses, update.SetMaxUses, update.ClearMaxUses)
		setOrClear(c.MaxUsesPerMerchant, update.SetMaxUsesPerMerchant, update.ClearMaxUsesPerMerchant)
		if row, err = store.SaveDifferent(ctx, row, update); err != nil {
			return err
		}
		// Placement counts the uses of limited coupons only, so one that gets a limit begins with what it had.
		if row, err = recountUses(ctx, tx, row); err != nil {
			return err
		}
		updated = fromDBCoupon(row)
		return checkLimits(ctx, tx, updated)
	})
	return updated, store.During("update coupon", err)
}

// lockCoupon waits for the placements that use the coupon and keeps others out until the transaction ends: a use that
// was judged by the old limits must be counted before there are new ones.
func (s *Store) lockCoupon(ctx context.Context, tx *ent.Tx, id int64) (*ent.Coupon, error) {
	row, err := store.Locking(s.db, tx.Coupon.Query().Where(entcoupon.ID(id))).Only(ctx)
	return row, store.Translate(err, catalog.ErrCouponNotFound)
}

// checkLimits refuses limits below what is used already: they would say that a coupon was used more often than it may
// be.
func checkLimits(ctx context.Context, tx *ent.Tx, c catalog.Coupon) error {
	if c.MaxUses != nil && *c.MaxUses < c.Uses {
		return errs.Invalid("max_uses", "must not be below the %d uses there are", c.Uses)
	}
	if c.MaxUsesPerMerchant == nil {
		return nil
	}
	over, err := tx.CouponUse.Query().Where(entuse.CouponID(c.ID)).Modify(func(selector *entsql.Selector) {
		selector.Select(selector.C(entuse.FieldMerchantID)).GroupBy(selector.C(entuse.FieldMerchantID)).
			Having(entsql.P(func(b *entsql.Builder) { b.WriteString("COUNT(*) > ").Arg(*c.MaxUsesPerMerchant) })).
			Limit(1)
	}).Ints(ctx)
	if err != nil {
		return fmt.Errorf("count uses by merchant: %w", err)
	}
	if len(over) > 0 {
		return errs.Invalid("max_uses_per_merchant", "must not be below the uses that a merchant has made")
	}
	return nil
}

// setOrClear gives a nullable column its value, or NULL for nil. ent cannot do both in one go.
func setOrClear[T, U any](value *T, set func(T) U, unset func() U) {
	if value == nil {
		unset()
	} else {
		set(*value)
	}
}

// recountUses brings the number of uses up to date. The coupon's row is locked.
func recountUses(ctx context.Context, tx *ent.Tx, row *ent.Coupon) (*ent.Coupon, error) {
	uses, err := tx.CouponUse.Query().Where(entuse.CouponID(row.ID)).Count(ctx)
	if err != nil || int64(uses) == row.Uses {
		return row, err
	}
	return row.Update().SetUses(int64(uses)).SetUpdatedAt(row.UpdatedAt).Save(ctx)
}

func (s *Store) Coupon(ctx context.Context, code string) (catalog.Coupon, error) {
	row, err := s.db.Reader.Coupon.Query().Where(entcoupon.Code(catalog.NormalizeCouponCode(code))).Only(ctx)
	if err != nil {
		return catalog.Coupon{}, store.During("find coupon", store.Translate(err, catalog.ErrCouponNotFound))
	}
	coupons, err := s.withUses(ctx, row)
	if err != nil {
		return catalog.Coupon{}, err
	}
	return coupons[0], nil
}

func (s *Store) ListCoupons(ctx context.Context, f catalog.CouponFilter) ([]catalog.Coupon, error) {
	rows, err := s.db.Reader.Coupon.Query().Where(entcoupon.IDGT(f.AfterID)).Order(entcoupon.ByID()).
		Limit(store.LimitOf(f.Limit)).All(ctx)
	if err != nil {
		return nil, store.During("list coupons", err)
	}
	return s.withUses(ctx, rows...)
}

var selectUses = store.FromPostgres(`SELECT coupon_id, count(*) FROM coupon_uses WHERE coupon_id = ANY($1::bigint[])
	GROUP BY coupon_id`)

// withUses counts the uses of unlimited coupons, for which placement keeps no number: every order would wait for it.
func (s *Store) withUses(ctx context.Context, rows ...*ent.Coupon) ([]catalog.Coupon, error) {
	coupons := store.Mapped(rows, fromDBCoupon)
	unlimited := make(map[int64]*catalog.Coupon)
	var ids []int64
	for i := range coupons {
		if coupons[i].MaxUses == nil {
			ids, unlimited[coupons[i].ID] = append(ids, coupons[i].ID), &coupons[i]
		}
	}
	if len(ids) == 0 {
		return coupons, nil
	}
	into := store.Each2(func(id, uses int64) { unlimited[id].Uses = uses })
	err := s.db.Peek(ctx, store.NewQuery(selectUses, []any{ids}, into))
	return coupons, store.During("count uses of coupons", err)
}
