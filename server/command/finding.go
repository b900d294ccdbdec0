package command

import (
	"context"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type findingListCommand struct {
	listFlags
	Status         string    `enum:",open,accepted,booked,settled,agreed,gone" default:"open" placeholder:"STATUS" help:"Only what is open, accepted, booked, settled, agreed or gone; empty for all (default: open)."`
	Kind           string    `enum:",missing_there,missing_here,priced_otherwise,charged_twice,credited,uncredited,dispute_uncredited,outcome_proven" default:"" placeholder:"KIND" help:"Only missing_there, missing_here, priced_otherwise, charged_twice, credited, uncredited, dispute_uncredited or outcome_proven."`
	Provider       string    `placeholder:"NAME" help:"Only those about this provider."`
	Reconciliation int64     `placeholder:"NUMBER" help:"Only what this comparison found, for the first time or again."`
	Limit          listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*findingListCommand) Help() string {
	return `Lists in what providers' statements and the hub differ, newest first.

Examples:

    orderhub finding list --provider topups
    orderhub finding list --reconciliation 7 --status "" --json`
}

func (c *findingListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListFindingsRequest{
		Provider: c.Provider, Reconciliation: c.Reconciliation, Status: valueOf[orderhubv1.FindingStatus](c.Status),
		Kind: valueOf[orderhubv1.FindingKind](c.Kind),
	}
	return showFindings(ctx, std, c, api, request, int(c.Limit))
}

func showFindings(
	ctx context.Context, std *Streams, c lister, api *client, request *orderhubv1.ListFindingsRequest, limit int,
) error {
	found := contract.Each(
		ctx, api.reconciliations.ListFindings, request, (*orderhubv1.ListFindingsResponse).GetFindings, limit,
	)
	return showList(
		ctx, std, c, found, findingCells, "NUMBER", "PROVIDER", "WHAT", "STATUS", "ATTEMPT", "REFERENCE",
		"THEIRS", "LINE", "THEY SAY", "WE HAVE", "ATTEMPT IS",
	)
}

func findingCells(f *orderhubv1.Finding) []string {
	says := ""
	if f.GetState() != 0 {
		says = word(f.GetState())
	}
	says = strings.TrimSpace(says + " " + sum(f.GetCurrency(), f.GetAmount()))
	attempt := ""
	if f.GetAttemptStatus() != 0 {
		attempt = word(f.GetAttemptStatus())
	}
	return []string{
		fmt.Sprint(f.GetId()), f.GetProvider(), spaced(word(f.GetKind())), word(f.GetStatus()),
		numberOrDash(f.GetAttempt()), orDash(f.GetReference()), orDash(f.GetProviderReference()), numberOrDash(f.GetLine()),
		orDash(says),
		orDash(sum(f.GetHubCurrency(), f.GetHubAmount())), orDash(attempt),
	}
}

type findingResolveCommand struct {
	callFlags
	ID         int64  `arg:"" name:"number" help:"Number of the finding, as \"finding list\" shows it."`
	Resolution string `arg:"" enum:"accept,book" help:"accept or book."`
	Note       string `required:"" placeholder:"TEXT" help:"Why, for other operators."`
}

func (*findingResolveCommand) Help() string {
	return `Says what becomes of a finding; doing it again changes nothing.

    accept  it may be so: nothing changes
    book    the books of the provider say what its statement says

Examples:

    orderhub finding resolve 17 accept --note "their clock is a minute late, it is in June's statement"
    orderhub finding resolve 18 book --note "invoice 4711"`
}

func (c *findingResolveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.reconciliations.ResolveFinding(ctx, &orderhubv1.ResolveFindingRequest{
		Finding: c.ID, Resolution: valueOf[orderhubv1.FindingResolution](c.Resolution), Note: c.Note,
	})
	if err != nil {
		return err
	}
	return sayFinding(std, c.jsonFlag, answer.GetFinding())
}

func sayFinding(std *Streams, flag jsonFlag, f *orderhubv1.Finding) error {
	became := word(f.GetStatus())
	if f.GetBookedAmount() != "" {
		became += " with " + f.GetBookedAmount()
	}
	if f.GetAttemptStatus() != 0 {
		became += fmt.Sprintf("; attempt %s is %s", f.GetReference(), word(f.GetAttemptStatus()))
	}
	return flag.say(std, asMessage(f), "Finding %d is %s.\n", f.GetId(), became)
}

type findingSettleCommand struct {
	callFlags
	ID       int64  `arg:"" name:"number" help:"Number of the finding, as \"finding list\" shows it."`
	Action   string `arg:"" enum:"inquire,failed,elsewhere" help:"inquire, failed or elsewhere."`
	Evidence string `required:"" placeholder:"TEXT" help:"How you know; kept in the order's events, where the merchant may read it."`
}

func (*findingSettleCommand) Help() string {
	return `Decides about the attempt of a finding whose outcome nobody knows, as "attempts resolve" does. Goods cannot
come from a statement: of what was delivered the provider is asked again, or they are handed over with
"attempts resolve".

    inquire    ask the provider again; the finding stays open
    failed     it has not delivered: the units fail and are paid back
    elsewhere  it has not delivered: try the next offer

Examples:

    orderhub finding settle 17 failed --evidence "refused by their statement of May"
    orderhub finding settle 18 inquire --evidence "delivered by their statement of May"`
}

func (c *findingSettleCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.reconciliations.SettleFinding(ctx, &orderhubv1.SettleFindingRequest{
		Finding: c.ID, Action: valueOf[orderhubv1.AttemptAction](c.Action), Evidence: c.Evidence,
	})
	if err != nil {
		return err
	}
	return sayFinding(std, c.jsonFlag, answer.GetFinding())
}

type providerReconciliationsCommand struct {
	listFlags
	Provider string    `placeholder:"NAME" help:"Only those of this provider."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
	Sums     bool      `help:"Only the sums."`
	From     string    `placeholder:"TIME" help:"Sums of rows from this moment on, such as 2026-05-01T00:00:00+07:00 (default: all)."`
	To       string    `placeholder:"TIME" help:"Sums of rows before this moment (default: all)."`
}

func (*providerReconciliationsCommand) Help() string {
	return `Lists which statements were compared, newest first, and what they charged and credited altogether, beside what
the books have as the cost of the same purchases. A row counts once, however many statements have it.

Examples:

    orderhub provider reconciliations --provider topups
    orderhub provider reconciliations --sums --from 2026-05-01T00:00:00Z --to 2026-06-01T00:00:00Z --json`
}

func (c *providerReconciliationsCommand) Run(ctx context.Context, std *Streams) error {
	asked := &orderhubv1.GetStatementSumsRequest{Provider: c.Provider}
	var err error
	if asked.FromTime, err = momentOf("--from", c.From); err != nil {
		return err
	}
	if asked.ToTime, err = momentOf("--to", c.To); err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		return c.watch(ctx, std, func(std *Streams) error { return c.list(ctx, std, api, asked) })
	})
}

func (c *providerReconciliationsCommand) list(
	ctx context.Context, std *Streams, api *client, asked *orderhubv1.GetStatementSumsRequest,
) error {
	if !c.Sums {
		found, err := collect(std, contract.Each(
			ctx, api.reconciliations.ListReconciliations, &orderhubv1.ListReconciliationsRequest{Provider: c.Provider},
			(*orderhubv1.ListReconciliationsResponse).GetReconciliations, int(c.Limit),
		))
		if err != nil {
			return err
		}
		err = printList(
			std, c.JSON, found, asMessage, reconciliationCells, "NUMBER", "BEGUN", "PROVIDER", "STATEMENT", "STATUS", "FROM",
			"TO", "ROWS", "ATTEMPTS", "NEW", "OPEN",
		)
		if err != nil || c.JSON || len(found) == 0 {
			return err
		}
		fmt.Fprintln(std.Out)
	}
	sums, err := api.reconciliations.GetStatementSums(ctx, asked)
	if err != nil {
		return err
	}
	return printList(
		std, c.JSON, sums.GetSums(), asMessage, statementSumCells, "PROVIDER", "CURRENCY", "ROWS", "OF NOBODY", "CHARGED",
		"CREDITED", "NET", "BOOKED",
	)
}

func statementSumCells(s *orderhubv1.StatementSum) []string {
	return []string{
		s.GetProvider(), s.GetCurrency(), fmt.Sprint(s.GetRows()), fmt.Sprint(s.GetUnknownRows()), s.GetChargedAmount(),
		s.GetCreditedAmount(), s.GetNetAmount(), s.GetBookedAmount(),
	}
}

func reconciliationCells(r *orderhubv1.Reconciliation) []string {
	return []string{
		fmt.Sprint(r.GetId()), shownTime(r.GetCreateTime()), r.GetProvider(), orDash(r.GetName()), word(r.GetStatus()),
		shownTime(r.GetFromTime()), shownTime(r.GetToTime()), fmt.Sprint(r.GetRows()), fmt.Sprint(r.GetMatchedAttempts()),
		fmt.Sprint(r.GetNewFindings()), fmt.Sprint(r.GetOpenFindings()),
	}
}
