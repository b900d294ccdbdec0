package console

import (
	"errors"
	"slices"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func productPage() page {
	return page{
		pattern: "/catalogue/products/{product}", file: "product",
		needs: orderhubv1.CatalogService_GetProduct_FullMethodName, show: showProduct,
		acts: map[string]act{
			"change":  {needs: orderhubv1.CatalogService_UpdateProduct_FullMethodName, do: changeProduct},
			"offer":   {needs: orderhubv1.AdminService_CreateOffer_FullMethodName, do: createOffer},
			"archive": {needs: orderhubv1.CatalogService_ArchiveProduct_FullMethodName, do: archiveProduct},
			"check":   {needs: orderhubv1.RecipientService_CheckRecipient_FullMethodName, do: checkForProduct},
			"allot":   {needs: orderhubv1.CatalogService_SetAllotments_FullMethodName, do: setAllotments},
			"policy":  {needs: orderhubv1.ClaimService_SetClaimPolicy_FullMethodName, do: setClaimPolicy},
		},
	}
}

// shownImports is how many imports the page of a product shows.
const shownImports = 10

// searchedCoupons is how many coupons are looked at for those that name a product.
const searchedCoupons = 1000

// productView is everything about a product.
type productView struct {
	Product *orderhubv1.Product
	Form    *productForm

	Units       bool // it sells units of the stock
	Bought      bool // from providers
	Stock       *orderhubv1.Stock
	Imports     []*orderhubv1.UnitImport
	MoreImports bool
	Offers      []*orderhubv1.Offer
	MoreOffers  bool
	Coupons     []*orderhubv1.Coupon // that name it or its category
	SomeCoupons bool                 // there are more than were looked at
	Calendar    *calendar            // nil unless it is dated
	Policy      *orderhubv1.ClaimPolicy
}

func showProduct(r *request) (any, error) {
	ctx := r.Context()
	found, err := r.catalog.GetProduct(ctx, &orderhubv1.GetProductRequest{Product: r.PathValue("product")})
	if err != nil {
		return nil, err
	}
	v := &productView{Product: found.GetProduct()}
	v.Bought = v.Product.GetSource() == orderhubv1.ProductSource_PRODUCT_SOURCE_PROVIDER
	sku := v.Product.GetSku()
	if v.Form, err = newProductForm(r, v.Product); err != nil {
		return nil, err
	}
	if v.Units = v.Product.GetSource() == orderhubv1.ProductSource_PRODUCT_SOURCE_STOCK && !v.Product.GetDated(); v.Units {
		if err := v.count(r); err != nil {
			return nil, err
		}
	}
	offers, err := r.admin.ListOffers(ctx, &orderhubv1.ListOffersRequest{Product: sku, PageSize: listSize})
	if err != nil {
		return nil, err
	}
	v.Offers, v.MoreOffers = offers.GetOffers(), offers.GetNextPageToken() != ""
	if err := v.findCoupons(r); err != nil {
		return nil, err
	}
	if v.Policy, err = policyOf(r, sku); err != nil {
		return nil, err
	}
	if v.Product.GetDated() {
		v.Calendar, err = calendarOf(r, sku)
	}
	return v, err
}

func (v *productView) count(r *request) error {
	stock, err := r.catalog.GetStock(r.Context(), &orderhubv1.GetStockRequest{Product: v.Product.GetSku()})
	if err != nil {
		return err
	}
	v.Stock = stock.GetStock()
	imports, err := r.catalog.ListUnitImports(r.Context(), &orderhubv1.ListUnitImportsRequest{
		Product: v.Product.GetSku(), PageSize: shownImports,
	})
	v.Imports, v.MoreImports = imports.GetUnitImports(), imports.GetNextPageToken() != ""
	return err
}

// findCoupons looks through the coupons, which know what they are for; the list of them has no such filter.
func (v *productView) findCoupons(r *request) error {
	all := contract.Each(
		r.Context(), r.catalog.ListCoupons, &orderhubv1.ListCouponsRequest{},
		(*orderhubv1.ListCouponsResponse).GetCoupons, searchedCoupons,
	)
	for c, err := range all {
		if v.SomeCoupons = errors.Is(err, contract.ErrMore); v.SomeCoupons {
			return nil
		}
		if err != nil {
			return err
		}
		if slices.Contains(c.GetProducts(), v.Product.GetSku()) ||
			slices.Contains(c.GetCategories(), v.Product.GetCategory().GetSlug()) {
			v.Coupons = append(v.Coupons, c)
		}
	}
	return nil
}

func archiveProduct(r *request) (done, error) {
	answer, err := r.catalog.ArchiveProduct(r.Context(), &orderhubv1.ArchiveProductRequest{
		Product: r.PathValue("product"),
	})
	return done{say: answer.GetProduct().GetSku() + " is off sale."}, err
}
