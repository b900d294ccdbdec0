package api

import (
	"context"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/claim"
	"orderhub/server/operator"
)

// claimService is for delivered units that do not work.
type claimService struct {
	orderhubv1.UnimplementedClaimServiceServer
	*services
}

func (s *claimService) CreateClaim(ctx context.Context, r *orderhubv1.CreateClaimRequest) (
	*orderhubv1.CreateClaimResponse, error,
) {
	viewer, err := s.viewer(ctx, "")
	if err != nil {
		return nil, err
	}
	made, err := s.claims.Create(ctx, claim.Draft{
		Viewer: viewer, OrderNumber: r.GetOrderNumber(), Units: r.GetUnits(), Reason: fromAPIClaimReason[r.GetReason()],
		Said: claim.Said{Text: r.GetText(), Evidence: claim.Evidence{
			Text: r.GetEvidence().GetText(), SHA256: r.GetEvidence().GetSha256(), FileName: r.GetEvidence().GetFileName(),
		}},
		Reference: r.GetReference(), By: byOf(ctx),
	})
	if err != nil {
		return nil, err
	}
	converted, err := s.claim(ctx, &made)
	return &orderhubv1.CreateClaimResponse{Claim: converted}, err
}

// byOf is who makes the call, as claims keep it.
func byOf(ctx context.Context) claim.By {
	p := &callOf(ctx).principal
	if !p.Admin() {
		return claim.By{Kind: claim.ByMerchant, Name: p.MerchantName}
	}
	actor := actorOf(ctx, p)
	return claim.By{Kind: actor.Kind, Name: actor.Name}
}

func (s *claimService) GetClaim(ctx context.Context, r *orderhubv1.GetClaimRequest) (
	*orderhubv1.GetClaimResponse, error,
) {
	viewer, err := s.viewer(ctx, "")
	if err != nil {
		return nil, err
	}
	found, err := s.claims.Claim(ctx, viewer, r.GetClaim())
	if err != nil {
		return nil, err
	}
	converted, err := s.claim(ctx, &found)
	return &orderhubv1.GetClaimResponse{Claim: converted}, err
}

func (s *claimService) ListClaims(ctx context.Context, r *orderhubv1.ListClaimsRequest) (
	*orderhubv1.ListClaimsResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.claims.Claims(ctx, viewer, claim.Filter{
		Status: fromAPIClaimStatus[r.GetStatus()], OrderNumber: r.GetOrderNumber(), Reference: r.GetReference(),
		PastID: p.key(0), Limit: p.limit(),
	})
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(c *claim.Claim) []int64 { return []int64{c.ID} })
	resp := &orderhubv1.ListClaimsResponse{NextPageToken: next}
	for i := range found {
		converted, err := s.claim(ctx, &found[i])
		if err != nil {
			return nil, err
		}
		resp.Claims = append(resp.Claims, converted)
	}
	return resp, nil
}

func (s *claimService) AnswerClaim(ctx context.Context, r *orderhubv1.AnswerClaimRequest) (
	*orderhubv1.AnswerClaimResponse, error,
) {
	answered, err := s.claims.Answer(ctx, r.GetClaim(), claim.Answer{
		Units: r.GetUnits(), Verdict: fromAPIClaimAnswer[r.GetAnswer()], Words: r.GetReason(), Goods: r.GetGoods(),
		By: byOf(ctx), Finance: callOf(ctx).principal.Allowed(operator.Finance),
	})
	if err != nil {
		return nil, err
	}
	converted, err := s.claim(ctx, &answered)
	return &orderhubv1.AnswerClaimResponse{Claim: converted}, err
}

func (s *claimService) DisputeClaim(ctx context.Context, r *orderhubv1.DisputeClaimRequest) (
	*orderhubv1.DisputeClaimResponse, error,
) {
	passed, err := s.claims.Dispute(ctx, r.GetClaim(), claim.Passing{
		UnitID: r.GetUnit(), Reference: r.GetReference(), AttemptID: r.GetAttempt(),
	})
	if err != nil {
		return nil, err
	}
	converted, err := s.claim(ctx, &passed)
	return &orderhubv1.DisputeClaimResponse{Claim: converted}, err
}

func (s *claimService) EndDispute(ctx context.Context, r *orderhubv1.EndDisputeRequest) (
	*orderhubv1.EndDisputeResponse, error,
) {
	ended, err := s.claims.EndDispute(ctx, r.GetClaim(), claim.Ending{UnitID: r.GetUnit(), Credit: r.GetAmount()})
	if err != nil {
		return nil, err
	}
	converted, err := s.claim(ctx, &ended)
	return &orderhubv1.EndDisputeResponse{Claim: converted}, err
}

