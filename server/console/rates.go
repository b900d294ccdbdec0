package console

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func ratesPage() page {
	return page{
		pattern: "/rates", file: "rates", group: "Supply", menu: "Rates",
		needs: orderhubv1.ExchangeService_ListExchangeRates_FullMethodName, show: showRates,
		acts: map[string]act{"set": {needs: orderhubv1.ExchangeService_SetExchangeRate_FullMethodName, do: setRate}},
	}
}

func showRates(r *request) (any, error) {
	return r.exchange.ListExchangeRates(r.Context(), &orderhubv1.ListExchangeRatesRequest{
		PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
}

func setRate(r *request) (done, error) {
	from, err := askedTime(r.PostForm, "startTime")
	if err != nil {
		return done{}, err
	}
	answer, err := r.exchange.SetExchangeRate(r.Context(), &orderhubv1.SetExchangeRateRequest{
		BaseCurrency: formLine(r, "baseCurrency"), QuoteCurrency: formLine(r, "quoteCurrency"), Rate: formLine(r, "rate"),
		StartTime: from,
	})
	set := answer.GetExchangeRate()
	return done{
		to: "/rates", say: fmt.Sprintf("1 %s is %s %s.", set.GetBaseCurrency(), set.GetRate(), set.GetQuoteCurrency()),
	}, err
}
