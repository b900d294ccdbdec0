package api

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"orderhub/server/audit"
)

// plainTexts are the fields of requests whose text is neither secret nor personal. Any
// other text is recorded as a keyed hash: a field that is new is hidden until it is here.
var plainTexts = map[protoreflect.Name]bool{
	"amount": true, "base_currency": true, "category": true, "certificate_sha256": true, "code": true,
	"connector": true, "cost": true, "credit_limit": true, "currency": true, "date": true, "delivery": true,
	"description": true, "end_date": true, "event_types": true, "evidence": true, "external_id": true,
	"external_option_id": true, "hold_number": true, "import_name": true,
	"ip_allowlist": true, "label": true, "low_balance": true,
	"low_balance_currency": true, "floor": true, "price_list": true, "step": true,
	"max_price": true, "merchant": true, "min_price": true, "min_subtotal": true, "name": true, "offer": true,
	"operator": true, "order_number": true, "percent": true, "price": true, "product": true, "products": true,
	"categories": true, "provider": true, "provider_sku": true, "quote_currency": true, "rate": true, "reason": true,
	"reference": true, "sku": true, "slug": true, "start_date": true, "store_name": true, "use_date": true,
	"markup_percent": true, "place": true, "time_zone": true,
	"match_category": true, "match_name": true, "round_up_to": true, "sku_prefix": true,
}

// personalTexts are fields that hide under a name that is plain elsewhere.
var personalTexts = map[protoreflect.FullName]bool{
	"orderhub.v1.BillingAddress.name":       true,
	"orderhub.v1.AnswerClaimRequest.reason": true, // may quote the customer, and goes when the customer is erased
}

// masked is a message for the record: as JSON has it, without what may be secret or
// personal.
func masked(m protoreflect.Message, mark func(string) string) map[string]any {
	fields := make(map[string]any)
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		fields[field.JSONName()] = maskedField(field, value, mark)
		return true
	})
	return fields
}

func maskedField(field protoreflect.FieldDescriptor, value protoreflect.Value, mark func(string) string) any {
	switch {
	case field.IsMap():
		hidden := make(map[string]any)
		value.Map().Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
			hidden[mark(key.String())] = mark(v.String())
			return true
		})
		return hidden
	case field.IsList():
		list := make([]any, 0, min(value.List().Len(), mostListed+1))
		for i := range value.List().Len() {
			if i == mostListed {
				return append(list, map[string]any{"more": value.List().Len() - i})
			}
			list = append(list, maskedValue(field, value.List().Get(i), mark))
		}
		return list
	default:
		return maskedValue(field, value, mark)
	}
}

// mostListed bounds what is recorded of a list: a request may have thousands of units.
const mostListed = 100

func maskedValue(field protoreflect.FieldDescriptor, value protoreflect.Value, mark func(string) string) any {
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if m := value.Message(); m.Descriptor().ParentFile().Package() == "orderhub.v1" {
			return masked(m, mark)
		}
		return maskedWellKnown(value.Message(), mark)
	case protoreflect.EnumKind:
		if v := field.Enum().Values().ByNumber(value.Enum()); v != nil {
			return string(v.Name())
		}
		return int32(value.Enum())
	case protoreflect.StringKind:
		if plainTexts[field.Name()] && !personalTexts[field.FullName()] {
			return value.String()
		}
		return mark(value.String())
	case protoreflect.BytesKind:
		return mark(string(value.Bytes()))
	default:
		return value.Interface()
	}
}

// maskedWellKnown leaves times, durations and masks as they are; a structure of the
// caller's own may have anything in it.
func maskedWellKnown(m protoreflect.Message, mark func(string) string) any {
	text, err := protojson.Marshal(m.Interface())
	switch m.Descriptor().Name() {
	case "Timestamp", "Duration", "FieldMask":
		if err == nil {
			return string(text[1 : len(text)-1]) // without the quotes
		}
	}
	return mark(string(text))
}

// targets say which field names what an act is done to, what is more special first.
var targets = []struct {
	field protoreflect.Name
	kind  string
}{
	{"order_number", "order"},
	{"hold_number", "hold"},
	{"approval", "approval"},
	{"claim", "claim"},
	{"finding", "finding"},
	{"attempt", "attempt"},
	{"purchase", "purchase"},
	{"delivery", "delivery"},
	{"endpoint", "endpoint"},
	{"offer", "offer"},
	{"sync", "sync"},
	{"change", "sync_change"},
	{"unit_import", "unit_import"},
	{"unit", "unit"},
	{"listing", "listing"},
	{"code", "coupon"},
	{"coupon", "coupon"},
	{"price_list", "price_list"},
	{"product", "product"},
	{"category", "category"},
	{"provider", "provider"},
	{"operator", "operator"},
	{"merchant", "merchant"},
}

// targetOf is what a request is about, as its caller names it.
func targetOf(m protoreflect.Message) audit.Target {
	fields := m.Descriptor().Fields()
	for _, t := range targets {
		field := fields.ByName(t.field)
		if field == nil || !m.Has(field) {
			continue
		}
		if field.Message() == nil {
			return audit.Target{Kind: t.kind, Name: m.Get(field).String()}
		}
		if name := nameIn(m.Get(field).Message()); name != "" {
			return audit.Target{Kind: t.kind, Name: name}
		}
	}
	return audit.Target{}
}

// nameIn is what something new is called.
func nameIn(m protoreflect.Message) string {
	for _, name := range []protoreflect.Name{"sku", "slug", "code", "provider_sku", "name"} {
		if field := m.Descriptor().Fields().ByName(name); field != nil && m.Has(field) {
			return m.Get(field).String()
		}
	}
	return ""
}
