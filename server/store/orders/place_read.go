package orders

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/recipient"
	"orderhub/server/store"
)

// needs is what a batch asks of the database, in fixed orders.
type needs struct {
	merchants  []int64
	references store.Pairs // merchant and reference, one per draft
	products   []int64
	coupons    []string
	units      map[int64]int64           // by product, of small drafts
	margins    map[int64]time.Duration   // of products whose units are not sold until they expire
	withheld   map[*order.Candidate]bool // the others with units
	days       store.Pairs               // product and day, one per line with a day of use
	checks     store.Pairs               // merchant and recipient's mark, one per line that wants a check
	marks      map[string]recipient.Mark // by the mark as it is stored
	lines      store.Pairs               // merchant and reference, one per line of drafts with unique lines
	holding    store.Pairs               // merchant and reference, one per draft that is to be held
	confirming []int64                   // holds that are to become orders
	lasting    map[int64]*lastingUnits   // by product, of drafts that are to be held; nil without any
}

func merchantsOf(candidates []*order.Candidate) []int64 {
	ids := make([]int64, len(candidates))
	for i, c := range candidates {
		ids[i] = c.Draft.MerchantID
	}
	return store.Distinct(ids)
}

func (s *Store) needsOf(candidates []*order.Candidate) *needs {
	n := &needs{units: make(map[int64]int64), withheld: make(map[*order.Candidate]bool)}
	for _, c := range candidates {
		d := c.Draft
		n.merchants = append(n.merchants, d.MerchantID)
		n.references.Add(d.MerchantID, d.Reference)
		if c.Confirms != nil { // it has all that it needs
			n.confirming = append(n.confirming, c.Confirms.ID)
			continue
		}
		if c.HoldFor > 0 {
			n.holding.Add(d.MerchantID, d.Reference)
		}
		if d.Coupon != "" {
			n.coupons = append(n.coupons, catalog.NormalizeCouponCode(d.Coupon))
		}
		n.needUnits(c)
		for i := range c.Lines {
			p := c.Lines[i].Product
			n.products = append(n.products, p.ID)
			n.noteMargin(p)
			if d.UniqueLines {
				n.lines.Add(d.MerchantID, d.Lines[i].ExternalReference)
			}
			if day := d.Lines[i].UseDate; day != "" {
				n.days.Add(p.ID, day)
			}
			if mark, wanted := c.RecipientMark(i); wanted {
				n.needCheck(d.MerchantID, mark, s.db.Vault.RecipientMark(mark))
			}
		}
	}
	n.merchants, n.products = store.Distinct(n.merchants), store.Distinct(n.products)
	n.coupons = store.Distinct(n.coupons)
	return n
}

// noteMargin remembers how long before they expire the product's units are not sold.
func (n *needs) noteMargin(p *catalog.Product) {
	if p.ExpiryMargin == 0 {
		return
	}
	if n.margins == nil {
		n.margins = make(map[int64]time.Duration)
	}
	n.margins[p.ID] = p.ExpiryMargin
}

// needUnits takes the units of a small draft, and remembers a large one.
func (n *needs) needUnits(c *order.Candidate) {
	if c.StockUnits() > order.SmallOrder {
		n.withheld[c] = true
		return
	}
	c.AddUnits(n.units)
	n.needLasting(c)
}

// The last column says whether it is an open hold that has the reference.
var selectReferences = store.FromPostgres(`SELECT o.merchant_id, o.reference, o.id, o.number, o.fingerprint, false
		FROM unnest($1::bigint[], $2::text[]) AS pair(id, text)
		JOIN orders o ON o.merchant_id = pair.id AND o.reference = pair.text
	UNION ALL SELECT h.merchant_id, h.reference, h.id, h.number, h.fingerprint, true
		FROM unnest($1::bigint[], $2::text[]) AS pair(id, text)
		JOIN holds h ON h.merchant_id = pair.id AND h.reference = pair.text AND h.status = 'held'`)

