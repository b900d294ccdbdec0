package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type supplyPolicyCommand struct {
	callFlags
	Provider string         `arg:"" help:"Name or id of the provider."`
	Interval *time.Duration `placeholder:"DURATION" help:"How often its list is read, such as 15m; 0s for only when somebody asks."`
	New      string         `enum:",propose,import" default:"" placeholder:"WAY" help:"What becomes of new items: propose, or import by the rules."`
	HoldGone *int32         `placeholder:"PERCENT" help:"A list that switches off more of the active offers waits for a person (default: 20)."`
	HoldRise *int32         `placeholder:"PERCENT" help:"A list with a cost that rose by more waits for a person (default: 20)."`
	Rules    string         `placeholder:"FILE" help:"File with the rules, JSON as in the API: {\"rules\": [...]}; - for standard input."`
}

func (*supplyPolicyCommand) Help() string {
	return `Shows how the catalogue follows the provider's list, after changing what is named.

Examples:

    orderhub supply policy topups
    orderhub supply policy topups --interval 15m --new import --rules rules.json --hold-rise 30`
}

func (c *supplyPolicyCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.supply.GetSyncPolicy(ctx, &orderhubv1.GetSyncPolicyRequest{Provider: c.Provider})
	if err != nil {
		return err
	}
	policy := answer.GetPolicy()
	changed, err := c.change(std, policy)
	if err != nil {
		return err
	}
	if changed {
		set, err := api.supply.SetSyncPolicy(
			ctx, &orderhubv1.SetSyncPolicyRequest{Provider: c.Provider, Policy: policy},
		)
		if err != nil {
			return err
		}
		policy = set.GetPolicy()
	}
	every := "only when asked"
	if policy.GetInterval().AsDuration() > 0 {
		every = "every " + policy.GetInterval().AsDuration().String()
	}
	return c.say(
		std, asMessage(policy), "%s: its list is read %s; new items: %s, by %s; last read %s, %s.\n",
		policy.GetProvider(), every, word(policy.GetNewItems()), count(len(policy.GetRules()), "rule", "rules"),
		shownTime(policy.GetReadTime()), count(int(policy.GetListed()), "item", "items"),
	)
}

// change puts what is named into the policy.
func (c *supplyPolicyCommand) change(std *Streams, p *orderhubv1.SyncPolicy) (changed bool, err error) {
	if c.Interval != nil {
		p.Interval, changed = durationpb.New(*c.Interval), true
	}
	if c.New != "" {
		p.NewItems, changed = valueOf[orderhubv1.NewItems](c.New), true
	}
	if c.HoldGone != nil {
		p.HoldGonePercent, changed = *c.HoldGone, true
	}
	if c.HoldRise != nil {
		p.HoldRisePercent, changed = *c.HoldRise, true
	}
	if c.Rules == "" {
		return changed, nil
	}
	const most = 1 << 20
	text, err := readInput(c.Rules, std, most)
	if err != nil {
		return false, err
	}
	var given orderhubv1.SyncPolicy
	if err := protojson.Unmarshal(text, &given); err != nil {
		return false, errors.New("the rules are no JSON of a policy with rules")
	}
	p.Rules = given.GetRules()
	return true, nil
}

type supplyRunCommand struct {
	callFlags
	Provider string `arg:"" help:"Name or id of the provider."`
}

func (*supplyRunCommand) Help() string {
	return `Reads the provider's list now and takes it over, or says why not.

Example:

    orderhub supply run topups`
}

func (c *supplyRunCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.supply.RunSync(ctx, &orderhubv1.RunSyncRequest{Provider: c.Provider})
	return saySync(std, c.jsonFlag, answer.GetSync(), err)
}

// saySync says what became of a sync, or why nothing did.
func saySync(std *Streams, f jsonFlag, s *orderhubv1.Sync, err error) error {
	if err != nil {
		return err
	}
	why := ""
	if s.GetReason() != "" {
		why = ": " + s.GetReason()
	}
	return f.say(
		std, asMessage(s), "Sync %d of %s is %s%s\n%s listed, %s, %d skipped, %d proposed.\n", s.GetId(), s.GetProvider(),
		word(s.GetStatus()), why, count(int(s.GetListed()), "item", "items"), count(int(s.GetChanges()), "change", "changes"),
		s.GetSkipped(), s.GetProposed(),
	)
}

type supplyListCommand struct {
	listFlags
	Provider string    `placeholder:"NAME" help:"Only those of this provider."`
	Status   string    `enum:",planning,applying,applied,held,rejected,refused,failed,undone" default:"" placeholder:"STATUS" help:"Only those of which this became, such as held."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*supplyListCommand) Help() string {
	return `Newest first: each reading of a list that changed something or was not taken over.

Examples:

    orderhub supply list --provider topups
    orderhub supply list --status held`
}

func (c *supplyListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListSyncsRequest{Provider: c.Provider, Status: valueOf[orderhubv1.SyncStatus](c.Status)}
	found := contract.Each(ctx, api.supply.ListSyncs, request, (*orderhubv1.ListSyncsResponse).GetSyncs, int(c.Limit))
	return showList(
		ctx, std, c, found, syncCells, "NUMBER", "PROVIDER", "BEGAN", "STATUS", "LISTED", "CHANGES", "REASON",
	)
}

func syncCells(s *orderhubv1.Sync) []string {
	return []string{
		fmt.Sprint(s.GetId()), s.GetProvider(), shownTime(s.GetCreateTime()), word(s.GetStatus()),
		fmt.Sprint(s.GetListed()), fmt.Sprint(s.GetChanges()), orDash(s.GetReason()),
	}
}

type supplyShowCommand struct {
	listFlags
	ID    int64     `arg:"" name:"sync" help:"Number of the sync, as \"supply list\" shows it."`
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many of its changes (default: 50)."`
}

func (*supplyShowCommand) Help() string {
	return `Lists what a sync changes, with what was before.

Example:

    orderhub supply show 7`
}

func (c *supplyShowCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.supply.ListSyncChanges, &orderhubv1.ListSyncChangesRequest{Sync: c.ID},
		(*orderhubv1.ListSyncChangesResponse).GetChanges, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, syncChangeCells, "NUMBER", "CHANGE", "ITEM", "PRODUCT", "BEFORE", "AFTER", "STATUS", "NOTE",
	)
}

func syncChangeCells(c *orderhubv1.SyncChange) []string {
	return []string{
		fmt.Sprint(c.GetId()), word(c.GetKind()), c.GetProviderSku(), orDash(c.GetProduct()),
		orDash(sum(c.GetOldCurrency(), c.GetOldCost())), orDash(sum(c.GetNewCurrency(), c.GetNewCost())),
		word(c.GetStatus()), orDash(c.GetNote()),
	}
}
