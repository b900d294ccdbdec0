package command

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type reportTodayCommand struct {
	listFlags
	Date      string `placeholder:"DAY" help:"Another day than today: YYYY-MM-DD."`
	UTCOffset int32  `name:"utc-offset" placeholder:"MINUTES" help:"How far clocks are ahead of UTC where the day is meant, such as 420 (default: 0)."`
	LowStock  int32  `placeholder:"N" help:"Stock is low below so many units (default: 10)."`
}

func (*reportTodayCommand) Help() string {
	return `Orders and revenue by the hour beside the day before and the week before, what needs a person, and how
providers did in the last hour. Hours begin as the zone's do; times are in UTC.

Examples:

    orderhub report today
    orderhub report today --utc-offset 420 --json`
}

func (c *reportTodayCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error {
		overview, err := api.reports.GetOverview(ctx, &orderhubv1.GetOverviewRequest{
			Date: c.Date, UtcOffsetMinutes: c.UTCOffset, LowStock: c.LowStock,
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printJSON(std, message{overview})
		}
		return printOverview(std.Out, overview)
	})
}

func printOverview(w io.Writer, o *orderhubv1.GetOverviewResponse) error {
	fmt.Fprintf(w, "As of %s.\n\n", shownTime(o.GetAsOfTime()))
	hours := newTable(
		w, "FROM", "ORDERS", "DAY BEFORE", "WEEK BEFORE", "COMPLETED", "FAILED", "OPEN", "SUCCESS", "P50", "P99", "REVENUE",
	)
	for i, hour := range o.GetDay().GetHours() {
		hours.add(overviewRow(
			shownTime(hour.GetStartTime()), hour.GetFigures(), ordersIn(o.GetDayBefore(), i), ordersIn(o.GetWeekBefore(), i),
		)...)
	}
	hours.add(overviewRow(
		"all", o.GetDay().GetTotal(), o.GetDayBefore().GetTotal().GetOrders(), o.GetWeekBefore().GetTotal().GetOrders(),
	)...)
	if err := hours.flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	if err := printNeeds(w, o.GetNeedsPerson()); err != nil {
		return err
	}
	if len(o.GetProviders()) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return printProviderFigures(w, o.GetProviders())
}

func ordersIn(d *orderhubv1.DayFigures, hour int) int64 {
	if hour >= len(d.GetHours()) {
		return 0
	}
	return d.GetHours()[hour].GetFigures().GetOrders()
}

func overviewRow(from string, f *orderhubv1.OrderFigures, dayBefore, weekBefore int64) []string {
	var revenue []string
	for _, r := range f.GetRevenue() {
		revenue = append(revenue, sum(r.GetCurrency(), r.GetAmount()))
	}
	return []string{
		from, fmt.Sprint(f.GetOrders()), fmt.Sprint(dayBefore), fmt.Sprint(weekBefore), fmt.Sprint(f.GetCompleted()),
		fmt.Sprint(f.GetFailed()), fmt.Sprint(f.GetOpen()), share(f.SuccessRate), tookAbout(f.GetTimeToGoodsP50()),
		tookAbout(f.GetTimeToGoodsP99()), orDash(strings.Join(revenue, ", ")),
	}
}

func printNeeds(w io.Writer, n *orderhubv1.NeedsPerson) error {
	rows := newTable(w, "NEEDS A PERSON", "HOW MANY", "WHICH")
	add := func(what string, many int64, which string) {
		if many > 0 {
			rows.add(what, fmt.Sprint(many), orDash(which))
		}
	}
	since := "since "
	add("parked attempts", n.GetParkedAttempts(), "attempts list --parked")
	add("disputed attempts", n.GetDisputedAttempts(), "attempts list --disputed")
	add("stuck orders", n.GetStuckOrders(), since+shownTime(n.GetStuckSinceTime()))
	add("claims", n.GetWaitingClaims(), since+shownTime(n.GetClaimSinceTime()))
	add("approvals", n.GetPendingApprovals(), since+shownTime(n.GetApprovalSinceTime()))
	add("due deliveries", n.GetDueDeliveries(), since+shownTime(n.GetDeliverySinceTime()))
	add("purchases by hand", n.GetWaitingPurchases(), since+shownTime(n.GetPurchaseSinceTime()))
	add("overdue purchases", n.GetOverduePurchases(), "event list --kind purchase.overdue")
	add("findings", n.GetOpenFindings(), "finding list; since "+shownTime(n.GetFindingSinceTime()))
	add("held lists", n.GetHeldLists(), since+shownTime(n.GetListSinceTime()))
	var stock, endpoints, wallets, poor []string
	for _, p := range n.GetPoorProviders() {
		poor = append(poor, p.GetProvider())
	}
	add("providers short of money", int64(len(poor)), strings.Join(poor, ", "))
	for _, p := range n.GetLowStock() {
		stock = append(stock, fmt.Sprintf("%s: %d", p.GetProduct(), p.GetAvailable()))
	}
	for _, e := range n.GetFailingEndpoints() {
		endpoints = append(endpoints, fmt.Sprintf("%d of %s", e.GetEndpoint(), ownerOf(e)))
	}
	for _, m := range n.GetLowWallets() {
		wallets = append(wallets, m.GetMerchant()+": "+sum(m.GetCurrency(), m.GetBalance()))
	}
	add("low stock", int64(len(stock)), strings.Join(stock, ", "))
	add("failing endpoints", int64(len(endpoints)), strings.Join(endpoints, ", "))
	add("low wallets", int64(len(wallets)), strings.Join(wallets, ", "))
	return rows.flush()
}

