package dialect

import (
	"context"
	"time"

	"orderhub/server/money"
)

// StatementReader is a connector whose provider lists what was bought from it.
type StatementReader interface {
	// ReadStatement hands what was bought in [from, to) to take, part by part and in any order, and keeps none of it.
	// What is not final yet it names, too. It ends with the first error of take; a statement that does not come to its
	// end is an error, because what is missing from it would pass for never bought.
	ReadStatement(ctx context.Context, from, to time.Time, take func([]Entry) error) error
}

// Entry is one purchase, as its provider's statement has it.
type Entry struct {
	Reference         string // ours; "" where it does not say
	ProviderReference string
	At                time.Time // by the provider's clock
	Open              bool      // it is under way, and no more is known
	Delivered         bool      // or else refused
	Charged           money.Sum // none where it does not say
	Credited          money.Amount
}

// MostEntries is of how many purchases a statement is read.
const MostEntries = 100_000

// ReadStatement is StatementReader.ReadStatement; the connector must have it. What has no reference is left out, and
// counted. Further errors: ErrEndless.
func (p Partner) ReadStatement(
	ctx context.Context, from, to time.Time, take func([]Entry) error,
) (unusable int, err error) {
	n := 0
	var taken error
	err = p.connector.(StatementReader).ReadStatement(ctx, from, to, func(read []Entry) error {
		if n += len(read); n > MostEntries {
			return ErrEndless
		}
		good := read[:0]
		for i := range read {
			if e := &read[i]; usable(e.Reference) && usable(e.ProviderReference) && e.Reference+e.ProviderReference != "" {
				good = append(good, *e)
				continue
			}
			unusable++
		}
		taken = take(good)
		return taken
	})
	if taken != nil {
		return unusable, taken // the hub's own, which nobody has to clean
	}
	return unusable, bounded(err)
}
