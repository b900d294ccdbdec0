package command

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// flagNames are the flags that fields of requests are given by, where a field is
// not an argument of the same name.
var flagNames = map[string]string{
	"currency": "--currency", "creditLimit": "--credit-limit", "email": "--email", "ipAllowlist": "--allow",
	"rateLimit.requestsPerMinute": "--rate", "rateLimit.burst": "--burst", "lowBalance": "--low-balance",
	"settings.storeName": "--store-name", "settings.callbackUrl": "--callback-url",
	"settings.billingAddresses": "--billing-address", "settings.defaultBillingAddressId": "--default-address",
	"label": "--label", "reference": "--reference", "description": "--description", "reason": "--reason",
	"settings": "--settings", "credentials": "--credentials", "maxConcurrency": "--concurrency",
	"timeout": "--timeout", "horizon": "--horizon", "status": "--status",
	"providerSku": "its SKU", "cost": "--cost", "priority": "--priority",
	"eventTypes": "--events", "eventsPerSecond": "--per-second", "startTime": "--from", "endTime": "--to",
	"percent": "--percent", "minSubtotal": "--min-subtotal", "products": "--products",
	"categories": "--categories", "maxUses": "--max-uses", "maxUsesPerMerchant": "--per-merchant",
	"useDateFrom": "--from", "useDateTo": "--to", "createTimeFrom": "--from", "createTimeTo": "--to",
	"price": "--price", "externalId": "its identifier", "externalOptionId": "--option",
	"referenceIdPrefix": "--reference", "fromTime": "--from", "toTime": "--to", "note": "--note",
	"callbackKey": "the callback key", "channelCode": "the channel code", "password": "the password",
	"evidence": "--evidence", "goods": "--goods", "operator": "--operator", "orderNumber": "--order",
	"recipient": "--user", "value": "--value", "order.notifyUrl": "--notify-url", "order.metadata": "--metadata",
	"order.expectedTotalAmount": "--expected-total", "order.recipient": "--user",
	"import_name": "the name of the file", // of the catalogue itself, which imports files
}

// flagName is the flag for a field, or for what it is a part of.
func flagName(field string) string {
	for whole := field; whole != ""; whole = whole[:max(strings.LastIndexAny(whole, ".["), 0)] {
		if flag, known := flagNames[whole]; known {
			return flag
		}
	}
	return field
}

// texts say, by reason, what a person can do with where the API's message is for
// programs. What is in braces is a field of the request.
var texts = map[string]string{
	"MERCHANT_NOT_FOUND":         `there is no merchant "{merchant}"`,
	"NO_WALLET":                  "{merchant} is an operator and has no wallet",
	"CURRENCY_MISMATCH":          "the wallet of {merchant} is not in {currency}",
	"DUPLICATE_REFERENCE":        `reference "{reference}" belongs to another movement`,
	"PURCHASE_NOT_FOUND":         "there is no purchase {purchase}",
	"PURCHASE_NOT_TAKEN":         "take it first: orderhub purchase take {purchase}",
	"APPROVAL_NOT_FOUND":         "there is no approval {approval}",
	"KEY_NOT_FOUND":              "{merchant|operator} has no key {key}",
	"OPERATOR_NOT_FOUND":         `there is no operator "{operator}"`,
	"SESSION_NOT_FOUND":          "there is no such session of this operator, or it has ended",
	"LAST_ADMIN":                 "nobody with the role admin and a key or password that works would be left",
	"PRODUCT_NOT_FOUND":          `there is no product "{product|sku}"`,
	"PROVIDER_NOT_FOUND":         `there is no provider "{provider}"`,
	"ATTEMPT_NOT_FOUND":          "there is no attempt {attempt}",
	"FINDING_NOT_FOUND":          "there is no finding {finding}",
	"OFFER_NOT_FOUND":            "there is no offer {offer}",
	"COUPON_NOT_FOUND":           `there is no coupon "{code}"`,
	"CATEGORY_NOT_FOUND":         `there is no category "{category}"`,
	"LISTING_NOT_FOUND":          "{merchant} has no listing {listing}",
	"UNIT_IMPORT_NOT_FOUND":      "there is no import {unit_import}",
	"UNIT_NOT_FOUND":             "there is no unit {unit} in stock",
	"PRICE_LIST_NOT_FOUND":       `there is no price list "{price_list}"`,
	"UNIT_SOLD":                  "unit {unit} is sold",
	"UNIT_VOID":                  "unit {unit} was taken out of stock for good",
	"UNIT_EXPIRED":               "unit {unit} has expired, or is within its product's margin before that",
	"WEBHOOK_ENDPOINT_NOT_FOUND": `there is no such endpoint; see "orderhub webhook list" and "event endpoint list"`,
	"WEBHOOK_DELIVERY_NOT_FOUND": `there is no such delivery; see "orderhub webhook deliveries"`,

	"PRICE_LIST_PROBLEMS": `"{price_list}" has problems with products; "orderhub price preview {price_list} ` +
		`--problems" shows them, --accept-problems takes them`,
}

