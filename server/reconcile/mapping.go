package reconcile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// Mapping says what the columns of a provider's CSV file are. It is written once for a
// provider.
type Mapping struct {
	Columns Columns `json:"columns"`
	// Separator stands between the fields; a comma where it is empty.
	Separator string `json:"separator,omitempty"`
	// TimeLayout is how times are written, in YYYY, MM, DD, hh, mm, ss and what else stands
	// there; or "rfc3339", "unix" or "unix_ms".
	TimeLayout string `json:"time_layout"`
	// TimeZone is the name of the zone of times that do not say theirs; UTC where it is empty.
	TimeZone string `json:"time_zone,omitempty"`
	// Decimal stands before the decimals, Thousands between groups of digits; a point and
	// nothing where they are empty.
	Decimal   string `json:"decimal,omitempty"`
	Thousands string `json:"thousands,omitempty"`
	// Currency is that of all amounts, where there is no column of it.
	Currency string `json:"currency,omitempty"`
	// Sign says what amounts below zero are.
	Sign Sign `json:"sign,omitempty"`
	// States are the words of the column of states.
	States Words `json:"states,omitzero"`

	layout string
	days   bool // times have no hour
	zone   *time.Location
}

// After is the moment after what a time of the file says: where it is a day alone, the
// next one's beginning.
func (m *Mapping) After(at time.Time) time.Time {
	if m.days {
		return at.In(m.zone).AddDate(0, 0, 1).UTC()
	}
	return at.Add(time.Microsecond)
}

// Columns are the headers of columns, as the file has them.
type Columns struct {
	Reference         string `json:"reference,omitempty"`
	ProviderReference string `json:"provider_reference,omitempty"`
	Time              string `json:"time"`
	State             string `json:"state,omitempty"`
	Amount            string `json:"amount,omitempty"`
	Currency          string `json:"currency,omitempty"`
}

// Sign says what amounts below zero are.
type Sign string

// The signs.
const (
	SignNone    Sign = ""                // there are none
	CreditMinus Sign = "credit_negative" // money that came back
	ChargeMinus Sign = "charge_negative" // money that was charged; what is above zero came back
)

// Words are what a file says of purchases, compared without regard to case.
type Words struct {
	Purchased []string `json:"purchased,omitempty"`
	Refused   []string `json:"refused,omitempty"`
	Credited  []string `json:"credited,omitempty"`
	// Ignored are rows about something else, such as deposits, or of which no more is to be
	// taken than that a purchase is there, such as those under way.
	Ignored []string `json:"ignored,omitempty"`
}

const (
	maxMapping = 64 << 10 // bytes
	maxHeader  = 200      // characters of a column's header or of a word
	maxWords   = 100
)

// ReadMapping reads a mapping as JSON. The error says what is wrong with it.
func ReadMapping(r io.Reader) (*Mapping, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxMapping+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxMapping:
		return nil, fmt.Errorf("the mapping is longer than %d bytes", maxMapping)
	}
	m := &Mapping{}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, fmt.Errorf("the mapping is not as it should be: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("the mapping has something after its end")
	}
	return m, m.check()
}

// check finds everything that is wrong, and prepares what reading needs.
func (m *Mapping) check() error {
	bad := &errs.InvalidError{}
	c := &m.Columns
	for name, header := range map[string]string{
		"reference": c.Reference, "provider_reference": c.ProviderReference, "time": c.Time, "state": c.State,
		"amount": c.Amount, "currency": c.Currency,
	} {
		bad.CheckLine("columns."+name, header, 0, maxHeader)
	}
	if c.Reference == "" && c.ProviderReference == "" {
		bad.Add("columns.reference", "must be there, or columns.provider_reference")
	}
	if c.Time == "" {
		bad.Add("columns.time", "must be there")
	}
	m.checkTimes(bad)
	m.checkAmounts(bad)
	m.checkStates(bad)
	if utf8.RuneCountInString(m.Separator) > 1 || strings.ContainsAny(m.Separator, "\"\r\n\uFFFD") {
		bad.Add("separator", "must be one character, and no quote")
	}
	return bad.OrNil()
}

