package notify

// The events of Add Open License.
const (
	// OpenLicenseAdded tells whoever entered the numbers of an Open License what that gave (N09). Params: name (may be empty), licensing_id,
	// roles (codes), link (to the own permissions).
	OpenLicenseAdded = "open_license_added"
	// OpenLicenseUsed tells the Administrators of the license (N09). Params: name (may be empty), person, email, licensing_id, roles (codes), link
	// (to where it can be denied).
	OpenLicenseUsed = "open_license_used"
	// OpenLicenseReseller tells the Administrators of a reseller who got roles by being named (N10). Params: as OpenLicenseUsed.
	OpenLicenseReseller = "open_license_reseller"
	// OpenLicenseDenied tells somebody that an Administrator has withdrawn the access (N11). Params: name (may be empty), licensing_id, link (to the
	// own permissions).
	OpenLicenseDenied = "open_license_denied"
	// OpenLicenseSuspended tells the Administrators that their license cannot be added for now (N12). Params: name (may be empty), licensing_id,
	// failures, people (may be empty), link (to where it is enabled again).
	OpenLicenseSuspended = "open_license_suspended"
)

func openLicenseEvents() []string {
	return []string{OpenLicenseAdded, OpenLicenseDenied, OpenLicenseReseller, OpenLicenseSuspended, OpenLicenseUsed}
}

// openLicenseForms returns the parameters of an event of Add Open License; nil for another.
func openLicenseForms(event string) map[string]form {
	switch event {
	case OpenLicenseAdded:
		return map[string]form{"name": name, "licensing_id": text, "roles": roles, "link": link}
	case OpenLicenseUsed, OpenLicenseReseller:
		return map[string]form{"name": name, "person": text, "email": text, "licensing_id": text, "roles": roles, "link": link}
	case OpenLicenseDenied:
		return map[string]form{"name": name, "licensing_id": text, "link": link}
	case OpenLicenseSuspended:
		return map[string]form{"name": name, "licensing_id": text, "failures": text, "people": optional, "link": link}
	}
	return nil
}
