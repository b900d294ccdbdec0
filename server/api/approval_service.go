package api

import (
	"context"

	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/approval"
)

// approvalService has what waits for a second pair of eyes.
type approvalService struct {
	orderhubv1.UnimplementedApprovalServiceServer
	*services
}

func (s *approvalService) ListApprovals(ctx context.Context, r *orderhubv1.ListApprovalsRequest) (
	*orderhubv1.ListApprovalsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter := approval.Filter{Status: fromAPIApprovalStatus[r.GetStatus()], BeforeID: p.key(0), Limit: p.limit()}
	if r.GetMerchant() != "" {
		m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
		if err != nil {
			return nil, err
		}
		filter.MerchantID = m.ID
	}
	found, err := s.Approvals.Requests(ctx, filter)
	id := func(a *approval.Request) int64 { return a.ID }
	shown, next, err := pageOrError(ctx, &p, found, err, id, s.withMerchantName)
	return &orderhubv1.ListApprovalsResponse{Approvals: shown, NextPageToken: next}, err
}

func (s *approvalService) GetApproval(ctx context.Context, r *orderhubv1.GetApprovalRequest) (
	*orderhubv1.GetApprovalResponse, error,
) {
	found, err := s.Approvals.Request(ctx, r.GetApproval())
	shown, err := converted(ctx, &found, err, s.withMerchantName)
	return &orderhubv1.GetApprovalResponse{Approval: shown}, err
}

func (s *approvalService) Approve(ctx context.Context, r *orderhubv1.ApproveRequest) (
	*orderhubv1.ApproveResponse, error,
) {
	decided, err := s.decide(ctx, r.GetApproval(), approval.Decision{Verdict: approval.Approved})
	return &orderhubv1.ApproveResponse{Approval: decided}, err
}

func (s *approvalService) Reject(ctx context.Context, r *orderhubv1.RejectRequest) (*orderhubv1.RejectResponse, error) {
	decided, err := s.decide(ctx, r.GetApproval(), approval.Decision{Verdict: approval.Rejected, Note: r.GetReason()})
	return &orderhubv1.RejectResponse{Approval: decided}, err
}

func (s *approvalService) Withdraw(ctx context.Context, r *orderhubv1.WithdrawRequest) (
	*orderhubv1.WithdrawResponse, error,
) {
	decided, err := s.decide(ctx, r.GetApproval(), approval.Decision{Verdict: approval.Withdrawn, Note: r.GetReason()})
	return &orderhubv1.WithdrawResponse{Approval: decided}, err
}

func (s *approvalService) decide(ctx context.Context, id int64, d approval.Decision) (*orderhubv1.Approval, error) {
	d.By = actorOf(ctx, &callOf(ctx).principal)
	decided, err := s.Approvals.Decide(ctx, id, d)
	if err != nil {
		return nil, err
	}
	return s.withMerchantName(ctx, &decided)
}

func (s *approvalService) withMerchantName(ctx context.Context, r *approval.Request) (*orderhubv1.Approval, error) {
	name, err := s.merchantName(ctx, r.MerchantID)
	return toAPIApproval(r, name), err
}

var (
	toAPIApprovalKind     = byWord[approval.Kind, orderhubv1.ApprovalKind]()
	toAPIApprovalStatus   = byWord[approval.Status, orderhubv1.ApprovalStatus]()
	fromAPIApprovalStatus = inverse(toAPIApprovalStatus)
)

func toAPIApproval(r *approval.Request, merchant string) *orderhubv1.Approval {
	amount := amountsOf(r.Currency)
	converted := &orderhubv1.Approval{
		Id: r.ID, Kind: toAPIApprovalKind[r.Kind], Status: toAPIApprovalStatus[r.Status], Merchant: merchant,
		Amount: amount(r.Amount), Currency: string(r.Currency), Reference: r.Reference, Description: r.Reason,
		Force: r.Force, AskedAs: toAPIActor[r.AskedBy.Kind], AskedBy: r.AskedBy.Name, CreateTime: toAPITime(r.AskedAt),
		ExpireTime: toAPITime(r.ExpiresAt), DecidedAs: toAPIActor[r.DecidedBy.Kind], DecidedBy: r.DecidedBy.Name,
		DecideTime: toAPIOptionalTime(r.DecidedAt), Reason: r.Note, Transfer: r.TransferID,
	}
	if r.Kind == approval.CreditLimit {
		converted.PreviousAmount = amount(r.Previous)
	}
	return converted
}

// movement is what became of money that was to be moved.
type movement struct {
	transfer *orderhubv1.Transfer // nil while it waits
	holder   *orderhubv1.Account
	waits    *orderhubv1.Approval // nil when it is done
}

// toAPIDone writes what became of a movement, with the merchant as it is now.
func (s *services) toAPIDone(ctx context.Context, m *account.Merchant, done *approval.Done) (
	moved movement, err error,
) {
	if done.Wallet != nil {
		m.Wallet = done.Wallet
	}
	if done.Transfer != nil {
		moved.transfer = toAPITransfer(done.Transfer)
	}
	if done.Request != nil {
		moved.waits = toAPIApproval(done.Request, m.Name)
	}
	moved.holder, err = s.account(ctx, m)
	return moved, err
}

// settled tells what expired from what was decided about.
func settled(e *approval.SettledError) problem {
	p := problem{
		code: codes.FailedPrecondition, reason: "APPROVAL_SETTLED", message: e.Error(),
		metadata: facts{"status": string(e.Status)},
	}
	if e.Status == approval.Expired {
		p.reason = "APPROVAL_EXPIRED"
	}
	return p
}