// refusal is what the API refused, in the words of the command line.
type refusal struct {
	code         codes.Code
	reason, text string
	after        time.Duration // until the same may be taken; 0 where nothing is said
}

func (r *refusal) Error() string { return r.text }

// ofRequest reports whether another request may be taken all the same.
func (r *refusal) ofRequest() bool {
	switch r.code {
	case codes.InvalidArgument, codes.AlreadyExists, codes.FailedPrecondition, codes.Aborted, codes.NotFound:
		return true
	default:
		return false
	}
}

// refused reports whether the API refused for this reason.
func refused(err error, reason string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.reason == reason
}

// inWords turns the errors of calls into refusals.
func inWords(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.New("interrupted")
	}
	return wordsOf(err, req.(proto.Message))
}

// wordsOf is the error of a call with this request.
func wordsOf(err error, request proto.Message) *refusal {
	answer := status.Convert(err)
	r := &refusal{code: answer.Code(), text: answer.Message()}
	for _, detail := range answer.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			r.reason = d.GetReason()
			if text, known := texts[r.reason]; known {
				r.text = filled(text, request.ProtoReflect())
			}
		case *errdetails.RetryInfo:
			r.after = d.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			if violations := d.GetFieldViolations(); len(violations) > 0 {
				r.text = inFlags(violations[0])
			}
		}
	}
	return r
}

// inWordsOf is why a stream with this request ended; what kept it from being written stays as it is.
func inWordsOf(request proto.Message, err error) error {
	if _, refused := status.FromError(err); err == nil || !refused {
		return err
	}
	return wordsOf(err, request)
}

// inFlags names the flag, or the argument, that a violation is about.
func inFlags(v *errdetails.BadRequest_FieldViolation) string {
	// Some messages begin with the field themselves.
	said := strings.TrimPrefix(v.GetDescription(), v.GetField()+" ")
	for field, flag := range flagNames {
		if strings.ContainsFunc(field, isUpper) { // others are words, too
			said = strings.ReplaceAll(said, field, flag)
		}
	}
	return flagName(v.GetField()) + " " + said
}

func isUpper(r rune) bool { return 'A' <= r && r <= 'Z' }

var braced = regexp.MustCompile(`\{[a-z_|]+\}`)

// filled is a text with the values of a request's fields, of several the first that is set.
func filled(text string, request protoreflect.Message) string {
	return braced.ReplaceAllStringFunc(text, func(name string) string {
		var value protoreflect.Value
		for field := range strings.SplitSeq(strings.Trim(name, "{}"), "|") {
			var found bool
			if value, found = fieldOf(request, protoreflect.Name(field)); found {
				break
			}
		}
		return value.String()
	})
}

// fieldOf finds a field that is set in a request or in a message of it.
func fieldOf(m protoreflect.Message, name protoreflect.Name) (value protoreflect.Value, found bool) {
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.Name() == name && field.Message() == nil:
			value, found = v, true
		case field.Message() != nil && !field.IsList() && !field.IsMap():
			value, found = fieldOf(v.Message(), name)
		}
		return !found
	})
	return value, found
}
