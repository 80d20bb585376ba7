package accounts

import "time"

// Crowd takes all seats of those who wait to have a password checked, but some. gone gives them back.
func (s *Service) Crowd(but int) (gone func()) {
	var all []func()
	for len(s.hashes.seats) < cap(s.hashes.seats)-but {
		leave, err := s.hashes.admit()
		if err != nil {
			panic(err)
		}
		all = append(all, leave)
	}
	return func() {
		for _, leave := range all {
			leave()
		}
	}
}

// TOTPCode returns the code of a secret.
func TOTPCode(secret []byte, at time.Time) string {
	return totpCode(secret, at.Unix()/int64(totpStep/time.Second))
}
