package marketacc

import (
	"math"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderhub/server/door"
	"orderhub/server/money"
)

const (
	maxKey         = 255 // characters of an idempotencyKey
	defaultPerPage = 50
	maxPerPage     = 200
	// maxNumber bounds the literals that are looked at, and exponent their
	// exponents: 1e999999999 must not become a number.
	maxNumber = 64
	exponent  = 2 // digits
)

// fromCreateOrder reads the body of POST /orders. The error is a *refusal with
// every wrong field.
func fromCreateOrder(body []byte) (createOrderWire, error) {
	var o createOrderWire
	v, err := door.ParseJSON(body)
	if err != nil {
		return o, err
	}
	if v.Kind != door.Object {
		return o, door.ErrMalformed
	}
	var wrong []detailWire
	o.ProductID = integerField(v, "productId", &wrong)
	o.Quantity = integerField(v, "quantity", &wrong)
	o.Coupon = textField(v, "coupon", 1_000, &wrong)
	o.IdempotencyKey = textField(v, "idempotencyKey", maxKey, &wrong)
	if len(wrong) > 0 {
		return o, invalid("invalid request", wrong...)
	}
	return o, nil
}

// integerField reads a required integer of at least 1. Numbers are strict: a
// text is none, 1.0 is one.
func integerField(v door.Value, name string, wrong *[]detailWire) int64 {
	field, found := v.Get(name)
	if !found || field.Kind == door.Null {
		*wrong = append(*wrong, detailWire{name, "required"})
		return 0
	}
	n, ok := integer(field)
	if !ok || n < 1 {
		*wrong = append(*wrong, detailWire{name, "must be an integer of at least 1"})
	}
	return n
}

func integer(v door.Value) (int64, bool) {
	if v.Kind != door.Number || !plainNumber(v.Text) {
		return 0, false
	}
	n, ok := new(big.Rat).SetString(v.Text)
	if !ok || !n.IsInt() || !n.Num().IsInt64() {
		return 0, false
	}
	return n.Num().Int64(), true
}

// plainNumber keeps numbers away that only cost time.
func plainNumber(text string) bool {
	_, power, _ := strings.Cut(strings.ToLower(text), "e")
	return len(text) <= maxNumber && len(strings.TrimLeft(power, "+-0")) <= exponent
}

// textField reads an optional text; null and "" are none.
func textField(v door.Value, name string, most int, wrong *[]detailWire) string {
	field, found := v.Get(name)
	if !found || field.Kind == door.Null {
		return ""
	}
	if field.Kind != door.String {
		*wrong = append(*wrong, detailWire{name, "must be a string"})
		return ""
	}
	if utf8.RuneCountInString(field.Text) > most || strings.ContainsFunc(field.Text, unicode.IsControl) {
		*wrong = append(*wrong, detailWire{name, "must have at most " + strconv.Itoa(most) + " characters, none of them a control character"})
		return ""
	}
	return field.Text
}

// query reads query parameters and gathers what is wrong with them.
type query struct {
	values url.Values
	wrong  []detailWire
}

func queryOf(r *http.Request) (*query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalid("invalid query parameters")
	}
	for name := range values {
		for _, value := range values[name] {
			if !utf8.ValidString(name+value) || strings.ContainsFunc(name+value, unicode.IsControl) {
				return nil, invalid("invalid query parameters")
			}
		}
	}
	return &query{values: values}, nil
}

func (q *query) bad(name, message string) { q.wrong = append(q.wrong, detailWire{name, message}) }

// err is a *refusal with every wrong parameter, or nil.
func (q *query) err() error {
	if len(q.wrong) == 0 {
		return nil
	}
	return invalid("invalid query parameters", q.wrong...)
}

// integer reads a number from low to high; an empty value counts as absent.
func (q *query) integer(name string, absent, low, high int64, message string) int64 {
	text := q.values.Get(name)
	if text == "" {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		q.bad(name, message)
		return absent
	}
	return n
}

// bound reads a price that is not negative, in the whole precision of the hub.
func (q *query) bound(name string, roundUp bool) *money.Amount {
	text := q.values.Get(name)
	if text == "" {
		return nil
	}
	value, ok := new(big.Rat), false
	if plainNumber(text) && strings.Trim(text, "0123456789.eE+-") == "" {
		value, ok = value.SetString(text)
	}
	if !ok || value.Sign() < 0 {
		q.bad(name, "must be a number of at least 0")
		return nil
	}
	value.Mul(value, new(big.Rat).SetInt64(int64(money.Unit)))
	micros := new(big.Int).Quo(value.Num(), value.Denom())
	if roundUp && !value.IsInt() {
		micros.Add(micros, big.NewInt(1))
	}
	if !micros.IsInt64() {
		micros.SetInt64(math.MaxInt64)
	}
	bound := money.Amount(micros.Int64())
	return &bound
}

// page reads which page is wanted.
func (q *query) page() (page, perPage int64) {
	page = q.integer("page", 1, 1, math.MaxInt64, "must be at least 1")
	return page, q.integer("per_page", defaultPerPage, 1, maxPerPage, "must be between 1 and 200")
}