func (s *claimService) GetClaimPolicy(ctx context.Context, r *orderhubv1.GetClaimPolicyRequest) (
	*orderhubv1.GetClaimPolicyResponse, error,
) {
	p, err := s.product(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	found, err := s.claims.Policy(ctx, p.ID)
	return &orderhubv1.GetClaimPolicyResponse{Policy: toAPIClaimPolicy(&found)}, err
}

func (s *claimService) SetClaimPolicy(ctx context.Context, r *orderhubv1.SetClaimPolicyRequest) (
	*orderhubv1.SetClaimPolicyResponse, error,
) {
	p, err := s.product(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	set := r.GetPolicy()
	hours := func(n int32) time.Duration { return time.Duration(n) * time.Hour }
	wanted := claim.Policy{
		ProductID: p.ID, ClaimWithin: hours(set.GetClaimWithinHours()), AnswerWithin: hours(set.GetAnswerWithinHours()),
		Answer: fromAPIClaimAnswer[set.GetAutomaticAnswer()], AutomaticWithin: hours(set.GetAutomaticWithinHours()),
		PerMonth: int(set.GetAutomaticPerMonth()), TimeZone: set.GetTimeZone(),
	}
	before, err := s.claims.Policy(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if wanted.PaysMore(&before) && !callOf(ctx).principal.Allowed(parts[RefundByPolicy]) {
		return nil, &operator.MissingRoleError{Role: parts[RefundByPolicy]}
	}
	kept, err := s.claims.SetPolicy(ctx, wanted)
	return &orderhubv1.SetClaimPolicyResponse{Policy: toAPIClaimPolicy(&kept)}, err
}

func toAPIClaimPolicy(p *claim.Policy) *orderhubv1.ClaimPolicy {
	hours := func(d time.Duration) int32 { return toAPICount(int64(d / time.Hour)) }
	return &orderhubv1.ClaimPolicy{
		Product: p.ProductID, ClaimWithinHours: hours(p.ClaimWithin), AnswerWithinHours: hours(p.AnswerWithin),
		AutomaticAnswer: toAPIClaimAnswer[p.Answer], AutomaticWithinHours: hours(p.AutomaticWithin),
		AutomaticPerMonth: toAPICount(int64(p.PerMonth)), TimeZone: p.TimeZone, UpdateTime: toAPITime(p.UpdatedAt),
	}
}

// notDelivered says what the customer does not have, and why.
func notDelivered(e *claim.NotDeliveredError) problem {
	return problem{
		code: codes.FailedPrecondition, reason: "UNIT_NOT_DELIVERED", message: e.Error(),
		metadata: map[string]string{"unit": strconv.FormatInt(e.UnitID, 10), "status": string(e.Status)},
	}
}

// claimRows are the errors of claims and tickets.
var claimRows = []row{
	is(claim.ErrNotFound, problem{code: codes.NotFound, reason: "CLAIM_NOT_FOUND"}),
	is(claim.ErrUnitNotFound, problem{code: codes.NotFound, reason: "UNIT_NOT_FOUND"}),
	is(claim.ErrNothing, problem{code: codes.FailedPrecondition, reason: "NOTHING_TO_CLAIM"}),
	is(claim.ErrReferenceReused, problem{code: codes.AlreadyExists, reason: "DUPLICATE_REFERENCE"}),
	is(claim.ErrOutOfStock, problem{code: codes.FailedPrecondition, reason: "OUT_OF_STOCK"}),
	is(claim.ErrOwnClaim, problem{code: codes.PermissionDenied, reason: "OWN_CLAIM"}),
	as(func(e *claim.FinanceNeededError) problem {
		return problem{
			code: codes.PermissionDenied, reason: "FINANCE_NEEDED", message: e.Error(), metadata: map[string]string{
				"above": e.Above.Amount.Format(e.Above.Currency), "currency": string(e.Above.Currency),
			},
		}
	}),
	is(claim.ErrNotReplaceable, problem{code: codes.FailedPrecondition, reason: "NOT_REPLACEABLE"}),
	is(claim.ErrNoPurchase, problem{code: codes.FailedPrecondition, reason: "NO_PURCHASE"}),
	is(claim.ErrNotDisputed, problem{code: codes.FailedPrecondition, reason: "NOT_DISPUTED"}),
	as(notDelivered),
	as(func(e *claim.ClaimedError) problem {
		return problem{
			code: codes.AlreadyExists, reason: "UNIT_CLAIMED", message: e.Error(),
			metadata: map[string]string{
				"unit": strconv.FormatInt(e.UnitID, 10), "claim": strconv.FormatInt(e.ClaimID, 10),
			},
		}
	}),
	as(func(e *claim.TooLateError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "CLAIM_TOO_LATE", message: e.Error(),
			metadata: map[string]string{"unit": strconv.FormatInt(e.UnitID, 10), "until": e.Until.Format(time.RFC3339)},
		}
	}),
	as(func(e *claim.UsedError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "TICKET_USED", message: e.Error(),
			metadata: map[string]string{"unit": strconv.FormatInt(e.UnitID, 10)},
		}
	}),
	as(func(e *claim.AnsweredError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "CLAIM_ANSWERED", message: e.Error(),
			metadata: map[string]string{"unit": strconv.FormatInt(e.UnitID, 10), "status": string(e.Status)},
		}
	}),
	as(func(e *claim.EndedError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "DISPUTE_ENDED", message: e.Error(),
			metadata: map[string]string{"status": string(e.Status)},
		}
	}),
	as(func(e *claim.CreditTooLargeError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "CREDIT_TOO_LARGE", message: e.Error(),
			metadata: map[string]string{"booked_amount": e.Booked.Text(), "currency": string(e.Booked.Currency)},
		}
	}),
	is(claim.ErrTicketNotFound, problem{code: codes.NotFound, reason: "TICKET_NOT_FOUND"}),
	as(func(e *claim.RedeemedError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "TICKET_USED", message: e.Error(),
			metadata: map[string]string{"redeem_time": e.At.Format(time.RFC3339), "place": e.Place},
		}
	}),
	as(func(e *claim.NotValidError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "TICKET_NOT_VALID", message: e.Error(),
			metadata: map[string]string{"status": string(e.Status)},
		}
	}),
	as(func(e *claim.WrongDateError) problem {
		return problem{
			code: codes.FailedPrecondition, reason: "WRONG_DATE", message: e.Error(),
			metadata: map[string]string{"use_date": e.UseDate},
		}
	}),
}