var selectLineReferences = store.FromPostgres(`SELECT l.merchant_id, l.reference, o.id, o.number, o.fingerprint, false
	FROM unnest($1::bigint[], $2::text[]) AS pair(id, text)
	JOIN line_references l ON l.merchant_id = pair.id AND l.reference = pair.text
	JOIN orders o ON o.id = l.order_id`)

// With the version of all prices that price lists make, as that of product 0; see catalog.PricesVersion.
var selectVersions = store.FromPostgres(`SELECT id, version FROM products WHERE id = ANY($1::bigint[])
	UNION ALL SELECT 0, value FROM counters WHERE name = 'prices'`)

// What expires first is sold first, from after an expiry and id on: one index has both
// what has expired before them and what does not expire behind them.
var selectUnits = store.Same(
	`SELECT id, expires_s, content FROM units WHERE product_id = $1 AND status = 'available'
		AND (expires_s, id) > ($2, $3) ORDER BY expires_s, id LIMIT $4`,
)

var countUnits = store.Same(
	`SELECT count(*) FROM (SELECT 1 FROM units WHERE product_id = $1 AND status = 'available' AND expires_s > $2
		ORDER BY expires_s, id LIMIT $3) AS available`,
)

var shareRows = ` FOR KEY SHARE`

var lockUnits = ` FOR UPDATE SKIP LOCKED`

// lock is the clause when the caller means to write, else nothing.
func lock(clause string, wanted bool) string {
	if wanted {
		return clause
	}
	return ""
}

// newState is what is read into.
func (n *needs) newState(db *store.DB) *order.State {
	return &order.State{
		Now:        db.Now(),
		Wallets:    make(map[int64]*order.WalletState, len(n.merchants)),
		References: make(map[order.ReferenceKey]*order.ExistingOrder),

		LineReferences: make(map[order.ReferenceKey]*order.ExistingOrder),

		Versions:   make(map[int64]int64, len(n.products)),
		Coupons:    make(map[string]*order.CouponState),
		Units:      make(map[int64]*order.UnitPool),
		Allotments: make(map[order.AllotmentKey]*order.AllotmentState),
		Withheld:   n.withheld,
		Open:       func(u order.Unit) (string, error) { return db.Vault.OpenStock(u.ID, u.Sealed) },
	}
}

// loadState takes the locks in the order everyone takes them (wallets, coupons,
// allotments, units; each by id) and reads what the drafts are judged by, and
// more on the way. The units of small drafts come along; those of large ones are
// read once it is known that they are paid for, and else nobody waits for them.
func (s *Store) loadState(
	ctx context.Context, run store.Runner, candidates []*order.Candidate,
	more ...store.Query,
) (*order.State, error) {
	n := s.needsOf(candidates)
	state := n.newState(s.db)
	reads := slices.Concat(
		s.db.LockLogs(n.merchants), s.judgedBy(n, state, true), s.holdReads(n, state), n.readUnits(n.units, state),
		n.readLasting(state),
	)
	if err := run(ctx, append(reads, more...)...); err != nil {
		return nil, err
	}
	if len(n.withheld) > 0 {
		if large := order.Sift(state, candidates); len(large) > 0 {
			n.needLastingOf(candidates)
			if err := run(ctx, append(n.readUnits(large, state), n.readLasting(state)...)...); err != nil {
				return nil, err
			}
			for product, wanted := range large {
				n.units[product] += wanted
			}
		}
	}
	for product, l := range n.lasting {
		state.Units[product].AddLater(l.units)
	}
	return state, s.findContention(ctx, run, n, state)
}

