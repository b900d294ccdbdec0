package command

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/contract"
)

type keyCreateCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Label    string `placeholder:"TEXT" help:"A name for the key, for people."`
	Scope    string `placeholder:"merchant|read|orders" enum:",merchant,read,orders,admin" default:"" help:"What a merchant's key may do: everything, read, or what belongs to orders."`

	Certificate string `placeholder:"FILE" help:"PEM file with the client's certificate that stands for the key over TLS."`
}

func (*keyCreateCommand) Help() string {
	return `The key is printed alone on standard output and cannot be shown again: the hub keeps only its hash. A
merchant's key may do everything that the merchant may, unless --scope says less: "read" changes nothing,
"orders" quotes, holds, places, reads and cancels orders, claims their units and redeems their tickets, and does
nothing else. An operator's key has admin scope.

Examples:

    orderhub key create shop --label "till 3"
    orderhub key create shop --label "till 4" --certificate till-4.crt
    orderhub key create shop --label reports --scope read
    orderhub key create ops > ops.key`
}

func (c *keyCreateCommand) Run(ctx context.Context, std *Streams) error {
	certificate, err := certificateIn(c.Certificate)
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.admin.CreateKey(ctx, &orderhubv1.CreateKeyRequest{
			Merchant: c.Merchant, Key: &orderhubv1.ApiKey{
				Label: c.Label, Scope: valueOf[orderhubv1.KeyScope](c.Scope), CertificateSha256: certificate.String(),
			},
		})
		if err != nil {
			return err
		}
		key := answer.GetKey()
		done := fmt.Sprintf("Created key %d of %s, scope %s.", key.GetId(), key.GetMerchant(), word(key.GetScope()))
		return c.saySecret(std, asNewKey(answer), done, "it", answer.GetSecret())
	})
}

// certificateIn is the first certificate of a PEM file, "" for none.
func certificateIn(path string) (account.Fingerprint, error) {
	if path == "" {
		return account.Fingerprint{}, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return account.Fingerprint{}, fmt.Errorf("--certificate: %w", err)
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return account.Fingerprint{}, fmt.Errorf("--certificate: %s: %w", path, err)
		}
		return account.FingerprintOf(block.Bytes), nil
	}
	return account.Fingerprint{}, fmt.Errorf("--certificate: %s has no certificate in PEM form", path)
}

type keyListCommand struct {
	listFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
}

func (*keyListCommand) Help() string {
	return `Example:

    orderhub key list shop`
}

func (c *keyListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.admin.ListKeys, &orderhubv1.ListKeysRequest{Merchant: c.Merchant},
		(*orderhubv1.ListKeysResponse).GetKeys, 0,
	)
	return showList(
		ctx, std, c, found, keyCells, "ID", "SCOPE", "MADE BY", "CREATED", "REVOKED", "CERTIFICATE", "LABEL",
	)
}

func keyCells(k *orderhubv1.ApiKey) []string {
	return []string{
		fmt.Sprint(k.GetId()), word(k.GetScope()), maker(k), shownTime(k.GetCreateTime()), shownTime(k.GetRevokeTime()),
		orDash(shortFingerprint(k.GetCertificateSha256())), orDash(k.GetLabel()),
	}
}

// maker is the key that a merchant made this one with.
func maker(k *orderhubv1.ApiKey) string {
	if k.GetMadeBy() == 0 {
		return "-"
	}
	return fmt.Sprint("key ", k.GetMadeBy())
}

// shortFingerprint is enough of one to tell certificates apart.
func shortFingerprint(sha256 string) string { return sha256[:min(16, len(sha256))] }

type keyRevokeCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	ID       int64  `arg:"" name:"key-id" help:"Id of the key, as \"key list\" shows it."`
	WithMade bool   `help:"Revoke also the keys that the merchant made with it."`
}

func (*keyRevokeCommand) Help() string {
	return `A hub that is running refuses the key within about a second. With a merchant's last key, or its last of scope
"merchant", what it signed in for with its password ends too. Keys that the merchant made with the key stay good
unless --with-made is given, which is what a key that was stolen needs.

Examples:

    orderhub key revoke shop 7
    orderhub key revoke shop 7 --with-made`
}

func (c *keyRevokeCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.RevokeKey(ctx, &orderhubv1.RevokeKeyRequest{
		Merchant: c.Merchant, Key: c.ID, WithMade: c.WithMade,
	})
	if err != nil {
		return err
	}
	key := answer.GetKey()
	return c.say(
		std, asMessage(key), "Key %d of %s is revoked since %s.\n", key.GetId(), key.GetMerchant(),
		shownTime(key.GetRevokeTime()),
	)
}
