package bursagb

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
)

func invalid(format string, args ...any) *door.Refusal {
	return &door.Refusal{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

func notFound(message string) *door.Refusal {
	return &door.Refusal{Status: http.StatusNotFound, Message: message}
}

var (
	errSwitchedOff     = notFound("API access is switched off.")
	errBillingAddress  = invalid("Billing address not found.")
	errNotCancellable  = invalid("Order can no longer be cancelled.")
	errLineWithSupply  = invalid("Order line can no longer be cancelled.")
	errDetailNotFound  = notFound("Order detail not found.")
	errProductNotFound = notFound("Product not found.")
)

// documented turns the hub's names of fields into the partner's.
var documented = strings.NewReplacer(
	"lines", "basketData", ".quantity", ".Quantity", ".external_reference", ".DeliverID",
	".fields", ".RequireData", ".sku", ".CustomerStoreProductID", "notify_url", "NotifyURL",
)

func say(status int, message string) door.Answer { return door.Say(status, "", message) }

var (
	malformed = say(http.StatusBadRequest, "The request body is not valid JSON.")
	forbidden = say(http.StatusForbidden, "Forbidden.")
	tooMany   = say(http.StatusTooManyRequests, "Too many requests.")
	// The partner's clients repeat on 500, so it also tells what passes by itself.
	internal = say(http.StatusInternalServerError, "Internal error.")
)

// words are the partner's: its envelope without success.
var words = door.Words{
	Challenge: "Bearer",
	Body:      body,
	Answers: map[door.Cause]door.Answer{
		door.NoRoute:          say(http.StatusNotFound, "Not found."),
		door.MethodNotAllowed: say(http.StatusMethodNotAllowed, "Method not allowed."),

		door.BadCredentials:    say(http.StatusBadRequest, "Invalid email or password."),
		door.Unauthenticated:   say(http.StatusUnauthorized, "Unauthorized."),
		door.Suspended:         forbidden,
		door.AddressNotAllowed: forbidden,
		door.ScopeMissing:      forbidden,

		door.BodyTooLarge:  say(http.StatusBadRequest, "The request body is too large."),
		door.BodyEncoded:   say(http.StatusUnsupportedMediaType, "Content-Encoding is not supported."),
		door.BodyBroken:    say(http.StatusBadRequest, "The request body could not be read."),
		door.BodyNotJSON:   say(http.StatusUnsupportedMediaType, "Content-Type must be application/json."),
		door.Malformed:     malformed,
		door.BodyNotObject: malformed,
		door.InvalidField: door.Describe(func(e *errs.InvalidError) *door.Refusal {
			return invalid("%s %s.", documented.Replace(e.Violations[0].Field), e.Violations[0].Message)
		}),

		door.OrderNotFound:       say(http.StatusNotFound, "Order not found."),
		door.NotCancellable:      func(error) *door.Refusal { return errLineWithSupply },
		door.InsufficientBalance: say(http.StatusBadRequest, "Insufficient balance."),
		door.TooManyUnits: door.Describe(func(e *order.TooManyUnitsError) *door.Refusal {
			return invalid("basketData must have at most %d units from stock.", e.Max)
		}),
		door.TotalTooLarge: door.Describe(func(e *order.TotalTooLargeError) *door.Refusal {
			return invalid("basketData must cost at most %s.", e.Max.Format(e.Currency))
		}),

		door.RateLimited: tooMany,
		door.Locked:      tooMany,
		door.Overloaded:  tooMany,
		door.Busy:        internal,
		door.Unavailable: internal,
		door.Unforeseen:  internal,
	},
}

// body is a refusal's envelope. Its details are the lines of a refused basket, or
// those of a refused cancel that live on.
func body(e *door.Refusal) any {
	switch details := e.Details.(type) {
	case []listedDetailWire:
		return envelope[keptWire]{Data: keptWire{Details: details}, Message: e.Message}
	case []itemWire:
		return envelope[orderWire]{Data: orderWire{Details: []detailWire{}, Items: details}, Message: e.Message}
	default:
		return envelope[any]{Message: e.Message}
	}
}

// reasons word why a line is refused; the wording is stable.
var reasons = map[order.LineReason]string{
	order.ReasonOutOfStock:          "Out of stock",
	order.ReasonPriceChanged:        "Price changed",
	order.ReasonRecipientNotFound:   "Recipient not found",
	order.ReasonRecipientUnchecked:  "Recipient cannot be checked now", // the hub has just tried
	order.ReasonProductNotAvailable: "Product not on sale",
	order.ReasonDateNotAvailable:    "Product not on sale",
	order.ReasonQuantityNotAllowed:  "Quantity not allowed",
	order.ReasonReferenceUsed:       "DeliverID already used",
}

func reasonOf(p *order.LineProblem) string {
	switch {
	case p.Reason != order.ReasonFieldInvalid:
		return cmp.Or(reasons[p.Reason], "Product not found")
	case p.Missing:
		return "Required data missing: " + p.Field
	default:
		return "Required data invalid: " + p.Field
	}
}

func answer[T any](w http.ResponseWriter, data T) error {
	door.WriteJSON(w, http.StatusOK, envelope[T]{Data: data, Success: true, Message: "OK"})
	return nil
}
