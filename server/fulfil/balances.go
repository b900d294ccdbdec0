package fulfil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/operatorevent"
)

// FundsStore keeps what is known of our money at providers.
type FundsStore interface {
	ListProviders(ctx context.Context) ([]Provider, error)
	// Funds returns what is known, with what is under way, of the providers of which
	// something is.
	Funds(ctx context.Context) ([]Funds, error)
	// BeginReading notes that the balance is being read, and returns the highest
	// attempt's id. ErrProviderNotFound.
	BeginReading(ctx context.Context, providerID int64) (after int64, err error)
	// ChangeFunds has change write what is known anew, what is under way apart, and
	// tells operators what it returns, in one transaction. It may run several times.
	ChangeFunds(ctx context.Context, providerID int64, change func(f *Funds) []operatorevent.Event) error
}

// BalancesOptions wires Balances.
type BalancesOptions struct {
	Store     FundsStore
	Directory Directory
	Rates     Rates // nil where none are known
	Log       *slog.Logger
	Now       func() time.Time
	// Every is how often balances are read; 0 for never.
	Every       time.Duration
	CallTimeout time.Duration // of a reading; 0 means 30 seconds
}

// Balances reads our balances at providers and says whether they cover a purchase.
type Balances struct {
	BalancesOptions

	wanted chan int64 // providers whose balance is to be read at once

	mu     sync.Mutex
	loaded time.Time
	known  map[int64]*Funds // by provider
}

const (
	// lookEvery is how often it is looked which balances are to be read.
	lookEvery = 10 * time.Second
	// keptFor is how old what processes know of each other's purchases may be.
	keptFor = time.Second
	// readSoon is how often a balance is read at most that purchases wait for.
	readSoon = 30 * time.Second
	// mostWanted is how many readings may wait that were not on the schedule.
	mostWanted = 64
)

// NewBalances returns the service; Run has it read.
func NewBalances(o BalancesOptions) *Balances {
	if o.Rates == nil {
		o.Rates = noRates{}
	}
	o.CallTimeout = cmp.Or(o.CallTimeout, defaultCallTimeout)
	return &Balances{BalancesOptions: o, wanted: make(chan int64, mostWanted)}
}

// converter goes by the rates that hold now.
func (b *Balances) converter(ctx context.Context) (Converter, error) {
	rates, err := b.Rates.Rates(ctx)
	return ConverterAt(rates, b.Now()), err
}

// fresh is how old a balance may be that is relied on.
func (b *Balances) fresh() time.Duration { return staleAfter * b.Every }

// Run reads balances until ctx ends: each provider's every so often, whichever
// process comes first, and at once where a purchase was refused for want of money.
func (b *Balances) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			b.Log.Warn("balances at providers could not be looked at", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case id := <-b.wanted:
			b.readQuietly(ctx, id)
		case <-ticker.C:
		}
	}
}

func (b *Balances) look(ctx context.Context) error {
	providers, err := b.Store.ListProviders(ctx)
	if err != nil {
		return err
	}
	funds, err := b.Of(ctx)
	if err != nil {
		return err
	}
	now := b.Now()
	for i := range providers {
		p, f := &providers[i], funds[providers[i].ID]
		if b.Every == 0 || p.Status != StatusActive || f != nil && now.Sub(f.AskedAt) < b.Every {
			continue
		}
		if _, partner, err := partnerOf(ctx, b.Directory, p.ID); err == nil && partner.Can().ReadsBalance {
			b.readQuietly(ctx, p.ID)
		}
	}
	return nil
}

// Known is what is known, by the name of every provider there is.
func (b *Balances) Known(ctx context.Context) (map[string]Funds, error) {
	providers, err := b.Store.ListProviders(ctx)
	if err != nil {
		return nil, err
	}
	funds, err := b.Of(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]Funds, len(providers))
	for i := range providers {
		p := &providers[i]
		known[p.Name] = Funds{ProviderID: p.ID}
		if f := funds[p.ID]; f != nil {
			known[p.Name] = *f
		}
	}
	return known, nil
}

// readQuietly reads a balance; what failed is kept with the provider.
func (b *Balances) readQuietly(ctx context.Context, providerID int64) {
	if _, err := b.Read(ctx, providerID); err != nil && ctx.Err() == nil && !errors.Is(err, ErrTellsNoBalance) {
		b.Log.Warn("the balance at a provider could not be read", "provider", providerID, "error", err)
	}
}

// ErrTellsNoBalance: the provider, or its dialect, does not say what we have there.
var ErrTellsNoBalance = errors.New("the provider tells no balance")

// Read asks the provider for our balance, keeps it and returns what is known then.
// Errors: ErrProviderNotFound, ErrTellsNoBalance, errs.ErrUnavailable.
func (b *Balances) Read(ctx context.Context, providerID int64) (Funds, error) {
	provider, partner, err := partnerOf(ctx, b.Directory, providerID)
	if err != nil {
		return Funds{}, err
	}
	if !partner.Can().ReadsBalance {
		return Funds{}, ErrTellsNoBalance
	}
	x, err := b.converter(ctx)
	if err != nil {
		return Funds{}, err
	}
	began := b.Now()
	after, err := b.Store.BeginReading(ctx, providerID)
	if err != nil {
		return Funds{}, err
	}
	calling, cancel := context.WithTimeout(ctx, b.CallTimeout)
	defer cancel()
	balance, failed := partner.ReadBalance(calling)
	if errors.Is(failed, dialect.ErrNoBalance) {
		return Funds{}, ErrTellsNoBalance
	}
	err = b.change(ctx, providerID, func(f *Funds) []operatorevent.Event {
		if failed != nil {
			f.Problem = ProblemOf(failed)
			return nil
		}
		return f.read(balance, began, after, provider, x)
	})
	if err != nil {
		return Funds{}, err
	}
	if failed != nil {
		b.Log.Warn("provider does not tell its balance", "provider", provider.Name, "error", failed)
		return Funds{}, fmt.Errorf("%w: the provider did not answer", errs.ErrUnavailable)
	}
	funds, err := b.Of(ctx)
	if err != nil || funds[providerID] == nil {
		return Funds{}, err
	}
	return *funds[providerID], nil
}

