package activation

// Waiting returns how many requests no worker has taken yet.
func (s *Service) Waiting() int { return len(s.queue) }
