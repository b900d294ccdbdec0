package reconcile

import (
	"context"
	"slices"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/errs"
)

// Providers read statements from the providers themselves.
type Providers interface {
	// ReadStatement hands what the provider says was bought from it in [from, to) to take.
	ReadStatement(
		ctx context.Context, providerID int64, from, to time.Time, take func([]dialect.Entry) error,
	) error
}

// From has statements read from providers. Before the first use.
func (s *Service) From(p Providers) *Service {
	s.providers = p
	return s
}

// Read begins a run, with the rows that the provider itself says; none where it says
// nothing at all. Errors: those of Begin, Add and [Providers].
func (s *Service) Read(ctx context.Context, r Run) (begun Run, err error) {
	if r.From == nil || r.To == nil {
		return r, errs.Invalid("from_time", "must be there, and the end too, to read the statement from the provider")
	}
	begin := func() error {
		if begun.ID == 0 {
			begun, err = s.Begin(ctx, r)
		}
		return err
	}
	line := int64(0)
	failed := s.providers.ReadStatement(ctx, r.ProviderID, *r.From, *r.To, func(part []dialect.Entry) error {
		if err := begin(); err != nil {
			return err
		}
		rows := make([]Row, len(part))
		for i := range part {
			line++
			rows[i] = rowOf(&part[i], line)
		}
		for some := range slices.Chunk(rows, MaxPart) {
			if err := s.Add(ctx, begun.ID, some); err != nil {
				return err
			}
		}
		return nil
	})
	if failed != nil {
		return begun, failed
	}
	return begun, begin()
}

// states are what rows of a provider's own statement say.
var states = map[dialect.Saying]State{
	dialect.SaysOpen: Other, dialect.SaysCharged: Purchased, dialect.SaysRefused: Refused, dialect.SaysCredited: Credited,
}

func rowOf(e *dialect.Entry, line int64) Row {
	return Row{
		Line: line, Reference: e.Reference, ProviderReference: e.ProviderReference, At: e.At, State: states[e.Says],
		Sum: e.Sum,
	}
}
