package command

import (
	"net/netip"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
)

// Version 0.1.0 printed some messages by hand and named a few of their fields in its own way. What differs from the
// contract is here, and printed beside it.

func asMerchant(m *orderhubv1.Merchant) formerly {
	had := struct {
		RequestsPerMinute int32          `json:"requestsPerMinute,omitempty"`
		Burst             int32          `json:"burst,omitempty"`
		IPAllowlist       []netip.Prefix `json:"ipAllowlist,omitempty"` // single addresses too
	}{RequestsPerMinute: m.GetRateLimit().GetRequestsPerMinute(), Burst: m.GetRateLimit().GetBurst()}
	for _, entry := range m.GetIpAllowlist() {
		prefix, _ := account.ParsePrefix(entry) // as it was stored
		had.IPAllowlist = append(had.IPAllowlist, prefix)
	}
	return formerly{m, had}
}

// asNewKey is a key with its secret, which is shown once.
func asNewKey(answer *orderhubv1.CreateKeyResponse) formerly {
	return formerly{answer.GetKey(), struct {
		Key string `json:"key,omitempty"`
	}{answer.GetSecret()}}
}

func asUnit(u *orderhubv1.Unit) formerly {
	return formerly{u, struct {
		ImportID int64 `json:"importId"`
	}{u.GetUnitImport()}}
}

func asUnitImport(i *orderhubv1.UnitImport) formerly {
	return formerly{i, struct {
		Product   string `json:"product"`
		Name      string `json:"name"`
		Imported  int32  `json:"imported"`
		Refused   int32  `json:"refused"`
		Available int32  `json:"available"`
		Sold      int32  `json:"sold"`
		SetAside  int32  `json:"setAside"`
		Expired   int32  `json:"expired"`
		Void      int32  `json:"void"`
	}{
		i.GetSku(), i.GetName(), i.GetImportedCount(), i.GetRefusedCount(), i.GetAvailableCount(), i.GetSoldCount(),
		i.GetSetAsideCount(), i.GetExpiredCount(), i.GetVoidedCount(),
	}}
}

func asEndpoint(e *orderhubv1.WebhookEndpoint) formerly {
	had := struct {
		Format       string `json:"format"` // as --format takes it
		FailingSince string `json:"failingSince,omitempty"`
	}{Format: formatName(e.GetFormat())}
	if since := e.GetFailingSinceTime(); since != nil {
		had.FailingSince = since.AsTime().Format(time.RFC3339)
	}
	return formerly{e, had}
}

func asDelivery(d *orderhubv1.WebhookDelivery) formerly {
	had := struct {
		Format   string     `json:"format"`
		Sequence int64      `json:"eventSequence"` // 0 of a test
		Attempts int32      `json:"attemptCount"`
		Log      []formerly `json:"attempts,omitempty"`
	}{Format: formatName(d.GetFormat()), Sequence: d.GetEventSequence(), Attempts: d.GetAttemptCount()}
	for _, a := range d.GetAttempts() {
		had.Log = append(had.Log, formerly{a, struct {
			ResponseMillis int64 `json:"responseMillis"`
		}{a.GetResponseDuration().AsDuration().Milliseconds()}})
	}
	return formerly{d, had}
}
