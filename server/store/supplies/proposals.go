package supplies

import (
	"context"
	"time"

	"orderhub/ent"
	entproposal "orderhub/ent/supplyproposal"
	"orderhub/server/money"
	"orderhub/server/store"
	"orderhub/server/supply"
)

var (
	selectKnown = store.Same(`SELECT id, provider_sku, status, name, category, cost_micros, currency, available, note
		FROM supply_proposals WHERE provider_id = $1 AND provider_sku > $2 ORDER BY provider_sku LIMIT $3`)
	goneProposals = store.FromPostgres(`UPDATE supply_proposals SET status = 'gone', updated_at = $2
		WHERE status = 'open' AND id = ANY($1::bigint[]) RETURNING id`)
	dismiss = store.FromPostgres(`UPDATE supply_proposals SET status = 'dismissed', updated_at = $2
		WHERE status = 'open' AND id = ANY($1::bigint[]) RETURNING id`)
	selectOpen = store.FromPostgres(`SELECT id, true FROM supply_proposals WHERE status = 'open'
		AND id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`)
	acceptProposals = store.FromPostgres(`UPDATE supply_proposals SET status = 'accepted', note = '', updated_at = $2
		WHERE id = ANY($1::bigint[]) RETURNING id`)
	acceptImported = store.FromPostgres(`UPDATE supply_proposals SET status = 'accepted', note = '', updated_at = $2
		WHERE provider_id = $1 AND status = 'open' AND provider_sku = ANY($3::text[]) RETURNING id`)
)

func (s *Store) Known(ctx context.Context, providerID int64, after string, limit int) (
	known []supply.Known, err error,
) {
	args := []any{providerID, after, limit}
	err = s.db.Peek(ctx, store.NewQuery(selectKnown, args, func(row store.Scanner) error {
		var p supply.Proposal
		err := row.Scan(
			&p.ID, &p.ProviderSKU, &p.Status, &p.Name, &p.Category, &p.Cost, &p.Currency, &p.Available, &p.Note,
		)
		known = append(known, supply.Known{ID: p.ID, ProviderSKU: p.ProviderSKU, Status: p.Status, Sum: p.Sum()})
		return err
	}))
	return known, store.During("read proposals", err)
}

// proposalRow is a proposal to be written.
type proposalRow struct {
	*supply.Proposal

	at time.Time
}

var proposalsTable = &store.Table[proposalRow]{
	Name: "supply_proposals", Suffix: `ON CONFLICT (provider_id, provider_sku) DO UPDATE SET name = excluded.name,
		category = excluded.category, cost_micros = excluded.cost_micros, currency = excluded.currency,
		stock = excluded.stock, available = excluded.available, status = excluded.status, note = excluded.note,
		updated_at = excluded.updated_at WHERE supply_proposals.status <> 'dismissed'`,
	Columns: []store.Column[proposalRow]{
		store.Bigint("provider_id", func(r *proposalRow) int64 { return r.ProviderID }),
		store.Text("provider_sku", func(r *proposalRow) string { return r.ProviderSKU }),
		store.Text("name", func(r *proposalRow) string { return r.Name }),
		store.Text("category", func(r *proposalRow) string { return r.Category }),
		store.Bigint("cost_micros", func(r *proposalRow) money.Amount { return r.Cost }),
		store.Text("currency", func(r *proposalRow) money.Currency { return r.Currency }),
		store.Bigint("stock", func(r *proposalRow) int64 { return r.Stock }),
		store.Bool("available", func(r *proposalRow) bool { return r.Available }),
		store.Text("status", func(r *proposalRow) supply.ProposalStatus { return r.Status }),
		store.Text("note", func(r *proposalRow) string { return r.Note }),
		store.Time("created_at", func(r *proposalRow) time.Time { return r.at }),
		store.Time("updated_at", func(r *proposalRow) time.Time { return r.at }),
	},
}

func (s *Store) PutProposals(ctx context.Context, providerID int64, proposals []supply.Proposal) error {
	now, gone, accepted := s.db.Now(), []int64{}, []int64{}
	rows := proposalsTable.Insert()
	for i := range proposals {
		p := &proposals[i]
		p.ProviderID = providerID
		switch {
		case p.Status == supply.Gone:
			gone = append(gone, p.ID)
		case p.Status == supply.Accepted:
			accepted = append(accepted, p.ID)
		default:
			rows.Add(proposalRow{p, now})
		}
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		err := tx.Query(ctx,
			store.NewQuery(goneProposals, []any{gone, now.UTC()}, store.IgnoreRow),
			store.NewQuery(acceptProposals, []any{accepted, now.UTC()}, store.IgnoreRow))
		if err != nil {
			return err
		}
		return tx.Commit(ctx, &rows)
	})
	return store.During("write proposals", err)
}

