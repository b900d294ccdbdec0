package api

import (
	"strconv"

	"google.golang.org/grpc/codes"

	"orderhub/server/order"
)

func duplicateReference(e *order.DuplicateReferenceError) problem {
	if e.Held {
		return problem{
			code: codes.AlreadyExists, reason: "REFERENCE_HELD", message: "the reference belongs to hold " + e.OrderNumber,
			metadata: map[string]string{"hold_number": e.OrderNumber},
		}
	}
	return problem{
		code: codes.AlreadyExists, reason: "DUPLICATE_REFERENCE",
		message:  "the reference already belongs to order " + e.OrderNumber + " with another content",
		metadata: map[string]string{"order_number": e.OrderNumber},
	}
}

func holdEnded(e *order.HoldEndedError) problem {
	return problem{
		code: codes.FailedPrecondition, reason: "HOLD_ENDED", message: e.Error(),
		metadata: map[string]string{"status": string(e.Status)},
	}
}

func holdExtended(e *order.HoldExtendedError) problem {
	return problem{code: codes.FailedPrecondition, reason: "HOLD_EXTENDED", message: e.Error()}
}

func tooManyHolds(e *order.TooManyHoldsError) problem {
	return problem{
		code: codes.FailedPrecondition, reason: "TOO_MANY_HOLDS", message: e.Error(),
		metadata: map[string]string{"max_holds": strconv.Itoa(e.Max)},
	}
}
