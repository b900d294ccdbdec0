package axcloud

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"orderhub/server/door"
)

// The bounds of an amount of money.
const (
	maxDecimals    = 5
	maxWholeDigits = 15
)

// decimal is an amount of money as it was sent: the text of a JSON string, or the
// literal of a number.
type decimal struct {
	text   string
	number bool
}

func (d decimal) MarshalJSON() ([]byte, error) {
	if d.number {
		return []byte(d.text), nil
	}
	return json.Marshal(d.text)
}

// readDecimal takes a number or a decimal string; otherwise it says why not.
func readDecimal(v door.Value) (d decimal, refusal string) {
	d = decimal{text: v.Text, number: v.Kind == door.Number}
	if v.Kind != door.Number && v.Kind != door.String {
		return d, textNotNumber
	}
	split, ok := d.digits()
	switch {
	case !ok:
		return d, textNotNumber
	case split.negative && strings.Trim(split.whole+split.fraction, "0") != "":
		return d, atLeast(0)
	case len(split.fraction) > maxDecimals:
		return d, textDecimals
	case len(split.whole) > maxWholeDigits:
		return d, textWholeDigits
	}
	return d, ""
}

// canonical is equal for amounts that are equal, and for no others.
func (d decimal) canonical() decimal {
	split, _ := d.digits()
	whole := cmp.Or(split.whole, "0")
	if fraction := strings.TrimRight(split.fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	return decimal{text: whole}
}

// Only a JSON number may have an exponent, of a size that some amount could need.
var decimalPattern = regexp.MustCompile(`^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?$`)

// splitDecimal is an amount without its point, and without leading zeros.
type splitDecimal struct {
	negative        bool
	whole, fraction string
}

// digits splits the amount at its point. It never goes through binary floating point.
func (d decimal) digits() (split splitDecimal, ok bool) {
	match := decimalPattern.FindStringSubmatch(d.text)
	if match == nil || (match[4] != "" && !d.number) {
		return split, false
	}
	whole, fraction := match[2], match[3]
	if match[4] != "" {
		exponent, _ := strconv.Atoi(match[4]) // the pattern lets nothing else through
		whole, fraction = shift(whole, fraction, exponent)
	}
	return splitDecimal{match[1] != "", strings.TrimLeft(whole, "0"), fraction}, true
}

// shift moves the point to the right, or to the left where places is negative.
func shift(whole, fraction string, places int) (string, string) {
	point := len(whole) + places
	all := whole + fraction
	if point < 0 {
		all, point = strings.Repeat("0", -point)+all, 0
	}
	if point > len(all) {
		all += strings.Repeat("0", point-len(all))
	}
	return all[:point], strings.TrimRight(all[point:], "0")
}

// moment is a date and time as it was sent.
type moment struct {
	sent  string
	at    time.Time // UTC
	day   string    // as written, whatever the zone: YYYY-MM-DD
	style string    // layout of answers to it
}

// The styles in which a moment may come, and goes back.
const (
	styleDate    = time.DateOnly
	styleBlank   = "2006-01-02 15:04:05.999999999"
	styleRFC3339 = "2006-01-02T15:04:05.999999999Z"
)

func (m moment) MarshalJSON() ([]byte, error) { return json.Marshal(m.sent) }

// answer is the moment in UTC, in the style it came in.
func (m *moment) answer() string { return m.at.Format(m.style) }

// canonical is equal for moments that mean the same: the same instant, and the
// same day as written, which is that of the stock.
func (m *moment) canonical() moment {
	return moment{sent: m.at.Format(time.RFC3339Nano) + " " + m.day}
}

var momentPattern = regexp.MustCompile(
	`^([0-9]{4}-[0-9]{2}-[0-9]{2})` +
		`(?:([ Tt])([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$`)

// parseMoment reads a date and time; without a zone it is UTC. A plain date is its
// first instant.
func parseMoment(s string) (moment, bool) {
	match := momentPattern.FindStringSubmatch(s)
	if match == nil {
		return moment{}, false
	}
	m := moment{sent: s, day: match[1], style: styleRFC3339}
	clock, zone := match[3], cmp.Or(strings.ToUpper(match[4]), "Z")
	switch match[2] {
	case "":
		m.style, clock = styleDate, "00:00:00"
	case " ":
		m.style = styleBlank
	}
	at, err := time.Parse(time.RFC3339Nano, m.day+"T"+clock+zone)
	m.at = at.UTC()
	// Years of other than four digits could not be written back.
	return m, err == nil && m.at.Year() >= 1 && m.at.Year() <= 9999
}
