package importfile

import (
	"errors"
	"fmt"
	"io"

	"orderhub/server/catalog"
)

// ForStock is what is wrong with a unit for the stock that names a day of use: a *LineError, or nil.
func (u *Unit) ForStock() error {
	if u.UseDate == "" {
		return nil
	}
	return &LineError{Line: u.Line, Column: useDateColumn, Reason: "must be empty: units of stock have no day of use"}
}

// Stock is a file of units for the stock that was read as a whole.
type Stock struct {
	Units        []Unit
	Refused      []LineError // by line, the first thousand
	RefusedCount int
}

// mostRefused bounds how many bad lines are kept.
const mostRefused = 1000

// TooManyError says that a file has more units than are taken at once.
type TooManyError struct{ Most int }

func (e *TooManyError) Error() string { return fmt.Sprintf("the file has more than %d units", e.Most) }

// ReadStock reads a file as Units does, of at most so many units. Errors: *TooManyError, and those of Units that end
// the reading.
func ReadStock(r io.Reader, most int) (Stock, error) {
	var s Stock
	for unit, err := range Units(r) {
		if err == nil {
			err = unit.ForStock()
		}
		if bad, ok := errors.AsType[*LineError](err); ok {
			if s.RefusedCount++; len(s.Refused) < mostRefused {
				s.Refused = append(s.Refused, *bad)
			}
			continue
		}
		if err != nil {
			return Stock{}, err
		}
		if len(s.Units) == most {
			return Stock{}, &TooManyError{most}
		}
		s.Units = append(s.Units, unit)
	}
	return s, nil
}

// Check says whether this may be a list of units, as catalog.CheckLines does.
func (s *Stock) Check() error { return catalog.CheckLines(len(s.Units)+s.RefusedCount, s.RefusedCount) }
