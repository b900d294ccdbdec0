package verification

import (
	"database/sql/driver"
	"fmt"
	"math/big"

	"modernc.org/sqlite"
)

// wideSum adds up whole numbers however large the sum gets: what a database that
// is damaged or was attacked holds may add up to anything. It is sum on
// PostgreSQL, whose sums are wide, and a function of ours on SQLite, whose sum
// fails when it leaves 64 bits.
const wideSum = "wide_sum"

func init() {
	sqlite.MustRegisterFunction(wideSum, &sqlite.FunctionImpl{
		NArgs: 1, Deterministic: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &wideSummation{}, nil },
	})
}

// wideSummation is one sum in the making.
type wideSummation struct {
	sum   big.Int
	count int64 // values that are not NULL
}

func (s *wideSummation) add(args []driver.Value, sign int64) error {
	value := new(big.Int)
	switch v := args[0].(type) {
	case nil:
		return nil
	case int64:
		value.SetInt64(v)
	case float64: // an integer beyond 64 bits, as SQLite calculates with them
		if _, accuracy := big.NewFloat(v).Int(value); accuracy != big.Exact {
			return fmt.Errorf("%v is not a whole number", v)
		}
	default:
		return fmt.Errorf("cannot add up %T", v)
	}
	s.sum.Add(&s.sum, value.Mul(value, big.NewInt(sign)))
	s.count += sign
	return nil
}

// Step implements sqlite.AggregateFunction.
func (s *wideSummation) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	return s.add(args, 1)
}

// WindowInverse implements sqlite.AggregateFunction.
func (s *wideSummation) WindowInverse(_ *sqlite.FunctionContext, args []driver.Value) error {
	return s.add(args, -1)
}

// WindowValue implements sqlite.AggregateFunction: NULL of nothing, a text of what
// no integer of SQLite can be, which is unlike any integer.
func (s *wideSummation) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	switch {
	case s.count == 0:
		return nil, nil //nolint:nilnil // NULL
	case s.sum.IsInt64():
		return s.sum.Int64(), nil
	default:
		return s.sum.String(), nil
	}
}

// Final implements sqlite.AggregateFunction.
func (s *wideSummation) Final(*sqlite.FunctionContext) {}
