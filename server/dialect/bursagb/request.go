package bursagb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderhub/server/door"
)

const (
	maxLines     = 100
	maxDeliverID = 128 // characters

	// What the hub can keep of one line and of an address.
	maxQuantity  = 1_000_000
	maxValue     = 1000 // characters
	maxNotifyURL = 2048 // bytes

	// farPage is past the end of everything, and keeps offsets countable.
	farPage = 1 << 40
)

// readObject reads a body that has to be a JSON object; an empty one is an empty
// object where the partner's defaults then hold.
func readObject(r *http.Request, mayBeEmpty bool) (door.Value, error) {
	if !door.IsJSON(r.Header) {
		return door.Value{}, unsupported("Content-Type must be application/json.")
	}
	body, err := door.ReadBody(r)
	if err != nil {
		return door.Value{}, err
	}
	if len(body) == 0 && mayBeEmpty {
		return door.Value{Kind: door.Object}, nil
	}
	return parseObject(body)
}

func parseObject(body []byte) (door.Value, error) {
	v, err := door.ParseJSON(body)
	if err == nil && v.Kind != door.Object {
		err = door.ErrMalformed
	}
	return v, err
}

// reader reads fields by their names in any letter case and keeps the first
// thing that is wrong.
type reader struct{ wrong *refusal }

func (r *reader) bad(format string, args ...any) {
	if r.wrong == nil {
		r.wrong = invalid(format, args...)
	}
}

func (r *reader) err() error {
	if r.wrong == nil {
		return nil
	}
	return r.wrong
}

// text reads a text; absent and null are "".
func (r *reader) text(v door.Value, path, name string) string {
	field, found := v.GetFold(name)
	switch {
	case !found, field.Kind == door.Null:
		return ""
	case field.Kind != door.String:
		r.bad("%s must be a string.", path)
		return ""
	case door.HasNUL(field.Text):
		r.bad("%s must not contain the character NUL.", path)
		return ""
	}
	return field.Text
}

// integer reads an integer, which may come as a text of digits; absent and null
// are not found.
func (r *reader) integer(v door.Value, path, name string) (n int64, found bool) {
	field, found := v.GetFold(name)
	if !found || field.Kind == door.Null {
		return 0, false
	}
	if field.Kind != door.Number && field.Kind != door.String {
		r.bad("%s must be an integer.", path)
		return 0, false
	}
	n, ok := parseInteger(field.Text)
	if !ok {
		r.bad("%s must be an integer.", path)
	}
	return n, ok
}

