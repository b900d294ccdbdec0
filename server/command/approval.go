package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type approvalListCommand struct {
	listFlags
	Status   string    `enum:",pending,approved,rejected,withdrawn,expired" default:"" placeholder:"STATUS" help:"Only what is pending, approved, rejected, withdrawn or expired."`
	Merchant string    `placeholder:"NAME" help:"Only what is about this merchant."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*approvalListCommand) Help() string {
	return `Newest first: deposits, corrections and credit limits that were asked for over the API and are above the
limit of "orderhub serve --approve-above".

Examples:

    orderhub approval list --status pending
    orderhub approval list --merchant shop --json`
}

func (c *approvalListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListApprovalsRequest{
		Status: valueOf[orderhubv1.ApprovalStatus](c.Status), Merchant: c.Merchant,
	}
	found := contract.Each(
		ctx, api.approvals.ListApprovals, request, (*orderhubv1.ListApprovalsResponse).GetApprovals, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, approvalCells, "NUMBER", "ASKED", "BY", "MERCHANT", "WHAT", "AMOUNT", "STATUS", "EXPIRES",
	)
}

func approvalCells(a *orderhubv1.Approval) []string {
	return []string{
		fmt.Sprint(a.GetId()), shownTime(a.GetCreateTime()), a.GetAskedBy(), a.GetMerchant(), kindOf(a),
		sum(a.GetCurrency(), a.GetAmount()), word(a.GetStatus()), shownTime(a.GetExpireTime()),
	}
}

func kindOf(a *orderhubv1.Approval) string {
	switch a.GetKind() {
	case orderhubv1.ApprovalKind_APPROVAL_KIND_CREDIT_LIMIT:
		return "credit limit"
	default:
		return word(a.GetKind())
	}
}

type approvalShowCommand struct {
	readFlags
	ID int64 `arg:"" name:"number" help:"Number of the approval, as \"approval list\" shows it."`
}

func (*approvalShowCommand) Help() string {
	return `Example:

    orderhub approval show 7`
}

func (c *approvalShowCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.approvals.GetApproval(ctx, &orderhubv1.GetApprovalRequest{Approval: c.ID})
	if err != nil {
		return err
	}
	a := answer.GetApproval()
	if c.JSON {
		return printJSON(std.Out, message{a})
	}
	rows := newTable(std.Out, "APPROVAL", fmt.Sprint(a.GetId()))
	for _, row := range [][2]string{
		{"what", kindOf(a)},
		{"merchant", a.GetMerchant()},
		{"amount", sum(a.GetCurrency(), a.GetAmount())},
		{"limit before", sum(a.GetCurrency(), a.GetPreviousAmount())},
		{"reference", a.GetReference()},
		{"description", a.GetDescription()},
		{"asked by", a.GetAskedBy()},
		{"asked", shownTime(a.GetCreateTime())},
		{"expires", shownTime(a.GetExpireTime())},
		{"status", word(a.GetStatus())},
		{"decided by", a.GetDecidedBy()},
		{"decided", shownTime(a.GetDecideTime())},
		{"reason", a.GetReason()},
	} {
		rows.add(row[0], orDash(row[1]))
	}
	return rows.flush()
}

type approvalApproveCommand struct {
	callFlags
	ID int64 `arg:"" name:"number" help:"Number of the approval."`
}

func (*approvalApproveCommand) Help() string {
	return `It is done at once, by whoever may open the database, which the record says. Who is named as the operator who
asked is refused.

Example:

    orderhub approval approve 7`
}

func (c *approvalApproveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.approvals.Approve(ctx, &orderhubv1.ApproveRequest{Approval: c.ID})
	if err != nil {
		return err
	}
	a := answer.GetApproval()
	done := fmt.Sprintf("%s of %s for %s", kindOf(a), sum(a.GetCurrency(), a.GetAmount()), a.GetMerchant())
	if a.GetTransfer() != 0 {
		done += fmt.Sprintf(": transfer %d", a.GetTransfer())
	}
	return c.say(std, asMessage(a), "Approved %d, %s.\n", a.GetId(), done)
}

type approvalRejectCommand struct {
	callFlags
	ID     int64  `arg:"" name:"number" help:"Number of the approval."`
	Reason string `placeholder:"TEXT" help:"Why, for who asked."`
}

func (*approvalRejectCommand) Help() string {
	return `Example:

    orderhub approval reject 7 --reason "The bank has no such payment"`
}

func (c *approvalRejectCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.approvals.Reject(ctx, &orderhubv1.RejectRequest{Approval: c.ID, Reason: c.Reason})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetApproval()), "Rejected %d: nothing was done.\n", answer.GetApproval().GetId())
}

type approvalWithdrawCommand struct {
	callFlags
	ID     int64  `arg:"" name:"number" help:"Number of the approval."`
	Reason string `placeholder:"TEXT" help:"Why, for the record."`
}

func (*approvalWithdrawCommand) Help() string {
	return `Only who asked may take it back; others reject it. On the machine that is who is named as the operator who
asked.

Example:

    orderhub approval withdraw 7 --reason "Asked for twice"`
}

func (c *approvalWithdrawCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.approvals.Withdraw(ctx, &orderhubv1.WithdrawRequest{Approval: c.ID, Reason: c.Reason})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetApproval()), "Withdrew %d: nothing was done.\n", answer.GetApproval().GetId())
}

// notMoved is what a deposit or a correction says that waits for a second operator, or whose reference belongs to
// something that waits, or waited.
func notMoved(std *Streams, asJSON bool, a *orderhubv1.Approval) error {
	if asJSON {
		if err := printJSON(std.Out, map[string]message{"approval": {a}}); err != nil {
			return err
		}
	}
	what := "it"
	if a.GetReference() != "" {
		what = fmt.Sprintf("reference %q", a.GetReference())
	}
	return fmt.Errorf("%s was asked for in approval %d, which is %s: nothing was done; see: orderhub approval show %[2]d",
		what, a.GetId(), word(a.GetStatus()))
}
