package command

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/contract"
)

// What a person writes is read here, so that errors say what to write instead of
// what a library could not read.

// readers are kong's for the types that its own speak of as a programmer would.
func readers() []kong.Option {
	return []kong.Option{
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(readDuration)),
		kong.TypeMapper(reflect.TypeFor[age](), kong.MapperFunc(readAge)),
		kong.KindMapper(reflect.Int, kong.MapperFunc(readWhole)),
		kong.KindMapper(reflect.Int32, kong.MapperFunc(readWhole)),
		kong.KindMapper(reflect.Int64, kong.MapperFunc(readWhole)),
		kong.KindMapper(reflect.Uint64, kong.MapperFunc(readWhole)),
	}
}

func readDuration(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("must be a duration such as 20s, 15m or 24h, not %q", text)
	}
	target.SetInt(int64(d))
	return nil
}

// age is how long something is kept: days, as people count them, or a duration.
type age time.Duration

// longestAge is a hundred years, in days.
const longestAge = 36_500

func readAge(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("age", &text); err != nil {
		return err
	}
	if days, found := strings.CutSuffix(text, "d"); found {
		if n, err := strconv.ParseUint(days, 10, 32); err == nil && n <= longestAge {
			target.SetInt(int64(n) * int64(24*time.Hour))
			return nil
		}
	} else if d, err := time.ParseDuration(text); err == nil {
		target.SetInt(int64(d))
		return nil
	}
	return fmt.Errorf("must be an age such as 90d or 36h, or 0 for good, not %q", text)
}

func readWhole(ctx *kong.DecodeContext, target reflect.Value) (err error) {
	var text string
	if err := ctx.Scan.PopValueInto("number", &text); err != nil {
		return err
	}
	if target.CanUint() {
		var n uint64
		n, err = strconv.ParseUint(text, 10, target.Type().Bits())
		target.SetUint(n)
	} else {
		var n int64
		n, err = strconv.ParseInt(text, 10, target.Type().Bits())
		target.SetInt(n)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("is out of range: %q", text)
	case err != nil:
		return fmt.Errorf("must be a whole number, not %q", text)
	}
	return nil
}

// word is a value of an enumeration as people write it: "active" for
// MERCHANT_STATUS_ACTIVE.
func word(value protoreflect.Enum) string { return contract.Word(value) }

// valueOf is the value that a word stands for, the unspecified one for no word.
func valueOf[E contract.Enum](word string) E { return contract.ValueOf[E](word) }

// valuesOf are the values that words stand for.
func valuesOf[E contract.Enum](words []string) (values []E) {
	for _, word := range words {
		values = append(values, valueOf[E](word))
	}
	return values
}

// logLevel is how much is logged.
type logLevel struct{ slog.Level }

var logLevels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func (l *logLevel) UnmarshalText(text []byte) error {
	level, known := logLevels[strings.ToLower(string(text))]
	if !known {
		return fmt.Errorf("must be debug, info, warn or error, not %q", text)
	}
	l.Level = level
	return nil
}

// listLimit is how many rows of a list are wanted.
type listLimit int

// mostRows keeps a list from being read into memory whole.
const mostRows = 10_000

func (l *listLimit) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 || n > mostRows {
		return fmt.Errorf("must be a whole number from 1 to %s, not %q", grouped(mostRows), text)
	}
	*l = listLimit(n)
	return nil
}

// spoken is a duration as people write it: "350 ms", "1.5 s", "20 s", "15 min", "2 h".
func spoken(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second && d%time.Second != 0:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute || d < 2*time.Hour && d%time.Minute != 0:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d%time.Hour != 0:
		return fmt.Sprintf("%.0f min", d.Minutes())
	default:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
}
