package sim

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"orderhub/server/dialect/outbound"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// Config says how a simulated provider behaves. It is a provider's settings, and
// the script of a simulated partner. JSON field names in camel case; durations in
// milliseconds unless their name says otherwise.
type Config struct {
	// Down makes the provider unreachable.
	Down bool `json:"down,omitempty"`
	// DelayMS is how long a purchase takes; a script may say otherwise.
	DelayMS int64 `json:"delayMs,omitempty"`
	// Scripts by SKU; a SKU without one is delivered in full.
	Scripts map[string]Script `json:"scripts,omitempty"`
	// Faults of single calls; the first that applies to a call is its fault.
	Faults []Fault `json:"faults,omitempty"`
	// Callbacks say how a simulated partner calls back.
	Callbacks Callbacks `json:"callbacks,omitzero"`
	// Seed decides which calls a share of faults hits: the same ones in every run.
	Seed uint64 `json:"seed,omitempty"`
	// NotIdempotent and NotAskable take these abilities away.
	NotIdempotent bool `json:"notIdempotent,omitempty"`
	NotAskable    bool `json:"notAskable,omitempty"`
	// Items are what the provider lists.
	Items []Item `json:"items,omitempty"`
	// Balance is the money that buyers have there: a purchase that it does not cover
	// is refused. Without one money is no object, and none is told.
	Balance *Balance `json:"balance,omitempty"`
	// Players are who exists, by user id or by what a customer field says, with their
	// names. Without them the provider does not tell.
	Players map[string]string `json:"players,omitempty"`
}

// Script is the behaviour of one SKU.
type Script struct {
	DelayMS     int64  `json:"delayMs,omitempty"` // instead of the provider's
	FailCode    string `json:"failCode,omitempty"`
	FailMessage string `json:"failMessage,omitempty"`
	FailLast    int64  `json:"failLast,omitempty"`    // that many units at the end of each purchase fail
	Reject      bool   `json:"reject,omitempty"`      // refused at once, rather than accepted and then failed
	Cancellable bool   `json:"cancellable,omitempty"` // may be taken back until it is finished
	Tickets     bool   `json:"tickets,omitempty"`     // each unit is a ticket with its own code
	// Charge is what one unit is charged as, a decimal amount; "" for not said. In the
	// currency of the offer unless ChargeCurrency says otherwise.
	Charge         string         `json:"charge,omitempty"`
	ChargeCurrency money.Currency `json:"chargeCurrency,omitempty"`
	// ReverseAfterMS is how long after its delivery a purchase shows as cancelled;
	// 0 for never.
	ReverseAfterMS int64 `json:"reverseAfterMs,omitempty"`
}

// Fault is what goes wrong with some calls.
type Fault struct {
	On Operation `json:"on"` // which calls
	Do Effect    `json:"do"`
	// of HTTP, with status and status_after; 500 by default
	Status            int      `json:"status,omitempty"`
	RetryAfterSeconds int      `json:"retryAfterSeconds,omitempty"` // with status 429 and 503
	DelayMS           int64    `json:"delayMs,omitempty"`           // with slow
	SKUs              []string `json:"skus,omitempty"`              // only purchases of these; none for all
	First             int      `json:"first,omitempty"`             // only that many calls of each purchase; 0 for all
	Share             float64  `json:"share,omitempty"`             // only that share of calls, 0 to 1; 0 for all
}

// Operation is what a call asks for.
type Operation string

// The operations. Any stands for all of them in a Fault.
const (
	Place   Operation = "place"
	Inquire Operation = "inquire"
	Cancel  Operation = "cancel"
	List    Operation = "list"
	Account Operation = "account" // how much money there is
	SignIn  Operation = "sign_in"
	Check   Operation = "check" // whether a recipient exists
	Other   Operation = "other"
	Any     Operation = "any"

	Statement Operation = "statement" // what was bought
)

// Effect is what a fault does.
type Effect string

// The effects. Those named after have the call do its work.
const (
	TimeoutBefore Effect = "timeout_before" // no answer, and nothing is done
	TimeoutAfter  Effect = "timeout_after"  // done, but no answer
	StatusBefore  Effect = "status"         // an error answer, and nothing is done
	StatusAfter   Effect = "status_after"   // done, but an error answer
	Malformed     Effect = "malformed"      // done, but the answer cannot be read
	MoreUnits     Effect = "more_units"     // done, and the answer has a unit too many
	FewerUnits    Effect = "fewer_units"    // done, and the answer lacks a unit
	Slow          Effect = "slow"           // done, and answered late

	// Reversed is how an order shows that was taken back after its delivery: no
	// fault of a call but what a script's reverseAfterMs leads to.
	Reversed Effect = "reversed"
)

// Callbacks say how a simulated partner calls back.
type Callbacks struct {
	Off     bool  `json:"off,omitempty"`
	DelayMS int64 `json:"delayMs,omitempty"` // how late
	Copies  int   `json:"copies,omitempty"`  // how often each is sent; 0 means once
	Shuffle bool  `json:"shuffle,omitempty"` // in an order of their own
}

