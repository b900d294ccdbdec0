package recipient

// Remembers is how many answers are kept.
func (s *Service) Remembers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers.Len()
}
