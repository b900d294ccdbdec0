package api

import (
	"context"
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
	made, err := s.Claims.Create(ctx, claim.Draft{
		Viewer: ownViewer(ctx), OrderNumber: r.GetOrderNumber(), Units: r.GetUnits(),
		Reason: fromAPIClaimReason[r.GetReason()],
		Said: claim.Said{Text: r.GetText(), Evidence: claim.Evidence{
			Text: r.GetEvidence().GetText(), SHA256: r.GetEvidence().GetSha256(),
			FileName: r.GetEvidence().GetFileName(),
		}},
		Reference: r.GetReference(), By: byOf(ctx),
	})
	shown, err := converted(ctx, &made, err, s.claim)
	return &orderhubv1.CreateClaimResponse{Claim: shown}, err
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
	found, err := s.Claims.Claim(ctx, ownViewer(ctx), r.GetClaim())
	shown, err := converted(ctx, &found, err, s.claim)
	return &orderhubv1.GetClaimResponse{Claim: shown}, err
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
	found, err := s.Claims.Claims(ctx, viewer, claim.Filter{
		Status: fromAPIClaimStatus[r.GetStatus()], OrderNumber: r.GetOrderNumber(), Reference: r.GetReference(),
		PastID: p.key(0), Limit: p.limit(),
	})
	shown, next, err := pageOrError(ctx, &p, found, err, func(c *claim.Claim) int64 { return c.ID }, s.claim)
	return &orderhubv1.ListClaimsResponse{Claims: shown, NextPageToken: next}, err
}

func (s *claimService) AnswerClaim(ctx context.Context, r *orderhubv1.AnswerClaimRequest) (
	*orderhubv1.AnswerClaimResponse, error,
) {
	answered, err := s.Claims.Answer(ctx, r.GetClaim(), claim.Answer{
		Units: r.GetUnits(), Verdict: fromAPIClaimAnswer[r.GetAnswer()], Words: r.GetReason(), Goods: r.GetGoods(),
		By: byOf(ctx), Finance: callOf(ctx).principal.Allowed(operator.Finance),
	})
	shown, err := converted(ctx, &answered, err, s.claim)
	return &orderhubv1.AnswerClaimResponse{Claim: shown}, err
}

func (s *claimService) DisputeClaim(ctx context.Context, r *orderhubv1.DisputeClaimRequest) (
	*orderhubv1.DisputeClaimResponse, error,
) {
	passed, err := s.Claims.Dispute(ctx, r.GetClaim(), claim.Passing{
		UnitID: r.GetUnit(), Reference: r.GetReference(), AttemptID: r.GetAttempt(),
	})
	shown, err := converted(ctx, &passed, err, s.claim)
	return &orderhubv1.DisputeClaimResponse{Claim: shown}, err
}

func (s *claimService) EndDispute(ctx context.Context, r *orderhubv1.EndDisputeRequest) (
	*orderhubv1.EndDisputeResponse, error,
) {
	ended, err := s.Claims.EndDispute(ctx, r.GetClaim(), claim.Ending{UnitID: r.GetUnit(), Credit: r.GetAmount()})
	shown, err := converted(ctx, &ended, err, s.claim)
	return &orderhubv1.EndDisputeResponse{Claim: shown}, err
}

func (s *claimService) GetClaimPolicy(ctx context.Context, r *orderhubv1.GetClaimPolicyRequest) (
	*orderhubv1.GetClaimPolicyResponse, error,
) {
	p, err := s.product(ctx, r.GetProduct())
	if err != nil {
		return nil, err
	}
	found, err := s.Claims.Policy(ctx, p.ID)
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
	before, err := s.Claims.Policy(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if wanted.PaysMore(&before) && !callOf(ctx).principal.Allowed(parts[RefundByPolicy]) {
		return nil, &operator.MissingRoleError{Role: parts[RefundByPolicy]}
	}
	kept, err := s.Claims.SetPolicy(ctx, wanted)
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

// claimRows are the errors of claims and tickets.
var claimRows = []row{
	is(claim.ErrNotFound, problem{code: codes.NotFound, reason: "CLAIM_NOT_FOUND"}),
	is(claim.ErrUnitNotFound, problem{code: codes.NotFound, reason: "UNIT_NOT_FOUND"}),
	is(claim.ErrNothing, problem{code: codes.FailedPrecondition, reason: "NOTHING_TO_CLAIM"}),
	is(claim.ErrReferenceReused, problem{code: codes.AlreadyExists, reason: "DUPLICATE_REFERENCE"}),
	is(claim.ErrOutOfStock, problem{code: codes.FailedPrecondition, reason: "OUT_OF_STOCK"}),
	is(claim.ErrOwnClaim, problem{code: codes.PermissionDenied, reason: "OWN_CLAIM"}),
	told(codes.PermissionDenied, "FINANCE_NEEDED", func(e *claim.FinanceNeededError) facts {
		return facts{"above": e.Above.Amount.Format(e.Above.Currency), "currency": string(e.Above.Currency)}
	}),
	is(claim.ErrNotReplaceable, problem{code: codes.FailedPrecondition, reason: "NOT_REPLACEABLE"}),
	is(claim.ErrNoPurchase, problem{code: codes.FailedPrecondition, reason: "NO_PURCHASE"}),
	is(claim.ErrNotDisputed, problem{code: codes.FailedPrecondition, reason: "NOT_DISPUTED"}),
	told(codes.FailedPrecondition, "UNIT_NOT_DELIVERED", func(e *claim.NotDeliveredError) facts {
		return facts{"unit": decimal(e.UnitID), "status": string(e.Status)}
	}),
	told(codes.AlreadyExists, "UNIT_CLAIMED", func(e *claim.ClaimedError) facts {
		return facts{"unit": decimal(e.UnitID), "claim": decimal(e.ClaimID)}
	}),
	told(codes.FailedPrecondition, "CLAIM_TOO_LATE", func(e *claim.TooLateError) facts {
		return facts{"unit": decimal(e.UnitID), "until": e.Until.Format(time.RFC3339)}
	}),
	told(codes.FailedPrecondition, "TICKET_USED", func(e *claim.UsedError) facts {
		return facts{"unit": decimal(e.UnitID)}
	}),
	told(codes.FailedPrecondition, "CLAIM_ANSWERED", func(e *claim.AnsweredError) facts {
		return facts{"unit": decimal(e.UnitID), "status": string(e.Status)}
	}),
	told(codes.FailedPrecondition, "DISPUTE_ENDED", func(e *claim.EndedError) facts {
		return facts{"status": string(e.Status)}
	}),
	told(codes.FailedPrecondition, "CREDIT_TOO_LARGE", func(e *claim.CreditTooLargeError) facts {
		return facts{"booked_amount": e.Booked.Text(), "currency": string(e.Booked.Currency)}
	}),
	is(claim.ErrTicketNotFound, problem{code: codes.NotFound, reason: "TICKET_NOT_FOUND"}),
	told(codes.FailedPrecondition, "TICKET_USED", func(e *claim.RedeemedError) facts {
		return facts{"redeem_time": e.At.Format(time.RFC3339), "place": e.Place}
	}),
	told(codes.FailedPrecondition, "TICKET_NOT_VALID", func(e *claim.NotValidError) facts {
		return facts{"status": string(e.Status)}
	}),
	told(codes.FailedPrecondition, "WRONG_DATE", func(e *claim.WrongDateError) facts {
		return facts{"use_date": e.UseDate}
	}),
}
