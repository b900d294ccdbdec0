package api

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"orderhub/server/account"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/session"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

// errorDomain is the domain of every ErrorInfo of ours.
const errorDomain = "orderhub"

// unavailableRetry is when to come back after a failure that passes by itself.
const unavailableRetry = time.Second

// How much an error may say.
const (
	maxViolationBytes = 4 << 10
	maxFieldBytes     = 200
	maxMessageBytes   = 500
)

// errTooMany: the call was not looked at, because too many were at work.
var errTooMany = errors.New("too many calls at once")

// problem is an error as callers see it.
type problem struct {
	code       codes.Code
	reason     string // stable, for programs
	message    string // for people; never repeats secrets or personal data
	metadata   map[string]string
	violations []errs.Violation
	retryAfter time.Duration // 0: not worth repeating, or nobody knows when
}

var (
	internalProblem = problem{
		code: codes.Internal, reason: "INTERNAL", message: "a fault of the hub; its log has the cause under the request id",
	}
	noMessageProblem   = problem{code: codes.DeadlineExceeded, reason: "REQUEST_TOO_SLOW", message: errNoMessage.Error()}
	unavailableProblem = problem{
		code: codes.Unavailable, reason: "UNAVAILABLE",
		message: "something the hub needs cannot be reached just now; repeat the call", retryAfter: unavailableRetry,
	}
)

// row describes the errors of one kind; nil for any other.
type row func(error) *problem

