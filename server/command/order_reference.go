package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type orderReferenceCommand struct {
	callFlags
	Reference string `arg:"" help:"The merchant's own reference of the order, exactly."`
	Merchant  string `required:"" placeholder:"NAME" help:"Whose reference it is."`
}

func (*orderReferenceCommand) Help() string {
	return `Tells whether an order was placed under the reference, why it was last refused (kept for 30 days), that the hub
which answers is at work with it, or that nothing is known of it.

Examples:

    orderhub order reference ref-4711 --merchant shop
    orderhub order reference ref-4711 --merchant shop --address hub.example:9090 --json`
}

func (c *orderReferenceCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.references.GetReference(ctx, &orderhubv1.GetReferenceRequest{
		ReferenceId: c.Reference, Merchant: c.Merchant,
	})
	if err != nil {
		return err
	}
	found := answer.GetReference()
	if c.JSON {
		return printJSON(std.Out, asMessage(found))
	}
	fmt.Fprintf(std.Out, "Reference %s of %s: %s.\n", found.GetReferenceId(), found.GetMerchant(), becameOf(found))
	if refusal := found.GetRefusal(); refusal != nil {
		fmt.Fprintf(
			std.Out, "Refused at %s: %s (%s)\n", shownTime(found.GetRefuseTime()), refusal.GetMessage(),
			refusal.GetReason(),
		)
	}
	if found.GetSettleTime().AsTime().After(found.GetAsOfTime().AsTime()) {
		fmt.Fprintf(
			std.Out, "Another process may be at work with it; ask again after %s to be sure.\n",
			shownTime(found.GetSettleTime()),
		)
	}
	return nil
}

func becameOf(r *orderhubv1.Reference) string {
	switch r.GetState() {
	case orderhubv1.ReferenceState_REFERENCE_STATE_ORDER:
		return "order " + r.GetOrder().GetOrderNumber() + ", " + word(r.GetOrder().GetStatus())
	case orderhubv1.ReferenceState_REFERENCE_STATE_HELD:
		return "held as " + r.GetHold().GetHoldNumber() + " until " + shownTime(r.GetHold().GetExpireTime())
	case orderhubv1.ReferenceState_REFERENCE_STATE_IN_FLIGHT:
		return "the hub is at work with it"
	case orderhubv1.ReferenceState_REFERENCE_STATE_REFUSED:
		return "refused; no order was placed"
	default:
		return "not seen; no order was placed"
	}
}
