package verification

// accountPasses check that the address that a merchant signs in with is there once, so that it is found and unique, and
// that no key which a merchant made is worth as much as the one that it was made with.
var accountPasses = []pass{{
	from: `merchants m`,
	row:  `'merchant ', m.name`,
	rules: []rule{{
		5, "merchant-email",
		`(m.email_hash IS NULL) <> (m.sealed_email IS NULL) OR (m.email IS NOT NULL AND m.email_hash IS NOT NULL)`,
		`'of the address for signing in there is ', CASE WHEN m.email IS NULL THEN '' ELSE 'one in the clear, ' END,
			CASE WHEN m.email_hash IS NULL THEN 'no' ELSE 'a' END, ' hash and ',
			CASE WHEN m.sealed_email IS NULL THEN 'no' ELSE 'a' END, ' sealed one'`,
	}},
}, {
	from: `api_keys k LEFT JOIN api_keys w ON w.id = k.made_by AND w.merchant_id = k.merchant_id`,
	row:  `'key of merchant ', k.merchant_id, ' made with key ', k.made_by`,
	rules: []rule{{
		5, "key-rights",
		`k.made_by IS NOT NULL AND (COALESCE(w.scope, '') <> 'merchant' OR k.scope NOT IN ('read', 'orders'))`,
		`'it has scope ', k.scope, ', and the other ', COALESCE(w.scope, 'is none of the merchant''s')`,
	}},
}}
