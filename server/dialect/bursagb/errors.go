package bursagb

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
)

// comeBack is when to repeat after a fault that passes by itself.
const comeBack = time.Second

// refusal is an error as the partner's clients know it.
type refusal struct {
	status     int
	message    string
	items      []itemWire         // the lines of a refused basket
	kept       []listedDetailWire // the lines of a refused cancel that live on
	retryAfter time.Duration      // 0 for no header
}

func (e *refusal) Error() string { return e.message }

func invalid(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, message: fmt.Sprintf(format, args...)}
}

func notFound(message string) *refusal {
	return &refusal{status: http.StatusNotFound, message: message}
}

func unauthorized() *refusal {
	return &refusal{status: http.StatusUnauthorized, message: "Unauthorized."}
}

func unsupported(message string) *refusal {
	return &refusal{status: http.StatusUnsupportedMediaType, message: message}
}

func tooMany(after time.Duration) *refusal {
	return &refusal{status: http.StatusTooManyRequests, message: "Too many requests.", retryAfter: max(after, comeBack)}
}

func internal() *refusal {
	return &refusal{status: http.StatusInternalServerError, message: "Internal error."}
}

// later is a fault that passes by itself: the partner's clients repeat on 500.
func later(after time.Duration) *refusal {
	e := internal()
	e.retryAfter = max(after, comeBack)
	return e
}

var (
	errSwitchedOff     = notFound("API access is switched off.")
	errBillingAddress  = invalid("Billing address not found.")
	errNotCancellable  = invalid("Order can no longer be cancelled.")
	errLineWithSupply  = invalid("Order line can no longer be cancelled.")
	errOrderNotFound   = notFound("Order not found.")
	errDetailNotFound  = notFound("Order detail not found.")
	errProductNotFound = notFound("Product not found.")
)

// documented turns the hub's names of fields into the partner's.
var documented = strings.NewReplacer("lines", "basketData", ".quantity", ".Quantity", ".external_reference", ".DeliverID",
	".fields", ".RequireData", ".sku", ".CustomerStoreProductID", "notify_url", "NotifyURL")

// refusalOf is the one table from the hub's errors to the partner's; nil for an
// error that nobody foresaw.
func refusalOf(err error) *refusal {
	if e, ok := errors.AsType[*refusal](err); ok {
		return e
	}
	if e, ok := errors.AsType[*account.RateLimitedError](err); ok {
		return tooMany(e.RetryAfter)
	}
	if e, ok := errors.AsType[*account.LockedError](err); ok {
		return tooMany(e.RetryAfter)
	}
	if e, ok := errors.AsType[*order.RetryLaterError](err); ok {
		if errors.Is(e.Err, order.ErrOverloaded) {
			return tooMany(e.After)
		}
		return later(e.After)
	}
	if _, ok := errors.AsType[*order.InsufficientBalanceError](err); ok {
		return invalid("Insufficient balance.")
	}
	if e, ok := errors.AsType[*order.TooManyUnitsError](err); ok {
		return invalid("basketData must have at most %d units from stock.", e.Max)
	}
	if e, ok := errors.AsType[*order.TotalTooLargeError](err); ok {
		return invalid("basketData must cost at most %s.", e.Max.Format(e.Currency))
	}
	if e, ok := errors.AsType[*fault.InvalidError](err); ok {
		return invalid("%s %s.", documented.Replace(e.Violations[0].Field), e.Violations[0].Message)
	}
	switch {
	case errors.Is(err, account.ErrBadCredentials):
		return invalid("Invalid email or password.")
	case errors.Is(err, account.ErrUnauthenticated):
		return unauthorized()
	case errors.Is(err, account.ErrSuspended), errors.Is(err, account.ErrAddressNotAllowed), errors.Is(err, order.ErrMerchantSuspended):
		return &refusal{status: http.StatusForbidden, message: "Forbidden."}
	case errors.Is(err, order.ErrNotFound):
		return errOrderNotFound
	case errors.Is(err, order.ErrNotCancellable):
		return errLineWithSupply
	case errors.Is(err, door.ErrBodyTooLarge):
		return invalid("The request body is too large.")
	case errors.Is(err, door.ErrBodyEncoded):
		return unsupported("Content-Encoding is not supported.")
	case errors.Is(err, door.ErrBodyBroken):
		return invalid("The request body could not be read.")
	case errors.Is(err, door.ErrMalformed):
		return invalid("The request body is not valid JSON.")
	case errors.Is(err, fault.ErrUnavailable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return later(0)
	default:
		return nil
	}
}

// reasonOf words why a line is refused; the wording is stable.
func reasonOf(p *order.LineProblem) string {
	switch p.Reason {
	case order.ReasonOutOfStock:
		return "Out of stock"
	case order.ReasonPriceChanged:
		return "Price changed"
	case order.ReasonProductNotAvailable, order.ReasonDateNotAvailable:
		return "Product not on sale"
	case order.ReasonQuantityNotAllowed:
		return "Quantity not allowed"
	case order.ReasonReferenceUsed:
		return "DeliverID already used"
	case order.ReasonFieldInvalid:
		if p.Missing {
			return "Required data missing: " + p.Field
		}
		return "Required data invalid: " + p.Field
	default:
		return "Product not found"
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
	if e.kept != nil {
		door.WriteJSON(w, e.status, envelope[keptWire]{Data: keptWire{Details: e.kept}, Message: e.message})
		return
	}
	if e.items != nil {
		door.WriteJSON(w, e.status, envelope[orderWire]{
			Data: orderWire{Details: []detailWire{}, Items: e.items}, Message: e.message,
		})
		return
	}
	door.WriteJSON(w, e.status, envelope[any]{Message: e.message})
}

func answer[T any](w http.ResponseWriter, data T) error {
	door.WriteJSON(w, http.StatusOK, envelope[T]{Data: data, Success: true, Message: "OK"})
	return nil
}
