package command

import (
	"errors"
	"fmt"
	"strings"

	"orderhub/server/errs"
)

// flagNames are the flags that fields of the domain are given by, where a field is
// not an argument of the same name.
var flagNames = map[string]string{
	"currency": "--currency", "credit_limit": "--credit-limit", "email": "--email", "ip_allowlist": "--allow",
	"rate_limit.requests_per_minute": "--rate", "rate_limit.burst": "--burst", "low_balance": "--low-balance",
	"settings.store_name": "--store-name", "settings.callback_url": "--callback-url",
	"settings.billing_addresses": "--billing-address", "settings.default_billing_address_id": "--default-address",
	"label": "--label", "reference": "--reference", "description": "--description", "reason": "--reason",
	"settings": "--settings", "credentials": "--credentials", "max_concurrency": "--concurrency",
	"timeout": "--timeout", "horizon": "--horizon", "status": "--status",
	"provider_sku": "its SKU", "cost": "--cost", "priority": "--priority",
	"event_types": "--events", "events_per_second": "--per-second", "start_time": "--from", "end_time": "--to",
	"callback_key": "the callback key", "channel_code": "the channel code", "password": "the password",
	"import_name": "the name of the file",
	"evidence":    "--evidence", "goods": "--goods", "operator": "--operator",
}

// oneLine says what is wrong with an input, in the words of the command line.
func oneLine(err error) error {
	var invalid *errs.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Violations) == 0 {
		return err
	}
	first := invalid.Violations[0]
	for _, other := range first.Others {
		first.Message = strings.ReplaceAll(first.Message, string(other), flagName(string(other)))
	}
	return fmt.Errorf("%s %s", flagName(first.Field), first.Message)
}

// flagName is the flag for a field, or for what it is a part of.
func flagName(field string) string {
	whole, _, _ := strings.Cut(field, "[")
	if flag, known := flagNames[whole]; known {
		return flag
	}
	return field
}