type providerFiguresCommand struct {
	listFlags
	Provider string `arg:"" optional:"" help:"Name or id of the provider (default: all)."`
	From     moment `placeholder:"TIME" help:"From this moment on, a multiple of five minutes (default: 24 hours before --to)."`
	To       moment `placeholder:"TIME" help:"Up to this moment (default: the end of this hour)."`
	Hours    bool   `help:"Each hour by itself."`
}

func (*providerFiguresCommand) Help() string {
	return `What was submitted to providers, what came of it and how long it took.

Examples:

    orderhub provider figures
    orderhub provider figures topups --hours --from 2026-11-25T08:00:00Z --to 2026-11-25T20:00:00Z`
}

func (c *providerFiguresCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error {
		answer, err := api.reports.ListProviderFigures(ctx, &orderhubv1.ListProviderFiguresRequest{
			Provider: c.Provider, FromTime: c.From.Timestamp, ToTime: c.To.Timestamp,
		})
		if err != nil {
			return err
		}
		switch {
		case c.JSON:
			return printList(std, true, answer.GetProviders(), asMessage, nil)
		case !c.Hours:
			return printProviderFigures(std.Out, answer.GetProviders())
		}
		rows := newTable(std.Out, append([]string{"PROVIDER", "FROM"}, figureColumns...)...)
		for _, p := range answer.GetProviders() {
			for _, hour := range p.GetHours() {
				of := []string{p.GetProvider(), shownTime(hour.GetStartTime())}
				rows.add(append(of, figureCells(hour.GetFigures())...)...)
			}
		}
		return rows.flush()
	})
}

var figureColumns = []string{"ATTEMPTS", "DELIVERED", "REFUSED", "CANCELLED", "PARKED", "OPEN", "SUCCESS", "P50", "P99"}

func figureCells(f *orderhubv1.AttemptFigures) []string {
	return []string{
		fmt.Sprint(f.GetAttempts()), fmt.Sprint(f.GetDelivered()), fmt.Sprint(f.GetRefused()), fmt.Sprint(f.GetCancelled()),
		fmt.Sprint(f.GetParked()), fmt.Sprint(f.GetOpen()), share(f.SuccessRate), tookAbout(f.GetLatencyP50()),
		tookAbout(f.GetLatencyP99()),
	}
}

func printProviderFigures(w io.Writer, providers []*orderhubv1.ProviderFigures) error {
	rows := newTable(w, append([]string{"PROVIDER", "STATUS"}, figureColumns...)...)
	for _, p := range providers {
		rows.add(append([]string{p.GetProvider(), word(p.GetStatus())}, figureCells(p.GetTotal())...)...)
	}
	return rows.flush()
}

// share is a part of a whole for people.
func share(part *float64) string {
	if part == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", *part*100)
}

func tookAbout(d *durationpb.Duration) string {
	if d == nil {
		return "-"
	}
	return spoken(d.AsDuration())
}

type webhookFiguresCommand struct {
	listFlags
	Merchant string    `arg:"" optional:"" help:"Name or id of the merchant (default: all)."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many endpoints (default: 50)."`
}

func (*webhookFiguresCommand) Help() string {
	return `Of each endpoint the last 200 deliveries: how many arrived, and how long after the event.

Examples:

    orderhub webhook figures
    orderhub webhook figures shop --json`
}

func (c *webhookFiguresCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error {
		request := &orderhubv1.ListEndpointFiguresRequest{
			Merchant: c.Merchant, PageSize: int32(min(c.Limit, mostEndpoints)),
		}
		var all []*orderhubv1.EndpointFigures
		for {
			page, err := api.reports.ListEndpointFigures(ctx, request)
			if err != nil {
				return err
			}
			all = append(all, page.GetEndpoints()...)
			request.PageToken = page.GetNextPageToken()
			if request.PageToken == "" || len(all) >= int(c.Limit) {
				break
			}
		}
		return printList(
			std, c.JSON, all[:min(len(all), int(c.Limit))], asMessage, endpointFigureCells, "ENDPOINT", "MERCHANT",
			"DELIVERIES", "DELIVERED", "FAILED", "PENDING", "SUCCESS", "P50", "P99", "FAILING SINCE",
		)
	})
}

// mostEndpoints is how many the API gives at once.
const mostEndpoints = 100

// ownerOf is whose endpoint something is about.
func ownerOf(e interface{ GetMerchant() string }) string { return cmp.Or(e.GetMerchant(), "operators") }

func endpointFigureCells(e *orderhubv1.EndpointFigures) []string {
	return []string{
		fmt.Sprint(e.GetEndpoint()), ownerOf(e), fmt.Sprint(e.GetDeliveries()), fmt.Sprint(e.GetDelivered()),
		fmt.Sprint(e.GetFailed()), fmt.Sprint(e.GetPending()), share(e.SuccessRate), tookAbout(e.GetLagP50()),
		tookAbout(e.GetLagP99()), shownTime(e.GetFailingSinceTime()),
	}
}
