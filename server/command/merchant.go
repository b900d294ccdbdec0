package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type merchantCreateCommand struct {
	callFlags
	Name        string   `arg:"" help:"Name: a lower-case letter, then lower-case letters, digits or . _ -."`
	Currency    string   `placeholder:"CODE" help:"Currency of the wallet, ISO 4217. Required unless --operator."`
	CreditLimit string   `placeholder:"AMOUNT" help:"How far below zero the wallet may go (default: 0)."`
	Email       string   `placeholder:"ADDRESS" help:"E-mail address."`
	Rate        int32    `placeholder:"N" default:"-1" help:"Requests per minute over all keys: 0 for no limit (default: that of each door)."`
	Burst       int32    `placeholder:"N" help:"Requests that may come at once (default: as many as in a minute)."`
	Allow       []string `placeholder:"ADDRESS" help:"Addresses and CIDR prefixes that requests may come from, with commas (default: all)."`
	Operator    bool     `help:"An operator of the hub: admin scope and no wallet."`
}

func (*merchantCreateCommand) Help() string {
	return `What is created is recorded, and an e-mail address sealed, which takes the key of the database.

Examples:

    orderhub merchant create shop --currency THB
    orderhub merchant create agency --currency KRW --credit-limit 1000000 --rate 1200 --burst 40 --allow 192.0.2.0/24
    orderhub merchant create ops --operator`
}

func (c *merchantCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.CreateMerchant(ctx, &orderhubv1.CreateMerchantRequest{Merchant: c.merchant()})
	if err != nil {
		return err
	}
	created := answer.GetMerchant()
	return c.say(std, asMerchant(created), "Created %s %s with id %d.\nGive it a key with: orderhub key create %s\n",
		word(created.GetRole()), created.GetName(), created.GetId(), created.GetName())
}

func (c *merchantCreateCommand) merchant() *orderhubv1.Merchant {
	m := &orderhubv1.Merchant{
		Name: c.Name, Email: c.Email, Currency: c.Currency, CreditLimit: c.CreditLimit, IpAllowlist: c.Allow,
		RateLimit: &orderhubv1.RateLimit{RequestsPerMinute: c.Rate, Burst: c.Burst},
	}
	if c.Operator {
		m.Role = orderhubv1.MerchantRole_MERCHANT_ROLE_OPERATOR
	}
	return m
}

type merchantListCommand struct {
	listFlags
}

func (*merchantListCommand) Help() string {
	return `Without the key of the database e-mail addresses that are sealed are not shown.

Examples:

    orderhub merchant list
    orderhub merchant list --json`
}

func (c *merchantListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.admin.ListMerchants, &orderhubv1.ListMerchantsRequest{},
		(*orderhubv1.ListMerchantsResponse).GetMerchants, 0,
	)
	return showListAs(
		ctx, std, c, found, asMerchant, merchantCells, "ID", "NAME", "ROLE", "STATUS", "BALANCE", "CREDIT LIMIT",
		"RATE", "E-MAIL",
	)
}

func merchantCells(m *orderhubv1.Merchant) []string {
	rate := "-"
	if perMinute := m.GetRateLimit().GetRequestsPerMinute(); perMinute > 0 {
		rate = fmt.Sprintf("%d/min", perMinute)
	}
	return []string{
		fmt.Sprint(m.GetId()), m.GetName(), word(m.GetRole()), word(m.GetStatus()),
		orDash(sum(m.GetCurrency(), m.GetBalance())), orDash(sum(m.GetCurrency(), m.GetCreditLimit())), rate, shownEmail(m),
	}
}

// shownEmail tells an address that cannot be opened from none.
func shownEmail(m *orderhubv1.Merchant) string {
	if m.GetEmailUnread() {
		return "(sealed)"
	}
	return orDash(m.GetEmail())
}

type merchantSuspendCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

func (*merchantSuspendCommand) Help() string {
	return `A hub that is running refuses the merchant within about a second. Orders it placed before go on.

Example:

    orderhub merchant suspend shop`
}

func (c *merchantSuspendCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.SuspendMerchant(ctx, &orderhubv1.SuspendMerchantRequest{Merchant: c.Merchant})
	return sayStatus(std, c.jsonFlag, answer.GetMerchant(), err)
}

type merchantResumeCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

func (*merchantResumeCommand) Help() string {
	return `Example:

    orderhub merchant resume shop`
}

func (c *merchantResumeCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.ResumeMerchant(ctx, &orderhubv1.ResumeMerchantRequest{Merchant: c.Merchant})
	return sayStatus(std, c.jsonFlag, answer.GetMerchant(), err)
}

func sayStatus(std *Streams, f jsonFlag, m *orderhubv1.Merchant, err error) error {
	if err != nil {
		return err
	}
	return f.say(std, asMerchant(m), "Merchant %s is %s.\n", m.GetName(), word(m.GetStatus()))
}
