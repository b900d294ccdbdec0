package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

var (
	endpointFails = same(
		`UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL RETURNING id`,
	)
	endpointAnswers = same(
		`UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL RETURNING id`,
	)
	disableEndpoint = same(`UPDATE webhook_endpoints SET status = 'disabled', disable_reason = $2, updated_at = $3
			WHERE id = $1 AND status = 'active' AND merchant_id = $4 RETURNING id`)
	pauseDeliveries = same(`UPDATE webhook_deliveries SET next_attempt_at = NULL, claimed_until = NULL
			WHERE endpoint_id = $1 AND status = 'pending' RETURNING id`)
)

// endpointHealth notes since when endpoints fail, and that they do not any more.
func endpointHealth(outcomes []webhook.Outcome) []read {
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
	var reads []read
	for _, id := range ids {
		o := health[id]
		switch failing := o.Due.Endpoint.FailingSince != nil; {
		case o.Attempt.OK() && failing:
			reads = append(reads, read{endpointAnswers, []any{id}, ignoreRow})
		case !o.Attempt.OK() && !failing:
			reads = append(reads, read{endpointFails, []any{id, o.Attempt.At.UTC().Truncate(time.Microsecond)}, ignoreRow})
		}
	}
	return reads
}

// DisableEndpoint implements webhook.Outbox.
func (s *Store) DisableEndpoint(ctx context.Context, merchantID, endpointID int64, reason string) error {
	err := s.bulk(ctx, func(tx bulkTx) error {
		wallets := make(map[int64]*order.WalletState)
		events := newEventRows()
		disabled := false
		err := tx.read(ctx, append(s.lockLogs([]int64{merchantID}),
			read{
				selectWallets.locked(lockAccounts),
				[]any{[]int64{merchantID}},
				func(row scanner) error { return scanWallet(row, wallets) },
			},
			read{disableEndpoint, []any{endpointID, reason, s.now(), merchantID}, func(row scanner) error {
				disabled = true
				return ignoreRow(row)
			}},
			events.readTargets([]int64{merchantID}),
		)...)
		wallet := wallets[merchantID]
		if err != nil || !disabled {
			return err
		}
		if wallet == nil {
			return account.ErrNoWallet
		}
		if err := tx.read(ctx, read{pauseDeliveries, []any{endpointID}, ignoreRow}); err != nil {
			return err
		}
		wallet.EventSequence++
		err = events.add([]event.Event{{
			MerchantID: merchantID, Sequence: wallet.EventSequence, Type: event.WebhookDisabled, CreatedAt: s.now(),
			Data: map[string]string{"endpoint": fmt.Sprint(endpointID), "reason": reason},
		}}, nil)
		if err != nil {
			return err
		}
		raised := update{change: changeWallets}
		raised.add(wallet.AccountID, int64(wallet.Balance), wallet.EventSequence, s.now())
		if err := tx.enqueue(ctx, events.jobs()...); err != nil {
			return err
		}
		tx.announce(merchantID)
		return tx.commit(ctx, &events, &raised)
	})
	return during("disable webhook endpoint", err)
}