// parseInteger takes digits with a minus perhaps: 1.0, 1e2 and +1 are none.
func parseInteger(text string) (int64, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// positive reads a required integer of at least 1.
func (r *reader) positive(v door.Value, path, name string) int64 {
	n, found := r.integer(v, path, name)
	switch {
	case !found:
		r.bad("%s is required.", path) // unless it is there and wrong, which was said
	case n < 1:
		r.bad("%s must be at least 1.", path)
	}
	return n
}

// fromLogin reads the body of section 3.
func fromLogin(v door.Value) (loginWire, error) {
	r := &reader{}
	w := loginWire{Email: r.text(v, "Email", "Email"), Password: r.text(v, "Password", "Password")}
	if w.Email == "" {
		r.bad("Email is required.")
	}
	if w.Password == "" {
		r.bad("Password is required.")
	}
	if echo, found := v.GetFold("callbackData"); found && echo.Kind != door.Null {
		text := r.text(v, "callbackData", "callbackData")
		w.CallbackData = &text
	}
	return w, r.err()
}

// fromCreateOrder reads the body of section 4.
func fromCreateOrder(v door.Value) (createOrderWire, error) {
	r := &reader{}
	w := createOrderWire{BasketData: r.basket(v)}
	w.BillingAddressID, _ = r.integer(v, "BillingAddressID", "BillingAddressID")
	w.NotifyURL = r.text(v, "NotifyURL", "NotifyURL")
	return w, r.err()
}

func (r *reader) basket(v door.Value) []lineWire {
	list, found := v.GetFold("basketData")
	if found && list.Kind != door.Null && list.Kind != door.Array {
		r.bad("basketData must be an array.")
		return nil
	}
	if len(list.Elements) == 0 || len(list.Elements) > maxLines {
		r.bad("basketData must have 1 to %d lines.", maxLines)
		return nil
	}
	lines := make([]lineWire, len(list.Elements))
	for i, element := range list.Elements {
		path := fmt.Sprintf("basketData[%d]", i)
		if element.Kind != door.Object {
			r.bad("%s must be an object.", path)
			continue
		}
		lines[i] = lineWire{
			DeliverID:              r.deliverID(element, path+".DeliverID"),
			CustomerStoreProductID: r.positive(element, path+".CustomerStoreProductID", "CustomerStoreProductID"),
			Quantity:               r.positive(element, path+".Quantity", "Quantity"),
			RequireData:            r.requireData(element, path+".RequireData"),
		}
	}
	return lines
}

func (r *reader) deliverID(v door.Value, path string) string {
	id := r.text(v, path, "DeliverID")
	switch {
	case strings.TrimSpace(id) == "":
		r.bad("%s is required.", path)
	case utf8.RuneCountInString(id) > maxDeliverID:
		r.bad("%s must have at most %d characters.", path, maxDeliverID)
	case strings.ContainsFunc(id, unicode.IsControl):
		r.bad("%s must not contain control characters.", path)
	}
	return id
}

func (r *reader) requireData(v door.Value, path string) []requireWire {
	list, found := v.GetFold("RequireData")
	switch {
	case !found, list.Kind == door.Null:
		return nil
	case list.Kind != door.Array:
		r.bad("%s must be an array.", path)
		return nil
	case len(list.Elements) > maxLines:
		r.bad("%s must have at most %d entries.", path, maxLines)
		return nil
	}
	entries := make([]requireWire, len(list.Elements))
	for i, element := range list.Elements {
		at := fmt.Sprintf("%s[%d]", path, i)
		if element.Kind != door.Object {
			r.bad("%s must be an object.", at)
			continue
		}
		entries[i].ProductRequireID, _ = r.integer(element, at+".ProductRequireID", "ProductRequireID")
		entries[i].Identifier = r.text(element, at+".Identifier", "Identifier")
		entries[i].Value = r.value(element, at+".Value")
	}
	return entries
}

// value reads what the customer typed: a text, or a number as it was sent.
func (r *reader) value(v door.Value, path string) string {
	field, found := v.GetFold("Value")
	switch {
	case !found, field.Kind == door.Null:
		return ""
	case field.Kind != door.String && field.Kind != door.Number:
		r.bad("%s must be a string.", path)
		return ""
	case door.HasNUL(field.Text):
		r.bad("%s must not contain the character NUL.", path)
		return ""
	}
	return field.Text
}

// fromCancel reads which one of the two is to be cancelled.
func fromCancel(v door.Value) (cancelWire, error) {
	r := &reader{}
	var w cancelWire
	var line, whole bool
	w.OrderDetailID, line = r.integer(v, "OrderDetailID", "OrderDetailID")
	w.OrderID, whole = r.integer(v, "OrderID", "OrderID")
	if line == whole {
		r.bad("Exactly one of OrderDetailID and OrderID is required.")
	}
	if line && w.OrderDetailID < 1 {
		r.bad("OrderDetailID must be at least 1.")
	}
	if whole && w.OrderID < 1 {
		r.bad("OrderID must be at least 1.")
	}
	return w, r.err()
}

// paging reads page and pageSize. Page 0 is the first, as one client counts.
func (r *reader) paging(v door.Value, lowestPage, defaultSize int64) (page, size int64) {
	page, found := r.integer(v, "page", "page")
	if !found {
		page = 1
	}
	if page < lowestPage {
		r.bad("page must be at least 1.")
	}
	size, found = r.integer(v, "pageSize", "pageSize")
	if !found {
		size = defaultSize
	}
	if size < 1 {
		r.bad("pageSize must be at least 1.")
	}
	return min(max(page, 1), farPage), size
}