func (s *Store) Proposals(ctx context.Context, f supply.ProposalFilter) ([]supply.Proposal, error) {
	rows, err := s.db.Reader.SupplyProposal.Query().Where(
		store.Given(entproposal.ProviderID, f.ProviderID), store.Given(entproposal.Status, string(f.Status)),
		store.Given(entproposal.IDLT, f.BeforeID),
	).Order(ent.Desc(entproposal.FieldID)).Limit(store.LimitOf(f.Limit)).All(ctx)
	return store.Mapped(rows, fromDBProposal), store.During("list proposals", err)
}

func fromDBProposal(row *ent.SupplyProposal) supply.Proposal {
	return supply.Proposal{
		ID: row.ID, ProviderID: row.ProviderID, ProviderSKU: row.ProviderSku, Name: row.Name, Category: row.Category,
		Cost: money.Amount(row.CostMicros), Currency: money.Currency(row.Currency), Stock: row.Stock,
		Available: row.Available, Status: supply.ProposalStatus(row.Status), Note: row.Note,
		CreatedAt: row.CreatedAt,
	}
}

func (s *Store) FindProposals(ctx context.Context, ids []int64) ([]supply.Proposal, error) {
	rows, err := s.db.Reader.SupplyProposal.Query().
		Where(entproposal.IDIn(ids...), entproposal.Status(string(supply.Open))).Order(entproposal.ByID()).All(ctx)
	return store.Mapped(rows, fromDBProposal), store.During("find proposals", err)
}

func (s *Store) Dismiss(ctx context.Context, ids []int64) (n int, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		n = 0
		return tx.Query(ctx, store.NewQuery(dismiss, []any{ids, s.db.Now().UTC()}, store.Count(&n)))
	})
	return n, store.During("dismiss proposals", err)
}

func (s *Store) Accept(ctx context.Context, accepted []supply.Acceptance) (refused []int64, err error) {
	ids := make([]int64, len(accepted))
	for i := range accepted {
		ids[i] = accepted[i].ID
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		refused = nil
		open := map[int64]bool{}
		err := tx.Query(ctx, store.NewQuery(moveCatalog, nil, store.IgnoreRow),
			store.NewQuery(store.MovePrices, nil, store.IgnoreRow),
			store.NewQuery(selectOpen, []any{ids}, store.Keyed(open)))
		if err != nil {
			return err
		}
		done, err := s.makeAccepted(ctx, tx, accepted, open)
		if err != nil {
			return err
		}
		good := []int64{}
		for i := range accepted {
			if done[i] {
				good = append(good, accepted[i].ID)
			} else {
				refused = append(refused, accepted[i].ID)
			}
		}
		return tx.Query(ctx, store.NewQuery(acceptProposals, []any{good, s.db.Now().UTC()}, store.IgnoreRow))
	})
	return refused, store.During("accept proposals", err)
}

// makeAccepted makes the offers of those that are open still, and says which there are.
func (s *Store) makeAccepted(
	ctx context.Context, tx store.BulkTx, accepted []supply.Acceptance, open map[int64]bool,
) ([]bool, error) {
	t := &taking{tx: tx, now: s.db.Now()}
	offers, place := offersTable.Insert(), map[int64]int{}
	type key struct {
		provider int64
		sku      string
	}
	existing := map[key]int64{}
	for i := range accepted {
		a := &accepted[i]
		if !open[a.ID] {
			continue
		}
		c := supply.Change{
			ID: a.ID, Kind: supply.Imported, State: supply.Made, ProductID: a.ProductID, ProviderSKU: a.ProviderSKU,
			NewCost: a.Cost, NewCurrency: a.Currency, Product: a.Product,
		}
		place[a.ID] = i
		if a.ProductID == 0 {
			t.changes = append(t.changes, c)
			continue
		}
		c.Product.Active = true
		existing[key{a.ProviderID, a.ProviderSKU}] = a.ID
		offers.Add(making{&c, a.ProviderID, t.now, a.ProductID})
	}
	if err := t.makeFor(ctx, accepted, place); err != nil {
		return nil, err
	}
	done := make([]bool, len(accepted))
	offers.Each = store.Each4(func(_, _, provider int64, sku string) {
		done[place[existing[key{provider, sku}]]] = true
	})
	for i := range t.changes {
		done[place[t.changes[i].ID]] = t.changes[i].OfferID != 0
	}
	return done, tx.Write(ctx, &offers)
}

// makeFor makes products of proposals, provider by provider.
func (t *taking) makeFor(ctx context.Context, accepted []supply.Acceptance, place map[int64]int) error {
	byProvider := map[int64][]supply.Change{}
	for _, c := range t.changes {
		provider := accepted[place[c.ID]].ProviderID
		byProvider[provider] = append(byProvider[provider], c)
	}
	t.changes = nil
	for provider, changes := range byProvider {
		part := &taking{tx: t.tx, now: t.now, changes: changes}
		if err := part.makeProducts(ctx, provider); err != nil {
			return err
		}
		t.changes = append(t.changes, part.changes...)
	}
	return nil
}
