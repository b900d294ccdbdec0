package api

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
)

// plainRules are rules of the library whose words, or those of wording, are for people.
var plainRules = []string{
	"string.min_len", "string.max_len", "string.min_bytes", "string.max_bytes", "string.email",
	"int32.gt", "int32.gte", "int32.lt", "int32.lte", "int64.gt", "int64.gte", "int64.lt", "int64.lte",
	"duration.gte", "duration.lte",
	"repeated.max_items", "map.max_pairs", // told by entryLimits
	"enum.defined_only", "enum.not_in", "repeated.unique", "repeated.min_items", "string.in", // see wording
}

// technical is what expressions, lists and terms of programs look like.
var technical = regexp.MustCompile("[\\\\^$`]|\\[.*]|\\{|regex|pattern|enum|item\\(s\\)|this\\.|rules\\.")

// Every rule of the contract says to people what would be right.
func TestRulesSpeakPlainly(t *testing.T) {
	w := &rulesWalk{t: t, seen: make(map[protoreflect.FullName]bool)}
	for _, method := range methods() {
		w.message(method.Input())
	}
	assert.Greater(t, w.rules, 300, "the rules were found")
}

type rulesWalk struct {
	t     *testing.T
	seen  map[protoreflect.FullName]bool
	rules int
}

func (w *rulesWalk) message(m protoreflect.MessageDescriptor) {
	if w.seen[m.FullName()] {
		return
	}
	w.seen[m.FullName()] = true
	ofMessage, _ := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules)
	for _, rule := range ofMessage.GetCel() {
		w.expression(m.FullName(), rule)
	}
	assert.Empty(w.t, ofMessage.GetCelExpression(), "%s", m.FullName())
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
		w.field(field.FullName(), rules)
		if inner := messageOf(field); inner != nil {
			w.message(inner)
		}
	}
}

func (w *rulesWalk) field(name protoreflect.FullName, rules *validate.FieldRules) {
	for _, rule := range rules.GetCel() {
		w.expression(name, rule)
	}
	assert.Empty(w.t, rules.GetCelExpression(), "%s", name)
	m := rules.ProtoReflect()
	kind := m.WhichOneof(m.Descriptor().Oneofs().ByName("type"))
	if kind == nil {
		return
	}
	m.Get(kind).Message().Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch inner, _ := value.Interface().(protoreflect.Message); {
		case rule.IsExtension():
			w.predefined(name, rule)
		case inner != nil && inner.Descriptor().Name() == "FieldRules":
			w.field(name, inner.Interface().(*validate.FieldRules))
		default:
			w.standard(name, string(kind.Name())+"."+string(rule.Name()))
		}
		return true
	})
}

func (w *rulesWalk) standard(name protoreflect.FullName, id string) {
	w.rules++
	if !slices.Contains(plainRules, id) {
		w.t.Errorf("%s: the rule %s speaks as programs do; give it words in rules.proto or wording.go", name, id)
	}
}

func (w *rulesWalk) predefined(name protoreflect.FullName, rule protoreflect.FieldDescriptor) {
	predefined, _ := proto.GetExtension(rule.Options(), validate.E_Predefined).(*validate.PredefinedRules)
	require.NotEmpty(w.t, predefined.GetCel(), "%s: %s", name, rule.FullName())
	for _, rule := range predefined.GetCel() {
		w.expression(name, rule)
	}
}

func (w *rulesWalk) expression(name protoreflect.FullName, rule *validate.Rule) {
	w.rules++
	assert.NotEmpty(w.t, rule.GetMessage(), "%s: %s", name, rule.GetId())
	assert.NotRegexp(w.t, technical, rule.GetMessage(), "%s: %s", name, rule.GetId())
}

// What callers are told of the rules that the library would explain otherwise.
func TestWording(t *testing.T) {
	const amount = `must be a decimal amount such as "10.50" or "-10.50", ` +
		"with at most 12 digits before and 6 after the point"
	const kind = `must be a type of event such as "order.completed"`
	noAmount := "ten"
	violations := map[string]string{}
	v, err := newValidator()
	require.NoError(t, err)
	for _, request := range []proto.Message{
		&orderhubv1.AdjustWalletRequest{Merchant: "shop", Amount: "1e3", Reason: "r", Reference: "r"},
		&orderhubv1.UpdateMerchantRequest{Merchant: "shop", Changes: &orderhubv1.Merchant{LowBalance: noAmount}},
		&orderhubv1.ReplayEventsRequest{Endpoint: 1, EventTypes: []string{"ORDER"}},
		&orderhubv1.CreateEndpointRequest{Endpoint: &orderhubv1.WebhookEndpoint{
			Url: "https://a.example", EventTypes: []string{"order.failed", "order.failed"},
			Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_DISABLED,
		}},
		&orderhubv1.ListOrdersRequest{Status: []orderhubv1.OrderStatus{99, 0}},
		&orderhubv1.QuoteOrderRequest{}, &orderhubv1.ExportRequest{Kind: "secrets"},
	} {
		bad, ok := errors.AsType[*errs.InvalidError](v.check(request))
		require.True(t, ok, "%T", request)
		for _, violation := range bad.Violations {
			violations[violation.Field] = violation.Message
		}
	}
	const status = "must be ORDER_STATUS_PENDING, ORDER_STATUS_PROCESSING, ORDER_STATUS_COMPLETED, " +
		"ORDER_STATUS_FAILED or ORDER_STATUS_CANCELLED"
	assert.Equal(t, map[string]string{
		"amount": amount, "low_balance": amount, "event_types[0]": kind, "event_types": "must not have an entry twice",
		"status[0]": status, "status[1]": status, "lines": "must have at least 1 entry",
		"kind":   "must be orders, lines, transfers, units, attempts or claims",
		"status": "must be WEBHOOK_ENDPOINT_STATUS_ACTIVE or WEBHOOK_ENDPOINT_STATUS_INACTIVE",
	}, violations, "%v", slices.Sorted(maps.Keys(violations)))
}
