package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/order"
)

// needs is what a batch asks of the database, in fixed orders.
type needs struct {
	merchants  []int64
	references pairs // merchant and reference, one per draft
	products   []int64
	coupons    []string
	units      map[int64]int64           // by product, of small drafts
	withheld   map[*order.Candidate]bool // the others with units
	days       pairs                     // product and day, one per line with a day of use
	lines      pairs                     // merchant and reference, one per line of drafts with unique lines
}

func merchantsOf(candidates []*order.Candidate) []int64 {
	ids := make([]int64, len(candidates))
	for i, c := range candidates {
		ids[i] = c.Draft.MerchantID
	}
	return distinct(ids)
}

func needsOf(candidates []*order.Candidate) *needs {
	n := &needs{units: make(map[int64]int64), withheld: make(map[*order.Candidate]bool)}
	for _, c := range candidates {
		d := c.Draft
		n.merchants = append(n.merchants, d.MerchantID)
		n.references.add(d.MerchantID, d.Reference)
		if d.Coupon != "" {
			n.coupons = append(n.coupons, catalog.NormalizeCouponCode(d.Coupon))
		}
		n.needUnits(c)
		for i := range c.Lines {
			p := c.Lines[i].Product
			n.products = append(n.products, p.ID)
			if d.UniqueLines {
				n.lines.add(d.MerchantID, d.Lines[i].ExternalReference)
			}
			if day := d.Lines[i].UseDate; day != "" {
				n.days.add(p.ID, day)
			}
		}
	}
	n.merchants, n.products = distinct(n.merchants), distinct(n.products)
	n.coupons = distinct(n.coupons)
	return n
}

// needUnits takes the units of a small draft, and remembers a large one.
func (n *needs) needUnits(c *order.Candidate) {
	if c.StockUnits() > order.SmallOrder {
		n.withheld[c] = true
		return
	}
	c.AddUnits(n.units)
}

// distinct is the values in order, each once. It leaves values as they are.
func distinct[T int64 | string](values []T) []T {
	sorted := slices.Sorted(slices.Values(values))
	return slices.Compact(sorted)
}

