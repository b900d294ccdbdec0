// Package approvals keeps what waits for a second pair of eyes: approval.Store. What is
// approved is done with package accounts, in the transaction of the approval.
package approvals

import (
	"context"
	"time"

	"orderhub/ent"
	entrequest "orderhub/ent/approvalrequest"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/money"
	"orderhub/server/store"
	"orderhub/server/store/accounts"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db       *store.DB
	accounts *accounts.Store
}

// New works on an open database.
func New(db *store.DB, wallets *accounts.Store) *Store { return &Store{db, wallets} }

var _ approval.Store = (*Store)(nil)

func (s *Store) Request(ctx context.Context, id int64) (approval.Request, error) {
	row, err := s.db.Reader.ApprovalRequest.Get(ctx, id)
	if err != nil {
		err = store.Translate(err, approval.ErrNotFound)
		return approval.Request{}, store.During("find request for approval", err)
	}
	return s.fromDB(row), nil
}

func (s *Store) Requests(ctx context.Context, f approval.Filter) ([]approval.Request, error) {
	query := s.db.Reader.ApprovalRequest.Query().
		Where(store.Given(entrequest.IDLT, f.BeforeID), store.Given(entrequest.MerchantID, f.MerchantID)).
		Order(ent.Desc(entrequest.FieldID)).Limit(store.LimitOf(f.Limit))
	switch f.Status {
	case "":
	case approval.Pending:
		query.Where(entrequest.Status(string(approval.Pending)), entrequest.ExpiresAtGT(s.db.Now()))
	case approval.Expired:
		query.Where(entrequest.Status(string(approval.Pending)), entrequest.ExpiresAtLTE(s.db.Now()))
	default:
		query.Where(entrequest.Status(string(f.Status)))
	}
	rows, err := query.All(ctx)
	return store.Mapped(rows, s.fromDB), store.During("list requests for approval", err)
}

// fromDB has the status of this moment.
func (s *Store) fromDB(row *ent.ApprovalRequest) approval.Request {
	r := approval.Request{
		ID: row.ID, Previous: money.Amount(row.PreviousMicros), AskedAt: row.CreatedAt,
		ExpiresAt: row.ExpiresAt, Status: approval.Status(row.Status), Note: row.Note,
		DecidedAt: row.DecidedAt,
		AskedBy:   audit.Actor{Kind: row.AskedKind, ID: row.AskedID, Name: row.AskedName, KeyID: row.AskedKeyID},
		DecidedBy: audit.Actor{
			Kind: row.DecidedKind, ID: row.DecidedID, Name: row.DecidedName, KeyID: row.DecidedKeyID,
		},
		Wish: approval.Wish{
			Kind: approval.Kind(row.Kind), MerchantID: row.MerchantID, Currency: money.Currency(row.Currency),
			Amount: money.Amount(row.AmountMicros), Reason: row.Reason, Force: row.Force,
		},
	}
	if row.Reference != nil {
		r.Reference = *row.Reference
	}
	if row.TransferID != nil {
		r.TransferID = *row.TransferID
	}
	r.Status = r.StatusAt(s.db.Now())
	return r
}

// requestFields are what a transaction reads of a request.
func requestFields(r *approval.Request) store.Fields {
	return store.Fields{
		"id", &r.ID, "kind", &r.Kind, "merchant_id", &r.MerchantID, "currency", &r.Currency, "amount_micros", &r.Amount,
		"previous_micros", &r.Previous, "coalesce(reference, '')", &r.Reference, "reason", &r.Reason, "force", &r.Force,
		"asked_kind", &r.AskedBy.Kind, "asked_id", &r.AskedBy.ID, "asked_name", &r.AskedBy.Name,
		"asked_key_id", &r.AskedBy.KeyID, "created_at", &r.AskedAt, "expires_at", &r.ExpiresAt, "status", &r.Status,
		"decided_kind", &r.DecidedBy.Kind, "decided_id", &r.DecidedBy.ID, "decided_name", &r.DecidedBy.Name,
		"decided_key_id", &r.DecidedBy.KeyID, "decided_at", &r.DecidedAt, "note", &r.Note,
		"coalesce(transfer_id, 0)", &r.TransferID,
	}
}

var requestColumns = store.Selected(requestFields)

func scan(row store.Scanner, r *approval.Request) error {
	err := requestFields(r).Scan(row)
	return err
}

var (
	requestsTable = &store.Table[approval.Request]{
		Name: "approval_requests", Suffix: "RETURNING id", Columns: []store.Column[approval.Request]{
			store.Text("kind", func(r *approval.Request) approval.Kind { return r.Kind }),
			store.Bigint("merchant_id", func(r *approval.Request) int64 { return r.MerchantID }),
			store.Text("currency", func(r *approval.Request) money.Currency { return r.Currency }),
			store.Bigint("amount_micros", func(r *approval.Request) money.Amount { return r.Amount }),
			store.Bigint("previous_micros", func(r *approval.Request) money.Amount { return r.Previous }),
			store.NullText("reference", func(r *approval.Request) string { return r.Reference }),
			store.Text("reason", func(r *approval.Request) string { return r.Reason }),
			store.Text("asked_kind", func(r *approval.Request) string { return r.AskedBy.Kind }),
			store.Bigint("asked_id", func(r *approval.Request) int64 { return r.AskedBy.ID }),
			store.Text("asked_name", func(r *approval.Request) string { return r.AskedBy.Name }),
			store.Bigint("asked_key_id", func(r *approval.Request) int64 { return r.AskedBy.KeyID }),
			store.Bool("force", func(r *approval.Request) bool { return r.Force }),
			store.Time("created_at", func(r *approval.Request) time.Time { return r.AskedAt }),
			store.Time("expires_at", func(r *approval.Request) time.Time { return r.ExpiresAt }),
		},
	}
	decisions = &store.Change[approval.Request]{
		Table: "approval_requests", ID: func(r *approval.Request) int64 { return r.ID }, Guard: "status = 'pending'",
		Columns: []store.Column[approval.Request]{
			store.Text("status", func(r *approval.Request) approval.Status { return r.Status }),
			store.Text("decided_kind", func(r *approval.Request) string { return r.DecidedBy.Kind }),
			store.Bigint("decided_id", func(r *approval.Request) int64 { return r.DecidedBy.ID }),
			store.Text("decided_name", func(r *approval.Request) string { return r.DecidedBy.Name }),
			store.Bigint("decided_key_id", func(r *approval.Request) int64 { return r.DecidedBy.KeyID }),
			store.NullTime("decided_at", func(r *approval.Request) *time.Time { return r.DecidedAt }),
			store.Text("note", func(r *approval.Request) string { return r.Note }),
			store.NullBigint("transfer_id", func(r *approval.Request) int64 { return r.TransferID }),
		},
	}
)
