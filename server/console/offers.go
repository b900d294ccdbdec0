package console

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

// searchedOffers is how many offers of a product are looked at for one of them.
const searchedOffers = 1000

// offerFields are those that the form has, as the contract names them.
var offerFields = []string{
	"provider_sku", "cost", "currency", "priority", "price_locked", "state_locked", "max_loss_basis_points",
}

func offerPage() page {
	return page{
		pattern: "/catalogue/products/{product}/offers/{offer}", file: "offer", number: "offer",
		needs: orderhubv1.AdminService_ListOffers_FullMethodName, show: showOffer, acts: map[string]act{
			"change": {needs: orderhubv1.AdminService_UpdateOffer_FullMethodName, do: changeOffer},
			"switch": {needs: orderhubv1.AdminService_UpdateOffer_FullMethodName, do: switchOffer},
			"delete": {needs: orderhubv1.AdminService_DeleteOffer_FullMethodName, do: deleteOffer},
		},
	}
}

// showOffer finds the offer among those of its product: the contract has no call for one.
func showOffer(r *request) (any, error) { return findOffer(r) }

func findOffer(r *request) (*orderhubv1.Offer, error) {
	all := contract.Each(
		r.Context(), r.admin.ListOffers, &orderhubv1.ListOffersRequest{Product: r.PathValue("product")},
		(*orderhubv1.ListOffersResponse).GetOffers, searchedOffers,
	)
	for offer, err := range all {
		switch {
		case errors.Is(err, contract.ErrMore):
			return nil, notFound()
		case err != nil:
			return nil, err
		}
		if offer.GetId() == r.number {
			return offer, nil
		}
	}
	return nil, notFound()
}

// readOffer is what a form says of an offer, but for its product and provider.
func readOffer(r *request) (*orderhubv1.Offer, error) {
	priority, err := formNumber(r, "priority")
	o := &orderhubv1.Offer{
		ProviderSku: formLine(r, "providerSku"), Cost: formAmount(r, "cost"),
		Currency: strings.ToUpper(formLine(r, "currency")), Priority: priority,
		PriceLocked: r.PostForm.Has("priceLocked"), StateLocked: r.PostForm.Has("stateLocked"),
	}
	if formLine(r, "maxLossBasisPoints") != "" { // 0 is another thing than what holds for the product
		most, wrong := formNumber(r, "maxLossBasisPoints")
		o.MaxLossBasisPoints, err = &most, cmp.Or(err, wrong)
	}
	return o, err
}

// createOffer is an act of a product's page, whose form names the provider.
func createOffer(r *request) (done, error) {
	return addOffer(r, r.PathValue("product"), formLine(r, "provider"))
}

// createOfferOf is an act of a provider's page, whose form names the product.
func createOfferOf(r *request) (done, error) {
	return addOffer(r, formLine(r, "product"), r.PathValue("provider"))
}

func addOffer(r *request, product, provider string) (done, error) {
	wanted, err := readOffer(r)
	if err != nil {
		return done{}, err
	}
	wanted.Product, wanted.Provider = product, provider
	answer, err := r.admin.CreateOffer(r.Context(), &orderhubv1.CreateOfferRequest{Offer: wanted})
	o := answer.GetOffer()
	return done{say: fmt.Sprintf("Offer %d: %s is bought from %s as %s.", o.GetId(), o.GetProduct(), o.GetProvider(),
		o.GetProviderSku())}, err
}

// changeOffer takes over what differs from how the offer was when the form was shown.
func changeOffer(r *request) (done, error) {
	wanted, err := readOffer(r)
	if err != nil {
		return done{}, err
	}
	current, err := offerAsSeen(r)
	if err != nil {
		return done{}, err
	}
	paths := differing(wanted, current, offerFields)
	if len(paths) == 0 {
		return done{say: "Nothing was changed."}, nil
	}
	return done{say: "Changed: " + strings.ReplaceAll(strings.Join(paths, ", "), "_", " ") + "."},
		updateOffer(r, wanted, paths...)
}

// offerAsSeen is the offer, unless somebody changed it since the form was shown.
func offerAsSeen(r *request) (*orderhubv1.Offer, error) {
	current, err := findOffer(r)
	if err == nil && r.PostForm.Get("seen") != seenAt(current.GetUpdateTime()) {
		return nil, changedMeanwhile()
	}
	return current, err
}

func updateOffer(r *request, changes *orderhubv1.Offer, paths ...string) error {
	_, err := r.admin.UpdateOffer(r.Context(), &orderhubv1.UpdateOfferRequest{
		Offer: r.number, Changes: changes, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
	return err
}

func switchOffer(r *request) (done, error) {
	status := contract.ValueOf[orderhubv1.SupplyStatus](r.PostForm.Get("status"))
	return done{say: "Offer " + strconv.FormatInt(r.number, 10) + " is " + word(status) + "."},
		updateOffer(r, &orderhubv1.Offer{Status: status}, "status")
}

func deleteOffer(r *request) (done, error) {
	current, err := offerAsSeen(r)
	if err != nil {
		return done{}, err
	}
	_, err = r.admin.DeleteOffer(r.Context(), &orderhubv1.DeleteOfferRequest{Offer: current.GetId()})
	return done{
		to: productPath(current.GetProduct()),
		say: fmt.Sprintf("%s is not bought from %s as %s any more.", current.GetProduct(), current.GetProvider(),
			current.GetProviderSku()),
	}, err
}
