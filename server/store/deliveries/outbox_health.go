package deliveries

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	endpointFails = store.Same(
		`UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL RETURNING id`,
	)
	endpointAnswers = store.Same(
		`UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL RETURNING id`,
	)
	disableEndpoint = store.Same(`UPDATE webhook_endpoints SET status = 'disabled', disable_reason = $2, updated_at = $3
			WHERE id = $1 AND status = 'active' AND merchant_id = $4 RETURNING id`)
	pauseDeliveries = store.Same(`UPDATE webhook_deliveries SET next_attempt_at = NULL, claimed_until = NULL
			WHERE endpoint_id = $1 AND status = 'pending' RETURNING id`)
)

// endpointHealth notes since when endpoints fail, and that they do not any more.
func endpointHealth(outcomes []webhook.Outcome) []store.Query {
	health := make(map[int64]*webhook.Outcome) // the last success, else the first failure
	var ids []int64
	for i := range outcomes {
		o := &outcomes[i]
		id := o.Due.Endpoint.ID
		if id == webhook.OwnAddress {
			continue
		}
		if health[id] == nil {
			ids = append(ids, id)
		}
		if health[id] == nil || o.Attempt.OK() {
			health[id] = o
		}
	}
	slices.Sort(ids)
	var reads []store.Query
	for _, id := range ids {
		o := health[id]
		switch failing := o.Due.Endpoint.FailingSince != nil; {
		case o.Attempt.OK() && failing:
			reads = append(reads, store.NewQuery(endpointAnswers, []any{id}, store.IgnoreRow))
		case !o.Attempt.OK() && !failing:
			reads = append(
				reads, store.NewQuery(endpointFails, []any{id, o.Attempt.At.UTC().Truncate(time.Microsecond)},
					store.IgnoreRow),
			)
		}
	}
	return reads
}

func (s *Store) DisableEndpoint(ctx context.Context, merchantID, endpointID int64, reason string) error {
	if merchantID == webhook.House {
		return store.During("disable webhook endpoint", s.disableOfOperators(ctx, endpointID, reason))
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		wallets := make(map[int64]*order.WalletState)
		events := store.NewEventRows()
		disabled := false
		err := tx.Query(ctx, append(s.db.LockLogs([]int64{merchantID}),
			store.LockWallets([]int64{merchantID}, wallets),
			store.NewQuery(disableEndpoint, []any{endpointID, reason, s.db.Now(), merchantID}, store.Found(&disabled)),
			events.ReadTargets([]int64{merchantID}),
		)...)
		wallet := wallets[merchantID]
		if err != nil || !disabled {
			return err
		}
		if wallet == nil {
			return account.ErrNoWallet
		}
		if err := tx.Query(ctx, store.NewQuery(pauseDeliveries, []any{endpointID}, store.IgnoreRow)); err != nil {
			return err
		}
		wallet.EventSequence++
		events.Add([]event.Event{{
			MerchantID: merchantID, Sequence: wallet.EventSequence, Type: event.WebhookDisabled, CreatedAt: s.db.Now(),
			Data: map[string]string{"endpoint": fmt.Sprint(endpointID), "reason": reason},
		}}, nil)
		raised := store.ChangeWallets.Update(store.WalletRow{WalletState: wallet, At: s.db.Now()})
		if err := tx.Enqueue(ctx, events.Jobs(nil)...); err != nil {
			return err
		}
		tx.Announce(merchantID)
		return tx.Commit(ctx, &events, &raised)
	})
	return store.During("disable webhook endpoint", err)
}

// disableOfOperators switches an endpoint of operators off and tells the others.
func (s *Store) disableOfOperators(ctx context.Context, endpointID int64, reason string) error {
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		disabled := false
		args := []any{endpointID, reason, s.db.Now(), int64(webhook.House)}
		err := tx.Query(ctx, store.NewQuery(disableEndpoint, args, store.Found(&disabled)))
		if err != nil || !disabled {
			return err
		}
		if err := tx.Query(ctx, store.NewQuery(pauseDeliveries, []any{endpointID}, store.IgnoreRow)); err != nil {
			return err
		}
		return tx.Commit(ctx, store.OperatorEvents(s.db.Now(), operatorevent.Event{
			Kind:    operatorevent.WebhookDisabled,
			Message: fmt.Sprintf("Operators' endpoint %d is switched off: %s.", endpointID, reason),
			Data:    map[string]any{"endpoint": fmt.Sprint(endpointID), "reason": reason},
		}))
	})
}
