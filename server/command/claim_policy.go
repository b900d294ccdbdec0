package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type claimPolicyCommand struct {
	callFlags
	Product         string  `arg:"" help:"The product, by SKU or id."`
	ClaimWithin     *int32  `placeholder:"HOURS" help:"How long after its delivery a unit may be claimed; 0 for ever."`
	AnswerWithin    *int32  `placeholder:"HOURS" help:"How long a claim may wait before it is overdue; 0 for ever."`
	Automatic       *string `enum:"none,refund,replace" placeholder:"ANSWER" help:"What is answered by itself: none, refund or replace."`
	AutomaticWithin *int32  `placeholder:"HOURS" help:"For that a unit must be claimed so soon after its delivery."`
	PerMonth        *int32  `placeholder:"N" help:"So many units of one merchant in a calendar month are answered by itself."`
	TimeZone        *string `placeholder:"ZONE" help:"In which the days of its tickets are meant, such as Asia/Bangkok."`
}

func (*claimPolicyCommand) Help() string {
	return `Shows what holds for a product after the sale, or changes what is named.

Examples:

    orderhub claim policy EPIN_25
    orderhub claim policy EPIN_25 --claim-within 720 --answer-within 48
    orderhub claim policy EPIN_25 --automatic refund --automatic-within 24 --per-month 5`
}

func (c *claimPolicyCommand) Run(ctx context.Context, std *Streams) error {
	changes := c.ClaimWithin != nil || c.AnswerWithin != nil || c.Automatic != nil || c.AutomaticWithin != nil ||
		c.PerMonth != nil || c.TimeZone != nil
	use := access{}
	if changes {
		use.key = keySeals
	}
	return c.withAPI(ctx, std, use, func(api *client) error {
		answer, err := api.claims.GetClaimPolicy(ctx, &orderhubv1.GetClaimPolicyRequest{Product: c.Product})
		if err != nil {
			return err
		}
		p := answer.GetPolicy()
		if changes {
			c.change(p)
			answer, err := api.claims.SetClaimPolicy(ctx, &orderhubv1.SetClaimPolicyRequest{Product: c.Product, Policy: p})
			if err != nil {
				return err
			}
			p = answer.GetPolicy()
		}
		return printClaimPolicy(std, c.JSON, c.Product, p)
	})
}

func (c *claimPolicyCommand) change(p *orderhubv1.ClaimPolicy) {
	for _, change := range []struct {
		to   *int32
		from *int32
	}{
		{&p.ClaimWithinHours, c.ClaimWithin},
		{&p.AnswerWithinHours, c.AnswerWithin},
		{&p.AutomaticWithinHours, c.AutomaticWithin},
		{&p.AutomaticPerMonth, c.PerMonth},
	} {
		if change.from != nil {
			*change.to = *change.from
		}
	}
	if c.TimeZone != nil {
		p.TimeZone = *c.TimeZone
	}
	switch {
	case c.Automatic == nil:
	case *c.Automatic == "none":
		p.AutomaticAnswer, p.AutomaticWithinHours, p.AutomaticPerMonth = 0, 0, 0
	default:
		p.AutomaticAnswer = valueOf[orderhubv1.ClaimAnswer](*c.Automatic)
	}
}

func printClaimPolicy(std *Streams, asJSON bool, product string, p *orderhubv1.ClaimPolicy) error {
	if asJSON {
		return printJSON(std.Out, message{p})
	}
	hours := func(n int32) string {
		if n == 0 {
			return "for ever"
		}
		return "within " + count(int(n), "hour", "hours")
	}
	automatic := "nothing"
	if p.GetAutomaticAnswer() != 0 {
		automatic = fmt.Sprintf(
			"%s, claimed %s, %s a month for each merchant", word(p.GetAutomaticAnswer()), hours(p.GetAutomaticWithinHours()),
			count(int(p.GetAutomaticPerMonth()), "unit", "units"),
		)
	}
	zone := p.GetTimeZone()
	if zone == "" {
		zone = "UTC"
	}
	rows := newTable(std.Out, "CLAIMS OF", product)
	rows.add("may be made", hours(p.GetClaimWithinHours()))
	rows.add("may wait", hours(p.GetAnswerWithinHours()))
	rows.add("answered by itself", automatic)
	rows.add("days are those of", zone)
	return rows.flush()
}
