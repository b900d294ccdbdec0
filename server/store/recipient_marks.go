package store

import (
	"encoding/base64"

	"orderhub/server/recipient"
)

// recipientPurpose is what recipients are fingerprinted for.
const recipientPurpose = "recipient check"

// RecipientMark is a mark as it is stored, with the key: without it a recipient is found by trying.
func (v *Vault) RecipientMark(m recipient.Mark) string {
	return base64.RawURLEncoding.EncodeToString(v.db.Sealer.Fingerprint(m[:], recipientPurpose))
}

// SelectRecipientChecks reads the checks of merchants' marks: the mark, what was found, and when.
var SelectRecipientChecks = FromPostgres(`SELECT c.mark, c.found, c.checked_at
	FROM unnest($1::bigint[], $2::text[]) AS pair(id, text)
	JOIN recipient_checks c ON c.merchant_id = pair.id AND c.mark = pair.text`)
