package console

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func approvalsPage() page {
	return page{
		pattern: "/approvals", file: "approvals", group: "Merchants", menu: "Approvals",
		needs: orderhubv1.ApprovalService_ListApprovals_FullMethodName, show: showApprovals,
	}
}

func approvalPage() page {
	return page{
		pattern: "/approvals/{approval}", file: "approval", number: "approval",
		needs: orderhubv1.ApprovalService_GetApproval_FullMethodName, show: showApproval,
		acts: map[string]act{
			"approve":  {needs: orderhubv1.ApprovalService_Approve_FullMethodName, do: approve},
			"reject":   {needs: orderhubv1.ApprovalService_Reject_FullMethodName, do: reject},
			"withdraw": {needs: orderhubv1.ApprovalService_Withdraw_FullMethodName, do: withdraw},
		},
	}
}

// approvalPath is the page of a request for approval.
func approvalPath(id int64) string { return fmt.Sprintf("/approvals/%d", id) }

func showApprovals(r *request) (any, error) {
	query := r.URL.Query()
	list := queue[*orderhubv1.Approval]{Filtered: filtered(query, "status", "merchant")}
	ask := func(above heading, filter *orderhubv1.ListApprovalsRequest) error {
		filter.PageSize = listSize
		answer, err := r.approvals.ListApprovals(r.Context(), filter)
		list.add(above, answer.GetApprovals(), answer.GetNextPageToken())
		return err
	}
	if list.Filtered {
		return &list, ask(heading{ID: "found", Title: "Found", Empty: "No request is like this."},
			&orderhubv1.ListApprovalsRequest{
				Merchant: query.Get("merchant"), PageToken: query.Get("page"),
				Status: contract.ValueOf[orderhubv1.ApprovalStatus](query.Get("status")),
			})
	}
	if query.Get("page") == "" {
		err := ask(
			heading{ID: "waiting", Title: "Waiting for a second operator", Empty: "Nothing waits for a second operator."},
			&orderhubv1.ListApprovalsRequest{Status: orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING},
		)
		if err != nil {
			return nil, err
		}
	}
	return &list, ask(heading{ID: "all", Title: "All, the latest first", Empty: "Nothing was asked for yet."},
		&orderhubv1.ListApprovalsRequest{PageToken: query.Get("page")})
}

// approvalView is a request for approval, beside the wallet that it is about.
type approvalView struct {
	Approval *orderhubv1.Approval
	Account  *orderhubv1.Account
	Waits    bool
	Own      bool // the operator who looks has asked for it
}

func showApproval(r *request) (any, error) {
	answer, err := r.approvals.GetApproval(r.Context(), &orderhubv1.GetApprovalRequest{Approval: r.number})
	if err != nil {
		return nil, err
	}
	a := answer.GetApproval()
	found, err := r.accounts.GetAccount(r.Context(), &orderhubv1.GetAccountRequest{Merchant: a.GetMerchant()})
	return &approvalView{
		Approval: a, Account: found.GetAccount(), Own: a.GetAskedBy() == r.session.Name,
		Waits: a.GetStatus() == orderhubv1.ApprovalStatus_APPROVAL_STATUS_PENDING,
	}, err
}

func approve(r *request) (done, error) {
	answer, err := r.approvals.Approve(r.Context(), &orderhubv1.ApproveRequest{Approval: r.number})
	if err != nil {
		return done{}, err
	}
	if t := answer.GetApproval().GetTransfer(); t != 0 {
		return done{say: fmt.Sprintf("Approved, and booked as transfer %d.", t)}, nil
	}
	return done{say: "Approved, and done."}, nil
}

func reject(r *request) (done, error) {
	reason := formLine(r, "reason")
	if reason == "" {
		return done{}, &fieldError{"reason", "Say why, for who asked."}
	}
	_, err := r.approvals.Reject(r.Context(), &orderhubv1.RejectRequest{Approval: r.number, Reason: reason})
	return done{say: "Rejected: it is not done."}, err
}

func withdraw(r *request) (done, error) {
	_, err := r.approvals.Withdraw(r.Context(), &orderhubv1.WithdrawRequest{
		Approval: r.number, Reason: formLine(r, "reason"),
	})
	return done{say: "Withdrawn: it is not done."}, err
}
