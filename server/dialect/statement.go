package dialect

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/money"
)

// StatementReader is a connector whose provider lists what was bought from it.
type StatementReader interface {
	// ReadStatement hands what was bought in [from, to) to take, part by part and in any order, and keeps none of it.
	// What is not final yet it names, too. It ends with the first error of take; a statement that does not come to its
	// end is an error, because what is missing from it would pass for never bought. ErrNoStatement.
	ReadStatement(ctx context.Context, from, to time.Time, take func([]Entry) error) error
}

// Entry is one row of a provider's statement. A purchase may have several.
type Entry struct {
	Reference         string // ours; "" where it does not say
	ProviderReference string
	At                time.Time // by the provider's clock
	Says              Saying
	Sum               money.Sum // what was charged, or came back; none where it does not say
}

// Saying is what a row of a provider's statement says of a purchase.
type Saying int

// What a row may say.
const (
	SaysOpen     Saying = iota // it is under way, and no more is known
	SaysCharged                // it was delivered, and charged
	SaysRefused                // it was not, and is not
	SaysCredited               // money came back
)

// MostEntries is how many rows a statement may have that is read.
const MostEntries = 200_000

// ReadStatement is StatementReader.ReadStatement; the connector must have it. Of two references one that cannot be
// kept is dropped, as it is when a purchase is placed. Further errors: ErrEndless, and ErrMalformed for an entry
// that says by neither what it is about: left out, that would pass for never bought.
func (p Partner) ReadStatement(
	ctx context.Context, from, to time.Time, take func([]Entry) error,
) error {
	n := 0
	var taken error
	err := p.connector.(StatementReader).ReadStatement(ctx, from, to, func(read []Entry) error {
		if n += len(read); n > MostEntries {
			return ErrEndless
		}
		for i := range read {
			e := &read[i]
			if !usable(e.Reference) {
				e.Reference = ""
			}
			if !usable(e.ProviderReference) {
				e.ProviderReference = ""
			}
			if e.Reference+e.ProviderReference == "" {
				return fmt.Errorf("an entry without a reference that can be kept: %w", ErrMalformed)
			}
		}
		taken = take(read)
		return taken
	})
	if taken != nil {
		return taken // the hub's own, which nobody has to clean
	}
	return bounded(err)
}
