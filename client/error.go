package client

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Reason is the cause of an error, for programs. New ones may appear: treat those you do not know by their code.
type Reason string

// Error is what a call failed with. Branch on Reason, never on Message. Found with errors.As, or errors.AsType.
type Error struct {
	Code       codes.Code
	Reason     Reason            // empty where the hub did not answer
	Domain     string            // "orderhub" for what the hub says
	Message    string            // for people
	Metadata   map[string]string // what the reason comes with, such as "missing_amount"
	Violations []Violation       // the fields at fault
	RequestID  string            // the call's number in the hub's log
	RetryAfter time.Duration     // when to come back; 0 where the hub does not say
	Attempts   int               // how often the call was made; 0 for a stream

	status *status.Status
}

// Violation is one field that breaks a rule.
type Violation struct {
	Field   string // as in JSON: lines[0].quantity
	Message string
}

// Error names the reason and the cause.
func (e *Error) Error() string {
	name := string(e.Reason)
	if name == "" {
		name = e.Code.String()
	}
	text := "orderhub: " + name + ": " + e.Message
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// GRPCStatus is the error as gRPC has it.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Is makes the errors of contexts known as such.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Code == codes.DeadlineExceeded ||
		target == context.Canceled && e.Code == codes.Canceled
}

// typed is err as an *Error; nil, and what is no status, stay what they are.
func typed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	e := &Error{Code: s.Code(), Message: s.Message(), status: s}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Domain, e.Metadata = Reason(d.GetReason()), d.GetDomain(), d.GetMetadata()
		case *errdetails.RetryInfo:
			e.RetryAfter = d.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			e.RequestID = d.GetRequestId()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Violations = append(e.Violations, Violation{Field: v.GetField(), Message: v.GetDescription()})
			}
		}
	}
	return e
}
