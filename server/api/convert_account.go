package api

import (
	"fmt"
	"net/netip"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
)

var (
	toAPIMerchantStatus = byWord[account.Status, orderhubv1.MerchantStatus]()
	toAPITransferKind   = byWord[account.TransferKind, orderhubv1.TransferKind]()
	fromAPITransferKind = inverse(toAPITransferKind)
	toAPIRole           = byWord[account.Role, orderhubv1.MerchantRole]()
	fromAPIRole         = inverse(toAPIRole)
	toAPIScope          = byWord[account.Scope, orderhubv1.KeyScope]()
	fromAPIScope        = inverse(toAPIScope)
)

// toAPIAccount fails with ErrNoWallet for an operator.
func toAPIAccount(m *account.Merchant, held money.Amount) (*orderhubv1.Account, error) {
	if m.Wallet == nil {
		return nil, account.ErrNoWallet
	}
	amount := amountsOf(m.Wallet.Currency)
	return &orderhubv1.Account{
		Id:               m.ID,
		Name:             m.Name,
		Email:            m.Email,
		Status:           toAPIMerchantStatus[m.Status],
		Currency:         string(m.Wallet.Currency),
		Balance:          amount(m.Wallet.Balance),
		CreditLimit:      amount(m.Wallet.CreditLimit),
		AvailableBalance: amount(m.Wallet.Available()),
		HeldBalance:      amount(held),
		CreateTime:       toAPITime(m.CreatedAt),
	}, nil
}

func fromAPITransferFilter(r *orderhubv1.ListTransfersRequest, p *page) (account.TransferFilter, error) {
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, createTimes, r.GetCreateTimeFrom(), r.GetCreateTimeTo())
	f := account.TransferFilter{From: from, To: to, BeforeID: p.key(0), Limit: p.limit()}
	for _, kind := range r.GetKind() {
		f.Kinds = append(f.Kinds, fromAPITransferKind[kind])
	}
	return f, bad.OrNil()
}

func toAPITransfer(t *account.Transfer) *orderhubv1.Transfer {
	return &orderhubv1.Transfer{
		Id:           t.ID,
		Kind:         toAPITransferKind[t.Kind],
		Amount:       t.Amount.Format(t.Currency),
		Currency:     string(t.Currency),
		BalanceAfter: t.Balance.Format(t.Currency),
		OrderNumber:  t.OrderNumber,
		HoldNumber:   t.HoldNumber,
		Reference:    t.Reference,
		Description:  t.Description,
		CreateTime:   toAPITime(t.CreatedAt),
	}
}

// fromAPIMerchant reads a new merchant. The error is an *errs.InvalidError.
func fromAPIMerchant(m *orderhubv1.Merchant) (account.NewMerchant, error) {
	bad := &errs.InvalidError{}
	created := account.NewMerchant{
		Name:        m.GetName(),
		Email:       m.GetEmail(),
		Role:        fromAPIRole[m.GetRole()],
		Currency:    fromAPICurrency(bad, "currency", m.GetCurrency()),
		RateLimit:   firstRateLimit(m.GetRateLimit()),
		IPAllowlist: fromAPIAllowlist(bad, m.GetIpAllowlist()),
		Settings:    fromAPISettings(m.GetSettings()),
	}
	if created.Currency != "" {
		created.CreditLimit = fromAPIAmount(bad, "credit_limit", m.GetCreditLimit(), created.Currency)
		created.LowBalance = fromAPIThreshold(bad, m.GetLowBalance(), created.Currency)
	}
	return created, bad.OrNil()
}

// fromAPIMerchantChange reads what an update changes of the current merchant.
func fromAPIMerchantChange(current *account.Merchant, set fieldSet, m *orderhubv1.Merchant) (
	account.MerchantChange, error,
) {
	bad, now := &errs.InvalidError{}, toAPIMerchant(current)
	set.keeps(bad, "name", m.GetName(), now.GetName())
	set.keeps(bad, "role", m.GetRole().String(), now.GetRole().String())
	set.keeps(bad, "currency", m.GetCurrency(), now.GetCurrency())
	change := account.MerchantChange{
		Email:     given(set, "email", m.GetEmail()),
		RateLimit: given(set, "rate_limit", changedRateLimit(current.RateLimit, set, m.GetRateLimit())),
		Settings:  given(set, "settings", changedSettings(current.Settings, set, m.GetSettings())),
	}
	if set.has("credit_limit") && m.GetCreditLimit() != now.GetCreditLimit() {
		if current.Wallet == nil {
			return change, account.ErrNoWallet
		}
		change.CreditLimit = new(fromAPIAmount(bad, "credit_limit", m.GetCreditLimit(), current.Wallet.Currency))
	}
	if set.has("low_balance") && m.GetLowBalance() != now.GetLowBalance() {
		if current.Wallet == nil {
			return change, account.ErrNoWallet
		}
		change.LowBalance = new(fromAPIThreshold(bad, m.GetLowBalance(), current.Wallet.Currency))
	}
	if set.has("ip_allowlist") {
		change.IPAllowlist = new(fromAPIAllowlist(bad, m.GetIpAllowlist()))
	}
	return change, bad.OrNil()
}

// fromAPIThreshold reads an amount that may be below zero; nil for none.
func fromAPIThreshold(bad *errs.InvalidError, text string, currency money.Currency) *money.Amount {
	if text == "" {
		return nil
	}
	threshold, err := money.ParseSigned(text, currency)
	if err != nil {
		bad.Add("low_balance", "must be an amount of %s: %s", currency, err)
	}
	return &threshold
}

