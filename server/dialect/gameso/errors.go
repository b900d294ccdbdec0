package gameso

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/fault"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// comeBack is when to repeat after a fault that passes by itself.
const comeBack = time.Second

// refusal is an error as the partner's clients know it.
type refusal struct {
	status     int
	code       string
	message    string
	retryAfter time.Duration // 0 for no header
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

// badRequest: something is missing or of the wrong type.
func badRequest(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "BAD_REQUEST", message: fmt.Sprintf(format, args...)}
}

// invalid: of the right type, but breaking a constraint.
func invalid(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: "VALIDATION_ERROR", message: fmt.Sprintf(format, args...)}
}

func unauthorized() *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "UNAUTHORIZED", message: "Invalid or missing API key"}
}

func notFound(message string) *refusal {
	return &refusal{status: http.StatusNotFound, code: "NOT_FOUND", message: message}
}

func duplicate() *refusal {
	return &refusal{status: http.StatusConflict, code: "DUPLICATE_REFERENCE", message: "reference_id already exists"}
}

// unavailable is one code for two things: an empty wallet, which has no
// Retry-After, and trouble inside, which has.
func unavailable(message string, after time.Duration) *refusal {
	return &refusal{status: http.StatusServiceUnavailable, code: "SERVICE_UNAVAILABLE", message: message, retryAfter: after}
}

func trouble(after time.Duration) *refusal {
	return unavailable("Service temporarily unavailable", max(after, comeBack))
}

func internal() *refusal {
	return &refusal{status: http.StatusInternalServerError, code: "INTERNAL_SERVER_ERROR", message: "Internal server error"}
}

// refusalOf is the one table from the hub's errors to the partner's; nil for an
// error that nobody foresaw.
func refusalOf(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	if e, ok := errors.AsType[*account.RateLimitedError](err); ok {
		return &refusal{status: http.StatusTooManyRequests, code: "TOO_MANY_REQUESTS", message: "Rate limit exceeded", retryAfter: e.RetryAfter}
	}
	if e, ok := errors.AsType[*order.RetryLaterError](err); ok {
		return trouble(e.After)
	}
	if e, ok := errors.AsType[*order.LinesError](err); ok {
		return refusalOfLine(&e.Problems[0])
	}
	if _, ok := errors.AsType[*order.DuplicateReferenceError](err); ok {
		return duplicate()
	}
	if _, ok := errors.AsType[*order.InsufficientBalanceError](err); ok {
		return unavailable("Insufficient wallet balance", 0)
	}
	if e, ok := errors.AsType[*order.TooManyUnitsError](err); ok {
		return invalid("items must have at most %d units from stock", e.Max)
	}
	if e, ok := errors.AsType[*order.TotalTooLargeError](err); ok {
		return invalid("items must cost at most %s", toAmount(e.Max))
	}
	if e, ok := errors.AsType[*webhook.TooManyError](err); ok {
		return invalid("at most %d webhooks are allowed", e.Most)
	}
	if e, ok := errors.AsType[*fault.InvalidError](err); ok {
		return invalid("%s %s", wireName(e.Violations[0].Field), e.Violations[0].Message)
	}
	switch {
	case errors.Is(err, account.ErrUnauthenticated), errors.Is(err, account.ErrSuspended), errors.Is(err, account.ErrAddressNotAllowed),
		errors.Is(err, order.ErrMerchantSuspended):
		return unauthorized() // the partner lists no other status for these
	case errors.Is(err, order.ErrNotFound):
		return notFound("Order not found")
	case errors.Is(err, webhook.ErrEndpointNotFound):
		return notFound("Webhook not found")
	case errors.Is(err, door.ErrBodyTooLarge):
		return &refusal{
			status: http.StatusRequestEntityTooLarge, code: "PAYLOAD_TOO_LARGE",
			message: fmt.Sprintf("Request body exceeds %d bytes", door.MaxBodyBytes),
		}
	case errors.Is(err, door.ErrBodyEncoded):
		return &refusal{
			status: http.StatusUnsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE", message: "Content-Encoding is not supported",
		}
	case errors.Is(err, door.ErrBodyBroken), errors.Is(err, door.ErrMalformed):
		return badRequest("request body is not valid JSON")
	case errors.Is(err, fault.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return trouble(0)
	default:
		return nil
	}
}

// refusalOfLine: what cannot be ordered with nothing but a SKU and a quantity is
// as good as unknown.
func refusalOfLine(p *order.LineProblem) *refusal {
	switch p.Reason {
	case order.ReasonOutOfStock:
		return invalid("Out of stock: %s", p.SKU)
	case order.ReasonQuantityNotAllowed:
		return invalid("items[%d].quantity %s", p.Index, strings.TrimPrefix(p.Message, "the quantity "))
	default:
		return &refusal{status: http.StatusBadRequest, code: "INVALID_SKU", message: "Unknown SKU: " + p.SKU}
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

// explain answers with the refusal for err, and logs what nobody foresaw.
func (d *Door) explain(w http.ResponseWriter, r *http.Request, err error) {
	e := refusalOf(err)
	if e == nil {
		d.hub.Log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("door", Name),
			slog.String("request_id", w.Header().Get("X-Request-Id")), slog.Any("error", err))
		e = internal()
	}
	refuse(w, e)
}

func refuse(w http.ResponseWriter, e *refusal) {
	if e.retryAfter > 0 {
		door.RetryAfter(w, e.retryAfter)
	}
	door.WriteJSON(w, e.status, errorWire{Status: e.status, Code: e.code, Message: e.message})
}
