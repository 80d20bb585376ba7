package ui

import "chiave/internal/platform/i18n"

// NavItem is an entry of the menu, ready to be shown.
type NavItem struct {
	Label  string
	Href   string
	Active bool      // the present page, or the group it belongs to
	Reason string    // why the reader cannot open it; then it is shown dimmed with the reason (GEN-12)
	Items  []NavItem // entries of a group
}

// Place is a page that the menu leads to.
type Place string

// The places of the customer's menu (GEN-03), of the tenant's billing menu (GEN-04), of partners and of the publisher's staff.
const (
	Home                Place = "home"
	RelationshipSummary Place = "relationship_summary"
	LicenseSummary      Place = "license_summary"
	MakeReservations    Place = "make_reservations"
	ManageReservations  Place = "manage_reservations"
	DownloadsAndKeys    Place = "downloads_and_keys"
	ServiceActivation   Place = "service_activation"
	Subscriptions       Place = "subscriptions"
	BenefitSummary      Place = "benefit_summary"
	ManageBenefits      Place = "manage_benefits"
	MyPermissions       Place = "my_permissions"
	RequestPermissions  Place = "request_permissions"
	ManageUsers         Place = "manage_users"
	PendingRequests     Place = "pending_requests"
	AddUser             Place = "add_user"
	AddOpenLicense      Place = "add_open_license"
	AuditTrail          Place = "audit_trail"
	BillingLicenses     Place = "billing_licenses"
	BillingKeys         Place = "billing_keys"
	Customers           Place = "customers"
	StaffImports        Place = "staff_imports"
	StaffInvitations    Place = "staff_invitations"
	StaffCatalog        Place = "staff_catalog"
	StaffAgreements     Place = "staff_agreements"
	StaffOrders         Place = "staff_orders"
	StaffKeys           Place = "staff_keys"
	StaffViewAs         Place = "staff_view_as"
	StaffCases          Place = "staff_cases"
	StaffAudit          Place = "staff_audit"
	Tenant              Place = "tenant"
	StaffTenants        Place = "staff_tenants"
	Help                Place = "help"
)

// group is a heading of the menu, or one place without heading.
type group struct {
	heading string
	places  []Place
}

// groups returns the whole menu in its order.
func groups() []group {
	return []group{
		{"", []Place{Home}},
		{"staff", []Place{StaffImports, StaffInvitations, StaffTenants, StaffCatalog, StaffAgreements, StaffOrders, StaffKeys, StaffViewAs, StaffCases, StaffAudit}},
		{"", []Place{Customers}},
		{"licenses", []Place{RelationshipSummary, LicenseSummary, MakeReservations, ManageReservations}},
		{"", []Place{DownloadsAndKeys}},
		{"", []Place{ServiceActivation}},
		{"subscriptions_group", []Place{Subscriptions}},
		{"software_assurance", []Place{BenefitSummary, ManageBenefits}},
		{"billing", []Place{BillingLicenses, BillingKeys}},
		{"administration", []Place{MyPermissions, RequestPermissions, ManageUsers, PendingRequests, AddUser, AddOpenLicense, AuditTrail, Tenant}},
		{"", []Place{Help}},
	}
}

// Path returns where the place's page is.
func (p Place) Path() string {
	switch p {
	case RelationshipSummary:
		return "/licenses"
	case LicenseSummary:
		return "/licenses/summary"
	case MakeReservations:
		return "/reservations/new"
	case ManageReservations:
		return "/reservations"
	case DownloadsAndKeys:
		return "/keys"
	case ServiceActivation:
		return "/services"
	case Subscriptions:
		return "/subscriptions"
	case BenefitSummary:
		return "/benefits"
	case ManageBenefits:
		return "/benefits/manage"
	case MyPermissions:
		return "/permissions"
	case RequestPermissions:
		return "/permissions/request"
	case ManageUsers:
		return "/users"
	case PendingRequests:
		return "/requests"
	case AddUser:
		return "/users/new"
	case AddOpenLicense:
		return "/open-license/add"
	case AuditTrail:
		return "/audit"
	case BillingLicenses:
		return "/billing/licenses"
	case BillingKeys:
		return "/billing/keys"
	case Customers:
		return "/customers"
	case StaffImports:
		return "/office/imports"
	case StaffInvitations:
		return "/office/invitations"
	case StaffCatalog:
		return "/office/catalog"
	case StaffAgreements:
		return "/office/agreements"
	case StaffOrders:
		return "/office/orders"
	case StaffKeys:
		return "/office/keys"
	case StaffViewAs:
		return "/office/view-as"
	case StaffCases:
		return "/office/cases"
	case StaffAudit:
		return "/office/audit"
	case Tenant:
		return "/tenant"
	case StaffTenants:
		return "/office/tenants"
	case Help:
		return "/help"
	default:
		return "/"
	}
}

// Access says whether the reader may open a place. The zero value opens it.
type Access struct {
	Hidden bool   // not part of this reader's menu at all
	Reason string // dimmed, with this sentence
}

// Menu makes the menu for a reader who is at here; access answers for every place. A group without entries is left out.
func Menu(p i18n.Printer, here Place, access func(Place) Access) []NavItem {
	var menu []NavItem
	for _, g := range groups() {
		item := NavItem{}
		for _, place := range g.places {
			a := access(place)
			if a.Hidden {
				continue
			}
			entry := NavItem{Label: p.T("nav." + string(place)), Href: place.Path(), Active: place == here, Reason: a.Reason}
			item.Items = append(item.Items, entry)
			item.Active = item.Active || entry.Active
		}
		switch {
		case len(item.Items) == 0:
		case g.heading == "":
			menu = append(menu, item.Items...)
		default:
			item.Label = p.T("nav." + g.heading)
			menu = append(menu, item)
		}
	}
	return menu
}
