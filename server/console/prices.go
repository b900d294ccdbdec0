package console

import (
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func pricesPage() page {
	return page{
		pattern: "/catalogue/prices", file: "prices", needs: orderhubv1.PriceService_ListPriceLists_FullMethodName,
		show: func(r *request) (any, error) {
			return r.prices.ListPriceLists(r.Context(), &orderhubv1.ListPriceListsRequest{})
		},
	}
}

func priceListPage() page {
	return page{
		pattern: "/catalogue/prices/{list}", file: "price-list",
		needs: orderhubv1.PriceService_GetPriceList_FullMethodName, show: showPriceList,
		acts: map[string]act{
			"add":      {needs: orderhubv1.PriceService_UpdatePriceList_FullMethodName, do: addPriceRule},
			"remove":   {needs: orderhubv1.PriceService_UpdatePriceList_FullMethodName, do: removePriceRule},
			"change":   {needs: orderhubv1.PriceService_UpdatePriceList_FullMethodName, do: changePriceList},
			"activate": {needs: orderhubv1.PriceService_ActivatePriceList_FullMethodName, do: activatePriceList},
			"archive":  {needs: orderhubv1.PriceService_ArchivePriceList_FullMethodName, do: archivePriceList},
			"give":     {needs: orderhubv1.PriceService_SetMerchantPriceList_FullMethodName, do: givePriceList},
		},
	}
}

// priceListView is a list with what it makes, or would make.
type priceListView struct {
	List    *orderhubv1.PriceList
	Preview *orderhubv1.PreviewPriceListResponse
	Only    bool // products with a problem
	Trying  bool // what it would make with one rule more
	Form    priceListForm
}

func showPriceList(r *request) (any, error) {
	name, query := r.PathValue("list"), r.URL.Query()
	list, err := r.prices.GetPriceList(r.Context(), &orderhubv1.GetPriceListRequest{PriceList: name})
	if err != nil {
		return nil, err
	}
	v := &priceListView{
		List: list.GetPriceList(), Only: query.Get("problems") != "", Trying: query.Get("base") != "",
		Form: newPriceListForm(list.GetPriceList()),
	}
	asked := &orderhubv1.PreviewPriceListRequest{
		PriceList: name, OnlyProblems: v.Only, PageSize: listSize, PageToken: query.Get("page"),
	}
	if v.Trying {
		asked.Changes, asked.UpdateMask = withRule(v.List, readPriceRule(query)), rulesOnly
	}
	if v.Preview, err = r.prices.PreviewPriceList(r.Context(), asked); err != nil {
		v.Preview = &orderhubv1.PreviewPriceListResponse{}
	}
	return v, r.wrongFilter(err)
}

func activatePriceList(r *request) (done, error) {
	name := r.PathValue("list")
	_, err := r.prices.ActivatePriceList(r.Context(), &orderhubv1.ActivatePriceListRequest{
		PriceList: name, AcceptProblems: r.PostForm.Get("accept") != "",
	})
	return done{say: name + " is active."}, err
}

func archivePriceList(r *request) (done, error) {
	name := r.PathValue("list")
	_, err := r.prices.ArchivePriceList(r.Context(), &orderhubv1.ArchivePriceListRequest{PriceList: name})
	return done{say: name + " makes no prices any more."}, err
}

func givePriceList(r *request) (done, error) {
	merchant, name := strings.TrimSpace(formLine(r, "merchant")), r.PathValue("list")
	say := fmt.Sprintf("%s has %s.", merchant, name)
	if r.PostForm.Get("take") != "" {
		name, say = "", merchant+" has no price list."
	}
	_, err := r.prices.SetMerchantPriceList(r.Context(), &orderhubv1.SetMerchantPriceListRequest{
		Merchant: merchant, PriceList: name,
	})
	return done{say: say}, err
}
