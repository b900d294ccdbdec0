package jsonhttp

import (
	"net/http"

	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
)

var (
	limited     = door.Say(http.StatusTooManyRequests, "busy", "too many calls")
	unavailable = door.Say(http.StatusServiceUnavailable, "unavailable", "try again later")
	invalid     = door.Say(http.StatusBadRequest, CodeInvalid, "the call is not as the contract has it")
	unknownKey  = door.Say(http.StatusUnauthorized, CodeUnauthenticated, "no key or signature that is known")
	outOfStock  = door.Say(http.StatusConflict, CodeOutOfStock, "there is not so much of it")
)

// words are how the simulated supplier refuses.
var words = door.Words{
	Challenge: "Bearer",
	Body:      func(e *door.Refusal) any { return Problem{ProblemText{Code: e.Code, Message: e.Message}} },
	Answers: map[door.Cause]door.Answer{
		door.NoRoute:          door.Say(http.StatusNotFound, "no_such_path", "calls are posted to the base address"),
		door.MethodNotAllowed: door.Say(http.StatusMethodNotAllowed, "not_allowed", "calls are posted"),

		door.Unauthenticated:   unknownKey,
		door.Suspended:         unknownKey,
		door.AddressNotAllowed: unknownKey,
		door.ScopeMissing:      unknownKey,

		door.BodyTooLarge: invalid,
		door.BodyEncoded:  invalid,
		door.BodyBroken:   invalid,
		door.Malformed:    invalid,
		door.InvalidField: door.Describe(func(e *errs.InvalidError) *door.Refusal {
			return &door.Refusal{Status: http.StatusBadRequest, Code: CodeInvalid, Message: e.Error()}
		}),

		door.OrderNotFound: door.Say(http.StatusNotFound, CodeNotFound, "there is no such order"),
		door.LinesRefused: door.Describe(func(e *order.LinesError) *door.Refusal {
			switch e.Problems[0].Reason {
			case order.ReasonOutOfStock, order.ReasonDateNotAvailable:
				return outOfStock(nil)
			case order.ReasonProductNotFound, order.ReasonProductNotAvailable:
				return &door.Refusal{Status: http.StatusNotFound, Code: CodeItemNotFound, Message: "it is not sold"}
			default:
				return invalid(nil)
			}
		}),
		door.Duplicate:           door.Say(http.StatusConflict, CodeConflict, "the reference belongs to another order"),
		door.InsufficientBalance: door.Say(http.StatusPaymentRequired, CodeOutOfFunds, "the balance does not cover it"),
		door.TooManyUnits:        outOfStock,
		door.TotalTooLarge:       outOfStock,

		door.RateLimited: limited,
		door.Overloaded:  limited,
		door.Busy:        unavailable,
		door.Unavailable: unavailable,
		door.Unforeseen:  door.Say(http.StatusInternalServerError, "internal", "something is wrong here"),
	},
}
