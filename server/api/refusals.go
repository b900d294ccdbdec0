package api

import (
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"orderhub/server/errs"
	"orderhub/server/order"
)

// lineRules has, by reason, the code and the field of the line it is about.
var lineRules = map[order.LineReason]struct {
	code  codes.Code
	field string
}{
	order.ReasonProductNotFound:     {codes.NotFound, "sku"},
	order.ReasonProductNotAvailable: {codes.FailedPrecondition, "sku"},
	order.ReasonQuantityNotAllowed:  {codes.InvalidArgument, "quantity"},
	order.ReasonFieldInvalid:        {codes.InvalidArgument, "fields"},
	order.ReasonDateNotAvailable:    {codes.FailedPrecondition, "use_date"},
	order.ReasonOutOfStock:          {codes.FailedPrecondition, "quantity"},
	order.ReasonRecipientUnchecked:  {codes.FailedPrecondition, "sku"},
	order.ReasonRecipientNotFound:   {codes.FailedPrecondition, "sku"},
	order.ReasonReferenceUsed:       {codes.AlreadyExists, "external_reference"}, // at doors that promise it
	order.ReasonPriceChanged:        {codes.FailedPrecondition, "sku"},           // likewise
}

// refusedLines takes its reason from the first line refused; the violations
// name them all.
func refusedLines(e *order.LinesError) problem {
	first := e.Problems[0]
	p := problem{
		code: lineRules[first.Reason].code, reason: string(first.Reason),
		message: "line " + strconv.Itoa(first.Index+1) + ": " + first.Message,
	}
	var positions []string
	for _, line := range e.Problems {
		field := "lines[" + strconv.Itoa(line.Index) + "]." + lineRules[line.Reason].field
		if line.Field != "" {
			field = errs.Entry(field, line.Field)
		}
		p.violations = append(p.violations, errs.Violation{Field: field, Message: line.Message})
		if line.Reason == first.Reason {
			positions = append(positions, strconv.Itoa(line.Index+1))
		}
	}
	p.metadata = facts{"lines": strings.Join(positions, ",")}
	return p
}

// couponMessages say what is wrong with a coupon, by cause.
var couponMessages = map[order.CouponCause]string{
	order.CouponUnknown:    "there is no such coupon",
	order.CouponNotStarted: "the coupon cannot be used yet",
	order.CouponExpired:    "the coupon can no longer be used",
	order.CouponUsedUp:     "the coupon is used up",
	order.CouponMinimum:    "the lines the coupon is for cost too little",
	order.CouponScope:      "the coupon is for none of the lines",
}

func refusedCoupon(e *order.CouponError) problem {
	message := couponMessages[e.Cause]
	return problem{
		code: codes.InvalidArgument, reason: "COUPON_INVALID", message: message,
		metadata:   facts{"cause": string(e.Cause)},
		violations: []errs.Violation{{Field: "coupon", Message: message}},
	}
}
