package operator

// EmailClaim is the claim of an OpenID provider that says an e-mail address.
const EmailClaim = "email"

// Claimed is who somebody is to an OpenID provider, by one of its claims.
type Claimed struct{ Claim, Value string }

// Is reports whether that is an operator's login: exactly, but that e-mail addresses may differ in the case of ASCII
// letters. No others are folded: to Unicode the sign for Kelvin is a k, to a mail server it is somebody else.
func (c Claimed) Is(login string) bool {
	switch {
	case c.Value == "":
		return false
	case c.Claim == EmailClaim:
		return foldASCII(c.Value) == foldASCII(login)
	default:
		return c.Value == login
	}
}

// SameLogin reports whether two operators cannot have these logins: by some claim both would be the same.
func SameLogin(a, b string) bool { return Claimed{Claim: EmailClaim, Value: a}.Is(b) }

func foldASCII(text string) string {
	folded := []byte(text)
	for i, b := range folded {
		if 'A' <= b && b <= 'Z' {
			folded[i] = b + 'a' - 'A'
		}
	}
	return string(folded)
}