var (
	selectWallets = statement{
		postgres: `SELECT a.merchant_id, a.id, a.currency, a.balance_micros, a.credit_limit_micros, a.event_sequence,
			a.low_balance_micros, m.status
			FROM accounts a JOIN merchants m ON m.id = a.merchant_id
			WHERE a.merchant_id = ANY($1::bigint[]) ORDER BY a.id`,
		sqlite: `SELECT a.merchant_id, a.id, a.currency, a.balance_micros, a.credit_limit_micros, a.event_sequence,
			a.low_balance_micros, m.status
			FROM accounts a JOIN merchants m ON m.id = a.merchant_id
			WHERE a.merchant_id IN (SELECT value FROM json_each($1)) ORDER BY a.id`,
	}
	selectReferences = statement{
		postgres: `SELECT o.merchant_id, o.reference, o.id, o.number, o.fingerprint
			FROM unnest($1::bigint[], $2::text[]) AS r(merchant_id, reference)
			JOIN orders o ON o.merchant_id = r.merchant_id AND o.reference = r.reference`,
		sqlite: `SELECT o.merchant_id, o.reference, o.id, o.number, o.fingerprint
			FROM json_each($1) AS r
			JOIN orders o ON o.merchant_id = r.value ->> 0 AND o.reference = r.value ->> 1`,
	}
	selectLineReferences = statement{
		postgres: `SELECT l.merchant_id, l.reference, o.id, o.number, o.fingerprint
			FROM unnest($1::bigint[], $2::text[]) AS r(merchant_id, reference)
			JOIN line_references l ON l.merchant_id = r.merchant_id AND l.reference = r.reference
			JOIN orders o ON o.id = l.order_id`,
		sqlite: `SELECT l.merchant_id, l.reference, o.id, o.number, o.fingerprint
			FROM json_each($1) AS r
			JOIN line_references l ON l.merchant_id = r.value ->> 0 AND l.reference = r.value ->> 1
			JOIN orders o ON o.id = l.order_id`,
	}
	selectVersions = statement{
		postgres: `SELECT id, version FROM products WHERE id = ANY($1::bigint[])`,
		sqlite:   `SELECT id, version FROM products WHERE id IN (SELECT value FROM json_each($1))`,
	}
	couponColumns = `SELECT id, code, kind, percent_bp, amount_micros, currency, min_subtotal_micros, product_ids,
		category_ids,
			starts_at, ends_at, max_uses, max_uses_per_merchant, uses, status FROM coupons `
	// Only a coupon with a limit in all is locked against other placements: an
	// unlimited one would otherwise be a row that every order waits for. It is
	// shared, so that its limits do not change under the placement.
	selectLimitedCoupons = statement{
		postgres: couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NOT NULL ORDER BY id`,
		sqlite:   couponColumns + `WHERE code IN (SELECT value FROM json_each($1)) AND max_uses IS NOT NULL ORDER BY id`,
	}
	selectUnlimitedCoupons = statement{
		postgres: couponColumns + `WHERE code = ANY($1::text[]) AND max_uses IS NULL`,
		sqlite:   couponColumns + `WHERE code IN (SELECT value FROM json_each($1)) AND max_uses IS NULL`,
	}
	// The merchants' wallets are locked, so that their own uses stand still.
	selectCouponUses = statement{
		postgres: `SELECT c.code, u.merchant_id, count(*) FROM coupon_uses u JOIN coupons c ON c.id = u.coupon_id
			WHERE c.code = ANY($1::text[]) AND c.max_uses_per_merchant IS NOT NULL AND u.merchant_id = ANY($2::bigint[])
			GROUP BY c.code, u.merchant_id`,
		sqlite: `SELECT c.code, u.merchant_id, count(*) FROM coupon_uses u JOIN coupons c ON c.id = u.coupon_id
			WHERE c.code IN (SELECT value FROM json_each($1)) AND c.max_uses_per_merchant IS NOT NULL
			AND u.merchant_id IN (SELECT value FROM json_each($2)) GROUP BY c.code, u.merchant_id`,
	}
	selectAllotments = statement{
		postgres: `SELECT a.id, a.product_id, a.use_date, a.capacity, a.sold FROM allotments a
			WHERE (a.product_id, a.use_date) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
			ORDER BY a.product_id, a.use_date`,
		sqlite: `SELECT a.id, a.product_id, a.use_date, a.capacity, a.sold FROM allotments a
			WHERE (a.product_id, a.use_date) IN
			(SELECT value ->> 0, value ->> 1 FROM json_each($1))
			ORDER BY a.product_id, a.use_date`,
	}
	selectUnits = same(
		`SELECT id, content FROM units WHERE product_id = $1 AND status = 'available' AND id > $2 ORDER BY id LIMIT $3`,
	)
	countUnits = same(
		`SELECT count(*) FROM (SELECT 1 FROM units WHERE product_id = $1 AND status = 'available' LIMIT $2) AS available`,
	)
	lockRows     = ` FOR NO KEY UPDATE`
	shareRows    = ` FOR KEY SHARE`
	lockAccounts = ` FOR NO KEY UPDATE OF a`
	lockUnits    = ` FOR UPDATE SKIP LOCKED`
)

// lock is the clause when the caller means to write, else nothing.
func lock(clause string, wanted bool) string {
	if wanted {
		return clause
	}
	return ""
}

func (s *Store) newState(n *needs) *order.State {
	return &order.State{
		Now:        s.now(),
		Wallets:    make(map[int64]*order.WalletState, len(n.merchants)),
		References: make(map[order.ReferenceKey]*order.ExistingOrder),

		LineReferences: make(map[order.ReferenceKey]*order.ExistingOrder),

		Versions:   make(map[int64]int64, len(n.products)),
		Coupons:    make(map[string]*order.CouponState),
		Units:      make(map[int64]*order.UnitPool),
		Allotments: make(map[order.AllotmentKey]*order.AllotmentState),
		Withheld:   n.withheld,
		Open:       func(u order.Unit) (string, error) { return s.openStock(u.ID, u.Sealed) },
	}
}

// loadState takes the locks in the order everyone takes them (wallets, coupons,
// allotments, units; each by id) and reads what the drafts are judged by, and
// more on the way. The units of small drafts come along; those of large ones are
// read once it is known that they are paid for, and else nobody waits for them.
func (s *Store) loadState(
	ctx context.Context, run func(context.Context, ...read) error, candidates []*order.Candidate, more ...read,
) (*order.State, error) {
	n := needsOf(candidates)
	state := s.newState(n)
	reads := slices.Concat(s.lockLogs(n.merchants), s.judgedBy(n, state, true), takeUnits(n.units, state))
	if err := run(ctx, append(reads, more...)...); err != nil {
		return nil, err
	}
	if len(n.withheld) > 0 {
		if large := order.Sift(state, candidates); len(large) > 0 {
			if err := run(ctx, takeUnits(large, state)...); err != nil {
				return nil, err
			}
			for product, wanted := range large {
				n.units[product] += wanted
			}
		}
	}
	return state, s.findContention(ctx, run, n, state)
}

// judgedBy reads all that drafts are judged by but units.
func (s *Store) judgedBy(n *needs, state *order.State, locking bool) []read {
	reads := []read{
		{
			selectWallets.locked(lock(lockAccounts, locking)),
			[]any{n.merchants},
			func(row scanner) error { return scanWallet(row, state.Wallets) },
		},
		{selectReferences, []any{&n.references}, func(row scanner) error { return s.scanReference(row, state.References) }},
		{selectVersions, []any{n.products}, func(row scanner) error {
			var id, version int64
			err := row.Scan(&id, &version)
			state.Versions[id] = version
			return err
		}},
	}
	if len(n.lines.ids) > 0 {
		reads = append(reads, read{selectLineReferences, []any{&n.lines}, func(row scanner) error {
			return s.scanReference(row, state.LineReferences)
		}})
	}
	reads = append(reads, couponReads(n, state, locking)...)
	if len(n.days.ids) > 0 {
		reads = append(reads, read{selectAllotments.locked(lock(lockRows, locking)), []any{&n.days}, func(row scanner) error {
			return scanAllotment(row, state.Allotments)
		}})
	}
	return reads
}

// takeUnits locks as many more units of each product as wanted, oldest first.
func takeUnits(wanted map[int64]int64, state *order.State) []read {
	var reads []read
	for _, product := range slices.Sorted(maps.Keys(wanted)) {
		pool := state.Units[product]
		if pool == nil {
			pool = &order.UnitPool{}
			state.Units[product] = pool
		}
		last := int64(0)
		if len(pool.Units) > 0 {
			last = pool.Units[len(pool.Units)-1].ID
		}
		reads = append(
			reads, read{selectUnits.locked(lockUnits), []any{product, last, wanted[product]}, func(row scanner) error {
				var u order.Unit
				err := row.Scan(&u.ID, &u.Sealed)
				pool.Units = append(pool.Units, u)
				return err
			}},
		)
	}
	return reads
}

// countStock counts the units that the candidate wants as far as they are there.
// What goes beyond its limit is not looked at: that alone refuses it.
func countStock(c *order.Candidate, state *order.State) []read {
	wanted := make(map[int64]int64)
	c.AddUnits(wanted)
	left := c.Limits.Units + 1
	var reads []read
	for _, product := range slices.Sorted(maps.Keys(wanted)) {
		pool, most := &order.UnitPool{Counted: wanted[product]}, min(wanted[product], left)
		state.Units[product] = pool
		if left -= most; most == 0 {
			continue
		}
		reads = append(reads, read{countUnits, []any{product, most}, func(row scanner) error {
			var available int64
			err := row.Scan(&available)
			if available < most {
				pool.Counted = available
			}
			return err
		}})
	}
	return reads
}

// findContention marks the pools that came up short only because other
// transactions hold units they may yet give back.
func (s *Store) findContention(
	ctx context.Context, run func(context.Context, ...read) error, n *needs, state *order.State,
) error {
	if s.pool == nil {
		return nil
	}
	var reads []read
	for product, wanted := range n.units {
		pool := state.Units[product]
		if int64(len(pool.Units)) == wanted {
			continue
		}
		reads = append(reads, read{countUnits, []any{product, len(pool.Units) + 1}, func(row scanner) error {
			var available int
			err := row.Scan(&available)
			pool.Contended = available > len(pool.Units)
			return err
		}})
	}
	if len(reads) == 0 {
		return nil
	}
	return run(ctx, reads...)
}

func couponReads(n *needs, state *order.State, locking bool) []read {
	if len(n.coupons) == 0 {
		return nil
	}
	each := func(row scanner) error { return scanCoupon(row, state.Coupons) }
	return []read{
		{selectLimitedCoupons.locked(lock(lockRows, locking)), []any{n.coupons}, each},
		{selectUnlimitedCoupons.locked(lock(shareRows, locking)), []any{n.coupons}, each},
		{selectCouponUses, []any{n.coupons, n.merchants}, func(row scanner) error {
			var code string
			var merchant, uses int64
			if err := row.Scan(&code, &merchant, &uses); err != nil {
				return err
			}
			if coupon := state.Coupons[code]; coupon != nil {
				coupon.UsesByMerchant[merchant] = uses
			}
			return nil
		}},
	}
}

func scanWallet(row scanner, wallets map[int64]*order.WalletState) error {
	var merchant int64
	var status string
	w := &order.WalletState{}
	if err := row.Scan(
		&merchant, &w.AccountID, &w.Currency, &w.Balance, &w.CreditLimit, &w.EventSequence, &w.LowBalance, &status,
	); err != nil {
		return err
	}
	w.Suspended = status != string(account.StatusActive)
	wallets[merchant] = w
	return nil
}

func (s *Store) scanReference(row scanner, references map[order.ReferenceKey]*order.ExistingOrder) error {
	var key order.ReferenceKey
	var fingerprint []byte
	existing := &order.ExistingOrder{}
	if err := row.Scan(&key.MerchantID, &key.Reference, &existing.ID, &existing.Number, &fingerprint); err != nil {
		return err
	}
	existing.MadeBy = s.sameRequest(fingerprint)
	references[key] = existing
	return nil
}

func scanCoupon(row scanner, coupons map[string]*order.CouponState) error {
	c := &order.CouponState{UsesByMerchant: make(map[int64]int64)}
	var products, categories []byte
	err := row.Scan(
		&c.ID, &c.Code, &c.Kind, &c.PercentBasisPoints, &c.Amount, &c.Currency, &c.MinSubtotal, &products, &categories,
		&c.StartsAt, &c.EndsAt, &c.MaxUses, &c.MaxUsesPerMerchant, &c.Uses, &c.Status,
	)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(products, &c.ProductIDs); err != nil {
		return fmt.Errorf("products of coupon %d: %w", c.ID, err)
	}
	if err := json.Unmarshal(categories, &c.CategoryIDs); err != nil {
		return fmt.Errorf("categories of coupon %d: %w", c.ID, err)
	}
	coupons[c.Code] = c
	return nil
}

func scanAllotment(row scanner, allotments map[order.AllotmentKey]*order.AllotmentState) error {
	var key order.AllotmentKey
	a := &order.AllotmentState{}
	if err := row.Scan(&a.ID, &key.ProductID, &key.UseDate, &a.Capacity, &a.Sold); err != nil {
		return err
	}
	allotments[key] = a
	return nil
}
