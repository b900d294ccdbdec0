package gameso

import (
	"fmt"
	"net/http"
	"strings"

	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// badRequest: something is missing or of the wrong type.
func badRequest(message string) *door.Refusal {
	return &door.Refusal{Status: http.StatusBadRequest, Code: "BAD_REQUEST", Message: message}
}

// invalid: of the right type, but breaking a constraint.
func invalid(format string, args ...any) *door.Refusal {
	return &door.Refusal{Status: http.StatusBadRequest, Code: "VALIDATION_ERROR", Message: fmt.Sprintf(format, args...)}
}

// walletEmpty tells an empty wallet from trouble inside: their code is the same.
const walletEmpty = "Insufficient wallet balance"

var (
	// The partner lists no other status for who may not come in.
	unauthorized = door.Say(http.StatusUnauthorized, "UNAUTHORIZED", "Invalid or missing API key")
	duplicate    = door.Say(http.StatusConflict, "DUPLICATE_REFERENCE", "reference_id already exists")
	notJSON      = door.Say(http.StatusBadRequest, "BAD_REQUEST", "request body is not valid JSON")
	// One code stands for two things: an empty wallet, which has no Retry-After,
	// and trouble inside, which has.
	unavailable = door.Say(http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "Service temporarily unavailable")
	throttled   = door.Say(http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "Rate limit exceeded")
	internal    = door.Say(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", "Internal server error")
)

// words are the partner's: {"status", "code", "message"}.
var words = door.Words{
	Body: func(e *door.Refusal) any { return errorWire{Status: e.Status, Code: e.Code, Message: e.Message} },
	Answers: map[door.Cause]door.Answer{
		door.NoRoute:          door.Say(http.StatusNotFound, "NOT_FOUND", "Resource not found"),
		door.MethodNotAllowed: door.Say(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "Method not allowed"),

		door.Unauthenticated:   unauthorized,
		door.Suspended:         unauthorized,
		door.AddressNotAllowed: unauthorized,
		door.ScopeMissing:      unauthorized,

		door.BodyTooLarge: door.Say(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE",
			fmt.Sprintf("Request body exceeds %d bytes", door.MaxBodyBytes)),
		door.BodyEncoded: door.Say(
			http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding is not supported",
		),
		door.BodyBroken:    notJSON,
		door.BodyNotJSON:   door.Say(http.StatusBadRequest, "BAD_REQUEST", "Content-Type must be application/json"),
		door.Malformed:     notJSON,
		door.BodyNotObject: door.Say(http.StatusBadRequest, "BAD_REQUEST", "request body must be an object"),
		door.InvalidField: door.Describe(func(e *errs.InvalidError) *door.Refusal {
			return invalid("%s %s", wireName(e.Violations[0].Field), e.Violations[0].Message)
		}),

		door.OrderNotFound:    door.Say(http.StatusNotFound, "NOT_FOUND", "Order not found"),
		door.EndpointNotFound: door.Say(http.StatusNotFound, "NOT_FOUND", "Webhook not found"),
		door.TooManyEndpoints: door.Describe(func(e *webhook.TooManyError) *door.Refusal {
			return invalid("at most %d webhooks are allowed", e.Most)
		}),

		door.LinesRefused: door.Describe(func(e *order.LinesError) *door.Refusal {
			return refusalOfLine(&e.Problems[0])
		}),
		door.Duplicate: duplicate,

		door.InsufficientBalance: door.Say(http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", walletEmpty),
		door.TooManyUnits: door.Describe(func(e *order.TooManyUnitsError) *door.Refusal {
			return invalid("items must have at most %d units from stock", e.Max)
		}),
		door.TotalTooLarge: door.Describe(func(e *order.TotalTooLargeError) *door.Refusal {
			return invalid("items must cost at most %s", toAmount(e.Max))
		}),

		door.RateLimited: throttled,
		door.Overloaded:  unavailable,
		door.Busy:        unavailable,
		door.Unavailable: unavailable,
		door.Unforeseen:  internal,
	},
}

// refusalOfLine: what cannot be ordered with nothing but a SKU and a quantity is
// as good as unknown.
func refusalOfLine(p *order.LineProblem) *door.Refusal {
	switch p.Reason {
	case order.ReasonRecipientNotFound:
		return invalid("No such player for %s", p.SKU)
	case order.ReasonRecipientUnchecked: // the hub has just tried
		return unavailable(nil)
	case order.ReasonOutOfStock:
		return invalid("Out of stock: %s", p.SKU)
	case order.ReasonQuantityNotAllowed:
		return invalid("items[%d].quantity %s", p.Index, strings.TrimPrefix(p.Message, "the quantity "))
	default:
		return &door.Refusal{Status: http.StatusBadRequest, Code: "INVALID_SKU", Message: "Unknown SKU: " + p.SKU}
	}
}

// wireName is a field of the hub as the partner calls it.
func wireName(field string) string {
	if rest, ok := strings.CutPrefix(field, "lines"); ok {
		return "items" + rest
	}
	if rest, ok := strings.CutPrefix(field, "event_types"); ok {
		return "events" + rest
	}
	return strings.TrimPrefix(field, "recipient.")
}
