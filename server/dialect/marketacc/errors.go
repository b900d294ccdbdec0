package marketacc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/fault"
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

// comeBack is when to repeat after a fault that passes by itself.
const comeBack = time.Second

// refusal is an error as the partner's clients know it.
type refusal struct {
	status     int
	code       string
	message    string
	details    []detailWire
	retryAfter time.Duration // 0 for no header
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

func invalid(message string, details ...detailWire) *refusal {
	return &refusal{status: http.StatusBadRequest, code: codeInvalid, message: message, details: details}
}

func notFound(message string) *refusal {
	return &refusal{status: http.StatusNotFound, code: codeNotFound, message: message}
}

func outOfStock() *refusal {
	return &refusal{status: http.StatusConflict, code: codeOutOfStock, message: "out of stock"}
}

func forbidden(message string) *refusal {
	return &refusal{status: http.StatusForbidden, code: codeForbidden, message: message}
}

func unauthenticated() *refusal {
	return &refusal{status: http.StatusUnauthorized, code: codeUnauthorized, message: "missing or invalid API key"}
}

func limited(after time.Duration) *refusal {
	return &refusal{status: http.StatusTooManyRequests, code: codeRateLimited, message: "too many requests", retryAfter: after}
}

func internal() *refusal {
	return &refusal{status: http.StatusInternalServerError, code: codeInternal, message: "internal error, please try again"}
}

// later is a fault that passes by itself; the set of codes has no other for it.
func later(after time.Duration) *refusal {
	e := internal()
	e.retryAfter = after
	return e
}

var (
	usedKey   = detailWire{Field: "idempotencyKey", Message: "already used for another order"}
	badCoupon = detailWire{Field: "coupon", Message: "unknown or expired"}
)

// refusalOf is the one table from the hub's errors to the partner's; nil for an
// error that nobody foresaw.
func refusalOf(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	if e, ok := errors.AsType[*account.RateLimitedError](err); ok {
		return limited(e.RetryAfter)
	}
	if e, ok := errors.AsType[*order.RetryLaterError](err); ok {
		if errors.Is(e.Err, order.ErrOverloaded) {
			return limited(e.After)
		}
		return later(e.After)
	}
	if e, ok := errors.AsType[*order.LinesError](err); ok {
		return refusalOfLine(e.Problems[0].Reason)
	}
	if e, ok := errors.AsType[*fault.InvalidError](err); ok {
		return refusalOfField(e.Violations[0].Field)
	}
	if _, ok := errors.AsType[*order.DuplicateReferenceError](err); ok {
		return invalid("idempotencyKey was already used with a different body", usedKey)
	}
	if _, ok := errors.AsType[*order.CouponError](err); ok {
		return invalid("coupon cannot be used", badCoupon)
	}
	if _, ok := errors.AsType[*order.TooManyUnitsError](err); ok {
		return outOfStock() // nobody gets so many at once
	}
	if _, ok := errors.AsType[*order.TotalTooLargeError](err); ok {
		return outOfStock() // a sum that nobody has
	}
	if _, ok := errors.AsType[*order.PriceChangedError](err); ok {
		return outOfStock() // the door expects a total only of what nobody has
	}
	if _, ok := errors.AsType[*order.InsufficientBalanceError](err); ok {
		return &refusal{status: http.StatusPaymentRequired, code: codeBalance, message: "insufficient balance"}
	}
	return refusalOfSentinel(err)
}

// refusalOfSentinel is the part of the table for errors that carry nothing.
func refusalOfSentinel(err error) *refusal {
	switch {
	case errors.Is(err, account.ErrUnauthenticated):
		return unauthenticated()
	case errors.Is(err, account.ErrSuspended), errors.Is(err, order.ErrMerchantSuspended):
		return forbidden("account is banned")
	case errors.Is(err, account.ErrAddressNotAllowed):
		return forbidden("IP address is not allowed")
	case errors.Is(err, order.ErrNotFound):
		return notFound("order not found")
	case errors.Is(err, door.ErrBodyTooLarge):
		e := invalid("request body is too large")
		e.status = http.StatusRequestEntityTooLarge
		return e
	case errors.Is(err, door.ErrBodyEncoded):
		e := invalid("Content-Encoding is not supported")
		e.status = http.StatusUnsupportedMediaType
		return e
	case errors.Is(err, door.ErrBodyBroken):
		return invalid("request body could not be read")
	case errors.Is(err, door.ErrMalformed):
		return invalid("request body is not valid JSON")
	case errors.Is(err, fault.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return later(comeBack)
	default:
		return nil
	}
}

// refusalOfLine: a product that cannot be bought here is none; more than there
// is of it is out of stock, whoever set the bound.
func refusalOfLine(reason order.LineReason) *refusal {
	switch reason {
	case order.ReasonOutOfStock, order.ReasonQuantityNotAllowed:
		return outOfStock()
	default:
		return notFound("product not found")
	}
}

// refusalOfField: what the hub itself finds wrong with an order, by its field.
func refusalOfField(field string) *refusal {
	switch field {
	case "reference_id":
		return invalid("invalid request", detailWire{Field: "idempotencyKey", Message: "must have 1 to 255 characters, none of them a control character"})
	case "coupon":
		return invalid("coupon cannot be used", badCoupon)
	default:
		return outOfStock() // a quantity, or a sum, that nobody has
	}
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
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if e.retryAfter > 0 {
		door.RetryAfter(w, e.retryAfter)
	}
	door.WriteJSON(w, e.status, errorWire{errorBodyWire{Code: e.code, Message: e.message, Details: e.details}})
}
