package access

import "chiave/internal/platform/errs"

var errInPerson = errs.New(errs.Denied, "access.in_person")

// InPerson is Private for users who did not come with an API token: what proves who somebody is must not be changed by what was only lent
// some rights. Errors: as Private; Denied "access.in_person".
func (g *Gate) InPerson() error {
	if err := g.Private(); err != nil {
		return err
	}
	if g.who.token {
		g.allowed = false
		return g.refuse(SelfService, "", errInPerson)
	}
	return nil
}

// Private lets a signed-in user pass like SignedIn, but nobody who looks through the user's eyes. Errors: also Denied "access.viewing".
func (g *Gate) Private() error {
	who, err := g.enter(SelfService, "")
	if err != nil {
		return err
	}
	if who.viewing {
		return g.refuse(SelfService, "", errViewing)
	}
	g.allow()
	return nil
}