// changedRateLimit takes over the whole limit, or only the half that is named.
func changedRateLimit(limit account.RateLimit, set fieldSet, r *orderhubv1.RateLimit) account.RateLimit {
	changed := fromAPIRateLimit(r)
	if set.takes("rate_limit", "requests_per_minute") {
		limit = limit.WithRequests(changed.RequestsPerMinute)
	}
	if set.takes("rate_limit", "burst") {
		limit.Burst = changed.Burst
	}
	return limit
}

// firstRateLimit is that of a new merchant: where nothing is said, the default of
// each door.
func firstRateLimit(r *orderhubv1.RateLimit) account.RateLimit {
	if r == nil {
		return account.RateLimit{RequestsPerMinute: account.DoorDefault}
	}
	return fromAPIRateLimit(r)
}

func fromAPIRateLimit(r *orderhubv1.RateLimit) account.RateLimit {
	return account.RateLimit{RequestsPerMinute: int(r.GetRequestsPerMinute()), Burst: int(r.GetBurst())}
}

// fromAPIAllowlist reads addresses and prefixes.
func fromAPIAllowlist(bad *errs.InvalidError, entries []string) []netip.Prefix {
	prefixes := make([]netip.Prefix, 0, len(entries))
	for i, entry := range entries {
		prefix, ok := account.ParsePrefix(entry)
		if !ok {
			bad.Add(fmt.Sprintf("ip_allowlist[%d]", i), "must be an IP address or a CIDR prefix")
			continue
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes
}

func toAPIMerchant(m *account.Merchant) *orderhubv1.Merchant {
	converted := &orderhubv1.Merchant{
		Id:          m.ID,
		Name:        m.Name,
		Email:       m.Email,
		EmailUnread: m.EmailUnread,
		Role:        toAPIRole[m.Role],
		Status:      toAPIMerchantStatus[m.Status],
		CreateTime:  toAPITime(m.CreatedAt),
		UpdateTime:  toAPITime(m.UpdatedAt),
		Settings:    toAPISettings(&m.Settings),
	}
	if m.Wallet != nil {
		amount := amountsOf(m.Wallet.Currency)
		converted.Currency = string(m.Wallet.Currency)
		converted.CreditLimit, converted.Balance = amount(m.Wallet.CreditLimit), amount(m.Wallet.Balance)
		if low := m.Wallet.LowBalance; low != nil {
			converted.LowBalance = amount(*low)
		}
	}
	if m.RateLimit.RequestsPerMinute != 0 {
		converted.RateLimit = &orderhubv1.RateLimit{
			RequestsPerMinute: int32(m.RateLimit.RequestsPerMinute), Burst: int32(m.RateLimit.Burst),
		}
	}
	for _, prefix := range m.IPAllowlist {
		text := prefix.String()
		if prefix.IsSingleIP() {
			text = prefix.Addr().String()
		}
		converted.IpAllowlist = append(converted.IpAllowlist, text)
	}
	return converted
}

func toAPIKey(k *account.Key, merchant string) *orderhubv1.ApiKey {
	return &orderhubv1.ApiKey{
		Id: k.ID, Merchant: merchant, Label: k.Label, Scope: toAPIScope[k.Scope],
		CreateTime: toAPITime(k.CreatedAt), RevokeTime: toAPIOptionalTime(k.RevokedAt),
		CertificateSha256: k.Certificate.String(), MadeBy: k.MadeBy,
	}
}

func fromAPISettings(s *orderhubv1.MerchantSettings) account.Settings {
	settings := account.Settings{
		StoreName: s.GetStoreName(), DefaultBillingAddress: s.GetDefaultBillingAddressId(),
		CallbackURL: s.GetCallbackUrl(),
	}
	for _, a := range s.GetBillingAddresses() {
		settings.BillingAddresses = append(
			settings.BillingAddresses, account.BillingAddress{ID: a.GetId(), Name: a.GetName()},
		)
	}
	return settings
}

// changedSettings takes over all settings, or only the parts that are named.
func changedSettings(settings account.Settings, set fieldSet, s *orderhubv1.MerchantSettings) account.Settings {
	changed := fromAPISettings(s)
	if set.takes("settings", "store_name") {
		settings.StoreName = changed.StoreName
	}
	if set.takes("settings", "billing_addresses") {
		settings.BillingAddresses = changed.BillingAddresses
	}
	if set.takes("settings", "default_billing_address_id") {
		settings.DefaultBillingAddress = changed.DefaultBillingAddress
	}
	if set.takes("settings", "callback_url") {
		settings.CallbackURL = changed.CallbackURL
	}
	return settings
}

// toAPISettings is nil for a merchant without any.
func toAPISettings(s *account.Settings) *orderhubv1.MerchantSettings {
	if s.StoreName == "" && s.CallbackURL == "" && len(s.BillingAddresses) == 0 {
		return nil
	}
	converted := &orderhubv1.MerchantSettings{
		StoreName: s.StoreName, DefaultBillingAddressId: s.DefaultBillingAddress, CallbackUrl: s.CallbackURL,
	}
	for _, a := range s.BillingAddresses {
		address := &orderhubv1.BillingAddress{Id: a.ID, Name: a.Name}
		converted.BillingAddresses = append(converted.BillingAddresses, address)
	}
	return converted
}
