package bursagb

import (
	"strings"

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

// question is a body for which the partner's defaults hold: of what is left out, or of all.
var question = door.Body{MayBeEmpty: true}

// sentences has what is wrong with a field.
var sentences = map[door.Wrong]string{
	door.Absent:     "{field} is required.",
	door.IsNull:     "{field} is required.",
	door.NotText:    "{field} must be a string.",
	door.NotInteger: "{field} must be an integer.",
	door.NotArray:   "{field} must be an array.",
	door.NotObject:  "{field} must be an object.",
	door.TooLong:    "{field} must have at most {bound} characters.",
	door.HasControl: "{field} must not contain control characters.",
	door.HoldsNUL:   "{field} must not contain the character NUL.",
	door.TooLow:     "{field} must be at least {bound}.",
	door.TooHigh:    "{field} must be at most {bound}.",
	door.TooMany:    "{field} must have at most {bound} entries.",
}

// A whole number may come as a text of digits; 1.0, 1e2 and +1 are none.
var style = door.Style{FoldCase: true, Integers: door.Integers{Texts: true}}

type reader struct{ *door.Reader }

func newReader(v door.Value) reader {
	return reader{door.NewReader(v, &style, func(c *door.Complaint) *door.Refusal {
		return invalid("%s", c.Put(sentences[c.Wrong]))
	})}
}

// text reads a text; absent and null are "".
func text(f *door.Fields, name string) string {
	s := f.Text(name)
	if !f.Storable(name, s) {
		return ""
	}
	return s
}

func parseInteger(digits string) (int64, bool) {
	return style.Integers.Read(door.Value{Kind: door.String, Text: digits})
}

// fromLogin reads the body of section 3.
func fromLogin(v door.Value) (loginWire, error) {
	r := newReader(v)
	w := loginWire{Email: text(&r.Fields, "Email"), Password: text(&r.Fields, "Password")}
	if w.Email == "" {
		r.Wrong("Email", door.Absent, 0) // unless it is there and wrong, which was said
	}
	if w.Password == "" {
		r.Wrong("Password", door.Absent, 0)
	}
	if _, found := r.Optional("callbackData"); found {
		w.CallbackData = new(text(&r.Fields, "callbackData"))
	}
	return w, r.Err()
}

// fromCreateOrder reads the body of section 4.
func fromCreateOrder(v door.Value) (createOrderWire, error) {
	r := newReader(v)
	w := createOrderWire{BasketData: r.basket()}
	w.BillingAddressID, _ = r.Integer("BillingAddressID")
	w.NotifyURL = text(&r.Fields, "NotifyURL")
	return w, r.Err()
}

func (r reader) basket() []lineWire {
	list, found := r.Optional("basketData")
	if (!found || list.Kind == door.Array) && (len(list.Elements) == 0 || len(list.Elements) > maxLines) {
		r.Break(invalid("basketData must have 1 to %d lines.", maxLines))
		return nil
	}
	lines := make([]lineWire, len(list.Elements))
	r.ObjectsOf("basketData", list, 1, maxLines, func(i int, line *door.Fields) {
		lines[i] = lineWire{
			DeliverID:              deliverID(line),
			CustomerStoreProductID: line.Positive("CustomerStoreProductID"),
			Quantity:               line.Positive("Quantity"),
			RequireData:            requireData(line),
		}
	})
	return lines
}

func deliverID(f *door.Fields) string {
	id := text(f, "DeliverID")
	if strings.TrimSpace(id) == "" {
		f.Wrong("DeliverID", door.Absent, 0)
	}
	f.Short("DeliverID", id, maxDeliverID)
	f.Plain("DeliverID", id)
	return id
}

func requireData(f *door.Fields) []requireWire {
	list, found := f.Optional("RequireData")
	if !found {
		return nil
	}
	entries := make([]requireWire, len(list.Elements))
	f.ObjectsOf("RequireData", list, 0, maxLines, func(i int, entry *door.Fields) {
		entries[i].ProductRequireID, _ = entry.Integer("ProductRequireID")
		entries[i].Identifier = text(entry, "Identifier")
		entries[i].Value = typed(entry, "Value")
	})
	return entries
}

// typed reads what the customer typed: a text, or a number as it was sent.
func typed(f *door.Fields, name string) string {
	if v, found := f.Get(name); found && v.Kind == door.Number {
		return v.Text
	}
	return text(f, name)
}

// fromCancel reads which one of the two is to be cancelled.
func fromCancel(v door.Value) (cancelWire, error) {
	r := newReader(v)
	var w cancelWire
	var line, whole bool
	w.OrderDetailID, line = r.Integer("OrderDetailID")
	w.OrderID, whole = r.Integer("OrderID")
	if line == whole {
		r.Break(invalid("Exactly one of OrderDetailID and OrderID is required."))
	}
	if line && w.OrderDetailID < 1 {
		r.Wrong("OrderDetailID", door.TooLow, 1)
	}
	if whole && w.OrderID < 1 {
		r.Wrong("OrderID", door.TooLow, 1)
	}
	return w, r.Err()
}

// paging reads page and pageSize. Page 0 is the first, as one client counts.
func (r reader) paging(lowestPage, defaultSize int64) (page, size int64) {
	page, found := r.Integer("page")
	if !found {
		page = 1
	}
	if page < lowestPage {
		r.Wrong("page", door.TooLow, 1)
	}
	size, found = r.Integer("pageSize")
	if !found {
		size = defaultSize
	}
	if size < 1 {
		r.Wrong("pageSize", door.TooLow, 1)
	}
	return min(max(page, 1), farPage), size
}
