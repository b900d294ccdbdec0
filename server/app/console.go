package app

import (
	"context"
	"fmt"
	"os"
	"strings"

	"orderhub/server/console"
	"orderhub/server/oidc"
	"orderhub/server/secret"
)

// openConsole makes the pages of operators, where they are wanted.
func (a *App) openConsole(context.Context) (err error) {
	if !a.config.Console {
		return nil
	}
	provider, err := a.provider()
	if err != nil {
		return err
	}
	a.console, err = console.New(console.Options{
		API: a.api.InProcess(), Sessions: a.Sessions, Provider: provider, Entrance: a.api, Secure: a.api.OverTLS, Log: a.log,
		Origins: a.config.ConsoleAt(),
	})
	return err
}

// mostSecret is how long the secret of a client of a provider may be, in bytes.
const mostSecret = 4 << 10

// provider is the OpenID provider by which operators may sign in, nil for none.
func (a *App) provider() (console.Provider, error) {
	o := a.config.OIDC
	if !o.Given() {
		return nil, nil
	}
	content, err := os.ReadFile(o.SecretFile)
	if err != nil {
		return nil, fmt.Errorf("secret for the OpenID provider: %w", err)
	}
	client := secret.Redacted(strings.TrimSpace(string(content)))
	if client == "" || len(client) > mostSecret {
		return nil, fmt.Errorf("%s: no secret for the OpenID provider", o.SecretFile)
	}
	return oidc.New(oidc.Options{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: client, Claim: o.Claim,
		Redirect: a.config.ProviderOrigin() + console.ProviderBack, Keys: a.store.Vault.Keys("OpenID attempt"),
	}), nil
}
