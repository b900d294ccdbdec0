package api

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"orderhub/server/contract"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// Conversions are named by direction: fromAPI… reads a message of the contract
// and collects what is wrong with it, toAPI… writes one. Each service has its
// own in convert_….go.

// toAPITime leaves the zero time out.
func toAPITime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// toAPIDuration is nil for none.
func toAPIDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func toAPIOptionalTime(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// fromAPITime returns the zero time for an absent timestamp.
func fromAPITime(bad *errs.InvalidError, field string, t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	if t.CheckValid() != nil {
		bad.Add(field, "must be a time from the year 1 to 9999")
		return time.Time{}
	}
	return t.AsTime()
}

func fromAPIOptionalTime(bad *errs.InvalidError, field string, t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	return new(fromAPITime(bad, field, t))
}

// period is how a request names the bounds of a time.
type period struct{ from, to string }

// createTimes are the bounds of most lists.
var createTimes = period{"create_time_from", "create_time_to"}

// fromAPIPeriod reads [from, to); a bound that is absent is the zero time. Before
// the year 1, which the zero time begins, there is nothing to end a period at.
func fromAPIPeriod(bad *errs.InvalidError, names period, from, to *timestamppb.Timestamp) (start, end time.Time) {
	start, end = fromAPITime(bad, names.from, from), fromAPITime(bad, names.to, to)
	switch {
	case to == nil || to.CheckValid() != nil:
	case end.IsZero():
		bad.Add(names.to, "must be after the first moment of the year 1")
	case from != nil && !start.Before(end):
		bad.Add(names.to, "must be after %s", errs.Field(names.from))
	}
	return start, end
}

// fromAPIAmount reads an amount of the currency; "" is zero.
func fromAPIAmount(bad *errs.InvalidError, field, text string, currency money.Currency) money.Amount {
	if text == "" {
		return 0
	}
	if currency == "" {
		bad.Add(field, "needs a currency, which is not given")
		return 0
	}
	amount, err := money.Parse(text, currency)
	if err != nil {
		bad.Add(field, "must be an amount of %s: %s", currency, err)
	}
	return amount
}

// fromAPIBound reads an amount that bounds amounts of any currency; nil for "".
// The contract's rule has checked its form.
func fromAPIBound(bad *errs.InvalidError, field, text string) *money.Amount {
	if text == "" {
		return nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", max(6-len(fraction), 0)), 10, 64)
	if err != nil || len(fraction) > 6 {
		bad.Add(field, "must be a decimal amount")
		return nil
	}
	return new(money.Amount(micros))
}

// fromAPICurrency reads a field, which may be "".
func fromAPICurrency(bad *errs.InvalidError, field, code string) money.Currency {
	if code == "" {
		return ""
	}
	currency, err := money.ParseCurrency(code)
	if err != nil {
		bad.Add(field, "must be an ISO 4217 code")
	}
	return currency
}

func fromAPIDate(bad *errs.InvalidError, field, date string) string {
	if date == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		bad.Add(field, "must be a date, YYYY-MM-DD")
	}
	return date
}

// toAPICount writes a count that the domain keeps far below the limit.
func toAPICount(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

// converted converts what a call came to, unless it came to an error.
func converted[T, M any](ctx context.Context, found *T, err error, convert func(context.Context, *T) (*M, error)) (
	*M, error,
) {
	if err != nil {
		return nil, err
	}
	return convert(ctx, found)
}

// byWord is the table of an enumeration that the domain has in the contract's words: "waiting" is CLAIM_STATUS_WAITING.
func byWord[D ~string, E contract.Enum]() map[D]E {
	table, values := make(map[D]E), E(0).Descriptor().Values()
	for i := range values.Len() {
		if number := values.Get(i).Number(); number != 0 {
			table[D(contract.Word(E(number)))] = E(number)
		}
	}
	return table
}

// inverse turns a table of values around.
func inverse[K, V comparable](table map[K]V) map[V]K {
	turned := make(map[V]K, len(table))
	for key, value := range table {
		turned[value] = key
	}
	return turned
}

// fromMicros is the moment that a page token keeps.
func fromMicros(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