// judgedBy reads all that drafts are judged by but units.
func (s *Store) judgedBy(n *needs, state *order.State, locking bool) []store.Query {
	reads := []store.Query{
		store.NewQuery(
			store.SelectWallets.Locked(lock(store.LockAccounts, locking)),
			[]any{n.merchants},
			func(row store.Scanner) error { return store.ScanWallet(row, state.Wallets) },
		),
		store.NewQuery(selectReferences, []any{&n.references}, referencesInto(s.db.Vault, state.References)),
		store.NewQuery(selectVersions, []any{n.products}, store.Keyed(state.Versions)),
	}
	if len(n.lines.IDs) > 0 {
		into := referencesInto(s.db.Vault, state.LineReferences)
		reads = append(reads, store.NewQuery(selectLineReferences, []any{&n.lines}, into))
	}
	reads = append(reads, couponReads(n, state, locking)...)
	reads = append(reads, n.checkReads(state)...)
	if len(n.days.IDs) > 0 {
		reads = append(reads, store.NewQuery(
			store.SelectAllotments.Locked(lock(store.LockRows, locking)), []any{&n.days},
			func(row store.Scanner) error { return store.ScanAllotment(row, state.Allotments) },
		))
	}
	return reads
}

// sellsUntil is up to which expiry units of a product are not sold any more.
func (n *needs) sellsUntil(product int64, state *order.State) int64 {
	return catalog.SellsUntil(state.Now, n.margins[product])
}

// readUnits locks as many more units of each product as wanted, in the order in which they are sold.
func unitPlaces(u *order.Unit) []any { return []any{&u.ID, &u.Expires, &u.Sealed} }

func (n *needs) readUnits(wanted map[int64]int64, state *order.State) []store.Query {
	var reads []store.Query
	for _, product := range slices.Sorted(maps.Keys(wanted)) {
		pool := state.Units[product]
		if pool == nil {
			pool = &order.UnitPool{}
			state.Units[product] = pool
		}
		last := order.Unit{ID: math.MaxInt64, Expires: n.sellsUntil(product, state)}
		if len(pool.Units) > 0 {
			last = pool.Units[len(pool.Units)-1]
		}
		args := []any{product, last.Expires, last.ID, wanted[product]}
		reads = append(
			reads, store.NewQuery(selectUnits.Locked(lockUnits), args, store.All(&pool.Units, unitPlaces)),
		)
	}
	return reads
}

// countStock counts the units that the candidate wants as far as they are there.
// What goes beyond its limit is not looked at: that alone refuses it.
func (n *needs) countStock(c *order.Candidate, state *order.State) []store.Query {
	wanted := make(map[int64]int64)
	c.AddUnits(wanted)
	left := c.Limits.Units + 1
	var reads []store.Query
	for _, product := range slices.Sorted(maps.Keys(wanted)) {
		pool, most := &order.UnitPool{Counted: wanted[product]}, min(wanted[product], left)
		state.Units[product] = pool
		if left -= most; most == 0 {
			continue
		}
		args := []any{product, n.sellsUntil(product, state), most}
		reads = append(reads, store.NewQuery(countUnits, args, store.Each1(func(available int64) {
			if available < most {
				pool.Counted = available
			}
		})))
	}
	return reads
}

// findContention marks the pools that came up short only because other
// transactions hold units they may yet give back.
func (s *Store) findContention(
	ctx context.Context, run store.Runner, n *needs, state *order.State,
) error {
	if s.db.Pool() == nil {
		return nil
	}
	var reads []store.Query
	for product, wanted := range n.units {
		pool := state.Units[product]
		if int64(len(pool.Units)) >= wanted {
			continue
		}
		args := []any{product, n.sellsUntil(product, state), len(pool.Units) + 1}
		reads = append(reads, store.NewQuery(countUnits, args, store.Each1(
			func(available int) { pool.Contended = available > len(pool.Units) },
		)))
	}
	if len(reads) == 0 {
		return nil
	}
	return run(ctx, reads...)
}

// referencesInto scans what references belong to.
func referencesInto(v *store.Vault, references map[order.ReferenceKey]*order.ExistingOrder) func(store.Scanner) error {
	return func(row store.Scanner) error {
		var key order.ReferenceKey
		var fingerprint []byte
		existing := &order.ExistingOrder{}
		err := row.Scan(&key.MerchantID, &key.Reference, &existing.ID, &existing.Number, &fingerprint, &existing.Held)
		if err != nil {
			return err
		}
		existing.MadeBy = v.SameRequest(fingerprint)
		if before := references[key]; before == nil || before.Held { // an order counts before a hold
			references[key] = existing
		}
		return nil
	}
}