// goLayouts are the parts of a layout, and what package time has for them. What is
// longer comes first.
var goLayouts = strings.NewReplacer(
	"YYYY", "2006", "YY", "06", "MMM", "Jan", "MM", "01", "DD", "02", "D", "2", "hh", "15", "h12", "03", "mm", "04",
	"ss", "05", "AM", "PM", "ZZ", "-0700", "Z", "Z07:00",
)

func (m *Mapping) checkTimes(bad *errs.InvalidError) {
	switch m.TimeLayout {
	case "rfc3339", "unix", "unix_ms":
	default:
		m.layout = goLayouts.Replace(m.TimeLayout)
		at := time.Date(2031, time.November, 22, 16, 51, 48, 0, time.UTC)
		read, err := time.Parse(m.layout, at.Format(m.layout))
		m.days = read.Hour() == 0
		if y, mo, d := read.Date(); err != nil || y != 2031 || mo != time.November || d != 22 {
			bad.Add("time_layout", `must have a year, a month and a day, such as "DD.MM.YYYY hh:mm:ss", or be rfc3339,`+
				` unix or unix_ms`)
		}
	}
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.TimeZone == "Local" {
		bad.Add("time_zone", `must be the name of a time zone, such as "Asia/Bangkok"`)
		zone = time.UTC
	}
	m.zone = zone
}

func (m *Mapping) checkAmounts(bad *errs.InvalidError) {
	m.Decimal = cmp.Or(m.Decimal, ".")
	if m.Decimal != "." && m.Decimal != "," {
		bad.Add("decimal", "must be a point or a comma")
	}
	if !slices.Contains([]string{"", ".", ",", " ", "'", "\u00a0", "\u202f"}, m.Thousands) || m.Thousands == m.Decimal {
		bad.Add("thousands", "must be a point, a comma, a space or an apostrophe, and not what stands before decimals")
	}
	if m.Currency != "" {
		if _, err := money.ParseCurrency(m.Currency); err != nil {
			bad.Add("currency", "must be an ISO 4217 code")
		}
	}
	switch c := &m.Columns; {
	case c.Amount != "" && c.Currency == "" && m.Currency == "":
		bad.Add("currency", "must be there, or columns.currency, where there are amounts")
	case c.Amount == "" && m.Sign != SignNone:
		bad.Add("sign", "must be empty where there are no amounts")
	case m.Sign != SignNone && m.Sign != CreditMinus && m.Sign != ChargeMinus:
		bad.Add("sign", "must be empty, credit_negative or charge_negative")
	}
}

func (m *Mapping) checkStates(bad *errs.InvalidError) {
	all, n := make(map[string]bool), 0
	for _, words := range [][]string{m.States.Purchased, m.States.Refused, m.States.Credited, m.States.Ignored} {
		for _, word := range words {
			bad.CheckLine("states", word, 1, maxHeader)
			if all[plain(word)] {
				bad.Add("states", "%q is there twice", errs.Shown(word))
			}
			all[plain(word)] = true
			n++
		}
	}
	switch {
	case n > maxWords:
		bad.Add("states", "must have at most %d words", maxWords)
	case (n == 0) != (m.Columns.State == ""):
		bad.Add("states", "must have the words of columns.state, and be empty where there is none")
	}
}

// plain is a word as it is compared.
func plain(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

// state is what a word means; ignored says that the row is about something else.
func (w *Words) state(word string) (s State, ignored, known bool) {
	is := func(words []string) bool {
		return slices.ContainsFunc(words, func(one string) bool { return plain(one) == plain(word) })
	}
	switch {
	case is(w.Purchased):
		return Purchased, false, true
	case is(w.Refused):
		return Refused, false, true
	case is(w.Credited):
		return Credited, false, true
	default:
		return "", true, is(w.Ignored)
	}
}