// table is every error of the domain, and what callers are told. The first row
// that knows the error decides.
var table = []row{
	as(func(e *errs.InvalidError) problem { return invalid(e.Violations) }),
	as(retryLater),
	is(errs.ErrUnavailable, unavailableProblem),
	is(errUndecodable, problem{code: codes.InvalidArgument, reason: "VALIDATION_FAILED"}),
	as(func(e *tooLargeError) problem {
		return problem{code: codes.ResourceExhausted, reason: "REQUEST_TOO_LARGE", message: e.Error()}
	}),
	is(errNoMessage, noMessageProblem),
	is(errCutOff, problem{code: codes.InvalidArgument, reason: "VALIDATION_FAILED"}),
	is(errStopping, problem{code: codes.Unavailable, reason: "UNAVAILABLE", retryAfter: unavailableRetry}),
	is(event.ErrForeignPosition, problem{code: codes.FailedPrecondition, reason: "POSITION_OF_ANOTHER_LOG"}),
	as(func(e *event.BeyondEndError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "POSITION_OF_ANOTHER_LOG", message: e.Error(), metadata: goOnAfter(e.Last),
		}
	}),
	as(func(e *event.NoLongerKeptError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "POSITION_NO_LONGER_KEPT", message: e.Error(), metadata: goOnAfter(e.Last),
		}
	}),
	is(errTooSlow, problem{code: codes.Aborted, reason: "READING_TOO_SLOWLY"}),

	is(account.ErrSeveralKeys, problem{
		code: codes.Unauthenticated, reason: "UNAUTHENTICATED",
		message: "the request carries two different API keys; send one",
	}),
	is(account.ErrOtherCertificate, problem{
		code: codes.Unauthenticated, reason: "UNAUTHENTICATED",
		message: "the client's certificate stands for another API key; send that one, or none",
	}),
	is(account.ErrUnauthenticated, problem{code: codes.Unauthenticated, reason: "UNAUTHENTICATED"}),
	is(errOutOfScope, problem{code: codes.PermissionDenied, reason: "PERMISSION_DENIED"}),
	as(func(e *account.ScopeMissingError) problem {
		return problem{
			code: codes.PermissionDenied, reason: "SCOPE_MISSING", message: e.Error(),
			metadata: map[string]string{"scopes": account.ListScopes(e.Scopes, ",")},
		}
	}),
	as(func(e *operator.MissingRoleError) problem {
		return problem{
			code: codes.PermissionDenied, reason: "ROLE_MISSING", message: e.Error(),
			metadata: map[string]string{"role": e.Role.String()},
		}
	}),
	is(operator.ErrSuspended, problem{code: codes.PermissionDenied, reason: "OPERATOR_SUSPENDED"}),
	is(account.ErrSuspended, problem{code: codes.PermissionDenied, reason: "MERCHANT_SUSPENDED"}),
	is(order.ErrMerchantSuspended, problem{code: codes.PermissionDenied, reason: "MERCHANT_SUSPENDED"}),
	is(account.ErrAddressNotAllowed, problem{code: codes.PermissionDenied, reason: "ADDRESS_NOT_ALLOWED"}),
	as(func(e *account.RateLimitedError) problem {
		return problem{code: codes.ResourceExhausted, reason: "RATE_LIMITED", message: e.Error(), retryAfter: e.RetryAfter}
	}),

	as(refusedLines),
	as(refusedCoupon),
	as(duplicateReference),
	as(func(e *order.InsufficientBalanceError) problem {
		missing := e.Missing.Format(e.Currency)
		return problem{
			code: codes.FailedPrecondition, reason: "INSUFFICIENT_BALANCE", message: e.Error(),
			metadata: map[string]string{"missing_amount": missing, "currency": string(e.Currency)},
		}
	}),
	as(func(e *account.BelowLimitError) problem {
		missing := e.Missing.Format(e.Currency)
		return problem{
			code: codes.FailedPrecondition, reason: "INSUFFICIENT_BALANCE", message: e.Error(),
			metadata: map[string]string{"missing_amount": missing, "currency": string(e.Currency)},
		}
	}),
	as(func(e *order.PriceChangedError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "PRICE_CHANGED", message: e.Error(),
			metadata: map[string]string{"total_amount": e.Actual.Format(e.Currency), "currency": string(e.Currency)},
		}
	}),
	as(func(e *order.TooManyUnitsError) problem {
		return problem{
			code: codes.InvalidArgument, reason: "TOO_MANY_UNITS", message: e.Error(),
			metadata: map[string]string{"max_units": strconv.FormatInt(e.Max, 10)},
		}
	}),
	as(func(e *order.TotalTooLargeError) problem {
		return problem{
			code: codes.InvalidArgument, reason: "ORDER_TOTAL_TOO_LARGE", message: e.Error(),
			metadata: map[string]string{"max_total_amount": e.Max.Format(e.Currency), "currency": string(e.Currency)},
		}
	}),
	is(order.ErrHoldNotFound, problem{code: codes.NotFound, reason: "HOLD_NOT_FOUND"}),
	as(holdEnded),
	as(holdExtended),
	as(tooManyHolds),
	is(order.ErrNotFound, problem{code: codes.NotFound, reason: "ORDER_NOT_FOUND"}),
	as(linesBusy),
	is(order.ErrNotCancellable, problem{code: codes.FailedPrecondition, reason: "NOT_CANCELLABLE"}),
	is(order.ErrNotFinal, problem{code: codes.FailedPrecondition, reason: "ORDER_NOT_FINAL"}),

	is(catalog.ErrProductNotFound, problem{code: codes.NotFound, reason: "PRODUCT_NOT_FOUND"}),
	is(catalog.ErrCategoryNotFound, problem{code: codes.NotFound, reason: "CATEGORY_NOT_FOUND"}),
	is(catalog.ErrListingNotFound, problem{code: codes.NotFound, reason: "LISTING_NOT_FOUND"}),
	is(catalog.ErrCouponNotFound, problem{code: codes.NotFound, reason: "COUPON_NOT_FOUND"}),
	is(catalog.ErrPriceListNotFound, problem{code: codes.NotFound, reason: "PRICE_LIST_NOT_FOUND"}),
	as(func(e *catalog.PriceProblemsError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "PRICE_LIST_PROBLEMS",
			message:  e.Error() + "; see its preview, or accept them with accept_problems",
			metadata: map[string]string{"product_count": strconv.Itoa(e.Products)},
		}
	}),
	is(catalog.ErrUnitNotFound, problem{code: codes.NotFound, reason: "UNIT_NOT_FOUND"}),
	is(catalog.ErrUnitSold, problem{code: codes.FailedPrecondition, reason: "UNIT_SOLD"}),
	is(catalog.ErrUnitHeld, problem{code: codes.FailedPrecondition, reason: "UNIT_HELD"}),
	is(catalog.ErrUnitVoid, problem{code: codes.FailedPrecondition, reason: "UNIT_VOID"}),
	is(catalog.ErrUnitExpired, problem{code: codes.FailedPrecondition, reason: "UNIT_EXPIRED"}),
	is(catalog.ErrImportNotFound, problem{code: codes.NotFound, reason: "UNIT_IMPORT_NOT_FOUND"}),
	is(catalog.ErrImportWithdrawn, problem{code: codes.FailedPrecondition, reason: "UNIT_IMPORT_WITHDRAWN"}),
	as(func(e *catalog.MostlyBadError) problem {
		return problem{
			code: codes.InvalidArgument, reason: "MOSTLY_REFUSED",
			message: e.Error() + "; nothing was imported, see dry_run and force",
		}
	}),
	is(catalog.ErrStaleVersion, problem{code: codes.Aborted, reason: "STALE_VERSION"}),
	as(func(e *catalog.AlreadyExistsError) problem { return alreadyExists(e.Kind, e.Error()) }),

	is(account.ErrMerchantNotFound, problem{code: codes.NotFound, reason: "MERCHANT_NOT_FOUND"}),
	is(account.ErrKeyNotFound, problem{code: codes.NotFound, reason: "KEY_NOT_FOUND"}),
	is(account.ErrOwnKey, problem{
		code: codes.FailedPrecondition, reason: "OWN_KEY",
		message: "this is the key that the call is made with; say confirm_own if it is meant",
	}),
	as(func(e *account.ScopeTooWideError) problem {
		return problem{
			code: codes.PermissionDenied, reason: "SCOPE_TOO_WIDE", message: e.Error(),
			metadata: map[string]string{"scope": string(e.Key)},
		}
	}),
	as(func(e *account.TooManyKeysError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "TOO_MANY_KEYS", message: e.Error(),
			metadata: map[string]string{"max_keys": strconv.Itoa(e.Most)},
		}
	}),
	is(account.ErrNoWallet, problem{code: codes.FailedPrecondition, reason: "NO_WALLET"}),
	is(account.ErrCurrencyMismatch, problem{code: codes.InvalidArgument, reason: "CURRENCY_MISMATCH"}),
	is(account.ErrReferenceReused, problem{code: codes.AlreadyExists, reason: "DUPLICATE_REFERENCE"}),
	is(account.ErrLimitLowered, problem{code: codes.Aborted, reason: "STALE_VERSION"}),
	as(func(e *account.AlreadyExistsError) problem { return alreadyExists("merchant", e.Error()) }),

	is(approval.ErrNotFound, problem{code: codes.NotFound, reason: "APPROVAL_NOT_FOUND"}),
	is(approval.ErrOwnRequest, problem{code: codes.PermissionDenied, reason: "APPROVAL_OWN_REQUEST"}),
	is(approval.ErrNotAPerson, problem{code: codes.PermissionDenied, reason: "APPROVAL_NEEDS_PERSON"}),
	is(approval.ErrNotYours, problem{code: codes.PermissionDenied, reason: "APPROVAL_NOT_YOURS"}),
	is(approval.ErrStale, problem{code: codes.FailedPrecondition, reason: "APPROVAL_STALE"}),
	as(settled),
	as(func(e *approval.NeededError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "APPROVAL_NEEDED", message: e.Error(),
			metadata: map[string]string{"above_amount": e.Above.Format(e.Currency), "currency": string(e.Currency)},
		}
	}),

	is(audit.ErrNotFound, problem{code: codes.NotFound, reason: "AUDIT_ENTRY_NOT_FOUND"}),
	is(operator.ErrNotFound, problem{code: codes.NotFound, reason: "OPERATOR_NOT_FOUND"}),
	is(operator.ErrKeyNotFound, problem{code: codes.NotFound, reason: "KEY_NOT_FOUND"}),
	is(operator.ErrLastAdmin, problem{code: codes.FailedPrecondition, reason: "LAST_ADMIN"}),
	is(session.ErrNoSession, problem{code: codes.NotFound, reason: "SESSION_NOT_FOUND"}),
	as(func(e *operator.AlreadyExistsError) problem { return alreadyExists("operator", e.Error()) }),

	is(fulfil.ErrProviderNotFound, problem{code: codes.NotFound, reason: "PROVIDER_NOT_FOUND"}),
	is(fulfil.ErrOfferNotFound, problem{code: codes.NotFound, reason: "OFFER_NOT_FOUND"}),
	is(fulfil.ErrAttemptNotFound, problem{code: codes.NotFound, reason: "ATTEMPT_NOT_FOUND"}),
	is(fulfil.ErrAttemptOpen, problem{code: codes.FailedPrecondition, reason: "ATTEMPT_NOT_PARKED"}),
	is(fulfil.ErrAttemptSettled, problem{code: codes.FailedPrecondition, reason: "ATTEMPT_SETTLED"}),
	is(purchase.ErrNotFound, problem{code: codes.NotFound, reason: "PURCHASE_NOT_FOUND"}),
	is(purchase.ErrNotTaken, problem{code: codes.FailedPrecondition, reason: "PURCHASE_NOT_TAKEN"}),
	as(takenPurchase),
	as(endedPurchase),
	is(fulfil.ErrTellsNoBalance, problem{code: codes.FailedPrecondition, reason: "PROVIDER_TELLS_NO_BALANCE"}),
	is(fulfil.ErrListsNothing, problem{code: codes.FailedPrecondition, reason: "PROVIDER_LISTS_NOTHING"}),
	is(supply.ErrNotFound, problem{code: codes.NotFound, reason: "SYNC_NOT_FOUND"}),
	is(supply.ErrChangeNotFound, problem{code: codes.NotFound, reason: "SYNC_CHANGE_NOT_FOUND"}),
	is(supply.ErrRunning, problem{code: codes.Aborted, reason: "SYNC_RUNNING"}),
	is(supply.ErrLost, problem{code: codes.Aborted, reason: "SYNC_RUNNING"}),
	is(supply.ErrNotHeld, problem{code: codes.FailedPrecondition, reason: "SYNC_NOT_HELD"}),
	is(supply.ErrNotApplied, problem{code: codes.FailedPrecondition, reason: "SYNC_NOT_APPLIED"}),
	as(func(e *fulfil.AlreadyExistsError) problem { return alreadyExists(e.Kind, e.Error()) }),

	is(webhook.ErrDeliveryNotFound, problem{code: codes.NotFound, reason: "WEBHOOK_DELIVERY_NOT_FOUND"}),
	is(webhook.ErrNowhere, problem{code: codes.FailedPrecondition, reason: "ENDPOINT_NOT_ACTIVE"}),
	is(webhook.ErrEndpointNotFound, problem{code: codes.NotFound, reason: "WEBHOOK_ENDPOINT_NOT_FOUND"}),
	as(func(e *webhook.TooManyError) problem {
		return problem{code: codes.InvalidArgument, reason: "VALIDATION_FAILED", message: e.Error()}
	}),
}

