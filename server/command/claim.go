package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type claimListCommand struct {
	listFlags
	Status   string    `enum:",waiting,replacing,answered" default:"" placeholder:"STATUS" help:"Only what is waiting, replacing or answered."`
	Merchant string    `placeholder:"NAME" help:"Only claims about this merchant's orders."`
	Order    string    `placeholder:"NUMBER" help:"Only claims about this order."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*claimListCommand) Help() string {
	return `Those that wait with the oldest first, all others with the newest first.

Examples:

    orderhub claim list --status waiting --watch
    orderhub claim list --merchant shop --json`
}

func (c *claimListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListClaimsRequest{
		Status: valueOf[orderhubv1.ClaimStatus](c.Status), Merchant: c.Merchant, OrderNumber: c.Order,
	}
	found := contract.Each(
		ctx, api.claims.ListClaims, request, (*orderhubv1.ListClaimsResponse).GetClaims, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, claimCells, "NUMBER", "MADE", "MERCHANT", "ORDER", "UNITS", "REASON", "STATUS", "ANSWER BY",
		"REFUNDED",
	)
}

func claimCells(c *orderhubv1.Claim) []string {
	by := shownTime(c.GetAnswerByTime())
	if c.GetOverdue() {
		by += " overdue"
	}
	return []string{
		fmt.Sprint(c.GetId()), shownTime(c.GetCreateTime()), c.GetMerchant(), c.GetOrderNumber(),
		fmt.Sprint(len(c.GetUnits())), spaced(word(c.GetReason())), word(c.GetStatus()), orDash(by),
		sum(c.GetCurrency(), c.GetRefundedAmount()),
	}
}

// spaced is a word of the contract as people write it.
func spaced(word string) string { return strings.ReplaceAll(word, "_", " ") }

type claimShowCommand struct {
	readFlags
	ID int64 `arg:"" name:"number" help:"Number of the claim, as \"claim list\" shows it."`
}

func (*claimShowCommand) Help() string {
	return `Example:

    orderhub claim show 7`
}

func (c *claimShowCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.claims.GetClaim(ctx, &orderhubv1.GetClaimRequest{Claim: c.ID})
	return printClaim(std, c.JSON, answer.GetClaim(), err)
}

// printClaim prints a claim with its units, or says why there is none.
func printClaim(std *Streams, asJSON bool, c *orderhubv1.Claim, err error) error {
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(std.Out, message{c})
	}
	rows := newTable(std.Out, "CLAIM", fmt.Sprint(c.GetId()))
	for _, row := range [][2]string{
		{"order", c.GetOrderNumber()},
		{"merchant", c.GetMerchant()},
		{"status", word(c.GetStatus())},
		{"reason", spaced(word(c.GetReason()))},
		{"text", c.GetText()},
		{"evidence", c.GetEvidence().GetText()},
		{"file", strings.TrimSpace(c.GetEvidence().GetFileName() + " " + c.GetEvidence().GetSha256())},
		{"reference", c.GetReference()},
		{"made by", c.GetClaimedBy()},
		{"made", shownTime(c.GetCreateTime())},
		{"answer by", shownTime(c.GetAnswerByTime())},
		{"refunded", sum(c.GetCurrency(), c.GetRefundedAmount())},
	} {
		rows.add(row[0], orDash(row[1]))
	}
	if err := rows.flush(); err != nil {
		return err
	}
	fmt.Fprintln(std.Out)
	return printList(
		std, false, c.GetUnits(), asMessage, claimedUnitCells, "UNIT", "LINE", "SKU", "STATUS", "BY", "WHY", "REFUND",
		"REPLACED BY", "DISPUTE",
	)
}

func claimedUnitCells(u *orderhubv1.ClaimedUnit) []string {
	by, dispute, why := u.GetAnsweredBy(), "", u.GetAnswerReason()
	if u.GetAutomatic() {
		by = "policy"
	}
	if d := u.GetDispute(); d != nil {
		dispute = strings.Join([]string{
			word(d.GetStatus()), d.GetReference(), sum(d.GetCurrency(), d.GetCreditAmount()),
		}, " ")
	}
	if u.GetFailureCode() != "" {
		why = strings.TrimSpace(why + " (none could be bought: " + u.GetFailureCode() + ")")
	}
	return []string{
		fmt.Sprint(u.GetUnit()), fmt.Sprint(u.GetLine()), u.GetSku(), word(u.GetStatus()), orDash(by),
		orDash(why), orDash(u.GetRefundAmount()), numberOrDash(u.GetReplacementUnit()), orDash(dispute),
	}
}

type claimCreateCommand struct {
	callFlags
	Order     string  `arg:"" help:"Number of the order."`
	Reason    string  `required:"" enum:"not_working,already_used,wrong_product,not_received,expired,other" placeholder:"REASON" help:"What is wrong: not_working, already_used, wrong_product, not_received, expired or other."`
	Units     []int64 `placeholder:"NUMBER" help:"The units, with commas; without it all that the customer has."`
	Text      string  `placeholder:"TEXT" help:"The same in words."`
	Evidence  string  `placeholder:"TEXT" help:"What is shown for it."`
	SHA256    string  `name:"sha256" placeholder:"HEX" help:"SHA-256 of a file that is shown for it and kept elsewhere."`
	Reference string  `placeholder:"TEXT" help:"A reference with which the command may be repeated."`
}

func (*claimCreateCommand) Help() string {
	return `Says for a merchant that delivered units do not work. "order get" shows their numbers as units of the goods.

Example:

    orderhub claim create ord_01m822qjcz4kvhrss6tz9tqz95 --reason already_used --units 17,18 --reference complaint-4711`
}

func (c *claimCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.CreateClaimRequest{
		OrderNumber: c.Order, Units: c.Units, Reason: valueOf[orderhubv1.ClaimReason](c.Reason), Text: c.Text,
		Reference: c.Reference,
	}
	if c.Evidence != "" || c.SHA256 != "" {
		request.Evidence = &orderhubv1.ClaimEvidence{Text: c.Evidence, Sha256: c.SHA256}
	}
	answer, err := api.claims.CreateClaim(ctx, request)
	return printClaim(std, c.JSON, answer.GetClaim(), err)
}

type claimAnswerCommand struct {
	callFlags
	ID     int64   `arg:"" name:"number" help:"Number of the claim."`
	Answer string  `arg:"" enum:"refund,replace,reject" help:"What is done: refund, replace or reject."`
	Units  []int64 `placeholder:"NUMBER" help:"Only for these units, with commas; without it for all that wait."`
	Reason string  `placeholder:"TEXT" help:"Why, which the merchant reads. Has to be there to reject."`
	Goods  string  `placeholder:"FILE" help:"With replace: a file with what the provider gave, a line for each unit; - for standard input."`
}

func (*claimAnswerCommand) Help() string {
	return `A refund gives back exactly what the units cost the merchant. Units are replaced from stock, where
there are too few by buying others from who sells the product, or with what the provider gave (--goods); nobody is
charged.

Examples:

    orderhub claim answer 7 refund --reason "The provider confirms it"
    orderhub claim answer 7 replace --units 17
    orderhub claim answer 7 reject --reason "It was redeemed by the customer"`
}

func (c *claimAnswerCommand) Run(ctx context.Context, std *Streams) error {
	goods, err := readGoods(c.Goods, std)
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.claims.AnswerClaim(ctx, &orderhubv1.AnswerClaimRequest{
			Claim: c.ID, Answer: valueOf[orderhubv1.ClaimAnswer](c.Answer), Units: c.Units, Reason: c.Reason, Goods: goods,
		})
		return printClaim(std, c.JSON, answer.GetClaim(), err)
	})
}

type claimDisputeCommand struct {
	callFlags
	ID        int64  `arg:"" name:"number" help:"Number of the claim."`
	Unit      int64  `placeholder:"NUMBER" help:"The unit; without it the claim's only one."`
	Reference string `placeholder:"TEXT" help:"What the provider calls the dispute."`
	Attempt   int64  `placeholder:"NUMBER" help:"The attempt that bought the unit, where its line has several."`
	Credited  string `placeholder:"AMOUNT" help:"The provider gave so much back: book it, and end the dispute."`
	Refused   bool   `help:"The provider gives nothing back: end the dispute."`
}

func (*claimDisputeCommand) Help() string {
	return `Notes that a unit was passed to the provider that sold it, and what the provider says.

Examples:

    orderhub claim dispute 7 --reference CASE-4711
    orderhub claim dispute 7 --credited 82.50
    orderhub claim dispute 7 --refused`
}

func (c *claimDisputeCommand) Run(ctx context.Context, std *Streams) error {
	if c.Refused && c.Credited != "" {
		return errors.New("--credited and --refused exclude each other")
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		if c.Refused || c.Credited != "" {
			answer, err := api.claims.EndDispute(ctx, &orderhubv1.EndDisputeRequest{
				Claim: c.ID, Unit: c.Unit, Amount: c.Credited,
			})
			return printClaim(std, c.JSON, answer.GetClaim(), err)
		}
		answer, err := api.claims.DisputeClaim(ctx, &orderhubv1.DisputeClaimRequest{
			Claim: c.ID, Unit: c.Unit, Reference: c.Reference, Attempt: c.Attempt,
		})
		return printClaim(std, c.JSON, answer.GetClaim(), err)
	})
}
