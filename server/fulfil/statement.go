package fulfil

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/errs"
)

// ErrTellsNoStatement: the provider's dialect does not list what was bought from it.
var ErrTellsNoStatement = errors.New("the provider does not list what was bought from it")

// statementTimeout is how long the reading of a statement may take.
const statementTimeout = time.Minute

// ReadStatement hands what the provider says was bought from it in [from, to) to take, part by part.
// ErrProviderNotFound, ErrTellsNoStatement, that of take; what is wrong with the provider wraps errs.ErrUnavailable.
func (s *Providers) ReadStatement(
	ctx context.Context, providerID int64, from, to time.Time, take func([]dialect.Entry) error,
) error {
	provider, partner, err := partnerOf(ctx, s.Directory, providerID)
	if err != nil {
		return err
	}
	if !partner.Can().ReadsStatement {
		return ErrTellsNoStatement
	}
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	var taken error
	err = partner.ReadStatement(ctx, from, to, func(part []dialect.Entry) error {
		taken = take(part)
		return taken
	})
	switch {
	case taken != nil:
		return taken
	case errors.Is(err, dialect.ErrNoStatement):
		return ErrTellsNoStatement
	case err != nil:
		s.Log.Warn("provider does not tell its statement", "provider", provider.Name, "error", err)
		return fmt.Errorf("%w: the provider did not tell its statement", errs.ErrUnavailable)
	}
	return nil
}
