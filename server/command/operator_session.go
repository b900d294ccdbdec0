package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type operatorInviteCommand struct {
	callFlags
	Operator string `arg:"" help:"Name or id of the operator."`
}

func (*operatorInviteCommand) Help() string {
	return `Whoever has the invitation sets the operator's password and second factor by it, once, within three days. It is
printed alone on standard output and cannot be shown again; another one takes its place. Also for who has lost
either: what the operator signed in with before is good until the invitation is used.

Examples:

    orderhub operator invite ada
    orderhub operator invite ada --json`
}

func (c *operatorInviteCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.operators.InviteOperator(ctx, &orderhubv1.InviteOperatorRequest{Operator: c.Operator})
	if err != nil {
		return err
	}
	done := fmt.Sprintf(
		"Invited operator %s until %s.", answer.GetOperator().GetName(), shownTime(answer.GetExpireTime()),
	)
	return c.saySecret(std, asMessage(answer), done, "the invitation", answer.GetInvitation())
}

type operatorSessionListCommand struct {
	listFlags
	Operator string `arg:"" help:"Name or id of the operator."`
}

func (*operatorSessionListCommand) Help() string {
	return `Example:

    orderhub operator session list ada`
}

func (c *operatorSessionListCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error {
		answer, err := api.operators.ListOperatorSessions(
			ctx, &orderhubv1.ListOperatorSessionsRequest{Operator: c.Operator},
		)
		if err != nil {
			return err
		}
		return printList(
			std, c.JSON, answer.GetSessions(), asMessage, operatorSessionCells, "ID", "SIGNED IN", "USED", "ENDS",
			"FROM", "ENROLLING",
		)
	})
}

func operatorSessionCells(in *orderhubv1.OperatorSession) []string {
	enrolling := ""
	if in.GetEnrolling() {
		enrolling = "yes"
	}
	return []string{
		fmt.Sprint(in.GetId()), shownTime(in.GetCreateTime()), shownTime(in.GetLastUseTime()), shownTime(in.GetExpireTime()),
		orDash(in.GetAddress()), orDash(enrolling),
	}
}

type operatorSessionRevokeCommand struct {
	callFlags
	Operator string `arg:"" help:"Name or id of the operator."`
	ID       int64  `arg:"" name:"session-id" help:"Id of the session, as \"operator session list\" shows it."`
}

func (*operatorSessionRevokeCommand) Help() string {
	return `A hub that is running refuses it within about a second.

Example:

    orderhub operator session revoke ada 12`
}

func (c *operatorSessionRevokeCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.RevokeOperatorSessionRequest{Operator: c.Operator, Session: c.ID}
	if _, err := api.operators.RevokeOperatorSession(ctx, request); err != nil {
		return err
	}
	return c.say(std, asMessage(request), "Session %d of operator %s has ended.\n", c.ID, c.Operator)
}
