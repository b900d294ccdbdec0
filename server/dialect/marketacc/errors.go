package marketacc

import (
	"net/http"

	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
)

// The codes of section 5: a closed set.
const (
	codeInvalid      = "invalid_request"
	codeUnauthorized = "unauthenticated"
	codeBalance      = "insufficient_balance"
	codeForbidden    = "forbidden"
	codeNotFound     = "not_found"
	codeOutOfStock   = "out_of_stock"
	codeRateLimited  = "rate_limited"
	codeInternal     = "internal_error"
)

func invalid(message string, details ...detailWire) *door.Refusal {
	return &door.Refusal{Status: http.StatusBadRequest, Code: codeInvalid, Message: message, Details: details}
}

func notFound(message string) *door.Refusal {
	return &door.Refusal{Status: http.StatusNotFound, Code: codeNotFound, Message: message}
}

var (
	usedKey   = detailWire{Field: "idempotencyKey", Message: "already used for another order"}
	badCoupon = invalid("coupon cannot be used", detailWire{Field: "coupon", Message: "unknown or expired"})

	malformed  = door.Say(http.StatusBadRequest, codeInvalid, "request body is not valid JSON")
	banned     = door.Say(http.StatusForbidden, codeForbidden, "account is banned")
	limited    = door.Say(http.StatusTooManyRequests, codeRateLimited, "too many requests")
	outOfStock = door.Say(http.StatusConflict, codeOutOfStock, "out of stock")
	// The set of codes has no other for what passes by itself.
	internal = door.Say(http.StatusInternalServerError, codeInternal, "internal error, please try again")
)

// words are the partner's: {"error": {"code", "message", "details"}}.
var words = door.Words{
	Challenge: "Bearer",
	Body: func(e *door.Refusal) any {
		details, _ := e.Details.([]detailWire)
		return errorWire{errorBodyWire{Code: e.Code, Message: e.Message, Details: details}}
	},
	Answers: map[door.Cause]door.Answer{
		door.NoRoute:          door.Say(http.StatusNotFound, codeNotFound, "resource not found"),
		door.MethodNotAllowed: door.Say(http.StatusMethodNotAllowed, codeInvalid, "method not allowed"),

		door.Unauthenticated:   door.Say(http.StatusUnauthorized, codeUnauthorized, "missing or invalid API key"),
		door.Suspended:         banned,
		door.AddressNotAllowed: door.Say(http.StatusForbidden, codeForbidden, "IP address is not allowed"),
		door.ScopeMissing:      door.Say(http.StatusForbidden, codeForbidden, "API key does not allow this"),

		door.BodyTooLarge:  door.Say(http.StatusRequestEntityTooLarge, codeInvalid, "request body is too large"),
		door.BodyEncoded:   door.Say(http.StatusUnsupportedMediaType, codeInvalid, "Content-Encoding is not supported"),
		door.BodyBroken:    door.Say(http.StatusBadRequest, codeInvalid, "request body could not be read"),
		door.Malformed:     malformed,
		door.BodyNotObject: malformed,
		door.InvalidField: door.Describe(
			func(e *errs.InvalidError) *door.Refusal { return refusalOfField(e.Violations[0].Field) },
		),

		door.OrderNotFound: door.Say(http.StatusNotFound, codeNotFound, "order not found"),
		door.LinesRefused: door.Describe(
			func(e *order.LinesError) *door.Refusal { return refusalOfLine(e.Problems[0].Reason) },
		),
		door.CouponRefused: func(error) *door.Refusal { return badCoupon },
		door.Duplicate: func(error) *door.Refusal {
			return invalid("idempotencyKey was already used with a different body", usedKey)
		},
		door.InsufficientBalance: door.Say(http.StatusPaymentRequired, codeBalance, "insufficient balance"),
		door.TooManyUnits:        outOfStock, // nobody gets so many at once
		door.TotalTooLarge:       outOfStock, // a sum that nobody has
		door.PriceChanged:        outOfStock, // the door expects a total only of what nobody has

		door.RateLimited: limited,
		door.Overloaded:  limited,
		door.Busy:        internal,
		door.Unavailable: internal,
		door.Unforeseen:  internal,
	},
}

// refusalOfLine: a product that cannot be bought here is none; more than there
// is of it is out of stock, whoever set the bound.
func refusalOfLine(reason order.LineReason) *door.Refusal {
	switch reason {
	case order.ReasonOutOfStock, order.ReasonQuantityNotAllowed:
		return outOfStock(nil)
	default:
		return notFound("product not found")
	}
}

// refusalOfField: what the hub itself finds wrong with an order, by its field.
func refusalOfField(field string) *door.Refusal {
	switch field {
	case "reference_id":
		return invalid(
			"invalid request",
			detailWire{
				Field: "idempotencyKey", Message: "must have 1 to 255 characters, none of them a control character",
			},
		)
	case "coupon":
		return badCoupon
	default:
		return outOfStock(nil) // a quantity, or a sum, that nobody has
	}
}
