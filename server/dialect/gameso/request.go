package gameso

import "orderhub/server/door"

const (
	maxText     = 255 // characters
	maxItems    = 100
	maxQuantity = 10_000
	maxSKUBytes = 100 // of the hub's products
)

// sentences has what is wrong with a field.
var sentences = map[door.Wrong]string{
	door.Absent:     "{field} is required",
	door.IsNull:     "{field} is required",
	door.Empty:      "{field} is required",
	door.NotText:    "{field} must be a string",
	door.NotInteger: "{field} must be an integer",
	door.NotArray:   "{field} must be an array",
	door.NotObject:  "{field} must be an object",
	door.TooLong:    "{field} must have at most {bound} characters",
	door.HasControl: "{field} must not contain control characters",
	door.TooLow:     "{field} must be at least {bound}",
	door.TooHigh:    "{field} must be at most {bound}",
	door.TooFew:     "{field} must have at least {bound} entry",
	door.TooMany:    "{field} must have at most {bound} entries",
}

// A whole number is the digits of a JSON number: 2.0 and 1e2 are none. One beyond
// 64 bits is one that is too large.
var style = door.Style{Integers: door.Integers{Clamps: true}, TypesFirst: true}

type reader struct{ *door.Reader }

func newReader(v door.Value) reader {
	return reader{door.NewReader(v, &style, func(c *door.Complaint) *door.Refusal {
		sentence := c.Put(sentences[c.Wrong])
		if c.Wrong.BreaksRule() {
			return invalid("%s", sentence)
		}
		return badRequest(sentence)
	})}
}

// requiredText reads a text of 1 to 255 characters.
func requiredText(f *door.Fields, name string) string {
	s, _ := f.RequiredText(name)
	return checked(f, name, s)
}

// checked bounds a text that may be empty.
func checked(f *door.Fields, name, s string) string {
	f.Short(name, s, maxText)
	f.Plain(name, s)
	return s
}

// fromCreateOrder reads the body of POST /v1/orders. The error is a *door.Refusal.
func fromCreateOrder(v door.Value) (createOrderWire, error) {
	r := newReader(v)
	o := createOrderWire{
		ReferenceID: requiredText(&r.Fields, "reference_id"),
		UserID:      requiredText(&r.Fields, "user_id"),
		Items:       items(&r.Fields),
		ServerID:    checked(&r.Fields, "server_id", r.Text("server_id")),
		CharacterID: checked(&r.Fields, "character_id", r.Text("character_id")),
	}
	return o, r.Err()
}

func items(f *door.Fields) []createItemWire {
	list, found := f.Required("items")
	if !found {
		return nil
	}
	read := make([]createItemWire, len(list.Elements))
	f.ObjectsOf("items", list, 1, maxItems, func(i int, item *door.Fields) {
		read[i] = createItemWire{SKU: requiredText(item, "sku"), Quantity: 1}
		if quantity, found := item.Optional("quantity"); found {
			read[i].Quantity = integer(item, "quantity", quantity, 1, maxQuantity)
		}
	})
	return read
}

func integer(f *door.Fields, name string, v door.Value, low, high int64) int64 {
	n, ok := f.IntegerOf(name, v)
	if ok {
		f.Within(name, n, low, high)
	}
	return n
}