// Item is something that the provider lists.
type Item struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Category string `json:"category,omitempty"`
	Cost     string `json:"cost"` // decimal
	Currency string `json:"currency"`
	Stock    *int64 `json:"stock,omitempty"` // absent when the provider does not say
}

// ParseConfig reads a configuration and checks it; unknown names are an error.
// Nothing is the configuration of a provider that delivers everything at once.
func ParseConfig(text []byte) (Config, error) {
	var c Config
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	if err := outbound.DecodeSettings(text, &c); err != nil {
		return c, fmt.Errorf("configuration of the simulator: %w", err)
	}
	return c, c.Validate()
}

var (
	operations = []Operation{Place, Inquire, Cancel, List, Account, SignIn, Check, Statement, Any}
	effects    = []Effect{TimeoutBefore, TimeoutAfter, StatusBefore, StatusAfter, Malformed, MoreUnits, FewerUnits, Slow}
)

// Validate says what is wrong, or nil.
func (c *Config) Validate() error {
	for i := range c.Faults {
		if err := c.Faults[i].validate(); err != nil {
			return fmt.Errorf("faults[%d]: %w", i, err)
		}
	}
	if c.DelayMS < 0 || c.Callbacks.DelayMS < 0 || c.Callbacks.Copies < 0 || c.Callbacks.Copies > 100 {
		return errors.New("delays and copies must not be negative, and copies at most 100")
	}
	if c.Balance != nil {
		if _, err := c.Balance.Parse(); err != nil {
			return err
		}
	}
	for sku, s := range c.Scripts {
		if s.DelayMS < 0 || s.FailLast < 0 || s.ReverseAfterMS < 0 {
			return fmt.Errorf("scripts[%s]: numbers must not be negative", sku)
		}
		if _, err := s.charge("THB", 1); err != nil {
			return fmt.Errorf("scripts[%s]: charge %w", sku, err)
		}
	}
	return nil
}

// charge is what so many units are charged as where the offer is in a currency; none
// where the script does not say.
func (s *Script) charge(offer money.Currency, units int64) (money.Sum, error) {
	if s.Charge == "" {
		return money.Sum{}, nil
	}
	charged := money.Sum{Currency: cmp.Or(s.ChargeCurrency, offer)}
	each, err := money.ParseSigned(s.Charge, charged.Currency)
	if err != nil {
		return money.Sum{}, err
	}
	charged.Amount, err = each.Mul(units)
	return charged, err
}

func (f *Fault) validate() error {
	switch {
	case !slices.Contains(operations, f.On):
		return fmt.Errorf("on must be %s", errs.OneOf(operations))
	case !slices.Contains(effects, f.Do):
		return fmt.Errorf("do must be %s", errs.OneOf(effects))
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return errors.New("status must be from 400 to 599")
	case f.Share < 0 || f.Share > 1:
		return errors.New("share must be from 0 to 1")
	case f.First < 0 || f.DelayMS < 0 || f.RetryAfterSeconds < 0:
		return errors.New("numbers must not be negative")
	case f.Do == Slow && f.DelayMS == 0:
		return errors.New("slow needs delayMs")
	}
	return nil
}

// StatusOr is the fault's status, or 500.
func (f *Fault) StatusOr() int { return cmp.Or(f.Status, 500) }

// remembered purchases; older ones count from zero again.
const remembered = 100_000

// Picker decides which fault a call has.
type Picker struct {
	faults []Fault
	seed   uint64
	calls  *lru.Cache[string, int]
}

// NewPicker counts from zero.
func NewPicker(c *Config) *Picker {
	calls, err := lru.New[string, int](remembered)
	if err != nil {
		panic("sim: a cache of a positive size cannot fail: " + err.Error())
	}
	return &Picker{faults: c.Faults, seed: c.Seed, calls: calls}
}

// Pick returns the call's fault, or nil. The reference is the purchase's, and may
// be unknown; skus are what it is of, none when that is unknown.
func (p *Picker) Pick(op Operation, reference string, skus []string) *Fault {
	if len(p.faults) == 0 {
		return nil
	}
	key := string(op) + " " + reference
	number, _ := p.calls.Get(key)
	p.calls.Add(key, number+1)
	for i := range p.faults {
		f := &p.faults[i]
		switch {
		case f.On != Any && f.On != op:
		case f.First > 0 && number >= f.First:
		case len(f.SKUs) > 0 && !slices.ContainsFunc(skus, func(sku string) bool { return slices.Contains(f.SKUs, sku) }):
		case f.Share > 0 && p.chance(i, key, number) >= f.Share:
		default:
			return f
		}
	}
	return nil
}

// chance is from 0 to 1, the same for the same call in every run.
func (p *Picker) chance(fault int, key string, number int) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s %d", p.seed, fault, key, number)
	const mantissa = 53
	return float64(mix(h.Sum64())>>(64-mantissa)) / (1 << mantissa)
}

// mix spreads what a hash of short texts leaves together (the finalizer of
// MurmurHash3).
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
