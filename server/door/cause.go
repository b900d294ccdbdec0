package door

import (
	"context"
	"errors"
	"net/http"
	"time"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/password"
	"orderhub/server/webhook"
)

// Cause is why a request is refused: each thing that some door tells apart.
type Cause int

// The causes. The zero value is a fault of the hub that nobody foresaw.
const (
	Unforeseen Cause = iota
	NoRoute
	MethodNotAllowed

	Unauthenticated
	BadCredentials
	Suspended
	AddressNotAllowed
	ScopeMissing // the key may not do this, whatever the request says

	BodyTooLarge
	BodyEncoded
	BodyBroken
	BodyNotJSON // by what the request says of it
	Malformed
	BodyNotObject
	InvalidField

	OrderNotFound
	EndpointNotFound
	TooManyEndpoints

	LinesRefused
	CouponRefused
	Duplicate
	InsufficientBalance
	TooManyUnits
	TotalTooLarge
	PriceChanged
	NotCancellable

	// What passes by itself; each comes with when to repeat.
	RateLimited // the caller asks too often
	Locked      // too many wrong passwords
	Overloaded  // the hub has too much at work
	Busy        // what is asked for, or the hub, is just at something else
	Unavailable // something the hub needs is away or was too slow
)

// ErrNoRoute: there is nothing under the path.
var ErrNoRoute = errors.New("no such path")

// MethodError: what is under the path does not know the method.
type MethodError struct {
	Method string
	Allow  string // the methods that it knows
}

func (e *MethodError) Error() string { return "method " + e.Method + " is not allowed" }

// causes is every error of the domain that doors foresee. The first row that
// knows an error decides.
var causes = []struct {
	cause Cause
	is    func(error) bool
}{
	{NoRoute, is(ErrNoRoute)},
	{MethodNotAllowed, as[*MethodError]},
	{RateLimited, as[*account.RateLimitedError]},
	{Locked, as[*password.LockedError]},
	{Overloaded, func(err error) bool {
		return as[*order.RetryLaterError](err) && errors.Is(err, order.ErrOverloaded)
	}},
	{Busy, as[*order.RetryLaterError]},
	{LinesRefused, as[*order.LinesError]},
	{CouponRefused, as[*order.CouponError]},
	{Duplicate, as[*order.DuplicateReferenceError]},
	{InsufficientBalance, as[*order.InsufficientBalanceError]},
	{TooManyUnits, as[*order.TooManyUnitsError]},
	{TotalTooLarge, as[*order.TotalTooLargeError]},
	{PriceChanged, as[*order.PriceChangedError]},
	{TooManyEndpoints, as[*webhook.TooManyError]},
	{InvalidField, as[*errs.InvalidError]},
	{BadCredentials, is(account.ErrBadCredentials)},
	{Unauthenticated, is(account.ErrUnauthenticated)},
	{Suspended, is(account.ErrSuspended)},
	{Suspended, is(order.ErrMerchantSuspended)},
	{AddressNotAllowed, is(account.ErrAddressNotAllowed)},
	{ScopeMissing, as[*account.ScopeMissingError]},
	{OrderNotFound, is(order.ErrNotFound)},
	{EndpointNotFound, is(webhook.ErrEndpointNotFound)},
	{NotCancellable, is(order.ErrNotCancellable)},
	{BodyTooLarge, is(ErrBodyTooLarge)},
	{BodyEncoded, is(ErrBodyEncoded)},
	{BodyBroken, is(ErrBodyBroken)},
	{BodyNotJSON, as[*TypeError]},
	{Malformed, is(ErrMalformed)},
	{BodyNotObject, is(ErrNotObject)},
	{Unavailable, is(errs.ErrUnavailable)},
	{Unavailable, is(context.DeadlineExceeded)},
	{Unavailable, is(context.Canceled)},
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// CauseOf says why err refuses a request.
func CauseOf(err error) Cause {
	for i := range causes {
		if causes[i].is(err) {
			return causes[i].cause
		}
	}
	return Unforeseen
}

// comeBack is when to repeat, at the soonest, after what passes by itself.
const comeBack = time.Second

// repeatAfter says when a request that failed with err may be repeated, 0 when
// that would not help.
func repeatAfter(err error, cause Cause) time.Duration {
	if cause < RateLimited {
		return 0
	}
	var after time.Duration
	if e, ok := errors.AsType[*account.RateLimitedError](err); ok {
		after = e.RetryAfter
	} else if e, ok := errors.AsType[*password.LockedError](err); ok {
		after = e.RetryAfter
	} else if e, ok := errors.AsType[*order.RetryLaterError](err); ok {
		after = e.After
	}
	return max(after, comeBack)
}

// Refusal is an answer that refuses a request, in a partner's words.
type Refusal struct {
	Status     int
	Code       string // "" where the partner has none
	Message    string
	Details    any           // what else the partner's answer says
	RetryAfter time.Duration // 0 for no header
}

func (e *Refusal) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

// Refusal is itself; see [Words.Of].
func (e *Refusal) Refusal() *Refusal { return e }

// Answer words the refusal of an error whose cause is known.
type Answer func(err error) *Refusal

// Say is the answer that is always the same.
func Say(status int, code, message string) Answer {
	return func(error) *Refusal { return &Refusal{Status: status, Code: code, Message: message} }
}

// Describe is the answer that says something of the error, which is an E.
func Describe[E error](word func(E) *Refusal) Answer {
	return func(err error) *Refusal {
		e, _ := errors.AsType[E](err)
		return word(e)
	}
}

// Words are how one partner refuses.
type Words struct {
	// Answers has what is told of each cause; one without an answer is told like
	// [Unforeseen], which must have one.
	Answers map[Cause]Answer
	// Body is a refusal as the partner writes it in JSON.
	Body func(*Refusal) any
	// Challenge goes as WWW-Authenticate with a 401; "" for none.
	Challenge string
}

// Of is what err is told as; nil for an error that has no answer. An error with a
// method Refusal has its answer already.
func (o *Words) Of(err error) *Refusal {
	if own, ok := errors.AsType[interface {
		error
		Refusal() *Refusal
	}](err); ok {
		return own.Refusal()
	}
	cause := CauseOf(err)
	answer, ok := o.Answers[cause]
	if !ok || cause == Unforeseen {
		return nil
	}
	e := *answer(err) // which may be everybody's
	e.RetryAfter = repeatAfter(err, cause)
	return &e
}

// Fault is what a fault of the hub is told as.
func (o *Words) Fault() *Refusal { return o.Answers[Unforeseen](nil) }

func (o *Words) Refuse(w http.ResponseWriter, e *Refusal) {
	if o.Challenge != "" && e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", o.Challenge)
	}
	if e.RetryAfter > 0 {
		RetryAfter(w, e.RetryAfter)
	}
	WriteJSON(w, e.Status, o.Body(e))
}
