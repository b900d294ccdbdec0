package oidc

// Changed is what a browser keeps of another attempt, which the hub never began, with the hub's signature.
func (p *Party) Changed(kept string, change func(state, nonce, verifier *string)) string {
	a, err := p.attemptOf(kept)
	if err != nil {
		panic(err)
	}
	change(&a.State, &a.Nonce, &a.Verifier)
	return p.sign(a)
}
