// Package sim is the built-in simulator: a provider that answers like a real
// asynchronous supplier and sells nothing real. It accepts at once and finishes
// each purchase a fixed time after it was submitted, as a script per SKU says.
//
// It keeps nothing: an answer follows from the purchase alone, so that a
// purchase can be repeated and looked up for ever, across restarts too.
package sim

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"orderhub/server/dialect"
)

// Config is the provider's configuration as it is stored. JSON field names in
// camel case; durations in milliseconds.
type Config struct {
	// Down makes the simulator unreachable.
	Down bool `json:"down,omitempty"`
	// DelayMS is how long a purchase takes; a script may say otherwise.
	DelayMS int64 `json:"delayMs,omitempty"`
	// Scripts by SKU; a SKU without one is delivered in full.
	Scripts map[string]Script `json:"scripts,omitempty"`
}

// Script is the behaviour of one SKU.
type Script struct {
	DelayMS     int64  `json:"delayMs,omitempty"` // instead of the provider's
	FailCode    string `json:"failCode,omitempty"`
	FailMessage string `json:"failMessage,omitempty"`
	FailLast    int64  `json:"failLast,omitempty"`    // that many units at the end of each purchase fail
	Cancellable bool   `json:"cancellable,omitempty"` // may be taken back until it is finished
	Tickets     bool   `json:"tickets,omitempty"`     // each unit is a ticket with its own code
}

// Simulator implements the connector interfaces over a Config.
type Simulator struct {
	config Config
	now    func() time.Time
}

var (
	_ dialect.Connector = (*Simulator)(nil)
	_ dialect.Inquirer  = (*Simulator)(nil)
	_ dialect.Canceller = (*Simulator)(nil)

	_ dialect.TicketCanceller = (*Simulator)(nil)
)

// New reads the stored configuration; unknown names in it are an error.
func New(config json.RawMessage, now func() time.Time) (*Simulator, error) {
	s := &Simulator{now: now}
	if len(config) == 0 {
		return s, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(config)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s.config); err != nil {
		return nil, fmt.Errorf("configuration of the simulator: %w", err)
	}
	return s, nil
}

// Idempotent is true: the answer follows from the purchase alone.
func (s *Simulator) Idempotent() bool { return true }

// Place accepts, or finishes at once where the delay is zero.
func (s *Simulator) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return s.answer(p)
}

// Inquire answers like Place: the simulator has seen every purchase.
func (s *Simulator) Inquire(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return s.answer(p)
}

// Cancel takes a purchase back while it is unfinished and its script allows it.
func (s *Simulator) Cancel(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	outcome, err := s.answer(p)
	if err == nil && outcome.State == dialect.Accepted && s.config.Scripts[p.SKU].Cancellable {
		outcome = dialect.Outcome{State: dialect.Cancelled, ProviderReference: outcome.ProviderReference}
	}
	return outcome, err
}

// CancelTickets takes back any tickets that the simulator has not refused.
func (s *Simulator) CancelTickets(_ context.Context, p dialect.Purchase, _ []dialect.Goods) error {
	script := s.config.Scripts[p.SKU]
	switch {
	case s.config.Down:
		return fmt.Errorf("simulator is down: %w", dialect.ErrNotSent)
	case !script.Tickets:
		return dialect.ErrNotCancellable
	default:
		return nil
	}
}

func (s *Simulator) answer(p dialect.Purchase) (dialect.Outcome, error) {
	if s.config.Down {
		return dialect.Outcome{}, fmt.Errorf("simulator is down: %w", dialect.ErrNotSent)
	}
	script := s.config.Scripts[p.SKU]
	outcome := dialect.Outcome{ProviderReference: "sim-" + p.Reference}
	if left := s.delay(script) - s.now().Sub(p.SubmittedAt); left > 0 {
		outcome.State, outcome.CheckAfter = dialect.Accepted, left
		return outcome, nil
	}
	good := max(p.Quantity-script.FailLast, 0)
	if script.FailCode != "" && script.FailLast == 0 {
		good = 0
	}
	if good < p.Quantity {
		outcome.FailureCode, outcome.FailureMessage = script.failure()
	}
	if good == 0 {
		outcome.State = dialect.Refused
		return outcome, nil
	}
	outcome.State = dialect.Delivered
	for i := range good {
		receipt := "SIM-" + code(p.Reference, i)
		goods := dialect.Goods{Content: receipt}
		if script.Tickets {
			goods.TicketCode = ticketCode(p.Reference, i)
		}
		outcome.Goods = append(outcome.Goods, goods)
	}
	return outcome, nil
}

func (s *Simulator) delay(script Script) time.Duration {
	ms := s.config.DelayMS
	if script.DelayMS > 0 {
		ms = script.DelayMS
	}
	return time.Duration(ms) * time.Millisecond
}

func (s Script) failure() (failureCode, message string) {
	if s.FailCode == "" {
		return dialect.CodeProviderError, "The provider could not deliver"
	}
	return s.FailCode, s.FailMessage
}

const receiptLength = 12

// code is 12 of 0-9A-Z, the same for the same unit of the same purchase.
func code(reference string, unit int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", reference, unit))
	text := strings.ToUpper(new(big.Int).SetBytes(sum[:]).Text(36))
	return text[len(text)-receiptLength:]
}

// ticketCode is a UUID, version 4 in form, the same for the same unit of the
// same purchase.
func ticketCode(reference string, unit int64) string {
	b := sha256.Sum256(fmt.Appendf(nil, "ticket %s/%d", reference, unit))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
