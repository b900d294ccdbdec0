package gameso

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderhub/server/door"
)

const (
	maxText     = 255 // characters
	maxItems    = 100
	maxQuantity = 10_000
	maxSKUBytes = 100 // of the hub's products
)

// readBody reads a body that has to be a JSON object.
func readBody(r *http.Request) (door.Value, error) {
	if !door.IsJSON(r.Header) {
		return door.Value{}, badRequest("Content-Type must be application/json")
	}
	body, err := door.ReadBody(r)
	if err != nil {
		return door.Value{}, err
	}
	return parseObject(body)
}

func parseObject(body []byte) (door.Value, error) {
	v, err := door.ParseJSON(body)
	if err == nil && v.Kind != door.Object {
		err = badRequest("request body must be an object")
	}
	return v, err
}

// reader keeps the first thing that is wrong of each kind: what is missing or of
// the wrong type comes before what breaks a constraint, wherever they are.
type reader struct{ malformed, broken *refusal }

func (r *reader) bad(format string, args ...any) {
	if r.malformed == nil {
		r.malformed = badRequest(format, args...)
	}
}

func (r *reader) invalid(format string, args ...any) {
	if r.broken == nil {
		r.broken = invalid(format, args...)
	}
}

// err is a *refusal or nil.
func (r *reader) err() error {
	switch {
	case r.malformed != nil:
		return r.malformed
	case r.broken != nil:
		return r.broken
	default:
		return nil
	}
}

// text reads a required text of 1 to 255 characters.
func (r *reader) text(v door.Value, path, name string) string {
	field, found := v.Get(name)
	switch {
	case !found, field.Kind == door.Null, field.Kind == door.String && field.Text == "":
		r.bad("%s is required", path)
	case field.Kind != door.String:
		r.bad("%s must be a string", path)
	default:
		r.checkText(path, field.Text)
		return field.Text
	}
	return ""
}

// optionalText is text for which null and "" are none.
func (r *reader) optionalText(v door.Value, name string) string {
	field, found := v.Get(name)
	switch {
	case !found, field.Kind == door.Null:
	case field.Kind != door.String:
		r.bad("%s must be a string", name)
	default:
		r.checkText(name, field.Text)
		return field.Text
	}
	return ""
}

func (r *reader) checkText(path, text string) {
	if utf8.RuneCountInString(text) > maxText {
		r.invalid("%s must have at most %d characters", path, maxText)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		r.invalid("%s must not contain control characters", path)
	}
}

// integer reads an integer between bounds. 2.0 and 1e2 are none; one beyond 64
// bits is one that is too large.
func (r *reader) integer(v door.Value, path string, low, high int64) int64 {
	if v.Kind != door.Number || strings.ContainsAny(v.Text, ".eE") {
		r.bad("%s must be an integer", path)
		return low
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil {
		if n = math.MaxInt64; strings.HasPrefix(v.Text, "-") {
			n = math.MinInt64
		}
	}
	switch {
	case n < low:
		r.invalid("%s must be at least %d", path, low)
	case n > high:
		r.invalid("%s must be at most %d", path, high)
	}
	return n
}

// fromCreateOrder reads the body of POST /v1/orders. The error is a *refusal.
func fromCreateOrder(v door.Value) (createOrderWire, error) {
	r := &reader{}
	o := createOrderWire{
		ReferenceID: r.text(v, "reference_id", "reference_id"),
		UserID:      r.text(v, "user_id", "user_id"),
		Items:       r.items(v),
	}
	o.ServerID, o.CharacterID = r.optionalText(v, "server_id"), r.optionalText(v, "character_id")
	return o, r.err()
}

func (r *reader) items(v door.Value) []createItemWire {
	list, found := v.Get("items")
	switch {
	case !found, list.Kind == door.Null:
		r.bad("items is required")
		return nil
	case list.Kind != door.Array:
		r.bad("items must be an array")
		return nil
	case len(list.Elements) == 0:
		r.invalid("items must have at least 1 entry")
	case len(list.Elements) > maxItems:
		r.invalid("items must have at most %d entries", maxItems)
		return nil
	}
	items := make([]createItemWire, len(list.Elements))
	for i, element := range list.Elements {
		path := fmt.Sprintf("items[%d]", i)
		if element.Kind != door.Object {
			r.bad("%s must be an object", path)
			continue
		}
		items[i] = createItemWire{SKU: r.text(element, path+".sku", "sku"), Quantity: 1}
		if quantity, found := element.Get("quantity"); found && quantity.Kind != door.Null {
			items[i].Quantity = r.integer(quantity, path+".quantity", 1, maxQuantity)
		}
	}
	return items
}
