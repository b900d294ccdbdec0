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
	maxCoupon      = 1_000 // characters
)

// Numbers are strict: a text is none, 1.0 is one.
var style = door.Style{Integers: door.Integers{Exponents: true}}

// sentenceOf is what is wrong with a field of a body.
func sentenceOf(c door.Complaint) string {
	switch c.Wrong {
	case door.Absent, door.IsNull:
		return "required"
	case door.NotText:
		return "must be a string"
	case door.TooLong:
		return c.Put("must have at most {bound} characters, none of them a control character")
	default:
		return "must be an integer of at least 1"
	}
}

// fromCreateOrder reads the body of POST /orders. The error is a *door.Refusal
// with every wrong field.
func fromCreateOrder(v door.Value) (createOrderWire, error) {
	var wrong []detailWire
	fields := &door.Fields{Object: v, Style: &style, Complain: func(c door.Complaint) {
		wrong = append(wrong, detailWire{c.Field, sentenceOf(c)})
	}}
	o := createOrderWire{
		ProductID: fields.Positive("productId"), Quantity: fields.Positive("quantity"),
		Coupon: shortText(fields, "coupon", maxCoupon), IdempotencyKey: shortText(fields, "idempotencyKey", maxKey),
	}
	if len(wrong) > 0 {
		return o, invalid("invalid request", wrong...)
	}
	return o, nil
}

// shortText reads an optional text; null and "" are none.
func shortText(f *door.Fields, name string, most int) string {
	s := f.Text(name)
	if utf8.RuneCountInString(s) > most || strings.ContainsFunc(s, unicode.IsControl) {
		f.Wrong(name, door.TooLong, int64(most))
	}
	return s
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

// err is a *door.Refusal with every wrong parameter, or nil.
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
	value, ok := door.ParseRat(text)
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
	return new(money.Amount(micros.Int64()))
}

func (q *query) page() (page, perPage int64) {
	page = q.integer("page", 1, 1, math.MaxInt64, "must be at least 1")
	return page, q.integer("per_page", defaultPerPage, 1, maxPerPage, "must be between 1 and 200")
}
