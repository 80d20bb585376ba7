package access

import "slices"

// Role is a permission role on one Licensing ID (PERM-02, PERM-12).
type Role string

// The licensing roles. Limited is the set that Add Open License and resellers give; an Administrator cannot assign it.
const (
	Administrator            Role = "administrator"
	LicensingInfoViewer      Role = "licensing_info_viewer"
	Download                 Role = "download"
	ProductKeys              Role = "product_keys"
	KeyAdministrator         Role = "key_administrator"
	SoftwareAssuranceManager Role = "software_assurance_manager"
	OnlineServicesManager    Role = "online_services_manager"
	SubscriptionsManager     Role = "subscriptions_manager"
	Limited                  Role = "limited"
)

// Roles returns every role in the order in which pages list them.
func Roles() []Role {
	return []Role{Administrator, LicensingInfoViewer, Download, ProductKeys, KeyAdministrator, SoftwareAssuranceManager,
		OnlineServicesManager, SubscriptionsManager, Limited}
}

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Group reports whether r is a role group (PERM-13), whose rows may name one part of it.
func (r Role) Group() bool {
	return r == SoftwareAssuranceManager || r == OnlineServicesManager || r == SubscriptionsManager
}

// ManageReservation is the part of OnlineServicesManager that its whole does not include (PERM-09).
const ManageReservation = "manage_reservation"

// Parts returns the parts of a role group in the order in which pages list them (PERM-13); none for other roles.
func (r Role) Parts() []string {
	switch r {
	case SoftwareAssuranceManager:
		return []string{"planning", "training", "e_learning", "employee_purchase", "home_use", "problem_resolution"}
	case OnlineServicesManager:
		return []string{"service_activation", "portal_registration", ManageReservation}
	case SubscriptionsManager:
		return []string{"developer_subscriptions"}
	}
	return nil
}

// Staff is the kind of staff of the publisher that a user is; "" for everybody else.
type Staff string

// The kinds of staff.
const (
	Operator       Staff = "operator"
	Support        Staff = "support"
	AccountManager Staff = "account_manager"
	BillingSupport Staff = "billing_support"
)

// StaffKinds returns every kind of staff.
func StaffKinds() []Staff { return []Staff{Operator, Support, AccountManager, BillingSupport} }

// Valid reports whether s is a kind of staff.
func (s Staff) Valid() bool { return slices.Contains(StaffKinds(), s) }

// May reports whether the matrix allows an action to staff of this kind. The Gate decides; this says what to ask it for.
func (s Staff) May(action Action) bool { return slices.Contains(matrix(action).staff, s) }

// Action is something a use case does, named so that the matrix can allow it.
type Action string

// Actions on one Licensing ID; ask Gate.On or Gate.Scope.
const (
	SeeLicensingID Action = "licensing_id.see"
	ViewReports    Action = "reports.view"
	ViewKeys       Action = "keys.view"
	SeeMachines    Action = "machines.see"
	ReadAudit      Action = "audit.read"
	ManageUsers    Action = "users.manage"
)

// Actions of the publisher's staff; ask Gate.Staff.
const (
	Import             Action = "imports.run"
	MaintainKeys       Action = "keys.maintain"
	ReleaseInvitations Action = "invitations.release"
	ReadCustomers      Action = "customers.read"
	MoveClock          Action = "sandbox.clock"
	VerifyAudit        Action = "audit.verify"
	AnswerRequests     Action = "requests.answer"
	ViewAs             Action = "people.view_as"
	MaintainTenants    Action = "tenants.maintain"
)

// Actions that need no role.
const (
	SelfService Action = "self"    // any signed-in user, on what is its own; ask Gate.SignedIn
	Public      Action = "public"  // anybody; ask Gate.Public
	SignIn      Action = "sign_in" // names refusals of wrong or worn-out proofs; see Gate.Refuse
)

// Everything is not an action but a scope of API tokens: such a token narrows nothing.
const Everything Action = "*"

// Actions returns every action that a token's scope may name.
func Actions() []Action {
	return []Action{SeeLicensingID, ViewReports, ViewKeys, SeeMachines, ReadAudit, ManageUsers,
		Import, MaintainKeys, ReleaseInvitations, ReadCustomers, MoveClock, VerifyAudit, AnswerRequests, ViewAs, MaintainTenants,
		SeeTenant, ManageTenant, ManageDomains, ManageSignUp, SelfService}
}

// rule is one line of the matrix: which roles and which kinds of staff an action is open to.
type rule struct {
	roles []Role
	staff []Staff
}

// matrix returns the rule of an action: the role × action matrix of the requirements, kept to the actions in use. Staff on
// a line with roles reach every customer's Licensing ID, and that is recorded.
func matrix(a Action) rule {
	switch a {
	case SeeLicensingID:
		return rule{Roles(), []Staff{Support, Operator}}
	case ViewReports:
		return rule{[]Role{Administrator, LicensingInfoViewer, Limited}, []Staff{Support, Operator}}
	case ViewKeys:
		return rule{[]Role{Administrator, ProductKeys, KeyAdministrator, Limited}, nil}
	case SeeMachines:
		return rule{[]Role{Administrator, ProductKeys, KeyAdministrator}, nil}
	case ReadAudit:
		return rule{[]Role{Administrator}, []Staff{Support, Operator}}
	case ManageUsers:
		return rule{[]Role{Administrator}, nil}
	case ReadCustomers, AnswerRequests, ViewAs, SeeTenant:
		return rule{nil, []Staff{Support, Operator}}
	case Import, MaintainKeys, ReleaseInvitations, MoveClock, VerifyAudit, MaintainTenants:
		return rule{nil, []Staff{Operator}}
	default:
		return rule{}
	}
}

// RolesFor returns the roles that allow action on a Licensing ID; none for actions of staff.
func RolesFor(action Action) []Role { return slices.Clone(matrix(action).roles) }
