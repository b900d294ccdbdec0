package claims

import (
	"context"
	"time"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/store"
)

var upsertPolicy = store.Same(`INSERT INTO claim_policies (id, claim_within_s, answer_within_s, answer,
	answer_claimed_within_s, answer_per_month, time_zone, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
	ON CONFLICT (id) DO UPDATE SET claim_within_s = excluded.claim_within_s,
	answer_within_s = excluded.answer_within_s, answer = excluded.answer,
	answer_claimed_within_s = excluded.answer_claimed_within_s, answer_per_month = excluded.answer_per_month,
	time_zone = excluded.time_zone, updated_at = excluded.updated_at RETURNING id`)

func (s *Store) Policy(ctx context.Context, productID int64) (claim.Policy, error) {
	p, err := s.policy(ctx, s.db.Peek, productID)
	return p, store.During("read a policy of claims", err)
}

func (s *Store) policy(ctx context.Context, run store.Runner, productID int64) (p claim.Policy, err error) {
	p.ProductID = productID
	err = run(ctx, store.NewQuery(selectPolicies, []any{[]int64{productID}}, func(row store.Scanner) (err error) {
		p, err = scanPolicy(row)
		return err
	}))
	return p, err
}

func (s *Store) SetPolicy(ctx context.Context, p claim.Policy) (claim.Policy, error) {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		before, err := s.policy(ctx, tx.Query, p.ProductID)
		if err != nil {
			return err
		}
		p.UpdatedAt = s.db.Now()
		seconds := func(d time.Duration) int64 { return int64(d / time.Second) }
		audit.Changed(ctx, "claimWithin", before.ClaimWithin.String(), p.ClaimWithin.String())
		audit.Changed(ctx, "answerWithin", before.AnswerWithin.String(), p.AnswerWithin.String())
		audit.Changed(ctx, "automaticAnswer", before.Answer, p.Answer)
		audit.Changed(ctx, "automaticWithin", before.AutomaticWithin.String(), p.AutomaticWithin.String())
		audit.Changed(ctx, "automaticPerMonth", before.PerMonth, p.PerMonth)
		audit.Changed(ctx, "timeZone", before.TimeZone, p.TimeZone)
		args := []any{
			p.ProductID, seconds(p.ClaimWithin), seconds(p.AnswerWithin), string(p.Answer), seconds(p.AutomaticWithin),
			p.PerMonth, p.TimeZone, p.UpdatedAt,
		}
		return tx.Query(ctx, store.NewQuery(upsertPolicy, args, store.IgnoreRow))
	})
	return p, store.During("set a policy of claims", err)
}
