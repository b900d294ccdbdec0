package console

import (
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func couponsPage() page {
	return page{
		pattern: "/catalogue/coupons", file: "coupons", needs: orderhubv1.CatalogService_ListCoupons_FullMethodName,
		show: func(r *request) (any, error) {
			return r.catalog.ListCoupons(r.Context(), &orderhubv1.ListCouponsRequest{
				PageSize: listSize, PageToken: r.URL.Query().Get("page"),
			})
		},
	}
}

func newCouponPage() page {
	needs := orderhubv1.CatalogService_CreateCoupon_FullMethodName
	return page{
		pattern: "/catalogue/new-coupon", file: "coupon-new", needs: needs,
		show: func(*request) (any, error) { return newCouponForm(&orderhubv1.Coupon{}), nil },
		acts: map[string]act{"create": {needs: needs, do: createCoupon}},
	}
}

func couponPage() page {
	return page{
		pattern: "/catalogue/coupons/{code}", file: "coupon", needs: orderhubv1.CatalogService_GetCoupon_FullMethodName,
		show: showCoupon,
		acts: map[string]act{
			"change":  {needs: orderhubv1.CatalogService_UpdateCoupon_FullMethodName, do: changeCoupon},
			"archive": {needs: orderhubv1.CatalogService_ArchiveCoupon_FullMethodName, do: archiveCoupon},
		},
	}
}

// couponFields are those that the form has, as the contract names them.
var couponFields = []string{
	"percent", "amount", "currency", "min_subtotal", "products", "categories", "start_time", "end_time", "max_uses",
	"max_uses_per_merchant", "status",
}

// couponForm is a coupon as a form has it.
type couponForm struct {
	*orderhubv1.Coupon

	From, Until, Most, MostEach, For, In string
}

func newCouponForm(c *orderhubv1.Coupon) *couponForm {
	f := &couponForm{
		Coupon: c, From: inputTime(c.GetStartTime()), Until: inputTime(c.GetEndTime()),
		For: strings.Join(c.GetProducts(), "\n"),
		In:  strings.Join(c.GetCategories(), "\n"),
	}
	if c.MaxUses != nil {
		f.Most = strconv.Itoa(int(c.GetMaxUses()))
	}
	if c.MaxUsesPerMerchant != nil {
		f.MostEach = strconv.Itoa(int(c.GetMaxUsesPerMerchant()))
	}
	return f
}

// inputTime is a moment as an input of the type datetime-local has it, in UTC; "" for none.
func inputTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	at := t.AsTime()
	if at.Second() != 0 {
		return at.Format("2006-01-02T15:04:05")
	}
	return at.Format("2006-01-02T15:04")
}

func showCoupon(r *request) (any, error) {
	found, err := r.catalog.GetCoupon(r.Context(), &orderhubv1.GetCouponRequest{Code: r.PathValue("code")})
	if err != nil {
		return nil, err
	}
	return newCouponForm(found.GetCoupon()), nil
}

// readCoupon is what a form says of a coupon.
func readCoupon(r *request) (*orderhubv1.Coupon, error) {
	c := &orderhubv1.Coupon{
		Percent: formLine(r, "percent"), Amount: formAmount(r, "amount"), Currency: strings.ToUpper(formLine(r, "currency")),
		MinSubtotal: formAmount(r, "minSubtotal"), Products: strings.Fields(r.PostForm.Get("products")),
		Categories: strings.Fields(r.PostForm.Get("categories")),
		Status:     contract.ValueOf[orderhubv1.CatalogStatus](r.PostForm.Get("status")),
	}
	var err error
	if c.StartTime, c.EndTime, err = askedSpan(r.PostForm, "startTime", "endTime"); err != nil {
		return nil, err
	}
	if c.MaxUses, err = formLimit(r, "maxUses"); err != nil {
		return nil, err
	}
	c.MaxUsesPerMerchant, err = formLimit(r, "maxUsesPerMerchant")
	return c, err
}

// formLimit is a whole number, or nil for no limit.
func formLimit(r *request, name string) (*int32, error) {
	if formLine(r, name) == "" {
		return nil, nil
	}
	n, err := formNumber(r, name)
	return &n, err
}

func createCoupon(r *request) (done, error) {
	c, err := readCoupon(r)
	if err != nil {
		return done{}, err
	}
	c.Code = formLine(r, "code")
	answer, err := r.catalog.CreateCoupon(r.Context(), &orderhubv1.CreateCouponRequest{Coupon: c})
	code := answer.GetCoupon().GetCode()
	return done{to: "/catalogue/coupons/" + url.PathEscape(code), say: "Orders can use " + code + "."}, err
}

// changeCoupon takes over what differs. A coupon has no version: who changed it since the form was shown is found by
// when that was.
func changeCoupon(r *request) (done, error) {
	wanted, err := readCoupon(r)
	if err != nil {
		return done{}, err
	}
	found, err := r.catalog.GetCoupon(r.Context(), &orderhubv1.GetCouponRequest{Code: r.PathValue("code")})
	if err != nil {
		return done{}, err
	}
	current := found.GetCoupon()
	if r.PostForm.Get("seen") != seenAt(current.GetUpdateTime()) {
		return done{}, changedMeanwhile()
	}
	// The form has no fractions of a second; what it did not change stays exactly what it is.
	if inputTime(wanted.GetStartTime()) == inputTime(current.GetStartTime()) {
		wanted.StartTime = current.GetStartTime()
	}
	if inputTime(wanted.GetEndTime()) == inputTime(current.GetEndTime()) {
		wanted.EndTime = current.GetEndTime()
	}
	paths := differing(wanted, current, couponFields)
	if len(paths) == 0 {
		return done{say: "Nothing was changed."}, nil
	}
	_, err = r.catalog.UpdateCoupon(r.Context(), &orderhubv1.UpdateCouponRequest{
		Code: current.GetCode(), Changes: wanted, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
	return done{say: "Changed: " + strings.ReplaceAll(strings.Join(paths, ", "), "_", " ") + "."}, err
}

func archiveCoupon(r *request) (done, error) {
	answer, err := r.catalog.ArchiveCoupon(r.Context(), &orderhubv1.ArchiveCouponRequest{Code: r.PathValue("code")})
	return done{say: "No order can use " + answer.GetCoupon().GetCode() + " any more."}, err
}