// is describes a sentinel; its own text is the message unless p has one.
func is(target error, p problem) row {
	if p.message == "" {
		p.message = target.Error()
	}
	return func(err error) *problem {
		if errors.Is(err, target) {
			return &p
		}
		return nil
	}
}

// as describes an error type by its fields.
func as[E error](describe func(E) problem) row {
	return func(err error) *problem {
		if found, ok := errors.AsType[E](err); ok {
			p := describe(found)
			return &p
		}
		return nil
	}
}

func invalid(violations []errs.Violation) problem {
	first := violations[0]
	message := jsonPath(first.Field) + ": " + inJSON(first)
	if more := len(violations) - 1; more > 0 {
		message += " (and " + strconv.Itoa(more) + " more)"
	}
	return problem{code: codes.InvalidArgument, reason: "VALIDATION_FAILED", message: message, violations: violations}
}

// inJSON is a message with the names of JSON for the fields that it names.
func inJSON(v errs.Violation) string {
	for _, field := range v.Others {
		v.Message = strings.ReplaceAll(v.Message, string(field), jsonPath(string(field)))
	}
	return v.Message
}

func alreadyExists(resource, message string) problem {
	return problem{
		code: codes.AlreadyExists, reason: "ALREADY_EXISTS", message: message,
		metadata: map[string]string{"resource": resource},
	}
}

