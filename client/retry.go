package client

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// repeatable are the calls that may be made twice, beside those that only read: the hub says of each that it is safe
// to repeat, because it is asked by a reference or because the second one finds nothing to do.
var repeatable = map[string]bool{
	orderhubv1.BatchService_BatchCreateOrders_FullMethodName: true,
	orderhubv1.HoldService_HoldOrder_FullMethodName:          true,
	orderhubv1.HoldService_ConfirmHold_FullMethodName:        true,
	orderhubv1.HoldService_ReleaseHold_FullMethodName:        true,
	orderhubv1.OrderService_CreateOrder_FullMethodName:       true,
	orderhubv1.OrderService_QuoteOrder_FullMethodName:        true,
	orderhubv1.OrderService_CancelOrder_FullMethodName:       true,
	orderhubv1.OrderService_FindRecipient_FullMethodName:     true,
	orderhubv1.OrderService_CreateWatchTicket_FullMethodName: true,

	orderhubv1.RecipientService_CheckRecipient_FullMethodName: true,
}

// withReference are the calls that may be made twice with a reference of the caller's: without one, a second claim is
// refused, and a second use of a ticket as well, though the first one was this very call.
var withReference = map[string]bool{
	orderhubv1.ClaimService_CreateClaim_FullMethodName:       true,
	orderhubv1.RedemptionService_RedeemTicket_FullMethodName: true,
}

// onlyReads remembers of methods whether their REST verb is GET.
var onlyReads sync.Map

// repeats reports whether a call may be made again when it is unknown whether it had its effect.
func repeats(method string, request any) bool {
	if repeatable[method] {
		return true
	}
	if withReference[method] {
		named, ok := request.(interface{ GetReference() string })
		return ok && named.GetReference() != ""
	}
	known, ok := onlyReads.Load(method)
	if !ok {
		known = verbIsGet(method)
		onlyReads.Store(method, known)
	}
	return known.(bool)
}

func verbIsGet(method string) bool {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	rule, _ := proto.GetExtension(found.Options(), annotations.E_Http).(*annotations.HttpRule)
	return rule.GetGet() != ""
}

// passes reports whether what a call failed with may pass by itself. Codes but UNAVAILABLE are of either kind: there
// the hub says when to come back, or it would be in vain.
func passes(e *Error) bool {
	switch e.Code {
	case codes.Unavailable:
		return true
	case codes.Aborted, codes.ResourceExhausted:
		return e.RetryAfter > 0
	default:
		return false
	}
}

// repeater makes calls again that failed for a while.
type repeater struct {
	attempts    int
	first, most time.Duration
}

func (r *repeater) backoff() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: r.first, RandomizationFactor: backoff.DefaultRandomizationFactor, Multiplier: 2, MaxInterval: r.most,
	}
}

// unary is an interceptor. The error is that of the last attempt.
func (r *repeater) unary(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	waits := r.backoff()
	for attempt := 1; ; attempt++ {
		err := typed(invoke(ctx, method, request, answer, conn, options...))
		failed, ok := err.(*Error) //nolint:errorlint // typed has just made it
		if !ok {
			return err
		}
		failed.Attempts = attempt
		if attempt >= r.attempts || !passes(failed) || !repeats(method, request) {
			return failed
		}
		if err := pause(ctx, max(waits.NextBackOff(), failed.RetryAfter)); err != nil {
			return fmt.Errorf("%w: %w", err, failed)
		}
	}
}

// pause waits, if there is time for it: a wait that the deadline would end is not begun.
func pause(ctx context.Context, wait time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		if err := ctx.Err(); err != nil {
			return err
		}
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// typedStream gives the errors of streams their type. Streams are not repeated here: see Watch.
func typedStream(
	ctx context.Context, description *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer,
	options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(ctx, description, conn, method, options...)
	if err != nil {
		return nil, typed(err)
	}
	return typedClientStream{stream}, nil
}

type typedClientStream struct{ grpc.ClientStream }

// RecvMsg implements grpc.ClientStream; io.EOF stays what it is.
func (s typedClientStream) RecvMsg(m any) error { return typed(s.ClientStream.RecvMsg(m)) }
