package console

import (
	"html/template"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"orderhub/server/contract"
)

// helpers are what templates have beside the view.
func helpers() template.FuncMap {
	return template.FuncMap{
		"asset": assetPath, "word": word, "badge": badgeOf, "moment": momentOf, "amount": amountOf, "empty": emptyOf,
		"segment": url.PathEscape, "duration": durationOf, "list": func(items ...any) []any { return items },
		"join": strings.Join, "sentence": sentence, "items": itemsOf, "percent": percent,
		"since": since, "counted": counted, "seen": seenAt, "dict": dict, "choices": choicesOf, "number": numberOf,
		"howMany": howMany, "say": plainWord, "ahead": ahead, "nothing": nothing,
		"after": func(n int) int { return n + 1 },
	}
}

// word is a value of an enumeration for people.
func word(value protoreflect.Enum) string { return strings.ReplaceAll(contract.Word(value), "_", " ") }

// plainWord is a word of the contract that is no enumeration, for people.
func plainWord(text string) string { return strings.ReplaceAll(text, "_", " ") }

// nothing reports an amount of 0, as the contract has it.
func nothing(amount string) bool { return strings.Trim(amount, "0.") == "" }

type badge struct{ Word, Kind string }

// kinds say how good a state is; one that is not here is on its way.
var kinds = map[string]string{
	"completed": "good", "delivered": "good", "active": "good", "approved": "good", "used": "good", "available": "good",
	"answers": "good", "left alone": "bad", "on trial": "warn",
	"failed": "bad", "refused": "bad", "disputed": "bad", "disabled": "bad", "suspended": "bad", "expired": "bad",
	"rejected": "bad", "revoked": "bad", "unreadable": "bad",
	"parked": "warn", "unknown": "warn", "inactive": "warn", "waiting": "warn", "replacing": "warn",
	"cancelled": "off", "superseded": "off", "archived": "off", "withdrawn": "off", "void": "off",
}

// badgeOf is the badge of a value of an enumeration, or of a word.
func badgeOf(state any) badge {
	text, _ := state.(string)
	if value, ok := state.(protoreflect.Enum); ok {
		text = word(value)
	}
	return badge{text, kinds[text]}
}

// moment is a time as a page has it; the script shows it in the reader's own zone.
type moment struct{ Machine, Short, Exact string }

// momentOf is nil for no time.
func momentOf(at any) *moment {
	var t time.Time
	switch at := at.(type) {
	case *timestamppb.Timestamp:
		if at == nil {
			return nil
		}
		t = at.AsTime()
	case time.Time:
		t = at.UTC()
	}
	if t.IsZero() {
		return nil
	}
	return &moment{
		t.Format(time.RFC3339Nano), t.Format("2006-01-02 15:04:05"), t.Format("2006-01-02 15:04:05.000") + " UTC",
	}
}

// durationOf is nothing for none.
func durationOf(d *durationpb.Duration) string {
	if d == nil {
		return ""
	}
	return d.AsDuration().Round(10 * time.Microsecond).String()
}

// sum is an amount with its currency, as a page has it.
type sum struct{ Text, Currency string }

// amountOf groups the digits of an amount of the contract.
func amountOf(text, currency string) sum {
	sign, digits := "", text
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, digits = "−", rest // as wide as a digit
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	var grouped strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			grouped.WriteByte(',')
		}
		grouped.WriteRune(digit)
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sum{sign + grouped.String() + fraction, currency}
}

// emptiness is what a list says that has nothing.
type emptiness struct{ Text, Fills, Command string }

// emptyOf says that there is nothing, what would fill the list, and the command that does.
func emptyOf(text, fills, command string) emptiness { return emptiness{text, fills, command} }

// counted is the word for so many.
func counted(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
