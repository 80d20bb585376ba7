package notify

// The events of registration.
const (
	// SignupCode brings the code that proves an address (N03). Params: name (may be empty), code, until (Instant), link (to the sign-in page).
	SignupCode = "signup_code"
	// AddressClaimed brings the link that joins an address to somebody's account (N02). Params: name (of whoever claims it), email (that was
	// claimed), link, until (Instant).
	AddressClaimed = "address_claimed"
	// AlreadyRegistered says that an address which somebody wants to use has an account. Params: name (may be empty), email, link (to the sign-in page).
	AlreadyRegistered = "already_registered"
)

func registrationEvents() []string { return []string{AddressClaimed, AlreadyRegistered, SignupCode} }

// registrationForms returns the parameters of an event of registration; nil for another.
func registrationForms(event string) map[string]form {
	switch event {
	case SignupCode:
		return map[string]form{"name": name, "code": text, "until": instant, "link": link}
	case AddressClaimed:
		return map[string]form{"name": name, "email": text, "link": link, "until": instant}
	case AlreadyRegistered:
		return map[string]form{"name": name, "email": text, "link": link}
	}
	return nil
}
