// Package command is orderhub's command line: it reads flags and the environment, runs one command and says
// how it went. What a command does belongs to app and to the domain packages; here is only what a person
// types and reads.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"orderhub/server/app"
	"orderhub/server/fakepartner"
	"orderhub/server/webhook"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitLookAt = 3
)

// Streams are what a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer // results, for people and for pipes
	Err io.Writer // logs, progress and errors
}

// commands is the grammar. Every command has its help beside its code.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run the hub."`
	Demo      demoCommand      `cmd:"" help:"Run a hub with demo data on this machine, and show a tour."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database to this program's schema."`
	Verify    verifyCommand    `cmd:"" help:"Check that money, stock and orders agree."`
	Health    healthCommand    `cmd:"" help:"Ask the hub of this machine whether it is ready."`
	Backup    backupCommand    `cmd:"" help:"Copy a SQLite database that may be in use, and check the copy."`
	Restore   restoreCommand   `cmd:"" help:"Check a backup and put it in the place of a SQLite database."`
	Retention retentionCommand `cmd:"" help:"Remove what is no longer kept, or only count it."`
	Reseal    resealCommand    `cmd:"" help:"Seal what is secret anew, for its row and with the first key."`
	Erase     eraseCommand     `cmd:"" help:"Erase what orders keep of a customer, for good."`
	Export    exportCommand    `cmd:"" help:"Write orders, lines, transfers, units or attempts as CSV or JSON, however many there are."`
	Bench     benchCommand     `cmd:"" help:"Place orders as fast as a running hub takes them."`
	Merchant  struct {
		Create  merchantCreateCommand  `cmd:"" help:"Create a merchant with an empty wallet, or an operator."`
		List    merchantListCommand    `cmd:"" help:"List merchants with their wallets."`
		Suspend merchantSuspendCommand `cmd:"" help:"Refuse a merchant at every door."`
		Resume  merchantResumeCommand  `cmd:"" help:"Let a suspended merchant in again."`
		Set     merchantSetCommand     `cmd:"" help:"Change what partners' doors need to know of a merchant."`
		Secret  merchantSecretCommand  `cmd:"" help:"Set a merchant's password, channel code or callback key."`
	} `cmd:"" help:"Manage merchants."`
	Key struct {
		Create keyCreateCommand `cmd:"" help:"Create an API key and print it, once."`
		List   keyListCommand   `cmd:"" help:"List a merchant's API keys."`
		Revoke keyRevokeCommand `cmd:"" help:"Revoke an API key for good."`
	} `cmd:"" help:"Manage API keys."`
	Operator struct {
		Create operatorCreateCommand `cmd:"" help:"Create an operator: a person who runs the hub."`
		List   operatorListCommand   `cmd:"" help:"List operators with their roles."`
		Set    operatorSetCommand    `cmd:"" help:"Change an operator's roles, suspend it, or let it in again."`
		Invite operatorInviteCommand `cmd:"" help:"Invite an operator to set a password and a second factor, and print the invitation, once."`
		Key    struct {
			Create operatorKeyCreateCommand `cmd:"" help:"Create an operator's key and print it, once."`
			List   operatorKeyListCommand   `cmd:"" help:"List an operator's keys."`
			Revoke operatorKeyRevokeCommand `cmd:"" help:"Revoke an operator's key for good."`
		} `cmd:"" help:"Manage operators' keys."`
		Session struct {
			List   operatorSessionListCommand   `cmd:"" help:"List where an operator is signed in."`
			Revoke operatorSessionRevokeCommand `cmd:"" help:"End a session."`
		} `cmd:"" help:"See to operators' sessions."`
	} `cmd:"" help:"Manage who runs the hub."`
	Audit struct {
		List   auditListCommand   `cmd:"" help:"List what operators did."`
		Export auditExportCommand `cmd:"" help:"Print what operators did as CSV, or as JSON lines."`
	} `cmd:"" help:"See what operators did."`
	Event struct {
		List     eventListCommand `cmd:"" help:"List what operators should see: costs, lists of providers, stock."`
		Endpoint struct {
			Create     eventEndpointCreateCommand     `cmd:"" help:"Register an endpoint of the hub's own that is told of them."`
			List       eventEndpointListCommand       `cmd:"" help:"List the endpoints."`
			Set        eventEndpointSetCommand        `cmd:"" help:"Change one: switch it on or off, move it, give it a new secret."`
			Delete     eventEndpointDeleteCommand     `cmd:"" help:"Remove one."`
			Test       eventEndpointTestCommand       `cmd:"" help:"Post a message that tells of nothing to one."`
			Deliveries eventEndpointDeliveriesCommand `cmd:"" help:"List deliveries, or show one with its attempts."`
			Redeliver  eventEndpointRedeliverCommand  `cmd:"" help:"Send a delivery again."`
		} `cmd:"" help:"See to whom the hub tells them."`
	} `cmd:"" help:"See what operators are told and merchants are not."`
	Purchase struct {
		List    purchaseListCommand    `cmd:"" help:"List what people are asked to deliver, or did."`
		Take    purchaseTakeCommand    `cmd:"" help:"Make one yours, and see who receives it."`
		Release purchaseReleaseCommand `cmd:"" help:"Put one back."`
		Deliver purchaseDeliverCommand `cmd:"" help:"Hand over what was asked for."`
		Refuse  purchaseRefuseCommand  `cmd:"" help:"Say why it is not delivered."`
	} `cmd:"" help:"Deliver what is bought from people."`
	Claim struct {
		List    claimListCommand    `cmd:"" help:"List what is said of units that do not work."`
		Show    claimShowCommand    `cmd:"" help:"Show one with its units."`
		Create  claimCreateCommand  `cmd:"" help:"Say that delivered units do not work."`
		Answer  claimAnswerCommand  `cmd:"" help:"Refund units, replace them, or reject the claim."`
		Dispute claimDisputeCommand `cmd:"" help:"Pass a unit to its provider, and note what that says."`
		Policy  claimPolicyCommand  `cmd:"" help:"Show or change what holds for a product after the sale."`
	} `cmd:"" help:"See to units that do not work."`
	Ticket struct {
		Redeem ticketRedeemCommand `cmd:"" help:"Say that a ticket is used."`
		List   ticketListCommand   `cmd:"" help:"List the tickets of a day."`
	} `cmd:"" help:"Let holders of tickets in."`
	Supply struct {
		Policy    supplyPolicyCommand    `cmd:"" help:"Show or change how the catalogue follows a provider's list."`
		Run       supplyRunCommand       `cmd:"" help:"Read a provider's list now."`
		List      supplyListCommand      `cmd:"" help:"List what became of providers' lists."`
		Show      supplyShowCommand      `cmd:"" help:"List what a sync changes."`
		Approve   supplyApproveCommand   `cmd:"" help:"Take over a list that is held."`
		Reject    supplyRejectCommand    `cmd:"" help:"Drop a list that is held."`
		Undo      supplyUndoCommand      `cmd:"" help:"Put back what was before a sync."`
		Proposals supplyProposalsCommand `cmd:"" help:"List items that no offer is about."`
		Accept    supplyAcceptCommand    `cmd:"" help:"Import items that are proposed."`
		Dismiss   supplyDismissCommand   `cmd:"" help:"Have items not proposed again."`
	} `cmd:"" help:"Have the catalogue follow what providers list."`
	Approval struct {
		List    approvalListCommand    `cmd:"" help:"List what waits for a second operator, or did."`
		Show    approvalShowCommand    `cmd:"" help:"Show one."`
		Approve approvalApproveCommand `cmd:"" help:"Do what was asked for."`
		Reject  approvalRejectCommand  `cmd:"" help:"Decide that it is not done."`

		Withdraw approvalWithdrawCommand `cmd:"" help:"Take back what you asked for."`
	} `cmd:"" help:"See to what waits for a second operator."`
	Deposit   depositCommand   `cmd:"" help:"Add money to a merchant's wallet."`
	Adjust    adjustCommand    `cmd:"" help:"Correct the balance of a merchant's wallet, up or down."`
	Statement statementCommand `cmd:"" help:"Show a wallet's movements."`
	Category  struct {
		Create categoryCreateCommand `cmd:"" help:"Add a category of products."`
		List   categoryListCommand   `cmd:"" help:"List categories."`
		Set    categorySetCommand    `cmd:"" help:"Change a category's name or description."`
	} `cmd:"" help:"Manage categories."`
	Product struct {
		Import  productImportCommand  `cmd:"" help:"Create and change products from a file."`
		List    productListCommand    `cmd:"" help:"List products."`
		Archive productArchiveCommand `cmd:"" help:"Take a product off sale."`
	} `cmd:"" help:"Manage products."`
	Listing struct {
		Create listingCreateCommand `cmd:"" help:"Give a merchant its own identifier, and perhaps price, for a product."`
		List   listingListCommand   `cmd:"" help:"List a merchant's listings."`
		Delete listingDeleteCommand `cmd:"" help:"Remove a listing."`
	} `cmd:"" help:"Manage what merchants call products."`
	Coupon struct {
		Create couponCreateCommand `cmd:"" help:"Add a coupon."`
		List   couponListCommand   `cmd:"" help:"List coupons."`
		Set    couponSetCommand    `cmd:"" help:"Change, archive or revive a coupon."`
	} `cmd:"" help:"Manage coupons."`
	Price struct {
		Create   priceCreateCommand   `cmd:"" help:"Make a price list, a draft."`
		List     priceListCommand     `cmd:"" help:"List price lists."`
		Show     priceShowCommand     `cmd:"" help:"Show a price list with its rules and merchants."`
		Set      priceSetCommand      `cmd:"" help:"Change a price list."`
		Preview  pricePreviewCommand  `cmd:"" help:"Show what products would cost."`
		Activate priceActivateCommand `cmd:"" help:"Have a price list make prices."`
		Archive  priceArchiveCommand  `cmd:"" help:"Have it make none any more."`
		Give     priceGiveCommand     `cmd:"" help:"Give a merchant a price list, or none."`
	} `cmd:"" help:"Manage price lists for merchants."`
	Units struct {
		Import   unitsImportCommand   `cmd:"" help:"Put units of a product into stock from a file."`
		List     unitsListCommand     `cmd:"" help:"List units of a product, without their contents."`
		Imports  unitsImportsCommand  `cmd:"" help:"List imports with what is left of each."`
		Withdraw unitsWithdrawCommand `cmd:"" help:"Take back what is not sold of an import."`
		Void     unitsVoidCommand     `cmd:"" help:"Take one unit out of stock."`
		Aside    unitsAsideCommand    `cmd:"" help:"Keep one unit back until it is put back."`
		Back     unitsBackCommand     `cmd:"" help:"Let a unit be sold again that was set aside."`
		Stock    unitsStockCommand    `cmd:"" help:"Count the units of a product that can be sold."`
	} `cmd:"" help:"Manage stock."`
	Allotment struct {
		List allotmentListCommand `cmd:"" help:"List how many tickets exist and are sold for each day."`
		Set  allotmentSetCommand  `cmd:"" help:"Say how many tickets exist for days."`
	} `cmd:"" help:"Manage tickets of dated products."`

	Provider struct {
		Create providerCreateCommand `cmd:"" help:"Add a provider to buy from."`
		Set    providerSetCommand    `cmd:"" help:"Change a provider."`
		List   providerListCommand   `cmd:"" help:"List providers with what they can do."`
		Sync   providerSyncCommand   `cmd:"" help:"Compare what a provider lists with its offers."`

		Balance providerBalanceCommand `cmd:"" help:"Ask a provider how much money the hub has there."`

		Figures providerFiguresCommand `cmd:"" help:"Show what was submitted to providers and what came of it."`

		Reconcile       providerReconcileCommand       `cmd:"" help:"Compare a provider's statement with what was bought there."`
		Reconciliations providerReconciliationsCommand `cmd:"" help:"List which statements were compared."`
	} `cmd:"" help:"Manage providers."`
	Finding struct {
		List    findingListCommand    `cmd:"" help:"List in what statements and the hub differ."`
		Resolve findingResolveCommand `cmd:"" help:"Accept a finding, or have the books say what the statement says."`
		Settle  findingSettleCommand  `cmd:"" help:"Decide of an attempt by what the statement proves."`
	} `cmd:"" help:"See to what providers' statements have otherwise."`
	Offer struct {
		Create offerCreateCommand `cmd:"" help:"Say that a provider sells a product."`
		List   offerListCommand   `cmd:"" help:"List offers."`
		Set    offerSetCommand    `cmd:"" help:"Change an offer."`
		Delete offerDeleteCommand `cmd:"" help:"Remove an offer."`
	} `cmd:"" help:"Manage what providers sell."`
	Recipient struct {
		Check recipientCheckCommand `cmd:"" help:"Ask whether a player or an account exists, before anybody pays."`
	} `cmd:"" help:"Check who would receive goods."`
	Rate struct {
		Set  rateSetCommand  `cmd:"" help:"Say what a currency is worth in another one."`
		List rateListCommand `cmd:"" help:"List exchange rates, those that were set last first."`
	} `cmd:"" help:"Manage exchange rates."`
	Attempts struct {
		List    attemptsListCommand    `cmd:"" help:"List submissions to providers."`
		Get     attemptsGetCommand     `cmd:"" help:"Show one, with what was sent to its provider and answered."`
		Resolve attemptsResolveCommand `cmd:"" help:"Decide about one that waits for an operator."`
	} `cmd:"" help:"See to what was submitted to providers."`
	Order   orderCommands `cmd:"" help:"See to orders."`
	Webhook struct {
		Create     webhookCreateCommand     `cmd:"" help:"Register an endpoint that is told of a merchant's events."`
		List       webhookListCommand       `cmd:"" help:"List a merchant's endpoints."`
		Set        webhookSetCommand        `cmd:"" help:"Change an endpoint: switch it on or off, move it, give it a new secret."`
		Delete     webhookDeleteCommand     `cmd:"" help:"Remove an endpoint."`
		Test       webhookTestCommand       `cmd:"" help:"Post a message that tells of nothing to an endpoint."`
		Deliveries webhookDeliveriesCommand `cmd:"" help:"List deliveries, or show one with its attempts."`
		Redeliver  webhookRedeliverCommand  `cmd:"" help:"Send a delivery again."`
		Figures    webhookFiguresCommand    `cmd:"" help:"Show how endpoints do: success rate and lag of their last deliveries."`
		Replay     webhookReplayCommand     `cmd:"" help:"Tell an endpoint of past events."`
		Listen     webhookListenCommand     `cmd:"" help:"Receive webhooks on this machine, verify and print them."`
	} `cmd:"" help:"See to what merchants are told."`
	Report struct {
		Margin reportMarginCommand `cmd:"" help:"Show what was earned: revenue, cost and margin by day, product, provider or merchant."`
		Today  reportTodayCommand  `cmd:"" help:"Show a day by the hour, what needs a person, and how providers do."`
	} `cmd:"" help:"See how the hub does."`
	Simulate   simulateCommand   `cmd:"" help:"Stand in for a partner, for tests."`
	Completion completionCommand `cmd:"" help:"Print a script by which bash, zsh or fish complete what is typed."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

const description = `orderhub takes orders for digital goods, charges prepaid wallets, delivers from stock or from
providers, and gives back the money for what could not be delivered.

