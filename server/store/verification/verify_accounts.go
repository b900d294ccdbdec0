package verification

// accountPasses check that the address that a merchant signs in with is there once, so that it is found and unique.
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
}}
