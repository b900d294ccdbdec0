package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func suspendMerchant(r *request) (done, error) {
	_, err := r.admin.SuspendMerchant(
		r.Context(), &orderhubv1.SuspendMerchantRequest{Merchant: r.PathValue("merchant")},
	)
	return done{say: "It is refused at every door now. Orders that it has placed are served."}, err
}

func resumeMerchant(r *request) (done, error) {
	_, err := r.admin.ResumeMerchant(r.Context(), &orderhubv1.ResumeMerchantRequest{Merchant: r.PathValue("merchant")})
	return done{say: "It may act again."}, err
}

// createKey shows the new key in its answer and never again.
func createKey(r *request) (done, error) {
	newest, err := newestKey(r)
	if err != nil {
		return done{}, err
	}
	if err := stillNewest(r, newest); err != nil {
		return done{}, err
	}
	answer, err := r.admin.CreateKey(r.Context(), &orderhubv1.CreateKeyRequest{
		Merchant: r.PathValue("merchant"), Key: &orderhubv1.ApiKey{
			Label: formLine(r, "label"), Scope: contract.ValueOf[orderhubv1.KeyScope](formLine(r, "scope")),
			CertificateSha256: formLine(r, "certificateSha256"),
		},
	})
	return done{file: "merchant-key", data: answer}, err
}

func revokeKey(r *request) (done, error) {
	id, err := formID(r, "key")
	if err != nil {
		return done{}, err
	}
	_, err = r.admin.RevokeKey(r.Context(), &orderhubv1.RevokeKeyRequest{
		Merchant: r.PathValue("merchant"), Key: id, WithMade: r.PostForm.Has("withMade"),
	})
	return done{say: fmt.Sprintf("Key %d is good for nothing any more.", id)}, err
}

// changeContact changes where a merchant is written to, and from where and how often it may call. An address that the
// hub cannot read is not in the form, and stays.
func changeContact(r *request) (done, error) {
	changes, paths := &orderhubv1.Merchant{RateLimit: &orderhubv1.RateLimit{}}, []string{"rate_limit", "ip_allowlist"}
	if r.PostForm.Has("email") {
		changes.Email, paths = formLine(r, "email"), append(paths, "email")
	}
	var err error
	if changes.RateLimit.RequestsPerMinute, err = formNumber(r, "requestsPerMinute"); err != nil {
		return done{}, err
	}
	if changes.RateLimit.Burst, err = formNumber(r, "burst"); err != nil {
		return done{}, err
	}
	for _, line := range lines(r.PostForm.Get("ipAllowlist")) {
		changes.IpAllowlist = append(changes.IpAllowlist, strings.TrimSpace(line))
	}
	return changeSeen(r, changes, paths...)
}

// changeDoors changes what partners' doors need to know of a merchant.
func changeDoors(r *request) (done, error) {
	id, err := formNumber(r, "defaultBillingAddressId")
	if err != nil {
		return done{}, err
	}
	settings := &orderhubv1.MerchantSettings{
		StoreName: formLine(r, "storeName"), CallbackUrl: formLine(r, "callbackUrl"), DefaultBillingAddressId: int64(id),
	}
	for _, line := range lines(r.PostForm.Get("billingAddresses")) {
		number, name, _ := strings.Cut(line, "=")
		id, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil {
			return done{}, &fieldError{"billingAddresses", "Each line is to look like 1234=NAME."}
		}
		settings.BillingAddresses = append(
			settings.BillingAddresses, &orderhubv1.BillingAddress{Id: id, Name: strings.TrimSpace(name)},
		)
	}
	return changeSeen(
		r, &orderhubv1.Merchant{Settings: settings}, "settings.store_name", "settings.callback_url",
		"settings.billing_addresses", "settings.default_billing_address_id",
	)
}

// changeSeen changes a merchant that is as it was when the form was made.
func changeSeen(r *request, changes *orderhubv1.Merchant, paths ...string) (done, error) {
	now, err := r.admin.GetMerchant(r.Context(), &orderhubv1.GetMerchantRequest{Merchant: r.PathValue("merchant")})
	if err != nil {
		return done{}, err
	}
	if formLine(r, "seen") != seenAt(now.GetMerchant().GetUpdateTime()) {
		return done{}, &problem{
			Status: http.StatusConflict, Text: "Somebody else has changed this merchant since you opened the page.",
		}
	}
	_, err = changeMerchant(r, changes, paths...)
	return done{say: "Changed."}, err
}

// setSecret sets or removes one of the secrets beside the keys. It is not sent back, whatever happens.
func setSecret(r *request) (done, error) {
	value, remove := r.PostForm.Get("value"), r.PostForm.Has("remove")
	switch {
	case value == "" && !remove:
		return done{}, &fieldError{"value", "Type the new one, or say that there shall be none."}
	case value != "" && remove:
		return done{}, &fieldError{"value", "Leave this empty where there shall be none."}
	}
	request := &orderhubv1.SetCredentialsRequest{Merchant: r.PathValue("merchant")}
	switch r.PostForm.Get("secret") {
	case "password":
		request.Password = &value
	case "channelCode":
		request.ChannelCode = &value
	case "callbackKey":
		request.CallbackKey = &value
	default:
		return done{}, &fieldError{"secret", "Choose which."}
	}
	if _, err := r.admin.SetCredentials(r.Context(), request); err != nil {
		return done{}, err
	}
	if remove {
		return done{say: "Removed."}, nil
	}
	return done{say: "Set."}, nil
}
