package bursagb

import (
	"cmp"
	"errors"
	"net/http"

	"orderhub/server/account"
	"orderhub/server/door"
)

func (d *Door) anyone(serve func(w http.ResponseWriter, r *http.Request) error) func(
	http.ResponseWriter, *http.Request, door.Params,
) {
	return func(w http.ResponseWriter, r *http.Request, _ door.Params) {
		r, leave := d.hub.Gate.Await(w, r)
		defer leave()
		if err := serve(w, r); err != nil {
			d.Explain(w, r, err)
		}
	}
}

// known lets in who has a token of ours, or an API key with the right, while the hub
// has a place for one more. Who has neither learns nothing of the rest.
func (d *Door) known(right account.Right, serve door.Handler) func(
	http.ResponseWriter, *http.Request, door.Params,
) {
	known := d.Known(right, serve)
	return func(w http.ResponseWriter, r *http.Request, p door.Params) {
		d.Enter(w, r, func(w http.ResponseWriter, r *http.Request) { known(w, r, p) })
	}
}

// caller finds out who a request comes from; errSwitchedOff for anybody who is
// known while only signing in works.
func (d *Door) caller(r *http.Request) (account.Principal, error) {
	caller, err := d.authenticate(r)
	_, limited := errors.AsType[*account.RateLimitedError](err)
	if d.config.IntegrationOff && (err == nil || limited) {
		err = errSwitchedOff
	}
	return caller, err
}

func (d *Door) authenticate(r *http.Request) (account.Principal, error) {
	bearers := door.Given(door.BearerKeys(r.Header))
	keys := append(bearers, door.APIKeys(r.Header)...)
	if len(bearers) > 0 {
		if who, err := d.tokens.read(bearers[0]); err == nil {
			return d.hub.Gate.ByMerchant(r, who, keys, defaultLimit)
		}
	}
	return d.hub.Gate.ByKey(r, keys, defaultLimit)
}

// login is section 3.
func (d *Door) login(w http.ResponseWriter, r *http.Request) error {
	wanted, err := door.Read(r, door.Body{Most: door.MaxSignInBytes}, fromLogin)
	if err != nil {
		return err
	}
	m, err := d.hub.Accounts.Login(r.Context(), account.SignIn{
		Email: wanted.Email, Password: wanted.Password, Address: d.hub.Gate.Address(r),
	})
	if err != nil {
		return err
	}
	if m.Wallet == nil {
		return account.ErrBadCredentials // an operator is no customer
	}
	token, until, err := d.tokens.issue(account.SignedIn{MerchantID: m.ID, CredentialsVersion: m.CredentialsVersion})
	if err != nil {
		return err
	}
	key, err := d.hub.Accounts.CallbackKey(r.Context(), m.ID)
	if err != nil {
		return err
	}
	return answer(
		w, tokenWire{Token: token, Expiration: second(until), CallbackData: wanted.CallbackData, CustomerAPIKey: key},
	)
}

// account is section 5.4.
func (d *Door) account(w http.ResponseWriter, r *http.Request, _ door.Params, caller *account.Principal) error {
	m, err := d.hub.Accounts.Merchant(r.Context(), caller.MerchantID)
	if err != nil {
		return err
	}
	return answer(w, accountWire{
		FirstName: cmp.Or(m.Settings.StoreName, m.Name), Email: m.Email, Balance: price(m.Wallet.Balance),
		CurrencyCode: string(m.Wallet.Currency),
	})
}
