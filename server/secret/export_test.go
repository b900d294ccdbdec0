package secret

import "io"

// WithRandom returns a Sealer with the same keys and known nonces.
func (s *Sealer) WithRandom(random io.Reader) *Sealer {
	sealer := s.WithFingerprintKey(s.fingerprintKey)
	sealer.random = random
	return sealer
}
