package supplies

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	entchange "orderhub/ent/supplychange"
	entsync "orderhub/ent/supplysync"
	"orderhub/server/audit"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
	"orderhub/server/supply"
)

func (s *Store) Begin(ctx context.Context, sync supply.Sync) (supply.Sync, error) {
	var begun supply.Sync
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		now := s.db.Now()
		row, err := tx.SupplySync.Create().SetProviderID(sync.ProviderID).SetStatus(string(sync.Status)).
			SetAskedBy(sync.AskedBy).SetCreatedAt(now).SetUpdatedAt(now).Save(ctx)
		if err == nil {
			begun = fromDBSync(row)
		}
		return err
	})
	return begun, store.During("begin a sync", err)
}

func fromDBSync(row *ent.SupplySync) supply.Sync {
	return supply.Sync{
		ID: row.ID, ProviderID: row.ProviderID, Status: supply.Status(row.Status), Reason: row.Reason,
		AskedBy: row.AskedBy, DecidedBy: row.DecidedBy, Listed: row.Listed, Proposed: row.Proposed,
		Changes: row.Changes,
		Skipped: row.Skipped, Times: row.Times, CreatedAt: row.CreatedAt, EndedAt: row.EndedAt,
	}
}

func (s *Store) Move(
	ctx context.Context, sync *supply.Sync, from []supply.Status, event *operatorevent.Event,
) (moved bool, err error) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		moved = false
		n, err := tx.SupplySync.Update().Where(entsync.ID(sync.ID), entsync.StatusIn(store.Strings(from)...)).
			SetStatus(string(sync.Status)).SetReason(sync.Reason).SetDecidedBy(sync.DecidedBy).SetListed(sync.Listed).
			SetProposed(sync.Proposed).SetChanges(sync.Changes).SetSkipped(sync.Skipped).SetTimes(sync.Times).
			SetNillableEndedAt(sync.EndedAt).SetUpdatedAt(s.db.Now()).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		moved = true
		audit.Changed(ctx, "sync", nil, map[string]any{
			"id": sync.ID, "status": string(sync.Status), "changes": sync.Changes, "proposed": sync.Proposed,
		})
		if event == nil {
			return nil
		}
		return store.AddOperatorEvents(ctx, tx, s.db.Now(), *event)
	})
	return moved, store.During("move a sync on", err)
}

var (
	deleteChanges = store.Same(`DELETE FROM supply_changes WHERE sync_id = $1 RETURNING id`)
	deleteSync    = store.Same(`DELETE FROM supply_syncs WHERE id = $1 RETURNING id`)
	countChanges  = store.Same(`SELECT count(*) FROM supply_changes WHERE sync_id = $1 AND state = $2`)
)

func (s *Store) Forget(ctx context.Context, syncID int64) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(
			ctx, store.NewQuery(deleteChanges, []any{syncID}, store.IgnoreRow),
			store.NewQuery(deleteSync, []any{syncID}, store.IgnoreRow),
		)
	})
	return store.During("forget a sync", err)
}

func (s *Store) Sync(ctx context.Context, id int64) (supply.Sync, error) {
	row, err := s.db.Reader.SupplySync.Get(ctx, id)
	if err != nil {
		return supply.Sync{}, store.During("find sync", store.Translate(err, supply.ErrNotFound))
	}
	return fromDBSync(row), nil
}

func (s *Store) Syncs(ctx context.Context, f supply.Filter) ([]supply.Sync, error) {
	rows, err := s.db.Reader.SupplySync.Query().Where(
		store.Given(entsync.ProviderID, f.ProviderID), store.Given(entsync.Status, string(f.Status)),
		store.Given(entsync.IDLT, f.BeforeID),
	).Order(ent.Desc(entsync.FieldID)).Limit(store.LimitOf(f.Limit)).All(ctx)
	return store.Mapped(rows, fromDBSync), store.During("list syncs", err)
}

func (s *Store) Count(ctx context.Context, syncID int64, state supply.State) (n int, err error) {
	err = s.db.Peek(ctx, store.NewQuery(countChanges, []any{syncID, string(state)}, store.Into(&n)))
	return n, store.During("count changes", err)
}

func (s *Store) Change(ctx context.Context, id int64) (supply.Change, error) {
	row, err := s.db.Reader.SupplyChange.Get(ctx, id)
	if err != nil {
		return supply.Change{}, store.During("find change", store.Translate(err, supply.ErrChangeNotFound))
	}
	return fromDBChange(row)
}

func (s *Store) Changes(ctx context.Context, syncID, after int64, limit int) ([]supply.Change, error) {
	rows, err := s.db.Reader.SupplyChange.Query().Where(entchange.SyncID(syncID), entchange.IDGT(after)).
		Order(entchange.ByID()).Limit(store.LimitOf(limit)).All(ctx)
	if err != nil {
		return nil, store.During("list changes", err)
	}
	return store.Converted(rows, fromDBChange)
}

func fromDBChange(row *ent.SupplyChange) (supply.Change, error) {
	c := supply.Change{
		ID: row.ID, SyncID: row.SyncID, Kind: supply.Kind(row.Kind), State: supply.State(row.State), Note: row.Note,
		OfferID: row.OfferID, ProductID: row.ProductID, ProviderSKU: row.ProviderSku, Name: row.Name,
		OldCost: money.Amount(row.OldCostMicros), OldCurrency: money.Currency(row.OldCurrency),
		NewCost: money.Amount(row.NewCostMicros), NewCurrency: money.Currency(row.NewCurrency), OldMark: row.OldMark,
	}
	if err := json.Unmarshal(row.Product, &c.Product); err != nil {
		return c, fmt.Errorf("product of change %d: %w", row.ID, err)
	}
	return c, nil
}

// changeRow is a change to be written.
type changeRow struct {
	*supply.Change

	product string // JSON
	at      time.Time
}

var changesTable = &store.Table[changeRow]{Name: "supply_changes", Columns: []store.Column[changeRow]{
	store.Bigint("sync_id", func(r *changeRow) int64 { return r.SyncID }),
	store.Text("kind", func(r *changeRow) supply.Kind { return r.Kind }),
	store.Text("state", func(r *changeRow) supply.State { return r.State }),
	store.Bigint("offer_id", func(r *changeRow) int64 { return r.OfferID }),
	store.Bigint("product_id", func(r *changeRow) int64 { return r.ProductID }),
	store.Text("provider_sku", func(r *changeRow) string { return r.ProviderSKU }),
	store.Text("name", func(r *changeRow) string { return r.Name }),
	store.Bigint("old_cost_micros", func(r *changeRow) money.Amount { return r.OldCost }),
	store.Text("old_currency", func(r *changeRow) money.Currency { return r.OldCurrency }),
	store.Bigint("new_cost_micros", func(r *changeRow) money.Amount { return r.NewCost }),
	store.Text("new_currency", func(r *changeRow) money.Currency { return r.NewCurrency }),
	store.Bigint("old_mark", func(r *changeRow) int64 { return r.OldMark }),
	store.JSON("product", func(r *changeRow) string { return r.product }),
	store.Time("updated_at", func(r *changeRow) time.Time { return r.at }),
}}

func (s *Store) AddChanges(ctx context.Context, syncID int64, changes []supply.Change) error {
	now := s.db.Now()
	rows := changesTable.Insert()
	for i := range changes {
		c := &changes[i]
		c.SyncID = syncID
		product, err := json.Marshal(c.Product)
		if err != nil {
			return err
		}
		rows.Add(changeRow{c, string(product), now})
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error { return tx.Commit(ctx, &rows) })
	return store.During("write changes of a sync", err)
}