// linesBusy names the lines that were not cancelled.
func linesBusy(e *order.LinesBusyError) problem {
	positions := make([]string, len(e.Positions))
	for i, p := range e.Positions {
		positions[i] = strconv.Itoa(p)
	}
	lines := strings.Join(positions, ",")
	return problem{
		code: codes.Unavailable, reason: "UNAVAILABLE", message: "not cancelled, being handed to a provider: lines " + lines,
		metadata: map[string]string{"lines": lines}, retryAfter: unavailableRetry,
	}
}

func retryLater(e *order.RetryLaterError) problem {
	p := problem{code: codes.Unavailable, reason: "OVERLOADED", message: e.Err.Error(), retryAfter: e.After}
	switch {
	case errors.Is(e.Err, order.ErrShuttingDown), errors.Is(e.Err, order.ErrBusy):
		p.reason = "UNAVAILABLE"
	case errors.Is(e.Err, order.ErrOverloaded), errors.Is(e.Err, errTooMany), errors.Is(e.Err, errTooManyExports),
		errors.Is(e.Err, webhook.ErrTesting):
		p.code = codes.ResourceExhausted
	}
	return p
}

// status is the problem as it goes over the wire.
func (p problem) status(requestID string) *status.Status {
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Domain: errorDomain, Reason: p.reason, Metadata: maps.Clone(p.metadata)},
	}
	if len(p.violations) > 0 {
		details = append(details, p.badRequest())
	}
	if p.retryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(p.retryAfter)})
	}
	if requestID != "" {
		details = append(details, &errdetails.RequestInfo{RequestId: requestID})
	}
	s := status.New(p.code, clip(p.message, maxMessageBytes))
	if detailed, err := s.WithDetails(details...); err == nil {
		return detailed
	}
	return s
}

// badRequest has as many violations as fit: over the network they travel in
// trailers, and clients take only a few kilobytes of those.
func (p problem) badRequest() *errdetails.BadRequest {
	bad, room := &errdetails.BadRequest{}, maxViolationBytes
	for _, v := range slices.CompactFunc(slices.Clone(p.violations), errs.Violation.Equal) {
		field, description := clip(jsonPath(v.Field), maxFieldBytes), clip(inJSON(v), maxMessageBytes)
		if room -= len(field) + len(description); room < 0 {
			break
		}
		bad.FieldViolations = append(
			bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: field, Description: description},
		)
	}
	return bad
}

// clip shortens what a caller may have made long, and makes it valid UTF-8.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// reasonOf is the reason of a status of ours, "" for any other error.
func reasonOf(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}