Try it with "orderhub demo". Every flag of "serve" can also be set in the environment: --shutdown-timeout is
ORDERHUB_SHUTDOWN_TIMEOUT.`

// Run runs the command that args name and returns the process's exit code: 0
// when it did what it should, 1 when not, 2 when args make no sense, 3 when it found
// something that a person has to look at.
func Run(ctx context.Context, args []string, std Streams) int {
	exited := -1
	parser := newParser(ctx, &std, func(code int) { exited = code })
	if kongcompletion.Register(parser); exited >= 0 { // the shell asked what may come next
		return exited
	}
	parsed, err := parser.Parse(amountLast(hubFlagsLast(asFlags(args))))
	switch {
	case exited >= 0: // help and version are printed while parsing
		return exited
	case err != nil:
		var parse *kong.ParseError
		if errors.As(err, &parse) {
			parsed = parse.Context
			err = withoutAddress(parsed, err)
		}
		return reportUsage(std.Err, parsed, err)
	}
	if err := errors.Join(checkBlanks(parsed), checkBeside(parsed)); err != nil {
		return reportUsage(std.Err, parsed, err)
	}
	if err := run(ctx, parsed, &std); err != nil {
		if errors.Is(err, errLookAt) {
			return exitLookAt
		}
		if !errors.Is(err, errReported) {
			for line := range strings.Lines(err.Error()) { // settings have a line for each problem
				fmt.Fprintf(std.Err, "orderhub: %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
		return exitFailed
	}
	return exitDone
}

// caller is a command that works with the API of a hub, which is opened for it.
type caller interface {
	access() access
	withAPI(ctx context.Context, std *Streams, a access, work func(*client) error) error
	call(ctx context.Context, std *Streams, api *client) error
}

func run(ctx context.Context, parsed *kong.Context, std *Streams) error {
	command, calls := parsed.Selected().Target.Addr().Interface().(caller)
	if !calls {
		return parsed.Run()
	}
	return command.withAPI(ctx, std, command.access(), func(api *client) error { return command.call(ctx, std, api) })
}

// newParser reads the command line. Help and version end it by exit.
func newParser(ctx context.Context, std *Streams, exit func(code int)) *kong.Kong {
	parser, err := kong.New(&commands{}, append(readers(),
		kong.Name("orderhub"),
		kong.Description(description),
		kong.Writers(std.Out, std.Err),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{
			"version": version(), "dialects": strings.Join(fakepartner.Dialects(), ", "),
			"connectors": strings.Join(app.Connectors.Names(), ", "), "events": strings.Join(webhook.EventTypes(), ", "),
			"kinds": strings.Join(webhook.TraitsOf(webhook.FormatOperators).Events, ", "),
		},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)...)
	if err != nil {
		panic("command: " + err.Error()) // the grammar is wrong, whatever the arguments
	}
	return parser
}

// asFlags lets the words be said that people try first.
func asFlags(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "version":
		return []string{"--version"}
	default:
		return args
	}
}

// hubFlagsLast lets the flags that say which hub is meant also come before the command.
func hubFlagsLast(args []string) []string {
	first := 0
	for first < len(args) {
		name, _, joined := strings.Cut(args[first], "=")
		field, found := strings.CutPrefix(name, "--")
		if !found || !slices.Contains(hubFlagNames, field) {
			break
		}
		if first++; !joined && field != "plaintext" {
			first++
		}
	}
	if first >= len(args) {
		return args
	}
	command := args[first:]
	if end := slices.Index(command, "--"); end >= 0 {
		return slices.Concat(command[:end], args[:first], command[end:])
	}
	return slices.Concat(command, args[:first])
}

// checkBlanks refuses arguments, and flags with the place of something, that are given
// and say nothing: mostly a variable of a script that is not set.
func checkBlanks(parsed *kong.Context) error {
	for _, part := range parsed.Path {
		var value *kong.Value
		var name string
		switch {
		case part.Positional != nil:
			value, name = part.Positional, part.Positional.ShortSummary()
		case part.Flag != nil && slices.Contains([]string{"FILE", "PATH", "URL"}, part.Flag.PlaceHolder) && !part.Resolved:
			value, name = part.Flag.Value, "--"+part.Flag.Name
		default:
			continue
		}
		if value.Target.Kind() == reflect.String && strings.TrimSpace(value.Target.String()) == "" {
			return fmt.Errorf("%s: must not be empty", name)
		}
	}
	return nil
}

func reportUsage(w io.Writer, parsed *kong.Context, err error) int {
	command := "orderhub"
	if parsed != nil && parsed.Command() != "" {
		for _, node := range parsed.Path {
			if node.Command != nil {
				command += " " + node.Command.Name
			}
		}
	}
	// A value that may be left out is not one to be written.
	text := strings.Replace(err.Error(), `must be one of "",`, "must be one of ", 1)
	fmt.Fprintf(w, "orderhub: %s\nSee %s --help.\n", text, command)
	return exitUsage
}

// errNothingToChange refuses a change of nothing.
var errNothingToChange = errors.New("nothing to change was named")

// errReported ends a command whose failure is told already.
var errReported = errors.New("reported")
