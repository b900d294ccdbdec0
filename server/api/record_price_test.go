package api_test

import (
	"github.com/stretchr/testify/assert"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
)

func (a *acting) prices() {
	const service = "PriceService."
	list := to("price_list", "resellers")
	rules := []*orderhubv1.PriceRule{{Base: orderhubv1.PriceBase_PRICE_BASE_LIST, Percent: "-5"}}
	do[*orderhubv1.CreatePriceListRequest, *orderhubv1.CreatePriceListResponse](a, service+"CreatePriceList",
		&orderhubv1.CreatePriceListRequest{
			PriceList: &orderhubv1.PriceList{Name: "resellers", Currency: "THB", Rules: rules},
		}, list)
	do[*orderhubv1.UpdatePriceListRequest, *orderhubv1.UpdatePriceListResponse](a, service+"UpdatePriceList",
		&orderhubv1.UpdatePriceListRequest{
			PriceList: "resellers", Changes: &orderhubv1.PriceList{Description: "For resellers"},
		}, list)
	assert.JSONEq(a.t, `{"description":""}`, a.entries(audit.Filter{Method: service + "UpdatePriceList"})[0].Before)
	do[*orderhubv1.ActivatePriceListRequest, *orderhubv1.ActivatePriceListResponse](a, service+"ActivatePriceList",
		&orderhubv1.ActivatePriceListRequest{PriceList: "resellers"}, list)
	a.changed(service+"ActivatePriceList", `{"status":"draft"}`, `{"status":"active"}`)
	do[*orderhubv1.SetMerchantPriceListRequest, *orderhubv1.SetMerchantPriceListResponse](
		a, service+"SetMerchantPriceList",
		&orderhubv1.SetMerchantPriceListRequest{Merchant: "buyer", PriceList: "resellers"}, list,
	)
	a.changed(service+"SetMerchantPriceList", `{"priceList":""}`, `{"priceList":"resellers"}`)
	do[*orderhubv1.ArchivePriceListRequest, *orderhubv1.ArchivePriceListResponse](a, service+"ArchivePriceList",
		&orderhubv1.ArchivePriceListRequest{PriceList: "resellers"}, list)
	a.changed(service+"ArchivePriceList", `{"status":"active"}`, `{"status":"archived"}`)
}

func (a *acting) rates() {
	do[*orderhubv1.SetExchangeRateRequest, *orderhubv1.SetExchangeRateResponse](a, "ExchangeService.SetExchangeRate",
		&orderhubv1.SetExchangeRateRequest{BaseCurrency: "USD", QuoteCurrency: "THB", Rate: "34.5"}, audit.Target{})
	assert.JSONEq(a.t, `{"baseCurrency":"USD","quoteCurrency":"THB","rate":"34.5"}`,
		a.entries(audit.Filter{Method: "ExchangeService.SetExchangeRate"})[0].Request)
}
