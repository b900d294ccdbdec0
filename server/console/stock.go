package console

import (
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func stockPage() page {
	return page{
		pattern: "/catalogue/products/{product}/stock", file: "stock",
		needs: orderhubv1.CatalogService_ListUnits_FullMethodName, show: showStock,
		acts: map[string]act{
			"aside": {needs: orderhubv1.CatalogService_SetUnitAside_FullMethodName, do: setUnitAside},
			"back":  {needs: orderhubv1.CatalogService_PutUnitBack_FullMethodName, do: putUnitBack},
		},
	}
}

type stockView struct {
	*orderhubv1.ListUnitsResponse

	Product, State string
}

func showStock(r *request) (any, error) {
	query := r.URL.Query()
	v := &stockView{Product: r.PathValue("product"), State: query.Get("state")}
	var err error
	v.ListUnitsResponse, err = r.catalog.ListUnits(r.Context(), &orderhubv1.ListUnitsRequest{
		Product: v.Product, State: contract.ValueOf[orderhubv1.UnitState](v.State), PageSize: listSize,
		PageToken: query.Get("page"),
	})
	return v, err
}

func setUnitAside(r *request) (done, error) {
	id, err := formID(r, "unit")
	if err != nil {
		return done{}, err
	}
	_, err = r.catalog.SetUnitAside(r.Context(), &orderhubv1.SetUnitAsideRequest{Unit: id})
	return done{say: fmt.Sprintf("Unit %d is set aside.", id)}, err
}

func putUnitBack(r *request) (done, error) {
	id, err := formID(r, "unit")
	if err != nil {
		return done{}, err
	}
	_, err = r.catalog.PutUnitBack(r.Context(), &orderhubv1.PutUnitBackRequest{Unit: id})
	return done{say: fmt.Sprintf("Unit %d can be sold again.", id)}, err
}
