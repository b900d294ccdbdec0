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
	"orderhub/server/dialect"
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
	metadata   facts
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
	told[*tooLargeError](codes.ResourceExhausted, "REQUEST_TOO_LARGE", nil),
	is(errNoMessage, noMessageProblem),
	is(errCutOff, problem{code: codes.InvalidArgument, reason: "VALIDATION_FAILED"}),
	is(errStopping, problem{code: codes.Unavailable, reason: "UNAVAILABLE", retryAfter: unavailableRetry}),
	is(event.ErrForeignPosition, problem{code: codes.FailedPrecondition, reason: "POSITION_OF_ANOTHER_LOG"}),
	told(codes.FailedPrecondition, "POSITION_OF_ANOTHER_LOG", func(e *event.BeyondEndError) facts {
		return goOnAfter(e.Last)
	}),
	told(codes.FailedPrecondition, "POSITION_NO_LONGER_KEPT", func(e *event.NoLongerKeptError) facts {
		return goOnAfter(e.Last)
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
	told(codes.PermissionDenied, "SCOPE_MISSING", func(e *account.ScopeMissingError) facts {
		return facts{"scopes": account.ListScopes(e.Scopes, ",")}
	}),
	told(codes.PermissionDenied, "ROLE_MISSING", func(e *operator.MissingRoleError) facts {
		return facts{"role": e.Role.String()}
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
	told(codes.FailedPrecondition, "INSUFFICIENT_BALANCE", func(e *order.InsufficientBalanceError) facts {
		return facts{"missing_amount": e.Missing.Format(e.Currency), "currency": string(e.Currency)}
	}),
	told(codes.FailedPrecondition, "INSUFFICIENT_BALANCE", func(e *account.BelowLimitError) facts {
		return facts{"missing_amount": e.Missing.Format(e.Currency), "currency": string(e.Currency)}
	}),
	told(codes.FailedPrecondition, "PRICE_CHANGED", func(e *order.PriceChangedError) facts {
		return facts{"total_amount": e.Actual.Format(e.Currency), "currency": string(e.Currency)}
	}),
	told(codes.InvalidArgument, "TOO_MANY_UNITS", func(e *order.TooManyUnitsError) facts {
		return facts{"max_units": decimal(e.Max)}
	}),
	told(codes.InvalidArgument, "ORDER_TOTAL_TOO_LARGE", func(e *order.TotalTooLargeError) facts {
		return facts{"max_total_amount": e.Max.Format(e.Currency), "currency": string(e.Currency)}
	}),
	is(order.ErrHoldNotFound, problem{code: codes.NotFound, reason: "HOLD_NOT_FOUND"}),
	told(codes.FailedPrecondition, "HOLD_ENDED", func(e *order.HoldEndedError) facts {
		return facts{"status": string(e.Status)}
	}),
	told[*order.HoldExtendedError](codes.FailedPrecondition, "HOLD_EXTENDED", nil),
	told[*order.HoldDamagedError](codes.FailedPrecondition, "HOLD_DAMAGED", nil),
	told(codes.FailedPrecondition, "TOO_MANY_HOLDS", func(e *order.TooManyHoldsError) facts {
		return facts{"max_holds": strconv.Itoa(e.Max)}
	}),
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
			metadata: facts{"product_count": strconv.Itoa(e.Products)},
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
	told(codes.PermissionDenied, "SCOPE_TOO_WIDE", func(e *account.ScopeTooWideError) facts {
		return facts{"scope": string(e.Key)}
	}),
	told(codes.FailedPrecondition, "TOO_MANY_KEYS", func(e *account.TooManyKeysError) facts {
		return facts{"max_keys": strconv.Itoa(e.Most)}
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
	told(codes.FailedPrecondition, "APPROVAL_NEEDED", func(e *approval.NeededError) facts {
		return facts{"above_amount": e.Above.Format(e.Currency), "currency": string(e.Currency)}
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
	told(codes.FailedPrecondition, "PURCHASE_TAKEN", func(e *purchase.TakenError) facts { return facts{"by": e.By} }),
	told(codes.FailedPrecondition, "PURCHASE_ENDED", func(e *purchase.EndedError) facts {
		return facts{"status": string(e.State)}
	}),
	is(fulfil.ErrTellsNoBalance, problem{code: codes.FailedPrecondition, reason: "PROVIDER_TELLS_NO_BALANCE"}),
	is(fulfil.ErrListsNothing, problem{code: codes.FailedPrecondition, reason: "PROVIDER_LISTS_NOTHING"}),
	told[*dialect.BadListError](codes.FailedPrecondition, "PROVIDER_LIST_REFUSED", nil),
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
	told[*webhook.TooManyError](codes.InvalidArgument, "VALIDATION_FAILED", nil),
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

// facts are what programs are told of an error beside its reason.
type facts = map[string]string

// told describes an error type that has the words for people itself, and maybe facts.
func told[E error](code codes.Code, reason string, of func(E) facts) row {
	return as(func(e E) problem {
		p := problem{code: code, reason: reason, message: e.Error()}
		if of != nil {
			p.metadata = of(e)
		}
		return p
	})
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

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

func duplicateReference(e *order.DuplicateReferenceError) problem {
	if e.Held {
		return problem{
			code: codes.AlreadyExists, reason: "REFERENCE_HELD", message: "the reference belongs to hold " + e.OrderNumber,
			metadata: facts{"hold_number": e.OrderNumber},
		}
	}
	return problem{
		code: codes.AlreadyExists, reason: "DUPLICATE_REFERENCE",
		message:  "the reference already belongs to order " + e.OrderNumber + " with another content",
		metadata: facts{"order_number": e.OrderNumber},
	}
}

func alreadyExists(resource, message string) problem {
	return problem{
		code: codes.AlreadyExists, reason: "ALREADY_EXISTS", message: message,
		metadata: facts{"resource": resource},
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
		metadata: facts{"lines": lines}, retryAfter: unavailableRetry,
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