// ProblemOf is why a reading failed without the provider's words, which may have
// something secret in them.
func ProblemOf(err error) string {
	switch {
	case errors.As(err, new(*dialect.BusyError)):
		return "the provider is busy"
	case errors.Is(err, dialect.ErrNotSent):
		return "the provider could not be reached"
	case errors.Is(err, dialect.ErrMalformed):
		return "the answer is not in the provider's format"
	case errors.Is(err, context.DeadlineExceeded):
		return "the provider did not answer in time"
	default:
		return "the provider answered with an error"
	}
}

func (b *Balances) change(
	ctx context.Context, providerID int64, change func(f *Funds) []operatorevent.Event,
) error {
	err := b.Store.ChangeFunds(ctx, providerID, change)
	b.mu.Lock()
	b.loaded = time.Time{}
	b.mu.Unlock()
	return err
}

// Of is what is known, by provider, as it was at most a second ago. The caller may
// change it.
func (b *Balances) Of(ctx context.Context) (map[int64]*Funds, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loaded.IsZero() || b.Now().Sub(b.loaded) > keptFor {
		at := b.Now()
		funds, err := b.Store.Funds(ctx)
		if err != nil {
			return nil, err
		}
		b.loaded, b.known = at, make(map[int64]*Funds, len(funds))
		for i := range funds {
			b.known[funds[i].ProviderID] = &funds[i]
		}
	}
	own := make(map[int64]*Funds, len(b.known))
	for id, f := range b.known {
		own[id] = f.clone()
	}
	return own, nil
}

// began notes purchases that this process has begun, until they are read again.
func (b *Balances) began(attempts []Attempt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range attempts {
		a := &attempts[i]
		if f := b.known[a.ProviderID]; f != nil {
			f.reserve(costOf(a.Cost, a.Quantity, a.Currency))
		}
	}
}

// heard notes what a provider said of a purchase, as far as it is about money. What
// goes wrong costs no more than a purchase that is tried in vain.
func (b *Balances) heard(ctx context.Context, p *Provider, a *Attempt, o *dialect.Outcome) {
	cost := costOf(a.Cost, a.Quantity, a.Currency)
	var err error
	switch {
	case o.State == dialect.Refused && o.FailureCode == dialect.CodeOutOfFunds:
		now := b.Now()
		err = b.change(ctx, p.ID, func(f *Funds) []operatorevent.Event {
			return f.refused(cost, a.SubmittedAt, now, p)
		})
		b.want(p.ID)
	case o.State == dialect.Accepted, o.State == dialect.Delivered:
		err = b.took(ctx, p, a.SubmittedAt, cost)
	}
	if err != nil {
		b.Log.Warn("what a provider says about money could not be kept", "provider", p.Name, "error", err)
	}
}

// took notes a purchase that a provider took, where it has refused others.
func (b *Balances) took(ctx context.Context, p *Provider, submitted time.Time, cost dialect.Balance) error {
	funds, err := b.Of(ctx)
	if err != nil || funds[p.ID] == nil || funds[p.ID].Refusal == nil {
		return err
	}
	x, err := b.converter(ctx)
	if err != nil || funds[p.ID].bought(cost, submitted, p, x) == nil {
		return err
	}
	return b.change(ctx, p.ID, func(f *Funds) []operatorevent.Event { return f.bought(cost, submitted, p, x) })
}

// short notes a purchase that waits, or goes elsewhere, because there is too little of
// our money, and has the balance read soon: somebody may pay in.
func (b *Balances) short(ctx context.Context, providerID int64, cost dialect.Balance) {
	if err := b.lacks(ctx, providerID, cost); err != nil && ctx.Err() == nil {
		b.Log.Warn("that a provider has too little money could not be kept", "provider", providerID, "error", err)
	}
}

func (b *Balances) lacks(ctx context.Context, providerID int64, cost dialect.Balance) error {
	funds, err := b.Of(ctx)
	if err != nil || funds[providerID] == nil {
		return err
	}
	f, now := funds[providerID], b.Now()
	if now.Sub(f.AskedAt) >= readSoon {
		b.want(providerID)
	}
	x, err := b.converter(ctx)
	if err != nil || !f.tooLittle(cost, x) {
		return err
	}
	provider, _, err := partnerOf(ctx, b.Directory, providerID)
	if err != nil {
		return err
	}
	return b.change(ctx, providerID, func(f *Funds) []operatorevent.Event { return f.lacks(cost, now, provider, x) })
}

// want has a balance read at once, unless many others are to be.
func (b *Balances) want(providerID int64) {
	select {
	case b.wanted <- providerID:
	default:
	}
}

// probe lets one purchase try whether there is money again, and nobody else for as
// long as that may take.
func (b *Balances) probe(ctx context.Context, providerID int64, until time.Time) error {
	return b.change(ctx, providerID, func(f *Funds) []operatorevent.Event {
		if f.Refusal != nil && f.Refusal.TryAt.Before(until) {
			f.Refusal.TryAt = until
		}
		return nil
	})
}
