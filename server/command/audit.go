package command

import (
	"context"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type auditListCommand struct {
	listFlags
	auditFilter
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

type auditFilter struct {
	Operator string `placeholder:"NAME" help:"Only what this one did."`
	Method   string `placeholder:"NAME" help:"Only this: a method, such as Deposit, or a command, such as \"merchant create\"; several with commas."`
	Act      int64  `placeholder:"NUMBER" help:"Only entries of the act that this entry is one of: of one command, or one post of a page."`
	Target   string `placeholder:"KIND[:NAME]" help:"Only what was done to one of these, such as order, or to this one, such as merchant:shop."`
	From     moment `placeholder:"TIME" help:"Only from this moment on, such as 2026-11-25T08:00:00Z."`
	To       moment `placeholder:"TIME" help:"Only before this moment."`
}

func (f *auditFilter) request() *orderhubv1.ListAuditEntriesRequest {
	kind, name, _ := strings.Cut(f.Target, ":")
	return &orderhubv1.ListAuditEntriesRequest{
		Actor: f.Operator, Method: f.Method, Act: f.Act, TargetKind: kind, Target: name, TimeFrom: f.From.Timestamp,
		TimeTo: f.To.Timestamp,
	}
}

func (*auditListCommand) Help() string {
	return `Newest first: each change that an operator made, by whatever door, and each time goods were shown. With --json
also what was asked, and what was there before and afterwards.

Examples:

    orderhub audit list --operator ada
    orderhub audit list --target merchant:shop --json
    orderhub audit list --method Deposit --from 2026-11-25T00:00:00Z --limit 1000
    orderhub audit list --method "merchant create"
    orderhub audit list --act 17`
}

func (c *auditListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := c.request()
	found := contract.Each(
		ctx, api.operators.ListAuditEntries, request, (*orderhubv1.ListAuditEntriesResponse).GetEntries, int(c.Limit),
	)
	return showList(ctx, std, c, found, auditCells, "NUMBER", "TIME", "WHO", "FROM", "WHAT", "TO", "REASON")
}

func auditCells(e *orderhubv1.AuditEntry) []string {
	who, to := e.GetActor(), e.GetTargetKind()
	if e.GetActorKind() != orderhubv1.AuditActor_AUDIT_ACTOR_OPERATOR {
		who = fmt.Sprintf("%s (%s)", who, strings.ReplaceAll(word(e.GetActorKind()), "_", " "))
	}
	if e.GetTarget() != "" {
		to += " " + e.GetTarget()
	}
	return []string{
		fmt.Sprint(e.GetId()), shownTime(e.GetTime()), who, e.GetAddress(), e.GetMethod(), orDash(to), orDash(e.GetReason()),
	}
}
