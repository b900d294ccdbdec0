// Package manual is the provider that is a person: what is bought from it waits in a
// queue until an operator delivers or refuses it. See package purchase.
package manual

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/purchase"
)

// Name is that of the connector.
const Name = "manual"

// checkAfter is how often it is looked whether somebody has delivered. Whoever does
// has it looked for at once; this is for when that was lost.
const checkAfter = 10 * time.Minute

// codeRefused is the failure code of what a person refused.
const codeRefused = "REFUSED_BY_PROVIDER"

// Queue is where purchases wait.
type Queue interface {
	// Ask puts the purchase of the attempt with the reference in the queue, unless
	// it is there. purchase.ErrNotFound where there is no such attempt.
	Ask(ctx context.Context, reference string) (purchase.Purchase, error)
	// Find finds by the reference. purchase.ErrNotFound.
	Find(ctx context.Context, reference string) (purchase.Purchase, error)
	// Withdraw takes a purchase back unless it has ended. purchase.ErrNotFound.
	Withdraw(ctx context.Context, reference string) (purchase.Purchase, error)
}

// Connector has people deliver. An offer's SKU says to them what to deliver.
type Connector struct{ queue Queue }

var (
	_ dialect.Connector = (*Connector)(nil)
	_ dialect.Inquirer  = (*Connector)(nil)
	_ dialect.Canceller = (*Connector)(nil)
)

// New puts purchases in the queue.
func New(queue Queue) *Connector { return &Connector{queue} }

// Idempotent is true: an attempt is in the queue once.
func (c *Connector) Idempotent() bool { return true }

func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return outcomeOf(c.queue.Ask(ctx, p.Reference))
}

func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	found, err := c.queue.Find(ctx, p.Reference)
	if errors.Is(err, purchase.ErrNotFound) {
		return outbound.Refused(dialect.CodeNotReceived, "Nobody was asked for it"), nil
	}
	return outcomeOf(found, err)
}

// Cancel takes it back while nobody has delivered it.
func (c *Connector) Cancel(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return outcomeOf(c.queue.Withdraw(ctx, p.Reference))
}

func outcomeOf(p purchase.Purchase, err error) (dialect.Outcome, error) {
	if err != nil {
		return dialect.Outcome{}, fmt.Errorf("the queue of purchases: %w", err)
	}
	switch p.State {
	case purchase.Delivered:
		outcome := dialect.Outcome{State: dialect.Delivered}
		for _, content := range p.Goods {
			outcome.Goods = append(outcome.Goods, dialect.Goods{Content: content})
		}
		if int64(len(p.Goods)) < p.Quantity {
			outcome.FailureCode, outcome.FailureMessage = dialect.CodeProviderError, "The provider could not deliver"
		}
		return outcome, nil
	case purchase.Refused:
		return outbound.Refused(codeRefused, p.Reason), nil
	case purchase.Cancelled:
		return dialect.Outcome{State: dialect.Cancelled}, nil
	default:
		return dialect.Outcome{State: dialect.Accepted, CheckAfter: checkAfter}, nil
	}
}
